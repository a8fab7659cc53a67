extension Value: Equatable {
  /// Equality as `==` in the language means it: same kind, same content. Functions are equal when they are the same.
  public static func == (a: Value, b: Value) -> Bool { equal(a, b) {} }

  /// The same, with something to do now and then meanwhile, which may throw: values may be large.
  static func equal(_ a: Value, _ b: Value, _ poll: () throws -> Void) rethrows -> Bool {
    switch (a, b) {
    case (.none, .none): return true
    case (.bool(let a), .bool(let b)): return a == b
    case (.number(let a), .number(let b)): return a == b
    case (.string(let a), .string(let b)): return try LongText.equal(a, b, poll)
    case (.list(let a), .list(let b)): return try equal(a.elements, b.elements, poll)
    case (.record(let a), .record(let b)):
      guard a.count == b.count else { return false }
      for index in 0..<a.count {
        if index & 0xFF == 0xFF { try poll() }
        let field = a.field(index)
        // Most often the fields come in the same order.
        let same = b.field(index)
        guard let other = same.name == field.name ? same.value : b[field.name], try equal(field.value, other, poll)
        else { return false }
      }
      return true
    case (.range(let a), .range(let b)): return a == b
    case (.table(let a), .table(let b)):
      guard a.columns == b.columns, a.rows.count == b.rows.count else { return false }
      for (index, row) in a.rows.enumerated() {
        if index & 0xFF == 0xFF { try poll() }
        guard try equal(row, b.rows[index], poll) else { return false }
      }
      return true
    case (.function(let a), .function(let b)): return a === b
    case (.choice(let a), .choice(let b)):
      return try a.declaration === b.declaration && equal(.record(a.given), .record(b.given), poll)
    case (.object(let a), .object(let b)): return a.isEqual(to: b)
    default: return false
    }
  }

  private static func equal(_ a: [Value], _ b: [Value], _ poll: () throws -> Void) rethrows -> Bool {
    guard a.count == b.count else { return false }
    for index in a.indices {
      if index & 0xFFF == 0xFFF { try poll() }
      guard try equal(a[index], b[index], poll) else { return false }
    }
    return true
  }

  /// Whether one of `values` equals `value`.
  static func contains(_ values: some Sequence<Value>, _ value: Value, _ poll: () throws -> Void) rethrows -> Bool {
    var turns = 0
    for one in values {
      turns += 1
      if turns & 0xFFF == 0 { try poll() }
      if try equal(one, value, poll) { return true }
    }
    return false
  }

  /// The order of `sort`, `min` and `<`: numbers with numbers, strings with strings.
  static func precedes(_ a: Value, _ b: Value, _ poll: () throws -> Void) throws -> Bool {
    switch (a, b) {
    case (.number(let a), .number(let b)): return a < b
    case (.string(let a), .string(let b)): return try LongText.precedes(a, b, poll)
    default:
      throw Problem(
        .wrongOperands, "\(a.briefPhrase) and \(b.briefPhrase) have no order",
        help: ["numbers compare with numbers and strings with strings"])
    }
  }
}
