import Foundation

extension Value {
  /// The shortest text that reads back as this value where the language has such a text; otherwise a short description
  /// in angle brackets, such as `<model cse>`.
  public var literal: String {
    var text = ""
    write(to: &text, depth: 0) {}
    return text
  }

  /// A list in a list in a list … is cut off where no one can read it any more, and the stack is safe. `poll` is called now
  /// and then: a list may have millions of elements.
  fileprivate func write(to text: inout String, depth: Int, _ poll: () throws -> Void) rethrows {
    if depth >= 100 {
      text += "…"
      return
    }
    switch self {
    case .none: text += "none"
    case .bool(let value): text += value ? "true" : "false"
    case .number(let value): text += Self.text(of: value)
    case .string(let value): text += Self.quoted(value)
    case .list(let values):
      text += "["
      for (index, value) in values.enumerated() {
        if index > 0 { text += ", " }
        if index % 1024 == 0 { try poll() }
        try value.write(to: &text, depth: depth + 1, poll)
      }
      text += "]"
    case .record(let record):
      text += "{"
      for (index, pair) in record.pairs.enumerated() {
        if index > 0 { text += ", " }
        text += (Lexer.isName(pair.name) ? pair.name : Self.quoted(pair.name)) + ": "
        try pair.value.write(to: &text, depth: depth + 1, poll)
      }
      text += "}"
    case .range(let range): text += range.literal
    case .table(let table): text += "<table of \(table.rows.count.of("row"))>"
    case .function(let function): text += function.literal
    case .choice(let choice): text += choice.literal
    case .object(let object): text += "<\(object.objectType.name): \(object.summary)>"
    }
  }

  /// The text `print` and `"{x}"` show: strings bare, everything else as its literal.
  public var text: String { text {} }

  /// The same, with something to do now and then while it is made, which may throw.
  func text(_ poll: () throws -> Void) rethrows -> String {
    if case .string(let value) = self { return value }
    var text = ""
    try write(to: &text, depth: 0, poll)
    return text
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
  static func quoted(_ string: String) -> String {
    var text = "\""
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
    }
    return text + "\""
  }

  /// The literal, cut to a length that fits a sentence.
  var brief: String {
    let text = literal
    return text.count <= 40 ? text : text.prefix(37) + "…"
  }

  /// What it is, for "must be a number, not …": the type, and the value itself where that is short.
  var briefPhrase: String {
    switch self {
    case .none: "none"
    case .bool, .number: brief
    case .string where literal.count <= 24: "the string \(literal)"
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
  public var literal: String {
    given.isEmpty
      ? name : "\(name)(" + given.pairs.map { "\($0.name): \($0.value.literal)" }.joined(separator: ", ") + ")"
  }
}
