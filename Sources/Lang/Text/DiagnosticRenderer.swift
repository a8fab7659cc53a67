extension Diagnostic {
  /// The text a user sees: heading, place, the line with marks under it, help. Ends without a line break.
  public func render(color: Bool = false) -> String {
    let ink = Ink(on: color, severity: severity)
    var lines = [ink.strong("\(severity.rawValue)[\(code)]") + ink.bold(": \(message)")]
    let width = ([primary].compactMap { $0 } + labels).map { String($0.range.line).count }.max() ?? 0
    let gutter = String(repeating: " ", count: width)
    if let primary {
      lines.append(gutter + ink.faint("-->") + " \(primary.range.place)")
      lines += excerpt(of: primary, gutter: gutter, ink: ink)
    }
    for label in labels {
      if primary?.range.source !== label.range.source {
        lines.append(gutter + ink.faint(":::") + " \(label.range.place)")
      }
      lines += excerpt(of: label, gutter: gutter, ink: ink, mark: "-")
    }
    for line in help { lines.append("\(gutter) " + ink.faint("=") + " help: \(line)") }
    return lines.joined(separator: "\n")
  }

  /// The source line of a label, and the marks and words below it.
  private func excerpt(of label: Label, gutter: String, ink: Ink, mark: Character = "^") -> [String] {
    let range = label.range, line = range.line
    let text = range.source.lineText(line)
    let before = range.source.text(from: range.source.lineStarts[line - 1], to: range.start)
    let firstLine = range.text.prefix { !$0.isNewline }
    let marks = String(repeating: mark, count: max(1, firstLine.displayWidth))
    let indent = before.map { $0 == "\t" ? "\t" : String(repeating: " ", count: $0.displayWidth) }.joined()
    let words = label.text.isEmpty ? marks : "\(marks) \(label.text)"
    let number = String(repeating: " ", count: gutter.count - String(line).count) + String(line)
    var lines: [String] = []
    if mark == "^" { lines.append("\(gutter) " + ink.faint("|")) }
    lines.append(ink.faint("\(number) |") + (text.isEmpty ? "" : " \(text)"))
    lines.append("\(gutter) " + ink.faint("|") + " \(indent)" + (mark == "^" ? ink.strong(words) : ink.faint(words)))
    return lines
  }
}

/// The colours of a diagnostic, or none.
private struct Ink {
  let on: Bool
  let severity: Diagnostic.Severity

  func strong(_ text: String) -> String {
    let colour =
      switch severity {
      case .error: "31";
      case .warning: "33";
      case .note: "36"
      }
    return paint(text, "1;\(colour)")
  }
  func bold(_ text: String) -> String { paint(text, "1") }
  func faint(_ text: String) -> String { paint(text, "34") }
  private func paint(_ text: String, _ style: String) -> String { on ? "\u{1B}[\(style)m\(text)\u{1B}[0m" : text }
}

extension StringProtocol {
  /// Columns the text takes on a terminal.
  public var displayWidth: Int { reduce(0) { $0 + $1.displayWidth } }
}

extension Character {
  /// Columns the character takes on a terminal: 2 for East Asian wide forms and emoji, 0 for lone marks.
  public var displayWidth: Int {
    guard let first = unicodeScalars.first else { return 0 }
    if isASCII { return 1 }
    let kind = first.properties.generalCategory
    if kind == .nonspacingMark || kind == .enclosingMark || kind == .format { return 0 }
    if first.properties.isEmojiPresentation || unicodeScalars.contains("\u{FE0F}") { return 2 }
    switch first.value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }
}
