import Foundation

/// How much memory the bytes of one file may take.
enum MemoryBound {
  /// Half of the machine's, or what can be had now: a little file can honestly unpack to a thousand times its size, and
  /// what is read has to be worked with.
  static var bytes: Int { min(Int(clamping: ProcessInfo.processInfo.physicalMemory / 2), Memory.available) }

  static func check(_ needed: Int, _ path: String) throws(DataError) {
    if needed < Memory.small { return }
    let bytes = bytes
    guard needed <= bytes else { throw .tooMuchMemory(path: path, needed: needed, available: bytes) }
  }
}
