import Contract
import Foundation

extension Diagnostic {
  /// One line of JSON for other programs (`--diagnostics json`): code, severity, message, help, and the places with file,
  /// line and column (from 1, in characters; the end is the column after the last one marked).
  public var json: String {
    let report = Report(
      code: code, severity: severity.rawValue, message: message, help: help, incomplete: isIncomplete,
      place: primary.map(Report.Place.init), labels: labels.map(Report.Place.init))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return String(decoding: try encoder.encode(report), as: UTF8.self)
    } catch {
      unreachable("a diagnostic is strings and whole numbers, yet: \(error)")
    }
  }

  private struct Report: Encodable {
    struct Place: Encodable {
      let file: String, text: String
      let line: Int, column: Int, endLine: Int, endColumn: Int

      init(_ label: Label) {
        let range = label.range
        file = range.source.name
        text = label.text
        (line, column) = (range.line, range.column)
        (endLine, endColumn) = (range.source.line(at: range.end), range.source.column(at: range.end))
      }
    }
    let code: String, severity: String, message: String
    let help: [String]
    let incomplete: Bool
    let place: Place?
    let labels: [Place]
  }
}
