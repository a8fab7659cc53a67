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
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    guard FileManager.default.fileExists(atPath: folder) else {
      throw Problem(code: ShellCode.file, message: "cannot write \(path): there is no folder \(folder)")
    }
    try write(Data(text.utf8), to: path)
  }

  /// The same for bytes, with a folder that is made if it is missing.
  static func write(_ bytes: Data, to path: String) throws {
    let (url, isNew) = (URL(fileURLWithPath: path), !FileManager.default.fileExists(atPath: path))
    do {
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      try bytes.write(to: url, options: .atomic)
      if isNew { try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path) }
    } catch {
      throw Problem(code: ShellCode.file, message: "cannot write \(path): \(error.localizedDescription)")
    }
  }
}
