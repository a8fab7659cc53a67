import Foundation
import Lang
import NN
import Store

/// A file that holds a table, in the form that its name tells.
struct TableFile {
  private let file: String
  private let form: TableMode
  private let argument: String
  /// More than this is no table to hold in memory: `ward sql --mode csv` streams larger ones.
  private static let maxBytes = 100_000_000
  /// The names of the columns, which JSON writes in every row, may make the text much larger than the table.
  private static let maxWritten = 1_000_000_000

  /// - Parameter argument: The argument that names the file, for mistakes.
  init(_ file: String, argument: String) throws {
    let forms: [String: TableMode] = ["csv": .csv, "json": .json, "jsonl": .jsonl, "ndjson": .jsonl, "md": .markdown]
    let ending = URL(fileURLWithPath: file).pathExtension.lowercased()
    guard let form = forms[ending] else {
      let help =
        switch ending {
        case "html", "ipynb": ["`:export \(file)` writes the session so"]
        case "png", "svg": ["`save:` of what draws writes pictures: `plot t save: \"\(file)\"`"]
        case "safetensors": ["`keep MODEL as:` writes a model, `open` reads one"]
        case "npz", "npy", "gz": ["`load` reads images, and `export IMAGES as:` writes them"]
        default: ["end it with .csv, .json, .jsonl or .md"]
        }
      throw Problem(
        code: ShellCode.file, message: "\(file) is not the name of a file of tables", help: help,
        argument: argument)
    }
    self.file = file
    self.form = form
    self.argument = argument
  }

  // MARK: writing

  func write(_ table: Table) throws {
    let form = form
    let text = try Interrupt.runDetached { form.text(of: table, most: Self.maxWritten) }
    guard let text else {
      throw bad("the text of this table is larger than \(NumberText.bytes(Self.maxWritten)); write it in parts")
    }
    try WrittenFile.write(text + "\n", to: file, argument: argument)
  }

  /// A matrix as `costs … from:` reads it: the answers above, the true class before each row.
  func write(_ costs: CostsValue) throws {
    guard form == .csv || form == .markdown else {
      throw Problem(
        code: ShellCode.file, message: "a cost matrix is written as .csv or .md", help: ["its rows are `.matrix`"],
        argument: argument)
    }
    try write(
      Table(
        columns: [.init("true \\ answer")] + costs.classes.map { .init($0) },
        rows: zip(costs.classes, costs.costs.rows).map { name, row in [.string(name)] + row.map { .number($0) } }))
  }

  // MARK: reading

  func read() throws -> Table {
    let data = try bytes()
    switch form {
    case .csv: return try Interrupt.runDetached { try separated(data) }
    case .json, .jsonl:
      let isLines = form == .jsonl
      do {
        return try Interrupt.runDetached { try JSONTable.reading(Array(data), lines: isLines) }
      } catch let mistake as JSONError { throw bad(mistake.what) }
    default: throw bad("Markdown is for reading; tables come back from .csv, .json and .jsonl")
    }
  }

  private func bad(_ what: String) -> Problem {
    Problem(code: ShellCode.file, message: "\(file): \(what)", argument: argument)
  }

  private func bytes() throws -> Data {
    let path = Home.path(file)
    let bytes: [UInt8]?
    do {
      bytes = try Interrupt.runDetached { try PlainFile(path).contents(atMost: Self.maxBytes) }
    } catch let error as DataError {
      guard case .unreadable(_, let reason) = error else { throw bad("there is no such file") }
      throw bad(reason + (reason.contains("a folder") ? "; `load` reads data sets" : ""))
    }
    guard let bytes else {
      throw bad("it is larger than \(Self.maxBytes / 1_000_000) MB, too large for a table in memory")
    }
    return Data(bytes)
  }

  private func separated(_ data: Data) throws -> Table {
    var rows: [[String]] = []
    var names: [String] = []
    var size = 0
    do {
      var reader = try CSVReader(data)
      guard let head = try reader.next() else { throw bad("it is empty; its first line must name the columns") }
      try Extent.check(bytes: 64 * head.fields.count, "a table of \(NumberText.count(head.fields.count)) columns")
      names = Query.unique(head.fields)
      while let record = try reader.next() {
        guard record.fields.count == names.count else {
          throw bad(
            "line \(record.line) has \(record.fields.count.of("field")), "
              + "but there are \(names.count.of("column"))")
        }
        rows.append(record.fields)
        size += Table.bytes(rows: 1, columns: names.count) + record.fields.reduce(0) { $0 + $1.utf8.count }
        try Extent.check(bytes: size, "a table of more than \(NumberText.count(rows.count)) rows")
      }
    } catch let error as CSVError { throw bad("\(error)") }
    let kinds = names.indices.map { column in Kind(of: rows.lazy.map { $0[column] }) }
    return Table(
      columns: names.map { .init($0) }, rows: rows.map { row in zip(kinds, row).map { $0.value($1) } })
  }

  /// What all fields of a column are.
  private enum Kind {
    case number, flag, text

    init(of fields: some Sequence<String>) {
      let fields = fields.filter { !$0.isEmpty }
      self =
        fields.allSatisfy { Self.isNumber($0) }
        ? .number : fields.allSatisfy { $0 == "true" || $0 == "false" } ? .flag : .text
    }

    /// A number as JSON writes it: what has leading zeros is a name, and `inf` is a word.
    static func isNumber(_ text: String) -> Bool {
      var rest = text.utf8[...]
      func take(_ wanted: (UInt8) -> Bool) -> Int {
        let taken = rest.prefix(while: wanted).count
        rest = rest.dropFirst(taken)
        return taken
      }
      func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
      if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
      let startsWithZero = rest.first == UInt8(ascii: "0")
      let whole = take(isDigit)
      guard whole > 0, whole == 1 || !startsWithZero else { return false }
      if rest.first == UInt8(ascii: ".") {
        rest = rest.dropFirst()
        guard take(isDigit) > 0 else { return false }
      }
      if rest.first.map({ $0 | 0x20 }) == UInt8(ascii: "e") {
        rest = rest.dropFirst()
        if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        guard take(isDigit) > 0 else { return false }
      }
      return rest.isEmpty && Double(text)?.isFinite == true
    }

    func value(_ field: String) -> Value {
      if field.isEmpty { return .none }
      switch self {
      case .number: return Double(field).map { .number($0) } ?? .none
      case .flag: return .bool(field == "true")
      case .text: return .string(field)
      }
    }
  }
}
