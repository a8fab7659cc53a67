import Foundation
import Lang

/// Scripts on disk.
enum ScriptFile {
  static func read(_ path: String) throws -> String {
    let path = NSString(string: path).expandingTildeInPath
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw Problem(code: ShellCode.file, message: "there is no file \(path)")
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

  /// Writes a whole file or nothing. A new file is its owner's only; one that is there keeps its permissions.
  static func write(_ text: String, to path: String) throws {
    let path = NSString(string: path).expandingTildeInPath
    let isNew = !FileManager.default.fileExists(atPath: path)
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    guard FileManager.default.fileExists(atPath: folder) else {
      throw Problem(code: ShellCode.file, message: "cannot write \(path): there is no folder \(folder)")
    }
    do {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
      if isNew { try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path) }
    } catch {
      throw Problem(code: ShellCode.file, message: "cannot write \(path): \(error.localizedDescription)")
    }
  }
}
