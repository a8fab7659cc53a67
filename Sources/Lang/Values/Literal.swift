import Foundation

extension Value {
  /// The shortest text that reads back as this value where the language has such a text; otherwise a short description
  /// in angle brackets, such as `<model cse>`.
  public var literal: String { literal(upTo: .max).text }

  /// The beginning of the literal, about so many bytes of it, and whether that is all: nobody reads a million numbers.
  public func literal(upTo most: Int) -> (text: String, isWhole: Bool) {
    var writer = ValueWriter(limit: most) {}
    // What throws is `poll`, and this one does not.
    try? writer.write(self)
    return (writer.text, !writer.isFull)
  }

  /// The text `print` and `"{x}"` show: strings bare, everything else as its literal.
  public var text: String {
    if case .string(let value) = self { return value }
    return literal
  }

  /// The same, with something to do now and then while it is made, which may throw. Throws a `Problem` too if the text would
  /// be larger than a value may be.
  func text(_ poll: @escaping () throws -> Void) throws -> String {
    if case .string(let value) = self { return value }
    var writer = ValueWriter(limit: Extent.most + 1, poll)
    try writer.write(self)
    try Extent.check(bytes: writer.text.utf8.count, "a string")
    return writer.text
  }

  /// The shortest decimal text that reads back as the same number: `0.1`, `3`, `1e-9`, `1e15`.
  public static func text(of number: Double) -> String {
    if number == number.rounded(), abs(number) < 1e15 { return String(Int64(number)) }
    if number.isNaN { return "nan" }
    var text = "\(number)"
    if text.hasSuffix(".0") { text.removeLast(2) }
    // Swift writes 1e-09 and 1e+21.
    guard let e = text.firstIndex(of: "e") else { return withoutZeros(text) }
    let exponent = Int(text[text.index(after: e)...]) ?? 0
    return text[..<e] + "e\(exponent)"
  }

  /// 1500000000000000 as 1.5e15, where that is shorter.
  private static func withoutZeros(_ text: String) -> String {
    guard !text.contains("."), text.hasSuffix("0000") else { return text }
    let sign = text.hasPrefix("-") ? "-" : "", digits = text.dropFirst(sign.count)
    let significant = String(digits.reversed().drop { $0 == "0" }.reversed())
    let rest = significant.dropFirst()
    return sign + significant.prefix(1) + (rest.isEmpty ? "" : "." + rest) + "e\(digits.count - 1)"
  }

  /// The string in double quotes, with escapes.
  static func quoted(_ string: String) -> String { Value.string(string).literal }

  /// The literal, cut to a length that fits a sentence.
  var brief: String {
    let (text, isWhole) = literal(upTo: 400)
    return isWhole && text.count <= 40 ? text : text.prefix(37) + "…"
  }

  /// What it is, for "must be a number, not …": the type, and the value itself where that is short.
  var briefPhrase: String {
    switch self {
    case .none: "none"
    case .bool, .number: brief
    case .string(let text) where text.utf8.count <= 100 && literal.count <= 24: "the string \(literal)"
    case .choice(let choice): "\(choice.name), which is \(typePhrase)"
    default: typePhrase
    }
  }
}

extension NumberRange {
  /// `0..0.3 by 0.02`.
  var literal: String {
    let bounds = "\(Value.text(of: start))\(includesEnd ? ".." : "..<")\(Value.text(of: end))"
    return step == 1 ? bounds : "\(bounds) by \(Value.text(of: step))"
  }
}

extension Choice {
  /// `pgd` or `pgd(steps: 40)`.
  public var literal: String { Value.choice(self).literal }
}

/// Writes values as literals, up to a length.
private struct ValueWriter {
  private(set) var text = ""
  private let limit: Int
  private let poll: () throws -> Void
  private var turns = 0

  /// - Parameter limit: Where to stop, in bytes of UTF-8; what is written may be a little longer.
  init(limit: Int, _ poll: @escaping () throws -> Void) {
    self.limit = limit
    self.poll = poll
  }

  /// Whether there was more to write than the limit allows.
  var isFull: Bool { text.utf8.count > limit }

  private mutating func turn() throws {
    turns += 1
    if turns & 0x3FF == 0 { try poll() }
  }

  /// A list in a list in a list … is cut off where no one can read it any more.
  mutating func write(_ value: Value, depth: Int = 0) throws {
    if depth >= 100 {
      text += "…"
      return
    }
    try turn()
    switch value {
    case .none: text += "none"
    case .bool(let value): text += value ? "true" : "false"
    case .number(let value): text += Value.text(of: value)
    case .string(let value): try quote(value)
    case .list(let values):
      text += "["
      for (index, value) in values.elements.enumerated() {
        if index > 0 { text += ", " }
        try write(value, depth: depth + 1)
        if isFull { return }
      }
      text += "]"
    case .record(let record):
      text += "{"
      for index in 0..<record.count {
        if index > 0 { text += ", " }
        let (name, value) = record.field(index)
        if Lexer.isName(name) { text += name } else { try quote(name) }
        text += ": "
        try write(value, depth: depth + 1)
        if isFull { return }
      }
      text += "}"
    case .range(let range): text += range.literal
    case .table(let table): text += "<table of \(table.rows.count.of("row"))>"
    case .function(let function): text += function.literal
    case .choice(let choice):
      text += choice.name
      guard !choice.given.isEmpty else { return }
      let free = choice.declaration.unlabelled.flatMap { setting in
        choice.given[setting.name].map { (name: setting.name, value: $0) }
      }
      let fields = (0..<choice.given.count).map { choice.given.field($0) }.filter { $0.name != free?.name }
      for (index, (name, value)) in ((free.map { [$0] } ?? []) + fields).enumerated() {
        text += index == 0 ? "(" : ", "
        if name != free?.name { text += name + ": " }
        try write(value, depth: depth + 1)
        if isFull { return }
      }
      text += ")"
    case .object(let object): text += "<\(object.objectType.name): \(object.summary)>"
    }
  }

  /// The string in double quotes, with escapes.
  private mutating func quote(_ string: String) throws {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "{": text += "\\{"
      case "\n": text += "\\n"
      case "\t": text += "\\t"
      case let control where control.value < 32 || control.value == 127:
        text += "\\u{\(String(control.value, radix: 16))}"
      default: text.unicodeScalars.append(scalar)
      }
      turns += 1
      if turns & 0xFFF == 0 {
        try poll()
        if isFull { return }
      }
    }
    text += "\""
  }
}
