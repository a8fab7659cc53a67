import Foundation
import Lang

/// The forms in which `ward sql --mode` writes a table.
enum TableMode: String, CaseIterable {
  case box, plain, markdown, csv, json, jsonl

  /// The table's text. The first three round numbers for reading; the others write every value exactly.
  func text(of table: Table, width: Int = .max) -> String {
    switch self {
    case .box: return Grid(table).boxed(width: width)
    case .plain: return Grid(table).plain()
    case .markdown: return Grid(table).markdown()
    case .csv:
      return ([table.columns.map { Self.csv($0.name) }] + table.rows.map { $0.map(Self.csv) })
        .map { $0.joined(separator: ",") }.joined(separator: "\r\n")
    case .json: return "[" + rows(of: table).joined(separator: ",\n ") + "]"
    case .jsonl: return rows(of: table).joined(separator: "\n")
    }
  }

  private func rows(of table: Table) -> [String] {
    let names = table.columns.map { JSONText.string($0.name) }
    return table.rows.map { row in
      "{" + zip(names, row).map { "\($0):\(JSONText.value($1))" }.joined(separator: ",") + "}"
    }
  }

  private static func csv(_ value: Value) -> String {
    switch value {
    case .none: ""
    case .number(let number): NumberText.exact(number)
    default: csv(Block.printed(value))
    }
  }

  /// RFC 4180: quoted when it has to be.
  private static func csv(_ text: String) -> String {
    text.contains { "\",\r\n".contains($0) } ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
  }
}

/// JSON as text (RFC 8259). Numbers keep all their digits; NaN and infinities, which JSON lacks, are null.
enum JSONText {
  static func value(_ value: Value) -> String {
    switch value {
    case .none: "null"
    case .bool(let flag): flag ? "true" : "false"
    case .number(let number): number.isFinite ? NumberText.exact(number) : "null"
    case .string(let text): string(text)
    case .list(let elements): "[" + elements.map(self.value).joined(separator: ",") + "]"
    case .record(let record): object(record.pairs.map { ($0.name, self.value($0.value)) })
    default: string(Block.printed(value))
    }
  }

  /// An object of fields that are JSON already.
  static func object(_ fields: [(String, String)]) -> String {
    "{" + fields.map { "\(string($0)):\($1)" }.joined(separator: ",") + "}"
  }

  static func string(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7f: quoted += String(format: "\\u%04x", scalar.value)
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
