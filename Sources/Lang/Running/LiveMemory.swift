import Foundation

/// How much memory all values hold together: what the program takes beyond what it took at first, and beyond what commands
/// keep in data sets, models and results.
struct LiveMemory {
  /// The most, in bytes: two gigabytes, or half of the machine's memory where that is less.
  static let most = min(2_000_000_000, Int(clamping: ProcessInfo.processInfo.physicalMemory / 2))
  /// After so many bytes of new values it is looked at again.
  static let step = 16_000_000

  /// What of the program's memory is not the values'.
  private var others = Self.resident

  private var used: Int { Self.resident - others }

  /// Whether values hold too much, as far as can be told without tidying up.
  var isFull: Bool { used > Self.most }

  /// So much more is not the values'.
  mutating func leaveOut(_ bytes: Int) { others += max(0, bytes) }

  /// Throws a `Problem` if values hold too much.
  mutating func check() throws {
    // Memory that was given back is the program's until it is asked to return it.
    CLibrary.returnFreeMemory()
    others = min(others, Self.resident)
    guard isFull else { return }
    throw Extent.tooLarge("what all values hold", limit: "together they may take", most: Self.most)
  }

  /// The bytes of memory that the program takes now.
  static var resident: Int {
    guard let file else { return 0 }
    var text: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0, 0)
    // Safety: `text` has 64 bytes, and no more are read into it.
    return withUnsafeMutableBytes(of: &text) { bytes in
      let count = pread(file, bytes.baseAddress, bytes.count, 0)
      guard count > 0 else { return 0 }
      // Two numbers of pages: all that is mapped, and what of it is in memory.
      let fields = bytes.prefix(count).split(separator: UInt8(ascii: " "))
      guard fields.count > 1 else { return 0 }
      return fields[1].reduce(0) { 10 * $0 + Int($1 &- UInt8(ascii: "0")) } * pageSize
    }
  }

  private static let pageSize = sysconf(Int32(_SC_PAGESIZE))
  private static let file: Int32? = {
    let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
    return file >= 0 ? file : nil
  }()
}
