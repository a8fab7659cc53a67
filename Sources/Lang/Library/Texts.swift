import Foundation

extension Library {
  static let texts: [LibraryFunction] = [
    LibraryFunction(
      "join", "The elements as one string, with a separator between them.", topic: "Text",
      [.init("list"), .init("separator", .string, default: ", ")], example: "join([1, 2, 3], \" and \")"
    ) { caller, given in
      let parts = try given[0].iterated().map { part in
        try caller.poll()
        return part.text
      }
      return .string(parts.joined(separator: given[1].text))
    },
    LibraryFunction(
      "split", "The parts of a string between separators.", topic: "Text",
      [.init("text", .string), .init("separator", .string, default: " ")], example: "split(\"a, b\", \", \")"
    ) { caller, given in
      let separator = given[1].text
      guard !separator.isEmpty else { return .list(try given[0].iterated(caller.poll)) }
      return .list(try pieces(of: given[0].text, between: separator, caller).map { .string($0) })
    },
    LibraryFunction(
      "format", "A value as text with so many digits after the point, padded to a width; `percent: true` for shares.",
      topic: "Text",
      [
        .init("x"), .init("digits", .integer(in: .within(0...15)), default: Value.none),
        .init("width", .integer(in: .within(0...1000)), default: 0), .init("percent", .flag, default: false),
      ], example: "format(0.12345, 2)", formatted),
    LibraryFunction(
      "string", "A value as text, as `print` shows it.", topic: "Text", [.init("x")], example: "string(0.5)"
    ) { _, given in .string(given[0].text) },
    LibraryFunction("upper", "In capitals.", topic: "Text", [.init("text", .string)], example: "upper(\"shirt\")") {
      .string($1[0].text.uppercased())
    },
    LibraryFunction("lower", "In small letters.", topic: "Text", [.init("text", .string)], example: "lower(\"SHIRT\")")
    {
      .string($1[0].text.lowercased())
    },
    LibraryFunction(
      "trim", "Without white space at both ends.", topic: "Text", [.init("text", .string)],
      example: "trim(\"  shirt \")"
    ) { _, given in .string(given[0].text.trimmingCharacters(in: .whitespacesAndNewlines)) },
    LibraryFunction(
      "replace", "With every occurrence of one string replaced by another.", topic: "Text",
      [.init("text", .string), .init("old", .string), .init("new", .string)], example: "replace(\"a-b\", \"-\", \"+\")"
    ) { caller, given in
      guard !given[1].text.isEmpty else {
        throw Problem(.badArgument, "replace needs text to look for", argument: "old")
      }
      return .string(try pieces(of: given[0].text, between: given[1].text, caller).joined(separator: given[2].text))
    },
    LibraryFunction(
      "type", "The kind of a value, as a string.", topic: "Values", [.init("x")], example: "type([1, 2])"
    ) { _, given in .string(given[0].typeName) },
  ]

  /// The text between the occurrences of another, which is looked for byte by byte: Foundation's search of a long text
  /// takes seconds and cannot be interrupted.
  private static func pieces(
    of text: String, between separator: String, _ caller: LibraryFunction.Caller
  ) throws -> [String] {
    let bytes = Array(text.utf8), wanted = Array(separator.utf8)
    var pieces: [String] = [], start = 0, at = 0
    while at + wanted.count <= bytes.count {
      if at & 0xFFF == 0 { try caller.poll() }
      if bytes[at] == wanted[0], bytes[at..<at + wanted.count].elementsEqual(wanted) {
        pieces.append(String(decoding: bytes[start..<at], as: UTF8.self))
        at += wanted.count
        start = at
      } else {
        at += 1
      }
    }
    return pieces + [String(decoding: bytes[start...], as: UTF8.self)]
  }

  private static func formatted(_: LibraryFunction.Caller, _ given: [Value]) throws -> Value {
    let width = Int(given[2].number), percent = given[3] == .bool(true)
    guard let number = given[0].asNumber else {
      guard !percent else { throw Problem(.badArgument, "only numbers have a percentage", argument: "percent") }
      let text = given[0].text
      return .string(text + String(repeating: " ", count: max(0, width - text.displayWidth)))
    }
    let scaled = percent ? number * 100 : number
    let digits = given[1].asInteger ?? (percent ? 1 : nil)
    let text = digits.map { String(format: "%.\($0)f", scaled) } ?? Value.text(of: scaled)
    let whole = percent ? text + " %" : text
    return .string(String(repeating: " ", count: max(0, width - whole.count)) + whole)
  }
}
