import Foundation
import Lang
import Store

/// A line that begins with `:`: about the notebook itself. Declared once, for `:help`, completion and errors alike.
///
/// A new one is a file beside this one and a name in `all`.
struct SessionLine {
  let name: String
  /// What stands after the name, such as `FILE`; empty for nothing.
  let arguments: String
  let summary: String
  /// More, for `?name`; may be empty.
  let details: String
  /// Lines that work.
  let example: String
  /// The words it takes, for completion.
  let words: (Session) -> [String]
  let run: (Session, String) throws -> Void
  /// What `:name!` does, which asks less; `nil` where there is no such line.
  let forced: ((Session, String) throws -> Void)?

  init(
    name: String, arguments: String, summary: String, details: String = "", example: String = "",
    words: @escaping (Session) -> [String] = { _ in [] },
    forced: ((Session, String) throws -> Void)? = nil, run: @escaping (Session, String) throws -> Void
  ) {
    self.name = name
    self.arguments = arguments
    self.summary = summary
    self.details = details
    self.example = example.isEmpty ? ":" + name : example
    self.words = words
    self.forced = forced
    self.run = run
  }

  /// In the order `:help` lists them.
  static var all: [SessionLine] {
    [.help, .lesson, .history, .save, .run, .replay, .export, .mode, .time, .undo, .checkpoint, .store, .quit]
  }

  /// What a line does, and what stands behind its name. Throws a `Problem` for a name that there is not.
  static func find(_ text: String) throws -> (run: (Session, String) throws -> Void, rest: String) {
    let words = text.split(separator: " ", maxSplits: 1)
    let name = words.first.map(String.init) ?? ""
    let run = (all + ofLessons).lazy.compactMap { line in
      line.name == name ? line.run : line.name + "!" == name ? line.forced : nil
    }.first
    if run == nil, OtherTools.leavingLines.contains(name), words.count == 1 { return (quit.run, "") }
    guard let run else { throw unknown(name) }
    return (run, words.count > 1 ? words[1].trimmingCharacters(in: .whitespaces) : "")
  }

  private static func unknown(_ name: String) -> Problem {
    let isCommand = Commands.all.contains { $0.declaration.name == name }
    let instead =
      OtherTools.sessionLines[name] ?? (name.hasPrefix("!") ? "!" + name.dropFirst() : isCommand ? name : nil)
    let near = Suggestions.hint(for: name, in: (all + ofLessons).map(\.name))
    return Problem(
      code: ShellCode.sessionLine, message: "there is no `:\(name)`",
      label: OtherTools.sessionLines[name] == nil && !near.isEmpty
        ? near : instead.map { "type \($0 == "Ctrl-L" ? $0 : "`\($0)`")" } ?? "",
      help: isCommand ? [] : ["`:help` lists the lines that begin with :"])
  }

  /// The session lines of a script that there are not: as with commands, that is known before anything runs.
  static func mistakes(in program: Program) -> [Diagnostic] {
    program.items.compactMap { item in
      guard case .session(":", let text) = item.kind else { return nil }
      do {
        _ = try find(text)
        return nil
      } catch { return (error as? Problem)?.placed(at: item.range) as? Diagnostic }
    }
  }

  /// How it is written: `:save FILE`.
  var usage: String { ":\(name)" + (arguments.isEmpty ? "" : " " + arguments) }

  /// What `?name` shows.
  func page(width: Int) -> String {
    let more = details.isEmpty ? [] : [details]
    return
      ([usage.wrapped(to: width, indent: 2), summary.hanging(after: "", at: 2, width: width)]
      + more.map { "\n" + $0.wrapped(to: width) } + ["\nExample"]
      + example.split(separator: "\n").map { "  \($0)" }).joined(separator: "\n")
  }
}

/// Code that a session line ran ended like this, and has told why.
struct CodeFailure: Error {
  let status: ExitStatus
}

extension Session {
  /// Runs `:save x`, `?attack` or `!ls`.
  func runLine(_ item: Item) -> ExitStatus {
    guard case .session(let marker, let text) = item.kind else { return .ok }
    Interrupt.beginWork()
    do {
      switch marker {
      case "?": output.show(try About.page(text, in: self))
      case "!": try runShell(text)
      default: try runSessionLine(text)
      }
      return .ok
    } catch let ended as CodeFailure {
      return ended.status
    } catch let mistakes as Diagnostics {
      return reportLine(mistakes)
    } catch let problem as Problem {
      return reportLine(problem.placed(at: item.range))
    } catch StoreError.stopped {
      return reportLine(Lang.Interrupt())
    } catch let error as StoreError {
      return reportLine(Diagnostic(ShellCode.store, error.description, at: item.range, help: [error.hint]))
    } catch let interrupt as Lang.Interrupt {
      return reportLine(interrupt)
    } catch let error as SQLError {
      return reportLine(
        error == .interrupted ? Lang.Interrupt() : Diagnostic(ShellCode.sql, "\(error)", at: item.range))
    } catch {
      return reportLine(Diagnostic(ShellCode.sessionLine, error.inWords, at: item.range))
    }
  }

  /// Ends a session line as the code ended that it ran.
  func endLine(_ status: ExitStatus) throws {
    if status != .ok { throw CodeFailure(status: status) }
  }

  private func runSessionLine(_ text: String) throws {
    let (line, rest) = try SessionLine.find(text)
    try line(self, rest)
  }

  /// `!command`: runs in the user's shell, on this terminal or for this notebook.
  private func runShell(_ command: String) throws {
    guard !isSafe else {
      throw Problem(code: ShellCode.unsafe, message: "`!` is off: this session was started with --safe")
    }
    let status = try runsCommand(command)
    // Ctrl-C was for the command, and ends the script that it stands in.
    if status == 128 + SIGINT { throw Lang.Interrupt() }
    if status != 0 { notices.report(.warning, "the command ended with status \(status)") }
  }
}
