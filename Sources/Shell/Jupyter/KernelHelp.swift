import Foundation
import Lang

/// What Tab and `?` say, for a notebook.
enum KernelHelp {
  /// What could stand at a place: the same candidates as Tab has.
  static func completions(_ place: KernelContent.Place, in session: Session) -> String {
    let cursor = CodePoints.byte(of: place.cursor, in: place.code)
    let found = Completion.at(
      place.code, cursor, in: session.environment, from: CompletionProvider.sources(of: session))
    // A text that one candidate ends is closed, as at the prompt.
    let rest = String(decoding: place.code.utf8.dropFirst(cursor), as: UTF8.self)
    let closes = found.candidates.count == 1 && found.candidates[0].text.last != "/" && !rest.hasPrefix(found.quote)
    let texts = found.candidates.map { $0.text + (closes ? found.quote : "") }
    let start = CodePoints.count(before: min(found.start, cursor), in: place.code)
    let end = CodePoints.count(before: cursor, in: place.code)
    let types = zip(found.candidates, texts).map { candidate, text in
      JSONText.object([
        ("start", "\(start)"), ("end", "\(end)"), ("text", JSONText.string(text)),
        ("type", JSONText.string(candidate.kind.rawValue)), ("signature", JSONText.string(candidate.summary)),
      ])
    }
    return Kernel.object([
      ("matches", list(texts.map { JSONText.string($0) })), ("cursor_start", "\(start)"), ("cursor_end", "\(end)"),
      ("metadata", JSONText.object([("_jupyter_types_experimental", list(types))])),
    ])
  }

  /// What `?` says of the name at a place, or of the call around it.
  static func inspection(_ place: KernelContent.Place, in session: Session) -> String {
    let cursor = CodePoints.byte(of: place.cursor, in: place.code)
    let call = Completion.signature(place.code, cursor, in: session.environment)?.prefix { $0 != " " && $0 != "(" }
    let topics = names(in: place.code, at: cursor) + (call.map { [String($0)] } ?? [])
    let found = topics.lazy.filter { !$0.isEmpty }.compactMap { try? About.page($0, in: session) }.first
    guard let found else {
      return Kernel.object([("found", "false"), ("data", "{}"), ("metadata", "{}")])
    }
    let text = BlockRenderer(width: 80).text(of: found)
    return Kernel.object([
      ("found", "true"), ("data", JSONText.object([("text/plain", JSONText.string(text))])), ("metadata", "{}"),
    ])
  }

  /// The names that a cursor stands in or behind, the longest first: `cse.conv1`, then `conv1`; a session line with its colon.
  static func names(in code: String, at cursor: Int) -> [String] {
    let bytes = Array(code.utf8)
    func isPart(_ byte: UInt8) -> Bool {
      byte >= 0x80 || byte == UInt8(ascii: "_") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
    var (start, end) = (min(cursor, bytes.count), min(cursor, bytes.count))
    while end < bytes.count, isPart(bytes[end]) { end += 1 }
    while start > 0, isPart(bytes[start - 1]) { start -= 1 }
    let word = String(decoding: bytes[start..<end], as: UTF8.self)
    if word.isEmpty { return [] }
    let startOfWord = start
    while start > 0, isPart(bytes[start - 1]) || bytes[start - 1] == UInt8(ascii: ".") { start -= 1 }
    let path = String(decoding: bytes[start..<end], as: UTF8.self)
    let isLine = startOfWord > 0 && bytes[startOfWord - 1] == UInt8(ascii: ":")
    return (isLine ? [":" + word] : path == word ? [] : [path]) + [word]
  }

  /// Whether a cell may run as it is, and how far its next line is indented if not.
  static func completeness(_ code: String, in session: Session) -> String {
    if session.isIncomplete(code) {
      let indent = String(repeating: "  ", count: Continuation.depth(of: code))
      return JSONText.object([("status", "\"incomplete\""), ("indent", JSONText.string(indent))])
    }
    let program = session.interpreter.parse(Source(name: session.promptName, text: code))
    let isWrong = program.diagnostics.contains { $0.severity == .error }
    return JSONText.object([("status", isWrong ? "\"invalid\"" : "\"complete\"")])
  }

  static func list(_ elements: [String]) -> String { "[" + elements.joined(separator: ",") + "]" }
}
