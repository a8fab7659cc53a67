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
  private static let mostBytes = 100_000_000

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
        case "npz", "npy", "gz": ["`load` reads images"]
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
    try WrittenFile.write(Interrupt.leaving { form.text(of: table) } + "\n", to: file, argument: argument)
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

  func read(_ session: Session) throws -> Table {
    let data = try bytes()
    switch form {
    case .csv: return try Interrupt.leaving { try separated(data) }
    case .json: return try objects(in: [(1, data)], of: "$", session)
    case .jsonl:
      let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
      return try objects(
        in: lines.map { ($0 + 1, $1) }.filter { !$1.allSatisfy { $0 == 32 || $0 == 9 || $0 == 13 } }, of: nil, session)
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
      bytes = try Interrupt.leaving { try PlainFile(path).contents(atMost: Self.mostBytes) }
    } catch let error as DataError {
      guard case .unreadable(_, let reason) = error else { throw bad("there is no such file") }
      throw bad(reason + (reason.contains("a folder") ? "; `load` reads data sets" : ""))
    }
    guard let bytes else {
      throw bad("it is larger than \(Self.mostBytes / 1_000_000) MB, too large for a table in memory")
    }
    return Data(bytes)
  }

  private func separated(_ data: Data) throws -> Table {
    var rows: [[String]] = []
    var names: [String] = []
    do {
      var reader = try CSVReader(data)
      guard let head = try reader.next() else { throw bad("it is empty; its first line must name the columns") }
      names = Query.unique(head.fields)
      while let record = try reader.next() {
        guard record.fields.count == names.count else {
          throw bad(
            "line \(record.line) has \(record.fields.count.of("field")), "
              + "but there are \(names.count.of("column"))")
        }
        rows.append(record.fields)
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

  /// JSON is read by SQLite, which keeps the order of the fields.
  private func objects(in texts: [(line: Int, bytes: Data)], of root: String?, _ session: Session) throws -> Table {
    var names: [String] = []
    var places: [String: Int] = [:]
    var rows: [[Int: Value]] = []
    for (line, bytes) in texts {
      let at = root == nil ? "line \(line): " : ""
      guard let text = String(data: bytes, encoding: .utf8) else { throw bad(at + "it is not text in UTF-8") }
      do {
        let elements = root == nil ? "select 0 as number, :text as value, json_type(:text) as type" : Self.elements
        var number: SQLValue?
        try session.sql.stream(
          "with rows as (\(elements)) select rows.number, f.key, f.type, f.atom, f.value, rows.type from rows left join "
            + "json_each(iif(rows.type = 'object', rows.value, '{}')) f order by rows.number, f.id",
          parameters: ["text": .text(text)], longest: 2 * Self.mostBytes, shouldStop: { Interrupt.isRequested },
          columns: { _ in },
          row: { row in
            if row[0] != number { rows.append([:]) }
            number = row[0]
            guard row[5] == .text("object") else { throw bad(at + "it is not a list of objects") }
            guard case .text(let name) = row[1] else { return }
            let place = places[name, default: names.count]
            if place == names.count {
              places[name] = place
              names.append(name)
            }
            rows[rows.count - 1][place] = Self.value(row)
          })
      } catch SQLError.interrupted {
        throw Lang.Interrupt()
      } catch is SQLError {
        throw bad(at + "it is not JSON")
      }
    }
    return Table(
      columns: names.map { .init($0) }, rows: rows.map { row in names.indices.map { row[$0] ?? .none } })
  }

  /// The elements of a list; an object alone is a list of one.
  private static let elements =
    "select key as number, value, type from json_each(iif(json_type(:text) = 'object', json_array(json(:text)), :text))"

  /// A field's value: type, atom and value are columns 2 to 4.
  private static func value(_ row: [SQLValue]) -> Value {
    switch row[2] {
    case .text("true"): .bool(true)
    case .text("false"): .bool(false)
    case .text("object"), .text("array"): Query.value(row[4])
    default: Query.value(row[3])
    }
  }
}
