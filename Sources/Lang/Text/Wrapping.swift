extension String {
  /// The text in lines of at most `width` columns, broken at blanks; lines after the first begin with `indent` blanks.
  /// Lines that begin with a blank are laid out already and stay.
  public func wrapped(to width: Int = 100, indent: Int = 0) -> String {
    split(separator: "\n", omittingEmptySubsequences: false).map { line in
      if line.first == " ", indent == 0 { return String(line) }
      var lines: [String] = [], current = "", used = 0
      for word in line.split(separator: " ", omittingEmptySubsequences: false) {
        let room = lines.isEmpty ? width : width - indent
        if !current.isEmpty, used + 1 + word.displayWidth > room {
          lines.append(current)
          (current, used) = (String(word), word.displayWidth)
        } else {
          used += word.displayWidth + (current.isEmpty ? 0 : 1)
          current += (current.isEmpty ? "" : " ") + word
        }
      }
      return (lines + [current]).joined(separator: "\n" + String(repeating: " ", count: indent))
    }.joined(separator: "\n")
  }
}
