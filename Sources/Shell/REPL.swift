import Foundation
import Lang
import NN
import Store

/// The prompt: reads inputs with readline and hands each to the session.
final class REPL {
  private let session: Session
  private let runsStartUpFile: Bool
  private let editor: LineEditor
  /// The line that runs before any is read.
  private let beginning: String?

  init(session: Session, runsStartUpFile: Bool, beginning: String? = nil) {
    self.session = session
    self.beginning = beginning
    session.hasPrompt = true
    self.runsStartUpFile = runsStartUpFile
    session.output.pager = Pager(session.terminal, isSafe: session.isSafe)
    editor = LineEditor(name: "ward", historyFile: StoreChoice.historyFile(of: session.store.path))
    editor.complete = { [unowned session] text, cursor in
      CompletionProvider.at(text, cursor: cursor, in: session, ignoringCase: LineEditor.ignoresCase)
    }
    editor.hint = { [unowned session] text, cursor in Completion.signature(text, cursor, in: session.environment) }
    session.announce = { [unowned session] in Self.announce($0, in: session) }
  }

  func run() {
    printBanner()
    if let problem = editor.historyProblem {
      session.notices.report(.warning, "what you type will not be remembered: \(problem)")
    }
    if runsStartUpFile { runStartUp() }
    // Where a lesson was asked for, the program is done with it.
    if let beginning, session.run(beginning) != .ok { return }
    while !session.isOver, beginning == nil || session.lesson != nil {
      switch readInput(offering: session.lesson?.offer() ?? "") {
      case .line(let text):
        let text = session.withoutPrompts(text)
        editor.remember(text)
        run(text)
      case .interrupted: session.lesson?.clear()
      case .end:
        print()
        guard let lesson = session.lesson else { return }
        lesson.stop()
        if Interrupt.isEnding { return }
      }
    }
    session.lesson?.stop()
  }

  private func run(_ text: String) {
    guard let lesson = session.lesson else {
      session.run(text)
      return
    }
    lesson.willRun(text)
    let status = session.run(text)
    if session.lesson === lesson { lesson.didRun(text, status) }
  }

  /// One input: a line, and more lines while what was typed is not finished.
  ///
  /// - Parameter offered: what stands in the first line.
  private func readInput(offering offered: String) -> LineEditor.Input {
    let colors = session.terminal.colorsOutput
    var text = ""
    while true {
      let prompt =
        text.isEmpty ? "[\(session.nextCell)] " : DisplayWidth.pad("...", to: "[\(session.nextCell)]".count) + " "
      let shown = colors ? "\u{1}\u{1b}[36m\u{2}\(prompt)\u{1}\u{1b}[0m\u{2}" : prompt
      let indentation = text.isEmpty ? offered : String(repeating: "  ", count: Continuation.depth(of: text))
      switch editor.readLine(prompt: shown, prefill: indentation) {
      case .line(let line):
        // An empty line ends an input that is not finished, so that nobody is caught in it.
        if !text.isEmpty, line.allSatisfy(\.isWhitespace) { return .line(text) }
        text += (text.isEmpty ? "" : "\n") + line
        if !session.isIncomplete(text) { return .line(text) }
      case .interrupted: return .interrupted
      case .end: return text.isEmpty ? .end : .line(text)
      }
    }
  }

  /// A further statement of a pasted text, shown as if it had been typed: the prompt was there for the first alone.
  private static func announce(_ statement: String, in session: Session) {
    let head = "[\(session.nextCell)] "
    let lines = statement.leadingComments.rest.split(separator: "\n")
    let first = (lines.first.map(String.init) ?? "") + (lines.count > 1 ? " …" : "")
    let shown = DisplayWidth.truncate(head + first.withVisibleControls, to: session.terminal.width)
    StandardStreams.output(Style.faint(shown, if: session.terminal.colorsOutput) + "\n")
  }

  private func printBanner() {
    guard beginning == nil else { return }
    print(session.banner)
    if isNew { print("New here? `:lesson 1` makes a first attack with you, step by step.") }
    for cell in session.interruptedCells() {
      print(([cell.said] + cell.more).joined(separator: "\n  "))
    }
  }

  /// Whether the user has not seen much yet, and no lesson.
  private var isNew: Bool {
    session.number <= 10 && (try? session.store.lessons().isEmpty) == true && !LessonFiles.all.isEmpty
  }

  /// `$XDG_CONFIG_HOME/ward/init.ward`, if there is one.
  private func runStartUp() {
    let configured = ProcessInfo.processInfo.environment["XDG_CONFIG_HOME"].flatMap { $0.isEmpty ? nil : $0 }
    let path = (configured ?? Home.path("~/.config")) + "/ward/init.ward"
    guard FileManager.default.fileExists(atPath: path) else { return }
    do {
      _ = session.run(script: Source(name: path, text: try ScriptFile.read(path)))
    } catch {
      session.notices.report(.warning, "the start-up file: \(error)")
    }
  }
}
