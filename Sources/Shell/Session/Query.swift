import Lang
import Store

/// SQL of the user's, between the language's values and the store's.
enum Query {
  /// A language value as a parameter. Lists, tables and objects have no place in a query.
  static func parameter(_ binding: QueryBinding) throws -> SQLValue {
    switch binding.value {
    case .none: return .null
    case .bool(let flag): return .bool(flag)
    // Always a real number: with a whole one, `:x / 255` would be SQLite's integer division.
    case .number(let number): return .real(number)
    case .string(let text): return .text(text)
    case .choice(let choice): return .text(choice.name)
    case .object(let object as ModelValue): return .text(object.identity.name)
    default:
      let (name, kind) = (binding.name, binding.value.typePhrase)
      throw Diagnostic(
        ShellCode.sql, "`:\(name)` is \(kind); a query takes numbers, strings and names", at: binding.range,
        help: ["pass one of its members, such as `let x = \(name)[0]` and then `:x`"])
    }
  }

  /// The answer to a query. Throws `SQLError`, and a `Problem` where there is more than a value may hold, as soon as that is seen.
  static func table(
    of sql: String, from store: UserSQL, parameters: [String: SQLValue] = [:],
    shouldStop: @escaping () -> Bool = { Interrupt.isRequested }
  ) throws -> Table {
    var rows: [[Value]] = []
    var size = 0
    var names: [String] = []
    try store.stream(
      sql, parameters: parameters, shouldStop: shouldStop, columns: { names = unique($0) },
      row: { row in
        let values = try self.values(row, of: names, row: rows.count + 1)
        rows.append(values)
        size += values.reduce(Table.bytes(rows: 1, columns: values.count)) { $0 + $1.extent.bytes }
        guard size > Extent.most else { return }
        var help = ["`limit 1000` at its end gives the first rows", "`ward sql --mode csv` writes any number of them"]
        if rows.count == 1 { help = ["`substr(x, 1, 1000)` gives the beginning of a text"] }
        do { try Extent.check(bytes: size, "a table of \(NumberText.count(rows.count)) rows or more") } catch var
          problem as Problem
        {
          problem.help = help
          throw problem
        }
      })
    return Table(columns: names.map { Table.Column($0) }, rows: rows)
  }

  /// One row. A number that is too large for one is refused, as everywhere in the language.
  static func values(_ row: [SQLValue], of names: [String], row number: Int) throws -> [Value] {
    try zip(names, row).map { name, value in
      if case .real(let real) = value, !real.isFinite { throw SQLError.notFinite(column: name, row: number) }
      return self.value(value)
    }
  }

  /// Column names with later ones of the same name numbered: as members they could not be told apart.
  static func unique(_ names: [String]) -> [String] {
    var used: [String: Int] = [:]
    return names.map { name in
      used[name, default: 0] += 1
      return used[name] == 1 ? name : "\(name):\(used[name]!)"
    }
  }

  static func value(_ value: SQLValue) -> Value {
    switch value {
    case .null: .none
    // A whole number that no Double holds stays what it is, as text.
    case .integer(let number): Int64(exactly: Double(number)) == number ? .number(Double(number)) : .string("\(number)")
    case .real(let number): .number(number)
    case .text(let text): .string(text)
    case .blob: .string(value.description)
    }
  }

  /// What was wrong with a query, at its place in the user's text.
  static func diagnostic(_ error: SQLError, sql: String, at range: SourceRange) -> any Error {
    switch error {
    case .interrupted: return Lang.Interrupt()
    case .wrong(let message, let offset, let suggestions):
      let place = offset.map { token(at: $0, of: sql, in: range) } ?? range
      return Diagnostic(
        ShellCode.sql, "SQL: \(message)", at: place,
        says: suggestions.first.map { "did you mean `\($0)`?" } ?? "",
        help: ["`tables` lists what can be asked, `schema results` its columns"])
    case .secondStatement(let offset):
      return Diagnostic(ShellCode.sql, "SQL: \(error)", at: token(at: offset, of: sql, in: range))
    default: return Diagnostic(ShellCode.sql, "SQL: \(error)", at: range)
    }
  }

  /// The word at a byte offset of a query that begins where `range` does.
  private static func token(at offset: Int, of sql: String, in range: SourceRange) -> SourceRange {
    let word = sql.utf8.dropFirst(offset).prefix { $0.isWordByte }
    return place(offset..<(offset + max(1, word.count)), in: range)
  }

  /// Bytes of a query in the text that it stands in.
  static func place(_ bytes: Range<Int>, in range: SourceRange) -> SourceRange {
    SourceRange(source: range.source, start: range.start + bytes.lowerBound, end: range.start + bytes.upperBound)
  }
}

extension UInt8 {
  fileprivate var isWordByte: Bool {
    (0x30...0x39).contains(self) || (0x41...0x5a).contains(self) || (0x61...0x7a).contains(self) || self == 0x5f
      || self >= 0x80
  }
}
