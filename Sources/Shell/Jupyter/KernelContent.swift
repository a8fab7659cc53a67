import Foundation

/// What Jupyter's requests say, as far as a kernel looks at it. What may be left out may be left out here; another type is a
/// mistake, which the reply tells.
enum KernelContent {
  struct Execute: Decodable {
    var code: String
    var silent: Bool?
    var store_history: Bool?
    var user_expressions: [String: String]?
    var stop_on_error: Bool?
  }

  /// `complete_request` and `inspect_request`.
  struct Place: Decodable {
    var code: String
    /// In Unicode code points.
    var cursor_pos: Int
  }

  struct Code: Decodable { var code: String }

  struct History: Decodable {
    var output: Bool?
    var hist_access_type: String
    var session: Int?
    var start: Int?
    var stop: Int?
    var n: Int?
    var pattern: String?
    var unique: Bool?
  }

  struct Shutdown: Decodable { var restart: Bool? }

  struct Comm: Decodable { var comm_id: String }
}

/// Places in a text: Jupyter counts Unicode code points, Ward bytes of UTF-8.
enum CodePoints {
  /// The byte at which a code point begins; the end for one that there is not.
  static func byte(of point: Int, in text: String) -> Int {
    let scalars = text.unicodeScalars
    let place = scalars.index(scalars.startIndex, offsetBy: max(0, point), limitedBy: scalars.endIndex)
    return text.utf8.distance(from: text.startIndex, to: place ?? text.endIndex)
  }

  /// How many code points there are before a byte.
  static func count(before byte: Int, in text: String) -> Int {
    let utf8 = text.utf8
    let place = utf8.index(utf8.startIndex, offsetBy: max(0, byte), limitedBy: utf8.endIndex) ?? utf8.endIndex
    return text.unicodeScalars.distance(from: text.startIndex, to: place)
  }
}
