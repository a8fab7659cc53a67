import CCrypto
import Foundation

/// HMAC-SHA256 (RFC 2104) over the frames of a message: who has the key of the connection file has written it.
struct MessageKey: Sendable {
  private let inner: [UInt8]
  private let outer: [UInt8]
  /// Whether messages are signed: a connection file with an empty key says that they are not.
  let isOn: Bool

  init(_ key: [UInt8]) {
    isOn = !key.isEmpty
    var block = key.count > 64 ? Self.digest([key]) : key
    block += [UInt8](repeating: 0, count: 64 - block.count)
    inner = block.map { $0 ^ 0x36 }
    outer = block.map { $0 ^ 0x5c }
  }

  /// The signature as 64 hexadecimal digits; empty where nothing is signed.
  func hexadecimal(of frames: some Sequence<[UInt8]>) -> String {
    guard isOn else { return "" }
    let sum = Self.digest([outer, Self.digest([inner] + frames)])
    return sum.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  /// Whether a signature is that of the frames. How long it takes says nothing about where it differs.
  func accepts(_ signature: [UInt8], for frames: some Sequence<[UInt8]>) -> Bool {
    guard isOn else { return true }
    let right = Array(hexadecimal(of: frames).utf8)
    return signature.count == right.count && zip(signature, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }

  private static func digest(_ parts: some Sequence<[UInt8]>) -> [UInt8] {
    var sum = [UInt8](repeating: 0, count: 32)
    // Safety: each part is read inside its closure only, and the digest has the 32 bytes that SHA-256 writes.
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    var works = EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1
    for part in parts {
      works = part.withUnsafeBytes { EVP_DigestUpdate(context, $0.baseAddress, $0.count) == 1 } && works
    }
    works = EVP_DigestFinal_ex(context, &sum, nil) == 1 && works
    precondition(works, "every OpenSSL has SHA-256, and what is hashed is in memory")
    return sum
  }
}
