import CCrypto
import Foundation

/// SHA-256 through OpenSSL, so that equal weights are stored once.
enum SHA256 {
  /// The digest as 64 hexadecimal digits.
  static func hexadecimal(of bytes: Data) -> String {
    var sum = [UInt8](repeating: 0, count: 32)
    // Safety: the bytes are read inside the closure only, and the digest has the 32 bytes that SHA-256 writes.
    let works = bytes.withUnsafeBytes { EVP_Digest($0.baseAddress, $0.count, &sum, nil, EVP_sha256(), nil) == 1 }
    precondition(works, "every OpenSSL has SHA-256, and what is hashed is in memory")
    return sum.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}
