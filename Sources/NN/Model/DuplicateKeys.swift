import Foundation

/// Names that a JSON object has twice: readers of JSON take the last of them, and say nothing.
enum DuplicateKeys {
  /// A name that some object in a whole JSON text has twice; nil if there is none.
  static func first(in text: ArraySlice<UInt8>) -> String? {
    var objects: [Set<String>?] = []
    var (isName, at) = (false, text.startIndex)
    while at < text.endIndex {
      switch text[at] {
      case UInt8(ascii: "{"):
        objects.append([])
        isName = true
      case UInt8(ascii: "["): objects.append(nil)
      case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = objects.popLast()
      case UInt8(ascii: ","): isName = objects.last.map { $0 != nil } ?? false
      case UInt8(ascii: "\""):
        let start = at
        at += 1
        while at < text.endIndex, text[at] != UInt8(ascii: "\"") { at += text[at] == UInt8(ascii: "\\") ? 2 : 1 }
        guard isName, at < text.endIndex else { break }
        isName = false
        let name = decoded(text[start...at])
        if objects[objects.count - 1]?.insert(name).inserted == false { return name }
      default: break
      }
      at += 1
    }
    return nil
  }

  /// A string in quotes: the same name may be written with and without escapes.
  private static func decoded(_ quoted: ArraySlice<UInt8>) -> String {
    let plain = String(decoding: quoted.dropFirst().dropLast(), as: UTF8.self)
    guard quoted.contains(UInt8(ascii: "\\")) else { return plain }
    let value = try? JSONSerialization.jsonObject(with: Foundation.Data(quoted), options: .fragmentsAllowed)
    return value as? String ?? plain
  }
}
