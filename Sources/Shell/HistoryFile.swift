@preconcurrency import CReadline
import Foundation

/// The lines typed before, in a file that several prompts append to.
final class HistoryFile {
  private let path: String
  private var last = ""
  /// Why the file cannot be used; lines are then remembered until the end of the program.
  private(set) var problem: String?
  /// Lines kept in memory and, roughly, in the file.
  private static let limit: Int32 = 10_000

  init(path: String) { self.path = path }

  /// Reads the file, making it if it is missing.
  func load() {
    // Marks the times that separate entries of several lines. Not readline's `#`: a cell may begin with a comment.
    history_comment_char = 1
    history_write_timestamps = 1
    let folder = Home.folder(of: path)
    try? FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    defer { stifle_history(Self.limit) }
    guard descriptor >= 0 else {
      problem = "\(path) cannot be opened: \(FileFailure(errno).reason)"
      return
    }
    fchmod(descriptor, 0o600)
    close(descriptor)
    read_history(path)
    if history_length > 2 * Self.limit { history_truncate_file(path, Self.limit) }
  }

  /// Remembers a line, unless it is blank or the same as the one before, and appends it to the file in one write.
  func add(_ line: String) {
    if line.allSatisfy(\.isWhitespace) || line == last { return }
    last = line
    add_history(line)
    if problem == nil { append_history(1, path) }
  }
}
