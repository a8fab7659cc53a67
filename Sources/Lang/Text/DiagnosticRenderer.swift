extension Diagnostic {
  /// The text a user sees: heading, place, the line with marks under it, help. Ends without a line break.
  ///
  /// - Parameter columns: those of the terminal, so that a line and the marks under it stay on one row each.
  public func render(color: Bool = false, columns: Int? = nil) -> String {
    let ink = DiagnosticStyle(on: color, severity: severity)
    var lines = [ink.strong("\(severity.rawValue)[\(code)]") + ink.bold(": \(message.withVisibleControls)")]
    let width = ([primary].compactMap { $0 } + labels).map { String($0.range.line).count }.max() ?? 0
    let gutter = String(repeating: " ", count: width)
    if let primary {
      lines.append(gutter + ink.faint("-->") + " \(primary.range.place.withVisibleControls)")
      lines.append("\(gutter) " + ink.faint("|"))
      lines += excerpt(of: primary, gutter: gutter, ink: ink, columns: columns)
    }
    var shown = primary?.range
    for label in labels {
      if shown?.source !== label.range.source {
        lines.append(gutter + ink.faint(":::") + " \(label.range.place.withVisibleControls)")
      }
      let sameLine = shown.map { $0.source === label.range.source && $0.line == label.range.line } ?? false
      lines += excerpt(of: label, gutter: gutter, ink: ink, columns: columns, mark: "-").dropFirst(sameLine ? 1 : 0)
      shown = label.range
    }
    for line in help { lines.append("\(gutter) " + ink.faint("=") + " help: \(line.withVisibleControls)") }
    return lines.joined(separator: "\n")
  }

  /// The source line of a label, and the marks and words below it.
  private func excerpt(
    of label: Label, gutter: String, ink: DiagnosticStyle, columns: Int?, mark: Character = "^"
  ) -> [String] {
    let range = label.range, line = range.line
    // Beside the gutter stand ` | `, and the last column stays free: some terminals wrap a full row.
    let window = Window(range, columns: columns.map { max(20, $0 - gutter.count - 4) })
    let marks = String(repeating: mark, count: window.marked)
    let words = label.text.isEmpty ? marks : "\(marks) \(label.text.withVisibleControls)"
    let number = String(repeating: " ", count: gutter.count - String(line).count) + String(line)
    return [
      ink.faint("\(number) |") + (window.text.isEmpty ? "" : " \(window.text)"),
      "\(gutter) " + ink.faint("|") + " \(window.indent)" + (mark == "^" ? ink.strong(words) : ink.faint(words)),
    ]
  }
}

/// The part of a line that is shown: all of it, or, of a long one, what surrounds the marked text.
private struct Window {
  /// Columns before and after the marked text that are always shown.
  private static let margin = 60

  var text: String
  /// What stands below the text before the marks.
  let indent: String
  /// How many marks.
  let marked: Int

  init(_ range: SourceRange, columns: Int?) {
    // Of a line of a hundred megabytes only what may be shown is looked at.
    let start = range.source.lineStarts[range.line - 1]
    let end = start + range.source.lineText(range.line).utf8.count
    var before = Array(range.source.text(from: start, to: range.start).suffix(2 * Self.margin + 1))
    var after = Array(range.source.text(from: range.start, to: max(end, range.start)).prefix(2 * Self.margin + 1))
    if before.count > 2 * Self.margin { before = ["…"] + before.suffix(Self.margin) }
    if after.count > 2 * Self.margin { after = after.prefix(Self.margin) + ["…"] }
    if let columns, (before + after).displayWidth > columns {
      // Half of the room for what follows, more where little stands before it, and the other way round.
      let ahead = min(after.displayWidth, max(columns / 2, columns - before.displayWidth))
      before = before.reversed().cut(to: columns - ahead).reversed()
      after = after.cut(to: ahead)
    }
    text = String(before + after).withVisibleControls
    indent = before.map { $0 == "\t" ? "\t" : String(repeating: " ", count: $0.displayWidth) }.joined()
    let covered = range.text.prefix { !$0.isNewline }.prefix(after.count)
    marked = max(1, String(covered).displayWidth)
  }
}

extension [Character] {
  fileprivate var displayWidth: Int { reduce(0) { $0 + $1.displayWidth } }

  /// As much of the beginning as fits, with `…` for the rest.
  fileprivate func cut(to columns: Int) -> [Character] {
    guard displayWidth > columns else { return self }
    var used = 1
    let kept = prefix { character in
      used += character.displayWidth
      return used <= columns
    }
    return kept + ["…"]
  }
}

/// The colours of a diagnostic, or none.
private struct DiagnosticStyle {
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
