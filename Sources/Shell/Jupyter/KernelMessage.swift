import Foundation
import Synchronization

/// A message of Jupyter's protocol as it came: who sent it, and the frames behind the signature.
struct KernelMessage: Sendable {
  enum Mistake: Error, Equatable { case noMark, tooFewFrames, badSignature, repeated, badHeader }

  /// Where the answer goes.
  let identities: [[UInt8]]
  /// As it was written: it is the parent of every answer.
  let header: [UInt8]
  let content: [UInt8]
  let type: String

  static let mark = Array("<IDS|MSG>".utf8)

  private struct Header: Decodable {
    let id: String
    let type: String

    enum CodingKeys: String, CodingKey {
      case id = "msg_id"
      case type = "msg_type"
    }
  }

  /// - Throws: `Mistake` for what is no message, or none of somebody who has the key.
  init(_ frames: [[UInt8]], _ signatures: SeenSignatures) throws(Mistake) {
    guard let mark = frames.firstIndex(of: Self.mark) else { throw .noMark }
    let parts = frames[(mark + 1)...]
    guard parts.count >= 5 else { throw .tooFewFrames }
    let signed = parts.dropFirst().prefix(4)
    try signatures.check(parts[parts.startIndex], for: signed)
    (identities, header) = (Array(frames[..<mark]), signed[signed.startIndex])
    content = signed[signed.startIndex + 3]
    guard let read = try? JSONDecoder().decode(Header.self, from: Data(header)) else { throw .badHeader }
    type = read.type
  }

  /// The content as an object of that kind.
  ///
  /// - Throws: `DecodingError` for what is not JSON, or of other types.
  func content<T: Decodable>(as kind: T.Type) throws -> T { try JSONDecoder().decode(kind, from: Data(content)) }

  /// `execute_reply` for `execute_request`.
  var replyType: String? { type.hasSuffix("_request") ? type.dropLast("request".count) + "reply" : nil }
}

/// Checks signatures, and refuses what was sent before: whoever can read messages could send them again.
final class SeenSignatures: Sendable {
  private let key: MessageKey
  private let seen = Mutex<(now: Set<[UInt8]>, before: Set<[UInt8]>)>(([], []))

  init(_ key: MessageKey) { self.key = key }

  func check(_ given: [UInt8], for frames: ArraySlice<[UInt8]>) throws(KernelMessage.Mistake) {
    guard key.isOn else { return }
    guard key.accepts(given, for: frames) else { throw .badSignature }
    let isNew = seen.withLock { seen in
      if seen.now.count >= 1 << 16 { seen = ([], seen.now) }
      return !seen.before.contains(given) && seen.now.insert(given).inserted
    }
    guard isNew else { throw .repeated }
  }
}

/// A message that the kernel sends.
struct KernelAnswer: Sendable {
  var channel: ConnectionFile.Channel
  var identities: [[UInt8]] = []
  var type: String
  /// The header of the message that it answers; an empty object for none.
  var parent: [UInt8] = Array("{}".utf8)
  /// JSON.
  var content: String
  var metadata = "{}"

  /// The version of the protocol that Ward speaks.
  static let protocolVersion = "5.4"

  /// What goes on the wire.
  func frames(of kernel: String, signedBy key: MessageKey) -> [[UInt8]] {
    let date = Date().formatted(
      .iso8601.year().month().day().time(includingFractionalSeconds: true).timeZone(separator: .omitted))
    let header = JSONText.object([
      ("msg_id", JSONText.string(UUID().uuidString.lowercased())), ("msg_type", JSONText.string(type)),
      ("session", JSONText.string(kernel)), ("username", "\"ward\""), ("date", JSONText.string(date)),
      ("version", JSONText.string(Self.protocolVersion)),
    ])
    let signed = [Array(header.utf8), parent, Array(metadata.utf8), Array(content.utf8)]
    let head = identities + [KernelMessage.mark, Array(key.hexadecimal(of: signed).utf8)]
    return head + signed
  }
}
