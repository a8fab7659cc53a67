/// Which lines belong to one query, outside of parentheses: a line break is a blank of SQL, and ends a statement of ours.
///
/// A query goes on where the line before breaks off, or the line after begins as no statement of ours can. Nothing that
/// was right without this means something else with it.
enum SQLLines {
  /// Words that cannot be the last of a query. All are reserved in SQLite, so none of them is the name of a column.
  private static let open: Set = [
    "select", "from", "where", "and", "or", "not", "on", "group", "order", "having", "limit", "union", "all", "except",
    "intersect", "join", "in", "between", "is", "as", "distinct", "case", "when", "then", "else", "using", "values",
  ]
  private static let openSymbols: Set<UInt8> = Set(",=<>+-*/|%.".utf8)

  /// Words that begin a further line of a query when an operand follows; two values side by side are no statement of ours.
  private static let further: Set = [
    "from", "where", "group", "order", "having", "limit", "offset", "join", "left", "right", "full", "inner", "outer",
    "cross", "natural", "union", "except", "intersect", "window", "on", "using", "when", "then", "else", "end", "as",
    "values", "returning", "collate", "is", "like", "between", "not", "and", "or", "in",
  ]
  /// Those of them that may have a line of their own.
  private static let alone: Set = ["from", "where", "having", "union", "except", "intersect", "and", "or"]
  private static let furtherSymbols: Set<UInt8> = Set(",=<>+*".utf8)
  /// Words of ours between two values.
  private static let infix: Set = ["in", "and", "or", "mod"]

  /// The word or sign at the end of a query that asks for more; `nil` when the text could be a whole one.
  static func word(thatBreaksOff text: ArraySlice<UInt8>) -> String? {
    guard let last = text.last else { return nil }
    if openSymbols.contains(last) { return String(decoding: [last], as: UTF8.self) }
    let word = lastWord(of: text)
    if open.contains(word.lowercased()) { return word }
    if lacksSelect(text) { return "with" }
    let before = lastWord(of: text.dropLast(word.utf8.count).trimmedEnd)
    return word.lowercased() == "by" && ["group", "order", "partition"].contains(before.lowercased()) ? word : nil
  }

  /// Whether a `with` has named its tables and does not ask anything of them yet.
  private static func lacksSelect(_ text: ArraySlice<UInt8>) -> Bool {
    func word(at start: Int) -> String {
      String(decoding: text[start...].prefix { $0.isNamePart }, as: UTF8.self).lowercased()
    }
    guard let start = text.firstIndex(where: { !$0.isBlank }), word(at: start) == "with" else { return false }
    var depth = 0, before: UInt8 = 0
    for (at, byte) in zip(text.indices, text) {
      if byte == UInt8(ascii: "(") { depth += 1 }
      if byte == UInt8(ascii: ")") { depth -= 1 }
      if depth == 0, !before.isNamePart, byte | 0x20 == UInt8(ascii: "s") || byte | 0x20 == UInt8(ascii: "v"),
        ["select", "values"].contains(word(at: at))
      {
        return false
      }
      before = byte
    }
    return true
  }

  /// The word at the end; empty when it is part of a member or no word.
  private static func lastWord(of text: ArraySlice<UInt8>) -> String {
    let word = text.suffix(while: \.isNamePart)
    guard word.first?.isLetter == true, text.dropLast(word.count).last != UInt8(ascii: "."),
      text.dropLast(word.count).last != UInt8(ascii: ":")
    else { return "" }
    return String(decoding: word, as: UTF8.self)
  }

  /// The first byte of the next line that holds something other than blanks and comments of SQL; blank lines end a query.
  static func next(behind newline: Int, of bytes: ArraySlice<UInt8>) -> Int? {
    var at = newline
    while at < bytes.endIndex, bytes[at] == UInt8(ascii: "\n") {
      at += 1
      while at < bytes.endIndex, bytes[at].isBlank, bytes[at] != UInt8(ascii: "\n") { at += 1 }
      guard at < bytes.endIndex, bytes[at] != UInt8(ascii: "\n") else { return nil }
      guard bytes[at...].starts(with: "--".utf8) else { return at }
      at = bytes[at...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
    }
    return nil
  }

  /// Whether a line, given from its first byte on, goes on with the query of the line before.
  static func continues(_ line: ArraySlice<UInt8>) -> Bool {
    guard let first = line.first else { return false }
    if furtherSymbols.contains(first) { return true }
    if first == UInt8(ascii: "|") { return line.dropFirst().first == first }
    let bytes = line.prefix { $0.isNamePart }
    let word = String(decoding: bytes, as: UTF8.self).lowercased()
    guard further.contains(word) else { return false }
    let behind = line.dropFirst(bytes.count)
    let rest = behind.drop { $0.isBlank && $0 != UInt8(ascii: "\n") }
    guard let next = rest.first, next != UInt8(ascii: "\n"), next != UInt8(ascii: ";") else {
      return alone.contains(word)
    }
    guard rest.startIndex > behind.startIndex else { return false }
    if next.isLetter {
      let other = String(decoding: rest.prefix { $0.isNamePart }, as: UTF8.self)
      return !infix.contains(other) || infix.contains(word)
    }
    if next == UInt8(ascii: ":") { return rest.dropFirst().first?.isLetter == true }
    return next.isDigit || "\"'`(?".utf8.contains(next)
  }
}

extension ArraySlice<UInt8> {
  /// Without blanks at the end.
  fileprivate var trimmedEnd: ArraySlice<UInt8> {
    dropLast(count - (lastIndex { !$0.isBlank }.map { $0 - startIndex + 1 } ?? 0))
  }

  fileprivate func suffix(while isPart: (UInt8) -> Bool) -> ArraySlice<UInt8> {
    self[((lastIndex { !isPart($0) }).map { $0 + 1 } ?? startIndex)...]
  }
}
