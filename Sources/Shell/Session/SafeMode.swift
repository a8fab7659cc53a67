import Foundation
import Lang

extension Session {
  /// With `--safe` a file may only be written below the working folder, whatever `..`, `~` and links make of its name.
  func checkMayWrite(_ file: String) throws {
    if file.utf8.contains(0) {
      throw Problem(code: ShellCode.file, message: "\(file): a file's name cannot hold the character NUL")
    }
    beforeWriting?(file)
    guard isSafe, !Self.isBelowWorkingFolder(file) else { return }
    throw Problem(
      code: ShellCode.unsafe, message: "\(file) is outside the working folder, and this session was started with --safe"
    )
  }

  private static func isBelowWorkingFolder(_ file: String) -> Bool {
    let folder = FileManager.default.currentDirectoryPath
    let path = Home.path(file)
    var place = path.hasPrefix("/") ? path : folder + "/" + path
    // Where `..` leads depends on links that a folder yet to be made may not have; it is never needed.
    if place.split(separator: "/").contains("..") { return false }
    // What is there already: the file itself, which may be a link, or the deepest folder above it.
    var status = stat()
    while lstat(place, &status) != 0, place != "/" { place = Home.folder(of: place) }
    guard let real = realpath(place, nil), let top = realpath(folder, nil) else { return false }
    defer {
      free(real)
      free(top)
    }
    let (target, root) = (String(cString: real), String(cString: top))
    return target == root || target.hasPrefix(root == "/" ? "/" : root + "/")
  }
}
