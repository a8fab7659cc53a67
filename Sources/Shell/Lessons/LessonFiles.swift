import Foundation
import Lang
import NN

/// Where lessons are: beside the program, installed or in its source tree, or wherever a file is named.
enum LessonFiles {
  /// The folder of Ward's own lessons; nil where there is none.
  static var folder: String? {
    guard let program = realpath("/proc/self/exe", nil) else { return nil }
    defer { free(program) }
    return folder(of: String(cString: program))
  }

  /// - Parameter program: the program's file, with no links in its path.
  static func folder(of program: String) -> String? {
    var place = Home.folder(of: program)
    func isFolder(_ path: String) -> Bool {
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }
    let installed = Home.folder(of: place) + "/share/ward/lessons"
    if isFolder(installed) { return installed }
    // `.build/x86_64-unknown-linux-gnu/release/ward` of a source tree.
    for _ in 0..<5 where place != "/" {
      if access(place + "/Package.swift", F_OK) == 0, isFolder(place + "/examples/lessons") {
        return place + "/examples/lessons"
      }
      place = Home.folder(of: place)
    }
    return nil
  }

  /// The files of Ward's own lessons, in order.
  static var all: [String] {
    guard let folder, let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return [] }
    return names.filter { $0.hasSuffix(".ward") }.sorted().map { "\(folder)/\($0)" }
  }

  /// `3` of `03-many-small-steps.ward`.
  static func number(of file: String) -> Int? {
    let digits = URL(fileURLWithPath: file).lastPathComponent.prefix(while: \.isNumber)
    return Int(digits)
  }

  /// What a lesson is called in the store.
  static func name(of file: String) -> String {
    let url = URL(fileURLWithPath: file)
    let isOwn = folder.map { url.deletingLastPathComponent().path == URL(fileURLWithPath: $0).path } ?? false
    return isOwn ? url.deletingPathExtension().lastPathComponent : url.standardizedFileURL.path
  }

  /// A path for showing: from the working folder, if it is below that.
  static func shown(_ path: String) -> String {
    let folder = FileManager.default.currentDirectoryPath + "/"
    return path.hasPrefix(folder) ? String(path.dropFirst(folder.count)) : Home.shown(path)
  }

  /// The lesson of a number, a name or a file.
  ///
  /// - Throws: `Problem`.
  static func lesson(_ word: String, in environment: Environment) throws -> Lesson {
    let all = all
    let file: String
    if let number = Int(word) {
      guard let own = all.first(where: { Self.number(of: $0) == number }) else {
        throw Problem(
          code: ShellCode.lesson, message: "there is no lesson \(number)",
          help: [
            all.isEmpty
              ? "the lessons are not installed beside this program; a lesson's file can be named"
              : "`:lesson` lists the lessons there are"
          ])
      }
      file = own
    } else {
      let named = all.first { URL(fileURLWithPath: $0).deletingPathExtension().lastPathComponent == word }
      file = named ?? Home.path(word)
    }
    return Lesson(Source(name: file, text: try ScriptFile.read(file)), name: name(of: file), in: environment)
  }

  /// A file that a lesson names, where it is not found from the working folder: beside the lesson, or from the folder that its
  /// folders are in.
  static func file(_ path: String, of lesson: String) -> String? {
    if path.hasPrefix("/") || path.hasPrefix("~") || access(path, F_OK) == 0 { return nil }
    var folder = Home.folder(of: lesson)
    for _ in 0..<3 {
      if access("\(folder)/\(path)", F_OK) == 0 { return "\(folder)/\(path)" }
      folder = Home.folder(of: folder)
    }
    return nil
  }
}

extension Session {
  /// A file that is to be read: where it is not there, and a lesson is open, the one beside the lesson.
  func besideLesson(_ path: String) -> String {
    guard let file = lesson?.lesson.source.name ?? lessonFile, !Dataset.knownNames.contains(path) else { return path }
    return LessonFiles.file(path, of: file) ?? path
  }
}
