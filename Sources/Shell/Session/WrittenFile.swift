import Foundation
import Lang

/// The one way in which the program writes a file for the user: whole or not at all, whatever ends it in between.
enum WrittenFile {
  /// Writes a text. A new file may be read by whom the umask lets; one that is there keeps its permissions, a link stays a
  /// link, and what is no regular file is refused.
  ///
  /// - Parameters:
  ///   - file: as the user named it; `~` is the user's folder.
  ///   - makesFolder: whether a folder that is missing is made.
  ///   - argument: the argument that names the file, for mistakes.
  /// - Throws: `Problem`.
  static func write(_ text: String, to file: String, makesFolder: Bool = false, argument: String? = nil) throws {
    try write(Data(text.utf8), to: file, makesFolder: makesFolder, argument: argument)
  }

  /// The same for bytes.
  static func write(_ bytes: Data, to file: String, makesFolder: Bool = false, argument: String? = nil) throws {
    do throws(FileFailure) {
      if file.isEmpty { throw FileFailure("its name is empty") }
      if file.utf8.contains(0) { throw FileFailure("its name holds the character NUL") }
      let path = Home.path(file)
      let folder = Home.folder(of: path)
      if access(folder, F_OK) != 0 {
        guard makesFolder else { throw FileFailure("there is no folder \(folder)") }
        try make(folder)
      }
      try replace(path, with: bytes)
    } catch {
      throw Problem(code: ShellCode.file, message: "cannot write \(file): \(error.reason)", argument: argument)
    }
  }

  /// Writes a folder of files, which appears when it is whole.
  ///
  /// - Parameters:
  ///   - folder: a place where nothing is, or an empty folder.
  ///   - body: writes each file by its path in the folder; folders in it are made as needed.
  /// - Throws: `Problem`, and what `body` throws; nothing is left then.
  static func writeFolder(
    _ folder: String, argument: String, _ body: (_ write: (String, Data) throws -> Void) throws -> Void
  ) throws {
    func problem(_ reason: String) -> Problem {
      Problem(code: ShellCode.file, message: "cannot write \(folder): \(reason)", argument: argument)
    }
    var path = Home.path(folder)
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    if path.isEmpty || path.utf8.contains(0) { throw problem("that is no name of a folder") }
    if access(path, F_OK) == 0 {
      guard let there = try? FileManager.default.contentsOfDirectory(atPath: path) else {
        throw problem("it is there already, and is no folder")
      }
      if !there.isEmpty { throw problem("it is there already, and has files in it; choose a new name") }
    }
    let above = Home.folder(of: path)
    if access(above, F_OK) != 0 { throw problem("there is no folder \(above)") }
    let beside = "\(above)/.ward-" + String(UInt64.random(in: 0 ... .max), radix: 36)
    guard mkdir(beside, 0o777) == 0 else { throw problem(FileFailure(errno).reason) }
    do {
      var made: Set<String> = [beside]
      try body { name, bytes in
        let place = "\(beside)/\(name)"
        let inner = Home.folder(of: place)
        do throws(FileFailure) {
          if made.insert(inner).inserted { try make(inner) }
          let descriptor = open(place, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
          guard descriptor >= 0 else { throw FileFailure(errno) }
          defer { close(descriptor) }
          try write(bytes, to: descriptor)
        } catch { throw problem(error.reason) }
      }
      // Takes the place of an empty folder.
      guard rename(beside, path) == 0 else { throw problem(FileFailure(errno).reason) }
    } catch {
      try? FileManager.default.removeItem(atPath: beside)
      throw error
    }
  }

  private static func make(_ folder: String) throws(FileFailure) {
    if access(folder, F_OK) == 0 { return }
    let above = Home.folder(of: folder)
    if above != folder { try make(above) }
    guard mkdir(folder, 0o777) == 0 || errno == EEXIST else { throw FileFailure(errno) }
  }

  private static func replace(_ path: String, with bytes: Data) throws(FileFailure) {
    var (place, mode): (String, mode_t?) = (path, nil)
    var status = stat()
    if stat(path, &status) == 0 {
      switch status.st_mode & S_IFMT {
      case S_IFREG: break
      case S_IFDIR: throw FileFailure(EISDIR)
      default: throw FileFailure("it is a device or a pipe, not a file")
      }
      guard access(path, W_OK) == 0 else { throw FileFailure(errno) }
      if let real = realpath(path, nil) {
        place = String(cString: real)
        free(real)
      }
      mode = status.st_mode & 0o7777
    } else if errno != ENOENT {
      throw FileFailure(errno)
    }
    let folder = Home.folder(of: place)
    let beside = "\(folder)/.ward-" + String(UInt64.random(in: 0 ... .max), radix: 36)
    // A file without a name is gone when the process dies.
    let nameless = open(folder, unnamed | O_WRONLY | O_CLOEXEC, mode == nil ? 0o666 : 0o600)
    let descriptor =
      nameless >= 0 ? nameless : open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode == nil ? 0o666 : 0o600)
    guard descriptor >= 0 else { throw FileFailure(errno) }
    defer { close(descriptor) }
    do throws(FileFailure) {
      try write(bytes, to: descriptor)
      if let mode, fchmod(descriptor, mode) != 0 { throw FileFailure(errno) }
      if fsync(descriptor) != 0 { throw FileFailure(errno) }
      if nameless >= 0 {
        let own = "/proc/self/fd/\(descriptor)"
        if mode == nil, linkat(AT_FDCWD, own, AT_FDCWD, place, AT_SYMLINK_FOLLOW) == 0 { return }
        guard linkat(AT_FDCWD, own, AT_FDCWD, beside, AT_SYMLINK_FOLLOW) == 0 else { throw FileFailure(errno) }
      }
      if rename(beside, place) != 0 { throw FileFailure(errno) }
    } catch {
      unlink(beside)
      throw error
    }
  }

  /// O_TMPFILE, which the C header hides behind a feature macro.
  private static let unnamed: Int32 = 0o20_000_000 | O_DIRECTORY

  private static func write(_ bytes: Data, to descriptor: Int32) throws(FileFailure) {
    var failure: Int32?
    bytes.withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty, failure == nil {
        // Safety: the slice lies in the buffer, and is not empty.
        let count = Glibc.write(descriptor, buffer.baseAddress! + rest.startIndex, rest.count)
        if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { failure = errno }
      }
    }
    if let failure { throw FileFailure(failure) }
  }
}

/// Why the system did not do something with a file.
struct FileFailure: Error {
  /// The rest of the sentence "cannot write x: …".
  let reason: String

  init(_ reason: String) { self.reason = reason }

  /// The sentence for an error number of the system.
  init(_ number: Int32) {
    reason =
      switch number {
      case EISDIR: "it is a folder"
      case EACCES, EPERM: "permission denied"
      case ENOENT: "there is no such folder"
      case ENOSPC: "no space left on the device"
      case EDQUOT: "no space left for you on the device"
      case EFBIG: "it is larger than a file may be here"
      case EROFS: "it is on a read-only disk"
      case ENOTDIR: "part of its path is not a folder"
      case ENAMETOOLONG: "its name is too long"
      case ELOOP: "its links lead in a circle"
      case EIO: "the disk reports an error"
      case EMFILE, ENFILE: "too many files are open"
      case ETXTBSY: "it is a program that is running"
      default: String(cString: strerror(number)).lowercased()
      }
  }
}
