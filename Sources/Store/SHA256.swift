import Foundation

/// SHA-256 (FIPS 180-4), so that equal weights are stored once.
///
/// In Swift rather than from a library: weights are hashed once when they are stored, a quarter of a megabyte for LeNet.
enum SHA256 {
  /// The digest as 64 hexadecimal digits.
  static func hexadecimal(of bytes: Data) -> String {
    var state: [UInt32] = [
      0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]
    let whole = bytes.count / 64 * 64
    bytes.withUnsafeBytes { all in absorb(UnsafeRawBufferPointer(rebasing: all[..<whole]), into: &state) }
    var tail = Data(bytes.suffix(bytes.count - whole))
    tail.append(0x80)
    tail.append(Data(count: (120 - tail.count % 64) % 64))
    withUnsafeBytes(of: UInt64(bytes.count * 8).bigEndian) { tail.append(contentsOf: $0) }
    tail.withUnsafeBytes { absorb($0, into: &state) }
    return state.map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }

  /// Mixes whole blocks of 64 bytes into the state.
  private static func absorb(_ bytes: UnsafeRawBufferPointer, into state: inout [UInt32]) {
    var w = [UInt32](repeating: 0, count: 64)
    for block in stride(from: 0, to: bytes.count, by: 64) {
      for i in 0..<16 {
        w[i] = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: block + 4 * i, as: UInt32.self))
      }
      for i in 16..<64 {
        let s0 = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ (w[i - 15] >> 3)
        let s1 = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ (w[i - 2] >> 10)
        w[i] = w[i - 16] &+ s0 &+ w[i - 7] &+ s1
      }
      compress(w, into: &state)
    }
  }

  /// The 64 rounds on one block; letters as in the standard.
  private static func compress(_ w: [UInt32], into state: inout [UInt32]) {
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    for i in 0..<64 {
      let s1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)
      let t1 = h &+ s1 &+ ((e & f) ^ (~e & g)) &+ roundConstants[i] &+ w[i]
      let s0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)
      let t2 = s0 &+ ((a & b) ^ (a & c) ^ (b & c))
      (h, g, f, e, d, c, b, a) = (g, f, e, d &+ t1, c, b, a, t1 &+ t2)
    }
    for (i, word) in [a, b, c, d, e, f, g, h].enumerated() { state[i] = state[i] &+ word }
  }

  private static func turn(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }

  /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
  private static let roundConstants: [UInt32] = primes(64).map { fractionOfCubeRoot($0) }

  private static func primes(_ count: Int) -> [UInt64] {
    var found: [UInt64] = []
    var next: UInt64 = 2
    while found.count < count {
      if found.allSatisfy({ next % $0 != 0 }) { found.append(next) }
      next += 1
    }
    return found
  }

  /// `floor(2³² · ∛n) mod 2³²`, by bisection on whole numbers: `root³ ≤ n · 2⁹⁶`.
  private static func fractionOfCubeRoot(_ n: UInt64) -> UInt32 {
    var (low, high) = (UInt64(0), UInt64(8) << 32)
    while high - low > 1 {
      let middle = (low + high) / 2
      let square = middle.multipliedFullWidth(by: middle)
      if cubeIsBelow(square: square, times: middle, n) { low = middle } else { high = middle }
    }
    return UInt32(truncatingIfNeeded: low)
  }

  /// Whether `square · root ≤ n · 2⁹⁶`, that is, whether its bits from 96 up are below `n` (equality needs a cube).
  private static func cubeIsBelow(square: (high: UInt64, low: UInt64), times root: UInt64, _ n: UInt64) -> Bool {
    let low = square.low.multipliedFullWidth(by: root)
    let high = square.high.multipliedFullWidth(by: root)
    let (middle, carry) = low.high.addingReportingOverflow(high.low)
    let top = high.high + (carry ? 1 : 0)
    return (top << 32 | middle >> 32) < n
  }
}
