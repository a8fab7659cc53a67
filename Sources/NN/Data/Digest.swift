import CCrypto
import Contract
import Foundation

/// SHA-256 through OpenSSL, which uses the processor's SHA instructions: 26 MB take about 20 ms.
public enum Digest {
  /// The hexadecimal SHA-256 of a whole file, read in pieces of 1 MB.
  ///
  /// - Throws: `DataError` where it cannot be read.
  public static func sha256(ofFile path: String) throws(DataError) -> String {
    let file = try PlainFile(path)
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    var works = EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1
    for start in stride(from: 0, to: file.size, by: 1 << 20) where works {
      let piece = try file.read(min(1 << 20, file.size - start), at: start)
      works = EVP_DigestUpdate(context, piece, piece.count) == 1
    }
    return try finish(context, works, path)
  }

  /// The hexadecimal SHA-256 of bytes in memory.
  public static func sha256(of bytes: [UInt8]) -> String {
    var sum = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 0
    let works = EVP_Digest(bytes, bytes.count, &sum, &length, EVP_sha256(), nil) == 1
    require(works && length == 32, "SHA-256 is not available in this OpenSSL")
    return hexadecimal(sum)
  }

  private static func finish(_ context: OpaquePointer?, _ works: Bool, _ path: String) throws(DataError) -> String {
    var sum = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 0
    guard works, EVP_DigestFinal_ex(context, &sum, &length) == 1, length == 32 else {
      throw .unreadable(path: path, reason: "SHA-256 is not available in this OpenSSL")
    }
    return hexadecimal(sum)
  }

  static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}
