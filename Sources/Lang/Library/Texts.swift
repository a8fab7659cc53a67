import Foundation

extension Library {
  static let texts: [LibraryFunction] = [
    LibraryFunction(
      "join", "The elements as one string, with a separator between them.", topic: "Text",
      [.init("list"), .init("separator", .string, default: ", ")],
      example: Example("join([1, 2, 3], \" and \")", gives: "\"1 and 2 and 3\"")
    ) { caller, given in
      let separator = given[1].text
      var text = ""
      for (index, part) in try given[0].iterated(caller.poll).enumerated() {
        try caller.poll()
        if index > 0 { text += separator }
        text += try part.text(caller.poll)
        try Extent.check(bytes: text.utf8.count, "a string")
      }
      return .string(text)
    },
    LibraryFunction(
      "split", "The parts of a string between separators.", topic: "Text",
      [.init("text", .string), .init("separator", .string, default: " ")],
      example: Example("split(\"a, b\", \", \")", gives: "[\"a\", \"b\"]")
    ) { caller, given in
      let separator = given[1].text
      guard !separator.isEmpty else { return .list(try given[0].iterated(caller.poll)) }
      var parts = ValueBuilder(caller)
      try forEachPiece(of: given[0].text, between: separator, caller) { try parts.add(.string($0)) }
      return parts.list
    },
    LibraryFunction(
      "format", "A value as text with so many digits after the point, padded to a width; `percent: true` for shares.",
      topic: "Text",
      [
        .init("x"), .init("digits", .integer(in: .within(0...15)), default: Value.none),
        .init("width", .integer(in: .within(0...1000)), default: 0), .init("percent", .flag, default: false),
      ], example: Example("format(0.12345, 2)", gives: "\"0.12\""), formatted),
    LibraryFunction(
      "string", "A value as text, as `print` shows it.", topic: "Text", [.init("x")],
      example: Example("string(0.5)", gives: "\"0.5\"")
    ) { caller, given in .string(try given[0].text(caller.poll)) },
    LibraryFunction(
      "upper", "In capitals.", topic: "Text", [.init("text", .string)],
      example: Example("upper(\"shirt\")", gives: "\"SHIRT\"")
    ) {
      .string(try LongText.mapped($1[0].text, $0.poll) { $0.uppercased() })
    },
    LibraryFunction(
      "lower", "In small letters.", topic: "Text", [.init("text", .string)],
      example: Example("lower(\"SHIRT\")", gives: "\"shirt\"")
    ) {
      .string(try LongText.mapped($1[0].text, $0.poll) { $0.lowercased() })
    },
    LibraryFunction(
      "trim", "Without white space at both ends.", topic: "Text", [.init("text", .string)],
      example: Example("trim(\"  shirt \")", gives: "\"shirt\"")
    ) { caller, given in .string(try trimmed(given[0].text, caller.poll)) },
    LibraryFunction(
      "replace", "With every occurrence of one string replaced by another.", topic: "Text",
      [.init("text", .string), .init("old", .string), .init("new", .string)],
      example: Example("replace(\"a-b\", \"-\", \"+\")", gives: "\"a+b\"")
    ) { caller, given in
      guard !given[1].text.isEmpty else {
        throw Problem(.badArgument, "replace needs text to look for", argument: "old")
      }
      let new = given[2].text
      var text = "", isFirst = true
      try forEachPiece(of: given[0].text, between: given[1].text, caller) { piece in
        if !isFirst { text += new }
        isFirst = false
        text += piece
        try Extent.check(bytes: text.utf8.count, "a string")
      }
      return .string(text)
    },
    LibraryFunction(
      "type", "The kind of a value, as a string.", topic: "Values", [.init("x")],
      example: Example("type([1, 2])", gives: "\"list\"")
    ) { _, given in .string(given[0].typeName) },
  ]

  /// The text between the occurrences of another, which is looked for byte by byte: Foundation's search of a long text
  /// takes seconds and cannot be interrupted.
  private static func forEachPiece(
    of text: String, between separator: String, _ caller: LibraryFunction.Caller, _ body: (String) throws -> Void
  ) throws {
    let bytes = Array(text.utf8), wanted = Array(separator.utf8)
    var start = 0
    while let at = try LongText.find(wanted, in: bytes, from: start, caller.poll) {
      try body(String(decoding: bytes[start..<at], as: UTF8.self))
      start = at + wanted.count
    }
    try body(String(decoding: bytes[start...], as: UTF8.self))
  }

  private static func trimmed(_ text: String, _ poll: () throws -> Void) throws -> String {
    let space = CharacterSet.whitespacesAndNewlines
    var turns = 0
    func isSpace(_ scalar: Unicode.Scalar) throws -> Bool {
      turns += 1
      if turns & 0xFFF == 0 { try poll() }
      return space.contains(scalar)
    }
    var rest = try text.unicodeScalars.drop(while: isSpace)
    while let last = rest.last, try isSpace(last) { rest.removeLast() }
    return String(rest)
  }

  private static func formatted(_ caller: LibraryFunction.Caller, _ given: [Value]) throws -> Value {
    let width = Int(given[2].number), percent = given[3] == .bool(true)
    guard let number = given[0].asNumber else {
      guard !percent else { throw Problem(.badArgument, "only numbers have a percentage", argument: "percent") }
      let text = try given[0].text(caller.poll)
      // Of a longer text the first thousand letters fill any width.
      return .string(text + String(repeating: " ", count: max(0, width - text.prefix(width).displayWidth)))
    }
    let scaled = percent ? try Operators.number(.multiply, number, 100) : number
    let digits = given[1].asInteger ?? (percent ? 1 : nil)
    let text = digits.map { String(format: "%.\($0)f", scaled) } ?? Value.text(of: scaled)
    let whole = percent ? text + " %" : text
    return .string(String(repeating: " ", count: max(0, width - whole.count)) + whole)
  }
}
