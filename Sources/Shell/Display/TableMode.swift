import Foundation
import Lang

/// The forms in which `:mode` and `ward sql --mode` write a table.
enum TableMode: String, CaseIterable {
  case box, plain, markdown, csv, json, jsonl

  /// The table's text. The first three round numbers for reading; the others write every value exactly.
  func text(of table: Table, width: Int = .max) -> String {
    let names = table.columns.map(\.name)
    switch self {
    case .box: return Grid(table).boxed(width: width)
    case .plain: return Grid(table).plain()
    case .markdown: return Grid(table).markdown()
    case .csv, .jsonl, .json: return written(table, names, most: .max) ?? ""
    }
  }

  /// The same for a file; nil if it would be longer than so many bytes.
  func text(of table: Table, most: Int) -> String? {
    isExact ? written(table, table.columns.map(\.name), most: most) : text(of: table)
  }

  /// A row after the other.
  private func written(_ table: Table, _ names: [String], most: Int) -> String? {
    var text = self == .json ? "[" : head(names) ?? ""
    for (index, row) in table.rows.enumerated() {
      if self == .json, index > 0 {
        text += ",\n "
      } else if self != .json, index > 0 || head(names) != nil {
        text += "\n"
      }
      text += self == .json ? Self.object(names, row) : line(names, row)
      if text.utf8.count > most { return nil }
    }
    return self == .json ? text + "]" : text
  }

  /// Whether every value is written with all its digits, and every row.
  var isExact: Bool { self == .csv || self == .json || self == .jsonl }

  /// Whether a row can be written before the next is known.
  var isLineByLine: Bool { self == .csv || self == .jsonl }

  /// The line above the rows, if the form has one.
  func head(_ names: [String]) -> String? {
    self == .csv ? names.map { Self.csv($0) }.joined(separator: ",") : nil
  }

  /// One row of a form that is written line by line. Lines of CSV end with a line feed alone, as those of psql and DuckDB do
  /// and as a shell expects, where RFC 4180 has a carriage return before it.
  func line(_ names: [String], _ row: [Value]) -> String {
    self == .csv ? row.map(Self.csv).joined(separator: ",") : Self.object(names, row)
  }

  private static func object(_ names: [String], _ row: [Value]) -> String {
    JSONText.object(zip(names, row).map { ($0, JSONText.value($1)) })
  }

  private static func csv(_ value: Value) -> String {
    switch value {
    case .none: ""
    case .number(let number): NumberText.exact(number)
    default: csv(Block.printed(value))
    }
  }

  /// RFC 4180: quoted when it has to be, and where blanks at an end would be lost.
  private static func csv(_ text: String) -> String {
    let mustQuote =
      text.contains { "\",\r\n".contains($0) } || text.first?.isWhitespace == true
      || text.last?.isWhitespace == true
    return mustQuote ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
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
