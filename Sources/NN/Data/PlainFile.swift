import Foundation
import Synchronization

/// Random access to a file on disk. What is asked for is there, or nothing is allocated.
///
/// The one way in which Ward opens a file for reading. Anything but a regular file is refused: reading a pipe could
/// block, a device has no end, and merely opening some devices has side effects.
public final class PlainFile {
  let path: String
  /// How many bytes it has.
  public let size: Int
  private let descriptor: Int32

  /// The files that were opened since `remember()` was called, by their paths.
  public static var opened: Set<String> { memory.withLock { $0 ?? [] } }

  /// From here on the process remembers which files it opens, for who must know later whether they are still the same.
  public static func remember() { memory.withLock { $0 = $0 ?? [] } }

  private static let memory = Mutex<Set<String>?>(nil)

  /// Opens a plain file. A link is followed.
  ///
  /// - Throws: `DataError.missingFile`, or `.unreadable` with the reason.
  public init(_ path: String) throws(DataError) {
    self.path = path
    // A NUL would cut the name short for the system: another file would be opened.
    guard !path.utf8.contains(0) else { throw .unreadable(path: path, reason: "its name holds a NUL") }
    var facts = stat()
    guard stat(path, &facts) == 0 else { throw Self.failure(path) }
    try Self.check(facts, path)
    // The kind is asked for again below: meanwhile something else may have taken the name.
    let opened = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard opened >= 0 else { throw Self.failure(path) }
    do throws(DataError) {
      guard fstat(opened, &facts) == 0 else { throw Self.failure(path) }
      try Self.check(facts, path)
      if facts.st_size == 0 { try Self.checkEmpty(opened, path) }
    } catch {
      close(opened)
      throw error
    }
    (descriptor, size) = (opened, Int(facts.st_size))
    Self.memory.withLock { _ = $0?.insert(path) }
  }

  deinit { close(descriptor) }

  private static func failure(_ path: String) -> DataError {
    errno == ENOENT ? .missingFile(path: path) : .unreadable(path: path, reason: systemReason)
  }

  private static func check(_ facts: stat, _ path: String) throws(DataError) {
    let what: String
    switch facts.st_mode & S_IFMT {
    case S_IFREG: return
    case S_IFDIR: what = "it is a folder"
    case S_IFIFO: what = "it is a pipe, not a file"
    case S_IFSOCK: what = "it is a socket, not a file"
    default: what = "it is a device, not a file"
    }
    throw .unreadable(path: path, reason: what)
  }

  /// Refuses what the system makes up while it is read, as `/proc` does: it has no size, and may never end.
  private static func checkEmpty(_ descriptor: Int32, _ path: String) throws(DataError) {
    var byte: UInt8 = 0
    guard pread(descriptor, &byte, 1, 0) == 0 else {
      throw .unreadable(path: path, reason: "the system makes it up while it is read; copy it to a file first")
    }
  }

  /// Why the system refused.
  static var systemReason: String {
    switch errno {
    case EACCES, EPERM: "permission denied"
    case EIO: "the medium cannot be read"
    case ELOOP: "its links lead in a circle"
    case ENAMETOOLONG: "its name is too long"
    case ENOTDIR: "a part of its path is no folder"
    case EMFILE, ENFILE: "too many files are open"
    default: String(cString: strerror(errno)).lowercased()
    }
  }

  /// A descriptor of the same file that the caller closes.
  func duplicate() throws(DataError) -> Int32 {
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0 else { throw .unreadable(path: path, reason: Self.systemReason) }
    return copy
  }

  /// All bytes, if there are no more than `most`; nil if there are.
  public func contents(atMost most: Int) throws(DataError) -> [UInt8]? {
    size > most ? nil : try read(size, at: 0)
  }

  func read(_ count: Int, at start: Int) throws(DataError) -> [UInt8] {
    guard start >= 0, count >= 0, start <= size, count <= size - start else {
      let (expected, overflow) = start.addingReportingOverflow(count)
      throw .truncated(path: path, expected: overflow ? .max : expected, found: size)
    }
    var (got, failed) = (0, false)
    // Safety: the array's own buffer; pread writes at most the `count - got` bytes that are left of it.
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      while got < count, let base = buffer.baseAddress {
        let now = pread(descriptor, base + got, count - got, off_t(start + got))
        if now < 0, errno == EINTR { continue }
        failed = now < 0
        if now <= 0 { break }
        got += now
      }
      initialized = got
    }
    if failed { throw .unreadable(path: path, reason: Self.systemReason) }
    guard got == count else { throw .truncated(path: path, expected: start + count, found: start + got) }
    return bytes
  }
}
