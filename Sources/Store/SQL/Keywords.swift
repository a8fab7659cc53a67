import Foundation

/// A query in which `index` is a name. The views have a column of that name, and SQLite, for which it is a keyword, wants it
/// in quotes; but no query that only reads has a use for the keyword.
struct Keywords {
  /// The query as SQLite takes it.
  let sql: String
  /// Where the quoted words end, in bytes of `sql`.
  private var ends: [Int] = []

  init(_ query: String) {
    guard query.range(of: "index", options: .caseInsensitive) != nil else {
      sql = query
      return
    }
    let bytes = Array(query.utf8)
    var (made, place, last) = ([UInt8](), 0, "")
    while place < bytes.count {
      let end = Self.end(ofTokenAt: place, in: bytes)
      let token = bytes[place..<end]
      if Self.isWord(bytes[place]) {
        let word = String(decoding: token, as: UTF8.self).lowercased()
        if word == "index", !["create", "unique", "drop"].contains(last) {
          made += [UInt8(ascii: "\"")] + token + [UInt8(ascii: "\"")]
          ends.append(made.count)
        } else {
          made += token
        }
        last = word
      } else {
        made += token
      }
      place = end
    }
    sql = String(decoding: made, as: UTF8.self)
  }

  /// A place of `sql` in the query as it was written.
  func place(_ offset: Int) -> Int {
    ends.reduce(offset) { place, end in place - (end <= offset ? 2 : end - 6 <= offset ? 1 : 0) }
  }

  /// The end of a word, of a quoted text, of a comment, or of one other byte.
  private static func end(ofTokenAt start: Int, in bytes: [UInt8]) -> Int {
    func after(_ closing: [UInt8], from place: Int) -> Int {
      var place = place
      while place + closing.count <= bytes.count {
        if bytes[place..<(place + closing.count)].elementsEqual(closing) { return place + closing.count }
        place += 1
      }
      return bytes.count
    }
    let next = start + 1 < bytes.count ? bytes[start + 1] : 0
    switch bytes[start] {
    case let first where isWord(first): return bytes[start...].firstIndex { !isWord($0) } ?? bytes.count
    case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"): return after([bytes[start]], from: start + 1)
    case UInt8(ascii: "["): return after([UInt8(ascii: "]")], from: start + 1)
    case UInt8(ascii: "-") where next == UInt8(ascii: "-"): return after([UInt8(ascii: "\n")], from: start + 2)
    case UInt8(ascii: "/") where next == UInt8(ascii: "*"):
      return after([UInt8(ascii: "*"), UInt8(ascii: "/")], from: start + 2)
    // A parameter, `:index`, is no word.
    case UInt8(ascii: ":"), UInt8(ascii: "@"), UInt8(ascii: "$"):
      return bytes[(start + 1)...].firstIndex { !isWord($0) } ?? bytes.count
    default: return start + 1
    }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x5f, 0x80...: true
    default: false
    }
  }
}
