import Foundation
import Lang
import NN
import Store

/// The prompt: reads inputs with readline and hands each to the session.
final class REPL {
  private let session: Session
  private let runsStartUpFile: Bool
  private let editor: LineEditor

  init(session: Session, runsStartUpFile: Bool) {
    self.session = session
    self.runsStartUpFile = runsStartUpFile
    let data = StoreChoice.path(option: nil)
    let folder = URL(fileURLWithPath: Home.path(session.store.path ?? data))
      .deletingLastPathComponent()
    session.output.pager = Pager(session.terminal, isSafe: session.isSafe)
    editor = LineEditor(name: "ward", historyFile: folder.appendingPathComponent("history").path)
    editor.complete = { [unowned session] text, cursor in
      Completing.at(text, cursor: cursor, in: session)
    }
    editor.hint = { [unowned session] text, cursor in Completion.signature(text, cursor, in: session.environment) }
  }

  func run() {
    greet()
    if runsStartUpFile { runStartUp() }
    while !session.isOver {
      switch readInput() {
      case .line(let text): session.run(text)
      case .interrupted: continue
      case .end:
        print()
        return
      }
    }
  }

  /// One input: a line, and more lines while what was typed is not finished.
  private func readInput() -> LineEditor.Input {
    let colors = session.terminal.colorsOutput
    var text = ""
    while true {
      let prompt =
        text.isEmpty ? "[\(session.nextCell)] " : DisplayWidth.pad("...", to: "[\(session.nextCell)]".count) + " "
      let shown = colors ? "\u{1}\u{1b}[36m\u{2}\(prompt)\u{1}\u{1b}[0m\u{2}" : prompt
      let indentation = text.isEmpty ? "" : String(repeating: "  ", count: Continuation.depth(of: text))
      switch editor.readLine(prompt: shown, prefill: indentation) {
      case .line(let line):
        // An empty line ends an input that is not finished, so that nobody is caught in it.
        if !text.isEmpty, line.allSatisfy(\.isWhitespace) { return .line(text) }
        text += (text.isEmpty ? "" : "\n") + line
        if !Continuation.isIncomplete(text, in: session.environment) { return .line(text) }
      case .interrupted: return .interrupted
      case .end: return text.isEmpty ? .end : .line(text)
      }
    }
  }

  private func greet() {
    let place = (session.store.path ?? "memory only").replacing(NSHomeDirectory() + "/", with: "~/", maxReplacements: 1)
    print("ward \(wardVersion) · store \(place) · session \(session.number) · seed \(session.seed) · ?help for help")
    do {
      let lost = try session.store.recoverInterrupted()
      for cell in lost {
        let line = cell.record.source.split(separator: "\n").first.map(String.init) ?? ""
        print(
          "session \(cell.record.session) ended in the middle of cell \(cell.record.number): "
            + DisplayWidth.truncate(line.withVisibleControls, to: 60))
      }
      let stopped = try session.store.unfinishedTrainings().filter { training in
        lost.contains { $0.id == training.cell }
      }
      for training in stopped {
        // A training without a `let` has a name such as `lenet.4`, which is none of a variable.
        let name = training.name
        let line = name.contains(".") ? "resume \"\(name)\"" : "let \(name) = resume \(name)"
        print("  \(training.epoch) of \(training.epochs) epochs are kept: `\(line)` goes on from there")
      }
    } catch {
      session.notices.tell(.warning, "\(error)")
    }
  }

  /// `$XDG_CONFIG_HOME/ward/init.ward`, if there is one.
  private func runStartUp() {
    let configured = ProcessInfo.processInfo.environment["XDG_CONFIG_HOME"].flatMap { $0.isEmpty ? nil : $0 }
    let path = (configured ?? Home.path("~/.config")) + "/ward/init.ward"
    guard FileManager.default.fileExists(atPath: path) else { return }
    do {
      _ = session.run(script: Source(name: path, text: try ScriptFile.read(path)))
    } catch {
      session.notices.tell(.warning, "the start-up file: \(error)")
    }
  }
}
