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

  /// The text beside `head`, in lines that all begin at a column; below the head where there is little room beside it.
  public func hanging(after head: String, at column: Int, width: Int) -> String {
    let isBelow = column > 6 && width - column < 30
    let start = isBelow ? 6 : column
    let gap = String(repeating: " ", count: start)
    let room = String(repeating: " ", count: max(0, column - head.displayWidth))
    return head + (isBelow ? "\n" + gap : room)
      + wrapped(to: max(10, width - start)).replacing("\n", with: "\n" + gap)
  }
}
