import Foundation
import Lang

extension Session {
  /// Throws where somebody's file would be lost: it is there, and this session did not write it.
  ///
  /// - Parameter line: the line that would write it; with a `!` behind its name it does.
  func checkMayReplace(_ file: String, by line: String) throws {
    let path = Home.path(file)
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, !writtenFiles.contains(Self.real(path)) else {
      return
    }
    throw Problem(
      code: ShellCode.file, message: "there is a file \(file) already, and this session did not write it",
      help: ["`:\(line)! \(file)` writes over it"])
  }

  /// Remembers a file that this session has written, which it may write again.
  func wrote(_ file: String) { writtenFiles.insert(Self.real(Home.path(file))) }

  private static func real(_ path: String) -> String {
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
  }
}
