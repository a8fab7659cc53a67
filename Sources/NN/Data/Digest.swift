import CCrypto
import Foundation

/// SHA-256 through OpenSSL, which uses the processor's SHA instructions: 26 MB take about 20 ms.
enum Digest {
  /// The hexadecimal SHA-256 of a whole file, read in pieces of 1 MB.
  static func sha256(ofFile path: String) throws(DataError) -> String {
    guard let file = fopen(path, "rb") else { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
    defer { fclose(file) }
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    var works = EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1
    var piece = [UInt8](repeating: 0, count: 1 << 20)
    while works {
      let got = fread(&piece, 1, piece.count, file)
      if got == 0 { break }
      works = EVP_DigestUpdate(context, piece, got) == 1
    }
    if ferror(file) != 0 { throw .unreadable(path: path, reason: "a read failed") }
    return try finish(context, works, path)
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
