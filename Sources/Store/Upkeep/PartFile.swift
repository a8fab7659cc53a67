import Foundation

/// A file that is being written beside its place, under a name of its own. It is held by a lock until its process ends, so
/// that what a killed process left is told from what another one is writing.
public final class PartFile {
  private static let mark = ".part-"

  /// Where it is now: in the folder of its target.
  public let path: String
  let descriptor: Int32

  /// A new and empty one for the owner only; nil, with `errno`, where none can be made.
  public init?(for target: String) {
    path = target + Self.mark + UUID().uuidString
    descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return nil }
    // Of SQLite's own locks this one is independent.
    _ = flock(descriptor, LOCK_EX | LOCK_NB)
  }

  /// Removes it, unless it has been renamed.
  deinit {
    if descriptor < 0 { return }
    unlink(path)
    close(descriptor)
  }

  /// Gives it the contents of another file, every byte on the disk. False, with `errno`, where that fails.
  public func copy(from source: String) -> Bool {
    let from = open(source, O_RDONLY | O_CLOEXEC)
    guard from >= 0 else { return false }
    defer { close(from) }
    while true {
      let count = sendfile(descriptor, from, nil, 1 << 24)
      if count == 0 { return fsync(descriptor) == 0 }
      if count < 0, errno != EINTR { return false }
    }
  }

  /// Removes those in a folder that nobody holds.
  public static func removeAbandoned(in folder: String) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
      guard let mark = name.range(of: mark, options: .backwards),
        UUID(uuidString: String(name[mark.upperBound...])) != nil
      else { continue }
      let descriptor = open(folder + "/" + name, O_RDWR | O_CLOEXEC)
      if descriptor < 0 { continue }
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(folder + "/" + name) }
      close(descriptor)
    }
  }
}
