import Foundation

/// What Jupyter's requests say, as far as a kernel looks at it. What may be left out may be left out here; another type is a
/// mistake, which the reply tells.
enum KernelContent {
  struct Execute: Decodable {
    var code: String
    var silent: Bool?
    var storesHistory: Bool?
    var expressions: [String: String]?
    var stopsOnError: Bool?

    enum CodingKeys: String, CodingKey {
      case code, silent
      case storesHistory = "store_history"
      case expressions = "user_expressions"
      case stopsOnError = "stop_on_error"
    }
  }

  /// `complete_request` and `inspect_request`.
  struct Place: Decodable {
    var code: String
    /// In Unicode code points.
    var cursor: Int

    enum CodingKeys: String, CodingKey {
      case code
      case cursor = "cursor_pos"
    }
  }

  struct Code: Decodable { var code: String }

  struct History: Decodable {
    var output: Bool?
    var kind: String
    var session: Int?
    var start: Int?
    var stop: Int?
    var n: Int?
    var pattern: String?
    var unique: Bool?

    enum CodingKeys: String, CodingKey {
      case output, session, start, stop, n, pattern, unique
      case kind = "hist_access_type"
    }
  }

  struct Shutdown: Decodable { var restart: Bool? }

  struct Comm: Decodable {
    var id: String

    enum CodingKeys: String, CodingKey { case id = "comm_id" }
  }
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
