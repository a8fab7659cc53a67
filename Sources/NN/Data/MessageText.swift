/// Text and numbers out of a file as a message can show them: printable, and not long.
enum MessageText {
  static func text(_ text: String) -> String {
    let printable = text.unicodeScalars.prefix(24).map { (0x20..<0x7f).contains($0.value) ? Character($0) : "?" }
    return String(printable) + (text.unicodeScalars.count > 24 ? "…" : "")
  }

  /// `1 class`, `10 classes`.
  static func count(_ number: Int, _ noun: String, _ plural: String? = nil) -> String {
    "\(number) \(number == 1 ? noun : plural ?? noun + "s")"
  }

  /// `16` for 16.0.
  static func number(_ value: Double) -> String { Int(exactly: value).map { "\($0)" } ?? "\(value)" }

  static func classes(_ number: Int) -> String { count(number, "class", "classes") }

  static func names(_ names: [String]) -> String {
    if names.isEmpty { return "none" }
    return names.prefix(8).map(text).joined(separator: ", ") + (names.count > 8 ? " and \(names.count - 8) more" : "")
  }

  static func shape(_ extents: [Int]) -> String {
    extents.count > 6 ? "\(extents.count) dimensions" : "shape \(extents)"
  }
}
