import Foundation

/// How much of the machine's memory the bytes of one file may take.
enum MemoryBound {
  /// Half of it: a little file can honestly unpack to a thousand times its size, and what is read has to be worked with.
  static let bytes = Int(clamping: ProcessInfo.processInfo.physicalMemory / 2)

  static func check(_ needed: Int, _ path: String) throws(DataError) {
    guard needed <= bytes else { throw .tooMuchMemory(path: path, needed: needed, available: bytes) }
  }
}
