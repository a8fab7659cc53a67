import Foundation
import Lang

/// What the program says on standard error, other than progress: mistakes, warnings and notes.
struct Notices {
  enum Form: String, CaseIterable {
    /// For people: heading, place, the line with marks under it, help.
    case text
    /// For programs: one JSON object a line.
    case json
  }

  var form = Form.text
  var colored = false
  private let terminal: Terminal

  init(_ form: Form = .text, on terminal: Terminal = Terminal()) {
    self.form = form
    self.terminal = terminal
    colored = terminal.colorsErrors
  }

  /// The text of a diagnostic, without the line break at its end.
  func text(of diagnostic: Diagnostic) -> String {
    form == .json
      ? diagnostic.json
      : diagnostic.render(color: colored, columns: terminal.errorIsTerminal ? terminal.errorWidth : nil)
  }

  /// The text of a fact about the program's surroundings, which has neither code nor place.
  func text(_ severity: Diagnostic.Severity, _ message: String, help: [String] = []) -> String {
    guard form == .text else { return Diagnostic("", message, help: help, severity: severity).json }
    let lines = (["\(severity.rawValue): \(message)"] + help.map { "  help: \($0)" }).map(\.withVisibleControls)
    return (severity == .error ? Style.red : .yellow)(lines.joined(separator: "\n"), if: colored)
  }

  func report(_ diagnostic: Diagnostic) { Self.write(text(of: diagnostic)) }

  func report(_ severity: Diagnostic.Severity, _ message: String, help: [String] = []) {
    Self.write(text(severity, message, help: help))
  }

  static func write(_ text: String) { StandardStreams.error(text + "\n") }
}
