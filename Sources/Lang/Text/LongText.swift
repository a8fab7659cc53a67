import Contract
import Foundation

/// What the language does with texts of up to 200 MB, at which Swift's own ways would work for seconds without a stop.
///
/// `poll` is asked every few thousand characters, and may throw.
enum LongText {
  /// Texts up to here go Swift's own way: it takes no time.
  private static let short = 1 << 14

  // MARK: comparing

  static func equal(_ a: String, _ b: String, _ poll: () throws -> Void) rethrows -> Bool {
    if a.utf8.count < short || b.utf8.count < short { return a == b }
    if a.utf8.count == b.utf8.count, sameBytes(a, b) { return true }
    return try !differs(a, b, poll) { $0 != $1 }
  }

  private static func sameBytes(_ a: String, _ b: String) -> Bool {
    let same = a.utf8.withContiguousStorageIfAvailable { a in
      b.utf8.withContiguousStorageIfAvailable { b in memcmp(a.baseAddress!, b.baseAddress!, a.count) == 0 }
    }
    return same == true
  }

  static func precedes(_ a: String, _ b: String, _ poll: () throws -> Void) rethrows -> Bool {
    if a.utf8.count < short && b.utf8.count < short { return a < b }
    return try differs(a, b, poll) { $0 < $1 }
  }

  /// What `test` says about the first part in which the texts differ; false if they do not. Parts are some thousand
  /// characters long, and end where characters do, since é may be written in two ways.
  private static func differs(
    _ a: String, _ b: String, _ poll: () throws -> Void, _ test: (Substring, Substring) -> Bool
  ) rethrows -> Bool {
    var a = a[...], b = b[...]
    while !a.isEmpty && !b.isEmpty {
      try poll()
      let same = commonBytes(a, b, upTo: 1 << 16)
      if same > 0 {
        (a, b) = (a.dropping(utf8: same), b.dropping(utf8: same))
        if a.isEmpty && b.isEmpty { return false }
        continue
      }
      let (x, y) = (a.prefix(1 << 12), b.prefix(1 << 12))
      if x != y { return test(x, y) }
      (a, b) = (a[x.endIndex...], b[y.endIndex...])
    }
    return a.isEmpty && b.isEmpty ? false : test(a.prefix(1), b.prefix(1))
  }

  /// How many bytes at the beginning are the same in both, cut where a character of its own begins in both.
  private static func commonBytes(_ a: Substring, _ b: Substring, upTo most: Int) -> Int {
    let found = a.utf8.withContiguousStorageIfAvailable { a in
      b.utf8.withContiguousStorageIfAvailable { b in
        let count = min(a.count, b.count, most)
        var same = 0
        while same < count {
          let step = min(4096, count - same)
          if memcmp(a.baseAddress! + same, b.baseAddress! + same, step) != 0 { break }
          same += step
        }
        while same < count, a[same] == b[same] { same += 1 }
        if same == a.count, same == b.count { return same }
        // Only between two ASCII characters, of which the first is no carriage return, does a character surely end.
        while same > 0 {
          let isEnd = same < a.count && same < b.count && a[same] < 0x80 && b[same] < 0x80
          if isEnd, a[same - 1] < 0x80, a[same - 1] != 13 { break }
          same -= 1
        }
        return same
      }
    }
    return (found ?? 0) ?? 0
  }

  // MARK: looking for bytes

  private typealias Search = @convention(c) (UnsafeRawPointer, Int, UnsafeRawPointer, Int) -> UnsafeMutableRawPointer?

  /// Its time grows with the length alone, whatever is looked for.
  private static let search: Search = {
    guard let found = CLibrary.function("memmem", as: Search.self) else { unreachable("there is no memmem") }
    return found
  }()

  /// Where `part` stands in `text` from byte `start` on; nil for nowhere. In time that grows with the length alone.
  static func find(_ part: [UInt8], in text: [UInt8], from start: Int, _ poll: () throws -> Void) rethrows -> Int? {
    // A window at a time, each as much longer as a part that begins at its end needs.
    let window = max(1 << 22, part.count)
    var at = start
    while at + part.count <= text.count {
      try poll()
      let length = min(window + part.count - 1, text.count - at)
      let found: Int? = text.withUnsafeBytes { bytes in
        // Safety: the window lies inside the text.
        search(bytes.baseAddress! + at, length, part, part.count).map { UnsafeRawPointer($0) - bytes.baseAddress! }
      }
      if let found { return found }
      at += window
    }
    return nil
  }

  static func contains(_ text: String, _ part: String, _ poll: () throws -> Void) rethrows -> Bool {
    if part.isEmpty { return true }
    if text.utf8.count < short { return text.contains(part) }
    return try find(Array(part.utf8), in: Array(text.utf8), from: 0, poll) != nil
  }

  // MARK: characters

  /// How many characters there are.
  static func count(_ text: String, _ poll: () throws -> Void) rethrows -> Int {
    if text.utf8.count < short { return text.count }
    var count = 0
    for _ in text {
      count += 1
      if count & 0x3FFF == 0 { try poll() }
    }
    return count
  }

  /// The place of character `distance`, counted from `start`; the end if there are fewer.
  static func index(_ text: String, _ distance: Int, from start: String.Index, _ poll: () throws -> Void) rethrows
    -> String.Index
  {
    var (at, left) = (start, distance)
    while left > 0, at < text.endIndex {
      let step = min(left, 1 << 14)
      at = text.index(at, offsetBy: step, limitedBy: text.endIndex) ?? text.endIndex
      left -= step
      try poll()
    }
    return at
  }

  /// The text with each piece of some thousand characters changed by itself. Throws if it grows too large.
  static func mapped(_ text: String, _ poll: () throws -> Void, _ change: (Substring) -> String) throws -> String {
    if text.utf8.count < short { return change(text[...]) }
    var result = ""
    var rest = text.unicodeScalars[...]
    while !rest.isEmpty {
      try poll()
      let piece = rest.prefix(1 << 14)
      result += change(Substring(piece))
      try Extent.check(bytes: result.utf8.count, "a string")
      rest = rest[piece.endIndex...]
    }
    return result
  }
}

extension Substring {
  fileprivate func dropping(utf8 count: Int) -> Substring { self[utf8.index(startIndex, offsetBy: count)...] }
}
