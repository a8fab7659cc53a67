import Foundation
import Lang
import Store

/// A line that begins with `:`: about the notebook itself. Declared once, for `:help`, completion and errors alike.
struct SessionLine {
  let name: String
  /// What stands after the name, such as `FILE`; empty for nothing.
  let arguments: String
  let summary: String
  let run: (Session, String) throws -> Void

  static var all: [SessionLine] {
    [
      SessionLine(name: "help", arguments: "[NAME]", summary: "what there is, or what NAME is; ?NAME does the same") {
        session, name in
        session.output.show(.text(try About.text(name, in: session.environment)))
      },
      SessionLine(
        name: "history", arguments: "[TEXT]",
        summary: "what was typed, in this session and before; only lines with TEXT"
      ) {
        session, text in
        session.output.show(.table(try history(session, containing: text)))
      },
      SessionLine(
        name: "save", arguments: "FILE", summary: "write this session's cells, with what they showed, as a script"
      ) {
        session, file in
        try save(session, to: file)
      },
      SessionLine(name: "run", arguments: "FILE", summary: "run a script here; its names stay") { session, file in
        guard !file.isEmpty else {
          throw Problem(
            code: ShellCode.sessionLine, message: ":run needs a file", help: ["for example :run lesson.ward"])
        }
        let source = Source(name: file, text: try ScriptFile.read(file))
        if session.run(script: source) == .usage { return }
      },
      SessionLine(name: "store", arguments: "", summary: "where results are kept") { session, _ in
        let place = session.store.path ?? "memory only: nothing is kept when this session ends"
        session.output.show(.text("store  \(place)\nsession  \(session.number)"))
      },
      SessionLine(name: "quit", arguments: "", summary: "leave; Ctrl-D does the same") { session, _ in
        session.isOver = true
      },
    ]
  }

  private static func history(_ session: Session, containing text: String) throws -> Table {
    let cells = try session.store.history(limit: 200, containing: text.isEmpty ? nil : text)
    return Table(
      columns: [.init("session"), .init("cell"), .init("status"), .init("seconds", .seconds), .init("source")],
      rows: cells.map { cell in
        [
          .integer(Int(cell.record.session)), .integer(cell.record.number), .string(cell.status.rawValue),
          cell.seconds.map { .number($0) } ?? Value.none, .string(cell.record.source),
        ]
      })
  }

  /// Failed and interrupted cells are left out: the script is to run through.
  private static func save(_ session: Session, to file: String) throws {
    guard !file.isEmpty else {
      throw Problem(
        code: ShellCode.sessionLine, message: ":save needs a file name", help: ["for example :save first-look.ward"])
    }
    try session.checkMayWrite(file)
    let cells = try session.store.cells(session: session.number)
    let kept = cells.filter { $0.status == .ok }
    var transcript = Transcript("")
    transcript.parts = kept.map { cell in
      let shown = cell.shown.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
      return Transcript.Part(source: cell.record.source, line: 1, shown: shown)
    }
    do {
      try ScriptFile.write(transcript.text, to: file)
    } catch {
      throw Problem(code: ShellCode.file, message: "cannot write \(file): \(error.localizedDescription)")
    }
    let left = cells.count - kept.count
    session.output.show(
      .text(
        "\(file)  \(kept.count) cell\(kept.count == 1 ? "" : "s")" + (left == 0 ? "" : ", \(left) that failed left out")
      ))
  }
}

extension Session {
  /// Runs `:save x`, `?attack` or `!ls`.
  func runLine(_ item: Item) -> ExitStatus {
    guard case .session(let marker, let text) = item.kind else { return .ok }
    do {
      switch marker {
      case "?": output.show(.text(try About.text(text, in: environment)))
      case "!": try runShell(text)
      default: try runSessionLine(text)
      }
      return .ok
    } catch let problem as Problem {
      return reportLine(problem.placed(at: item.range))
    } catch {
      return reportLine(Diagnostic(ShellCode.sessionLine, "\(error)", at: item.range))
    }
  }

  private func runSessionLine(_ text: String) throws {
    let words = text.split(separator: " ", maxSplits: 1)
    let name = words.first.map(String.init) ?? ""
    guard let line = SessionLine.all.first(where: { $0.name == name }) else {
      throw Problem(
        code: ShellCode.sessionLine, message: "there is no `:\(name)`",
        label: Suggestions.hint(for: name, in: SessionLine.all.map(\.name)),
        help: ["`:help` lists the lines that begin with :"])
    }
    try line.run(self, words.count > 1 ? words[1].trimmingCharacters(in: .whitespaces) : "")
  }

  /// `!command`: runs in the user's shell, on this terminal.
  private func runShell(_ command: String) throws {
    guard !isSafe else {
      throw Problem(code: ShellCode.unsafe, message: "`!` is off: this session was started with --safe")
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", command]
    try process.run()
    process.waitUntilExit()
    if process.terminationStatus != 0 {
      Session.warn("status \(process.terminationStatus)", colored: terminal.colorsErrors)
    }
  }

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
    try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    if isNew { try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path) }
  }
}
