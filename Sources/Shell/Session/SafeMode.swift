import Foundation
import Lang

extension Session {
  /// With `--safe` a file may only be written below the working folder.
  func checkMayWrite(_ file: String) throws {
    guard isSafe else { return }
    let folder = URL(fileURLWithPath: FileManager.default.currentDirectoryPath).resolvingSymlinksInPath().path + "/"
    let target = URL(fileURLWithPath: file).deletingLastPathComponent().resolvingSymlinksInPath().path + "/"
    guard target.hasPrefix(folder) else {
      throw Problem(
        code: ShellCode.unsafe,
        message: "\(file) is outside the working folder, and this session was started with --safe")
    }
  }
}
