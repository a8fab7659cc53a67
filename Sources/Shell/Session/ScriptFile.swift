import Foundation
import Lang

/// Scripts on disk.
enum ScriptFile {
  static func read(_ path: String) throws -> String {
    let path = Home.path(path)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw Problem(
        code: ShellCode.file, message: "there is no file \(path)",
        label: near(path).map { "did you mean `\($0)`?" } ?? "")
    }
    guard !isFolder.boolValue else { throw Problem(code: ShellCode.file, message: "\(path) is a folder, not a script") }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Problem(code: ShellCode.file, message: "\(path) cannot be read")
    }
    guard let text = String(data: data, encoding: .utf8) else {
      throw Problem(code: ShellCode.file, message: "\(path) is not text in UTF-8")
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

  /// Writes a whole file or nothing. A new file may be read by whom the umask lets; one that is there keeps its permissions.
  static func write(_ text: String, to path: String) throws {
    let path = Home.path(path)
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    guard FileManager.default.fileExists(atPath: folder) else {
      throw Problem(code: ShellCode.file, message: "cannot write \(path): there is no folder \(folder)")
    }
    try write(Data(text.utf8), to: path)
  }

  /// The same for bytes, with a folder that is made if it is missing.
  static func write(_ bytes: Data, to path: String) throws {
    do throws(FileFailure) {
      try makeFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path)
      try replace(path, with: bytes)
    } catch {
      throw Problem(code: ShellCode.file, message: "cannot write \(path): \(error.reason)")
    }
  }

  private static func makeFolder(_ folder: String) throws(FileFailure) {
    if access(folder, F_OK) == 0 { return }
    let above = URL(fileURLWithPath: folder).deletingLastPathComponent().path
    if above != folder { try makeFolder(above) }
    guard mkdir(folder, 0o777) == 0 || errno == EEXIST else { throw FileFailure(errno) }
  }

  /// Writes a file beside it and gives that its name, so that nobody sees half of one. A link stays a link.
  private static func replace(_ path: String, with bytes: Data) throws(FileFailure) {
    var (place, mode): (String, mode_t?) = (path, nil)
    var status = stat()
    if stat(path, &status) == 0 {
      guard access(path, W_OK) == 0 else { throw FileFailure(errno) }
      // A terminal or a pipe has no other file to take its place.
      guard status.st_mode & S_IFMT == S_IFREG else { return try write(bytes, into: path) }
      if let real = realpath(path, nil) {
        place = String(cString: real)
        free(real)
      }
      mode = status.st_mode & 0o7777
    }
    let folder = URL(fileURLWithPath: place).deletingLastPathComponent().path
    let name = "\(folder)/.ward-" + String(UInt64.random(in: 0 ... .max), radix: 36)
    let descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode == nil ? 0o666 : 0o600)
    guard descriptor >= 0 else { throw FileFailure(errno) }
    do throws(FileFailure) {
      try write(bytes, to: descriptor)
      if let mode, fchmod(descriptor, mode) != 0 { throw FileFailure(errno) }
      if fsync(descriptor) != 0 { throw FileFailure(errno) }
      if rename(name, place) != 0 { throw FileFailure(errno) }
      close(descriptor)
    } catch {
      close(descriptor)
      unlink(name)
      throw error
    }
  }

  private static func write(_ bytes: Data, into path: String) throws(FileFailure) {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileFailure(errno) }
    defer { close(descriptor) }
    try write(bytes, to: descriptor)
  }

  private static func write(_ bytes: Data, to descriptor: Int32) throws(FileFailure) {
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { throw FileFailure(errno) }
    }
  }
}

/// Why the system did not do something with a file.
struct FileFailure: Error {
  let number: Int32

  init(_ number: Int32) { self.number = number }

  /// The rest of the sentence "cannot write x: …".
  var reason: String {
    switch number {
    case EISDIR: "it is a folder"
    case EACCES, EPERM: "permission denied"
    case ENOSPC: "no space left on the device"
    case EDQUOT: "no space left for you on the device"
    case EROFS: "it is on a read-only disk"
    case ENOTDIR: "part of its path is not a folder"
    case ENAMETOOLONG: "its name is too long"
    case ELOOP: "its links lead in a circle"
    default: String(cString: strerror(number)).lowercased()
    }
  }
}
