import Contract

extension Library {
  static let lists: [LibraryFunction] = [
    LibraryFunction(
      "len", "How many elements, fields, rows or characters.", topic: "Lists", [.init("x")],
      example: Example("len([1, 2, 3])", gives: "3")
    ) { caller, given in
      guard let count = try given[0].count(caller.poll) else {
        throw Problem(.notIterable, "\(given[0].typePhrase) has no length", argument: "x")
      }
      return .integer(count)
    },
    LibraryFunction(
      "range", "The numbers from start up to, but not including, end.", topic: "Lists",
      [.init("start", .number()), .init("end", .number(), default: Value.none), .init("step", .number(), default: 1)],
      example: Example("range(0, 10, 2)", gives: "0..<10 by 2")
    ) { _, given in
      guard given[2].number != 0 else {
        throw Problem(.badRange, "a range needs a step that is not 0", argument: "step")
      }
      let (start, end) = given[1].isNone ? (0, given[0].number) : (given[0].number, given[1].number)
      return .range(NumberRange(from: start, to: end, by: given[2].number, includesEnd: false))
    },
    LibraryFunction(
      "map", "What a function gives for every element.", topic: "Lists", [.init("list"), .init("f", .function)],
      example: Example("map([1, 2, 3], fn(x) => x * x)", gives: "[1, 4, 9]")
    ) { caller, given in
      let function = given[1].function
      var made = ValueBuilder(caller)
      for element in try given[0].iterated(caller.poll) { try made.add(caller.call(function, [element])) }
      return made.list
    },
    LibraryFunction(
      "filter", "The elements, rows or fields for which a function gives true.", topic: "Lists",
      [.init("list"), .init("f", .function)], example: Example("filter([1, 2, 3], fn(x) => x > 1)", gives: "[2, 3]"),
      keepMatching),
    LibraryFunction(
      "where", "The rows of a table, or elements of a list, for which a function gives true.", topic: "Tables",
      [.init("table"), .init("f", .function)],
      example: Example("where([{a: 1}, {a: 2}], fn(row) => row.a > 1)", gives: "[{a: 2}]"), keepMatching),
    LibraryFunction(
      "sort", "In rising order, empty cells last; `by` names a column or gives the key, `descending: true` reverses.",
      topic: "Lists",
      [
        .init("list"), .init("by", .either([.function, .string]), default: Value.none),
        .init("descending", .flag, default: false),
      ],
      example: Example("sort([3, 1, 2], descending: true)", gives: "[3, 2, 1]"), sorted),
    LibraryFunction(
      "reverse", "The elements, rows or characters, last first.", topic: "Lists", [.init("list")],
      example: Example("reverse([1, 2, 3])", gives: "[3, 2, 1]")
    ) { caller, given in
      switch given[0] {
      case .string(let text): .string(try reversed(text, caller.poll))
      case .table(let table): .table(table.with(rows: table.rows.reversed()))
      default: .list(try given[0].iterated(caller.poll).reversed())
      }
    },
    part("head", "The first n elements, rows or characters.", example: Example("head([1, 2, 3], 2)", gives: "[1, 2]")) {
      count, n in
      0..<min(n, count)
    },
    part("tail", "The last n elements, rows or characters.", example: Example("tail([1, 2, 3], 2)", gives: "[2, 3]")) {
      count, n in
      max(0, count - n)..<count
    },
    LibraryFunction(
      "unique", "The elements without repetitions, in order of first appearance.", topic: "Lists", [.init("list")],
      example: Example("unique([1, 2, 1])", gives: "[1, 2]")
    ) { caller, given in
      var kept: [Value] = []
      for value in try given[0].iterated(caller.poll) {
        try caller.poll()
        if try !Value.contains(kept, value, caller.poll) { kept.append(value) }
      }
      return .list(kept)
    },
    LibraryFunction(
      "zip", "Pairs of elements at the same place, as long as the shorter list.", topic: "Lists",
      [.init("a"), .init("b")],
      example: Example("zip([1, 2], [\"x\", \"y\"])", gives: "[[1, \"x\"], [2, \"y\"]]")
    ) { caller, given in
      var made = ValueBuilder(caller)
      for (a, b) in zip(try given[0].iterated(caller.poll), try given[1].iterated(caller.poll)) {
        try made.add(.list([a, b]))
      }
      return made.list
    },
  ]

