import Foundation
import Synchronization

/// The file `STORE.lock` beside a store: byte 0 is held while a Ward opens and migrates it, byte N while session N lives.
///
/// Open-file-description locks, because the kernel drops them when the process dies, however it dies: a session whose
/// byte is free is over, with no process number that another program could have taken since.
final class StoreLock: Sendable {
  private let path: String
  private let descriptor: Int32
  private let own = Mutex<Set<Int64>>([])
  // Linux's numbers: the C header hides them behind a feature macro.
  private static let getLock: Int32 = 36
  private static let setLock: Int32 = 37

  /// Opens the lock file, making it if needed, readable by its owner only.
  init(path: String) throws {
    self.path = path
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    if descriptor < 0 { throw StoreError.fromErrno(errno, path: path) }
  }

  deinit { close(descriptor) }

  /// Runs `body` while no other Ward opens this store; waits up to half a minute for one that does.
  /// - Parameter stop: Asked while it waits; true ends the waiting.
  func whileOpening<T>(path: String, stop: () -> Bool, _ body: () throws -> T) throws -> T {
    var tries = 0
    while !take(byte: 0) {
      guard LockRetry.goesOn(after: tries, stop) else {
        throw stop() ? StoreError.stopped(path: path) : StoreError.locked(path: path)
      }
      tries += 1
    }
    defer { release(byte: 0) }
    return try body()
  }

  /// Marks a session as alive until `release` or the end of the process.
  func hold(session: Int64) -> Bool {
    own.withLock { _ = $0.insert(session) }
    return take(byte: session)
  }

  /// Marks a session as over.
  func release(session: Int64) {
    own.withLock { _ = $0.remove(session) }
    release(byte: session)
  }

  /// Whether it is through this lock that the session is held.
  func isHeldHere(session: Int64) -> Bool { own.withLock { $0.contains(session) } }

  /// Whether a process, this one or another, holds the session. Asked through a descriptor of its own, because a
  /// descriptor does not see the locks held through itself.
  func isAlive(session: Int64) -> Bool {
    let other = open(path, O_RDWR | O_CLOEXEC)
    if other < 0 { return true }
    defer { close(other) }
    var request = region(byte: session, type: Int16(F_WRLCK))
    guard fcntl(other, Self.getLock, &request) == 0 else { return true }
    return request.l_type != Int16(F_UNLCK)
  }

  private func take(byte: Int64) -> Bool {
    var request = region(byte: byte, type: Int16(F_WRLCK))
    // Where the file system has no locks (ENOLCK, EINVAL), waiting for one would be for ever.
    return fcntl(descriptor, Self.setLock, &request) == 0 || (errno != EAGAIN && errno != EACCES)
  }

  private func release(byte: Int64) {
    var request = region(byte: byte, type: Int16(F_UNLCK))
    _ = fcntl(descriptor, Self.setLock, &request)
  }

  private func region(byte: Int64, type: Int16) -> flock {
    flock(l_type: type, l_whence: Int16(SEEK_SET), l_start: Int(byte), l_len: 1, l_pid: 0)
  }
}

extension StoreError {
  /// The sentence for an error number of the system.
  static func fromErrno(_ number: Int32, path: String) -> StoreError {
    switch number {
    case EACCES, EPERM, EROFS: .readOnly(path: path)
    case ENOSPC: .full(path: path)
    case EDQUOT: .quota(path: path)
    case ENAMETOOLONG: .cannotOpen(path: path, reason: "its name is too long")
    case ENOTDIR: .cannotOpen(path: path, reason: "part of its path is not a folder")
    case ENOENT: .cannotOpen(path: path, reason: "there is no such folder")
    case ELOOP: .cannotOpen(path: path, reason: "its links lead in a circle")
    case EISDIR: .cannotOpen(path: path, reason: "it is a folder")
    default: .cannotOpen(path: path, reason: String(cString: strerror(number)).lowercased())
    }
  }
}
