import Foundation
import Lang
import NN

/// Scripts on disk.
enum ScriptFile {
  /// No script is longer; a file that is was meant for another command.
  private static let maxBytes = 64 << 20

  static func read(_ path: String) throws -> String {
    let path = Home.path(path)
    let bytes: [UInt8]?
    do throws(DataError) { bytes = try PlainFile(path).contents(atMost: maxBytes) } catch {
      if case .missingFile = error {
        throw Problem(
          code: ShellCode.file, message: "there is no file \(path)",
          label: near(path).map { "did you mean `\($0)`?" } ?? "")
      }
      throw Problem(code: ShellCode.file, message: error.description)
    }
    guard let bytes else {
      throw Problem(
        code: ShellCode.file, message: "\(path) is larger than \(maxBytes >> 20) MB, too large for a script")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Problem(code: ShellCode.file, message: "\(path) is not text in UTF-8")
    }
    return text
  }

  /// Whether a path stands for a descriptor that whoever started Ward has opened: `/dev/stdin`, and what a shell makes of
  /// `<(…)`. What has no end yet is waited for, as a prompt is; a pipe that has a name is not.
  static func isInheritedDescriptor(_ path: String) -> Bool {
    ["/dev/stdin", "/dev/fd/", "/proc/self/fd/"].contains { path.hasPrefix($0) }
  }

  /// Reads a script from a descriptor up to its end, however slowly it comes. Ctrl-C ends the wait.
  static func read(from descriptor: Int32, named name: String) throws -> String {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      if Interrupt.isRequested { throw Lang.Interrupt() }
      var waits = [
        pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
        pollfd(fd: Interrupt.descriptor, events: Int16(POLLIN), revents: 0),
      ]
      if poll(&waits, 2, -1) < 0, errno != EINTR { break }
      if waits[1].revents != 0 { Interrupt.drain() }
      if waits[0].revents == 0 { continue }
      let got = Glibc.read(descriptor, &piece, piece.count)
      if got < 0, errno == EINTR || errno == EAGAIN { continue }
      guard got >= 0 else {
        throw Problem(code: ShellCode.file, message: "cannot read \(name): \(FileFailure(errno).reason)")
      }
      if got == 0 { break }
      bytes += piece.prefix(got)
      guard bytes.count <= maxBytes else {
        throw Problem(
          code: ShellCode.file, message: "\(name) brings more than \(maxBytes >> 20) MB, too much for a script")
      }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Problem(code: ShellCode.file, message: "\(name) is not text in UTF-8")
    }
    return text
  }

  /// A file of the same folder with nearly the same name.
  static func near(_ path: String) -> String? {
    let url = URL(fileURLWithPath: Home.path(path))
    let others = (try? FileManager.default.contentsOfDirectory(atPath: url.deletingLastPathComponent().path)) ?? []
    guard let name = Suggestions.nearest(to: url.lastPathComponent, in: others) else { return nil }
    return String(path.dropLast(url.lastPathComponent.count)) + name
  }
}