  private static func reversed(_ text: String, _ poll: () throws -> Void) throws -> String {
    var reversed = ""
    var turns = 0
    for character in text.reversed() {
      turns += 1
      if turns & 0xFFF == 0 { try poll() }
      reversed.append(character)
    }
    return reversed
  }

  private static func keepMatching(_ caller: LibraryFunction.Caller, _ given: [Value]) throws -> Value {
    func matches(_ value: Value) throws -> Bool {
      let answer = try caller.call(given[1].function, [value])
      guard let keep = answer.asBool else {
        throw Problem(.notACondition, "the function must give true or false, not \(answer.briefPhrase)", argument: "f")
      }
      return keep
    }
    switch given[0] {
    case .table(let table):
      let kept = try table.rows.indices.filter { try matches(.record(table.record($0))) }
      return .table(table.with(rows: kept.map { table.rows[$0] }))
    case .record(let record):
      return .record(Record(try record.pairs.filter { try matches($0.value) }.map { ($0.name, $0.value) }))
    default: return .list(try given[0].iterated(caller.poll).filter(matches))
    }
  }

  private static func sorted(_ caller: LibraryFunction.Caller, _ given: [Value]) throws -> Value {
    let elements = try given[0].iterated(caller.poll)
    let keys = try elements.map { element in
      try caller.poll()
      return switch given[1] {
      case .function(let function): try caller.call(function, [element])
      case .string(let name): try element.member(name)
      default: element
      }
    }
    let falling = given[2] == .bool(true)
    // Equal keys keep their order, also when descending; what has no key, such as an empty cell of a table, comes last.
    let (known, empty) = (keys.indices.filter { !keys[$0].isNone }, keys.indices.filter { keys[$0].isNone })
    let sorted = try known.sorted { a, b in
      try caller.poll()
      let (low, high) = falling ? (keys[b], keys[a]) : (keys[a], keys[b])
      if try Value.precedes(low, high, caller.poll) { return true }
      return try !Value.precedes(high, low, caller.poll) && a < b
    }
    let order = sorted + empty
    if case .table(let table) = given[0] { return .table(table.with(rows: order.map { table.rows[$0] })) }
    return .list(order.map { elements[$0] })
  }

  private static func part(
    _ name: String, _ summary: String, example: Example, _ choose: @escaping (Int, Int) -> Range<Int>
  ) -> LibraryFunction {
    LibraryFunction(
      name, summary, topic: "Lists", [.init("list"), .init("n", .integer(in: .atLeast(0)), default: 10)],
      example: example
    ) { caller, given in
      let n = Int(given[1].number)
      switch given[0] {
      case .table(let table): return .table(table.with(rows: Array(table.rows[choose(table.count, n)])))
      case .string(let text):
        let chosen = choose(try LongText.count(text, caller.poll), n)
        let start = try LongText.index(text, chosen.lowerBound, from: text.startIndex, caller.poll)
        return .string(String(text[start..<(try LongText.index(text, chosen.count, from: start, caller.poll))]))
      default:
        let elements = try given[0].iterated(caller.poll)
        return .list(Array(elements[choose(elements.count, n)]))
      }
    }
  }
}

extension Value {
  /// The function of a value that was checked to be one.
  var function: Function {
    guard case .function(let value) = self else { unreachable("\(literal) was checked as a function") }
    return value
  }

  /// What `len` gives, nil for values that have no length.
  func count(_ poll: () throws -> Void) rethrows -> Int? {
    switch self {
    case .list(let values): values.count
    case .record(let record): record.count
    case .range(let range): range.count
    case .table(let table): table.count
    case .string(let text): try LongText.count(text, poll)
    case .object(let object): object.elements?.count
    default: nil
    }
  }
}

/// A list on its way: it stops where it becomes larger than a value may be, not when the memory is gone.
struct ValueBuilder {
  private let caller: LibraryFunction.Caller
  private var elements: [Value] = []
  private var extent = Extent(levels: 1)

  init(_ caller: LibraryFunction.Caller) { self.caller = caller }

  mutating func add(_ element: Value) throws {
    if elements.count & 0xFF == 0 { try caller.poll() }
    extent.grow(by: Extent.place)
    extent.hold(element.extent)
    if extent.bytes > Extent.most { try extent.check("a list") }
    elements.append(element)
  }

  var list: Value { .list(elements) }
}
