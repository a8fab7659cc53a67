extension Value {
  /// What a `for` runs over. Throws a `Problem` for values that are one thing, and what `poll` throws, which is asked now
  /// and then.
  func iterated(_ poll: () throws -> Void = {}) throws -> [Value] {
    switch self {
    case .list(let values): return values.elements
    case .range(let range):
      return try range.spelledOut().map { .number($0) }
    case .table(let table):
      let names = table.columns.reduce(0) { $0 + Extent.field + $1.name.utf8.count }
      let (size, isOver) = names.multipliedReportingOverflow(by: table.count)
      try Extent.check(bytes: isOver ? .max : size, "a list of \(table.count) records")
      return try table.rows.indices.map { row in
        if row & 0xFF == 0 { try poll() }
        return .record(table.record(row))
      }
    case .record(let record): return record.names.map { .string($0) }
    case .string(let text):
      var characters: [Value] = []
      for character in text {
        if characters.count & 0xFFF == 0 {
          try poll()
          try Extent.check(bytes: characters.count * Extent.place, "a list of all characters of a string")
        }
        characters.append(.string(String(character)))
      }
      return characters
    case .object(let object): if let elements = object.elements { return elements }
    default: break
    }
    throw Problem(
      .notIterable, "\(typePhrase) is one thing, not several",
      help: ["lists, ranges, tables, records and strings have elements"])
  }

  /// `value.name`. Throws a `Problem` that suggests a near name when there is none.
  public func member(_ name: String) throws -> Value {
    switch self {
    case .record(let record): if let value = record[name] { return value }
    case .table(let table): if let column = table.column(name) { return .list(column) }
    case .choice(let choice):
      if let value = choice[name] { return value }
      if name == "name" { return .string(choice.name) }
    case .object(let object):
      if let member = object.member(name) { return try member.value(of: object) }
    default: break
    }
    throw noMember(name)
  }

  /// The names that may follow the dot.
  public var memberNames: [String] {
    switch self {
    case .record(let record): record.names
    case .table(let table): table.columns.map(\.name)
    case .choice(let choice): choice.declaration.settings.map(\.name) + ["name"]
    case .object(let object): object.allMembers.map(\.name)
    default: []
    }
  }

  func noMember(_ name: String) -> Problem {
    let names = memberNames
    let owner =
      switch self {
      case .choice(let choice): choice.name;
      default: typePhrase
      }
    let word =
      switch self {
      case .record: "field";
      case .table: "column";
      case .choice: "setting";
      default: "member"
      }
    let near = Suggestions.hint(for: name, in: names)
    return Problem(
      .unknownMember, "\(owner) has no \(word) `\(name)`", label: near.isEmpty ? Self.function(for: name) : near,
      help: names.isEmpty ? [] : ["it has \(names.prefix(16).joined(separator: ", "))\(names.count > 16 ? ", …" : "")"])
  }

  /// The function that other languages have as a member: `xs.length`, `text.upper()`.
  private static func function(for name: String) -> String {
    let other = [
      "length": "len", "size": "len", "count": "len", "toUpperCase": "upper", "toLowerCase": "lower", "strip": "trim",
    ]
    if ["append", "push", "add", "extend"].contains(name) { return "write `x += [y]` to add to a list" }
    let function = other[name] ?? name
    return Library.all.contains { $0.name == function } ? "write `\(function)(x)`: it is a function" : ""
  }

  /// `value[…]`.
  func element(at index: [Value], _ poll: () throws -> Void = {}) throws -> Value {
    if case .object(let object) = self { return try object.element(at: index) }
    var value = self
    for one in index { value = try value.element(at: one, poll) }
    return value
  }

  private func element(at index: Value, _ poll: () throws -> Void) throws -> Value {
    switch (self, index) {
    case (.list(let values), .number(let at)): return values[try Self.position(at, in: values.count)]
    case (.list(let values), .range(let range)):
      return .list(try Self.positions(range, in: values.count).map { values.elements[$0] })
    case (.table(let table), .number(let at)): return .record(table.record(try Self.position(at, in: table.count)))
    case (.table(let table), .range(let range)):
      return .table(table.with(rows: try Self.positions(range, in: table.count).map { table.rows[$0] }))
    case (.table, .string(let name)), (.record, .string(let name)): return try member(name)
    case (.string(let text), .number(let at)):
      let position = try Self.position(at, in: LongText.count(text, poll))
      return .string(String(text[try LongText.index(text, position, from: text.startIndex, poll)]))
    case (.string(let text), .range(let range)): return .string(try Self.part(of: text, range, poll))
    case (.range(let range), .number(let at)): return .number(range[try Self.position(at, in: range.count)])
    case (.object(let object), _): return try object.element(at: [index])
    case (.list, _), (.table, _), (.string, _), (.range, _), (.record, _):
      throw Problem(.notIndexable, "\(typePhrase) cannot be indexed by \(index.briefPhrase)")
    default: throw Problem(.notIndexable, "\(typePhrase) has no elements to index")
    }
  }

  /// A list index: whole, counted from 0, or from the end when negative.
  static func position(_ index: Double, in count: Int) throws -> Int {
    guard let whole = Int(exactly: index) else {
      guard index != index.rounded() || !index.isFinite else {
        throw Problem(.outOfBounds, "there is no element \(text(of: index))")
      }
      throw Problem(.notIndexable, "an index must be a whole number, not \(text(of: index))")
    }
    let at = whole < 0 ? count + whole : whole
    guard at >= 0, at < count else {
      let extent = count == 0 ? "there are no elements" : "the indices go from 0 to \(count - 1)"
      throw Problem(.outOfBounds, "there is no element \(whole)", label: extent)
    }
    return at
  }

  private static func positions(_ range: NumberRange, in count: Int) throws -> [Int] {
    try checkExtent(of: range, in: count)
    return try range.spelledOut().map { try position($0, in: count) }
  }

  private static func checkExtent(of range: NumberRange, in count: Int) throws {
    guard range.count <= count + 1 else {
      throw Problem(.outOfBounds, "the range \(range.literal) is longer than the \(count.of("element"))")
    }
  }

  /// The characters at the numbers of a range.
  private static func part(of text: String, _ range: NumberRange, _ poll: () throws -> Void) throws -> String {
    let count = try LongText.count(text, poll)
    try checkExtent(of: range, in: count)
    guard range.count > 0 else { return "" }
    let first = try position(range[0], in: count), last = try position(range[range.count - 1], in: count)
    if range.step == 1, first <= last, last - first == range.count - 1 {
      let start = try LongText.index(text, first, from: text.startIndex, poll)
      return String(text[start..<(try LongText.index(text, last + 1 - first, from: start, poll))])
    }
    let characters = try Value.string(text).iterated(poll)
    var part = ""
    for index in 0..<range.count {
      if index & 0xFFF == 0 { try poll() }
      part += characters[try position(range[index], in: count)].text
    }
    return part
  }

  /// The value after `value[index] = element`.
  func replacing(at index: [Value], with element: Value) throws -> Value {
    if case .object(let object) = self { return .object(try object.replacing(at: index, with: element)) }
    guard let first = index.first else { return element }
    let rest = Array(index.dropFirst())
    let inner = rest.isEmpty ? element : try self.element(at: [first]).replacing(at: rest, with: element)
    switch (self, first) {
    case (.list(var values), .number(let at)):
      values[try Self.position(at, in: values.count)] = inner
      return .list(values)
    case (.record(var record), .string(let name)):
      record[name] = inner
      return .record(record)
    case (.list, _), (.record, _):
      throw Problem(.notIndexable, "\(typePhrase) cannot be indexed by \(first.briefPhrase)")
    default: throw Problem(.notIndexable, "the elements of \(typePhrase) cannot be set")
    }
  }

  /// The value after `value.name = element`.
  func replacing(member name: String, with element: Value) throws -> Value {
    switch self {
    case .record(var record):
      record[name] = element
      return .record(record)
    case .choice(let choice): return .choice(try choice.configured(name, element))
    default: throw Problem(.notAPlace, "the members of \(typePhrase) cannot be set")
    }
  }
}
