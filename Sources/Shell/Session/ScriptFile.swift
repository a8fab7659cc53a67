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
}
