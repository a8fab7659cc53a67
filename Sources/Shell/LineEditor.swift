@preconcurrency import CReadline
import Foundation

/// Reading a line at a terminal with GNU readline: editing, history, completion, `~/.inputrc` (under `$if ward`).
///
/// The only importer of readline, which is a single editor with global state: use one `LineEditor`, on one thread, and
/// only where input and output are terminals. Signals stay with `Interrupt`: readline installs no handlers, and nothing
/// jumps out of it across Swift.
final class LineEditor {
  /// What came of reading a line.
  enum Input: Equatable {
    /// A line without its end; a multi-line paste is one line with newlines in it.
    case line(String)
    /// Ctrl-C: what was typed is gone.
    case interrupted
    /// Ctrl-D on an empty line, a terminal that is gone, or a request to end the program.
    case end
  }

  /// What could stand at the cursor.
  struct Completions {
    /// Where the candidates begin, in bytes from the start of the line; they replace what is there up to the cursor.
    var start: Int
    /// What closes the string that the cursor is in, empty outside of strings.
    var quote = ""
    /// The candidates, best first.
    var candidates: [Candidate]

    struct Candidate {
      /// What is put into the line.
      var text: String
      /// What it is, in a few words, shown in the list; empty for none.
      var note = ""
    }
  }

  /// Asked when Tab is pressed, with the line and the cursor in bytes from its start. A second Tab shows the list.
  var complete: (_ line: String, _ cursor: Int) -> Completions? = { _, _ in nil }

  /// Asked at a second Tab, and shown above the list: how what is being typed is written, for instance.
  var hint: (_ line: String, _ cursor: Int) -> String? = { _, _ in nil }

  /// Why lines are not kept for the next time; nil if they are.
  var historyProblem: String? { history?.problem }

  private let history: HistoryFile?
  private var input: Input?
  /// The list of the last Tab, for showing it.
  private var offered: [Completions.Candidate] = []
  /// Whether the line goes on from one before, indented.
  private var isIndented = false

  /// readline calls back without a context, so the one editor is found here. Touched on one thread only.
  private nonisolated(unsafe) static weak var current: LineEditor?

  /// - Parameters:
  ///   - name: What `$if` in `~/.inputrc` knows the program by.
  ///   - historyFile: Where lines are kept, readable by their owner only; nil keeps none.
  init(name: String, historyFile: String? = nil) {
    history = historyFile.map { HistoryFile(path: $0) }
    // Kept for good: readline holds on to the pointer.
    rl_readline_name = UnsafePointer(strdup(name))
    rl_catch_signals = 0
    rl_catch_sigwinch = 0
    rl_change_environment = 0
    rl_completer_word_break_characters = UnsafePointer(strdup(" \t\n\"'(){}[],|=<>+-*/^;:.?!`"))
    rl_sort_completion_matches = 0
    // It would close a string after a folder, and not one whose text is still empty: the completion knows better.
    rl_basic_quote_characters = UnsafePointer(strdup(""))
    rl_attempted_completion_function = { _, start, end in
      LineEditor.current?.matches(from: Int(start), to: Int(end)) ?? nil
    }
    rl_completion_display_matches_hook = { _, _, _ in LineEditor.current?.showOffered() }
    Self.useUnicode()
    Self.bindClosingBrackets()
    using_history()
    history?.load()
    LineEditor.current = self
  }

  /// readline takes its character set from the environment, again for each line. Where that says plain C, as in most
  /// containers, it would edit the bytes of `é` one by one. Programs that `!` starts see C.UTF-8 too, which sorts alike.
  private static func useUnicode() {
    setlocale(LC_CTYPE, "")
    if strcmp(nl_langinfo(Int32(CODESET)), "UTF-8") == 0 { return }
    setlocale(LC_CTYPE, "C.UTF-8")
    setenv("LC_ALL", "C.UTF-8", 1)
  }

  /// Reads one line; `prefill` stands in it already, with the cursor behind.
  ///
  /// Escape sequences for colour in `prompt` are bracketed for readline unless they are already.
  func readLine(prompt: String, prefill: String = "") -> Input {
    input = nil
    LineEditor.current = self
    Interrupt.reset()
    Interrupt.ignoresQuit = true
    // Of what happened during work only the new size counts: the line is drawn now anyway.
    _ = Interrupt.takeContinued()
    if Interrupt.takeResized(), rl_instream != nil { rl_reset_screen_size() }
    isIndented = !prefill.isEmpty
    rl_callback_handler_install(Self.bracketingEscapes(in: prompt)) { line in LineEditor.current?.accept(line) }
    defer { rl_callback_handler_remove() }
    if !prefill.isEmpty {
      rl_insert_text(prefill)
      rl_redisplay()
    }
    while input == nil { wait() }
    return input ?? .end
  }

  /// Keeps an input of one or more lines for Up and Ctrl-R.
  func remember(_ text: String) { history?.add(text) }

  /// Waits for a key or a signal and deals with it.
  private func wait() {
    var sources = [
      pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
      pollfd(fd: Interrupt.descriptor, events: Int16(POLLIN), revents: 0),
    ]
    guard poll(&sources, 2, -1) > 0 || errno == EINTR else {
      input = .end
      return
    }
    Interrupt.drain()
    if Interrupt.isEnding {
      input = .end
    } else if Interrupt.isRequested {
      abandonLine()
    } else {
      if Interrupt.takeResized() { rl_resize_terminal() }
      if Interrupt.takeContinued() { redrawAfterStop() }
      if sources[0].revents != 0 { rl_callback_read_char() }
    }
  }

  /// Called by readline with a finished line, or nil at the end of input.
  private func accept(_ line: UnsafeMutablePointer<CChar>?) {
    // Gives the terminal back at once, and keeps readline from showing its prompt again.
    rl_callback_handler_remove()
    guard let line else {
      input = .end
      return
    }
    let text = String(cString: line)
    free(line)
    input = .line(text)
  }

  /// Ctrl-C: leaves what was typed on the screen and forgets it.
  private func abandonLine() {
    Interrupt.reset()
    rl_callback_sigcleanup()
    // Below a line that is wrapped or has several rows, not in the middle of it.
    rl_point = rl_end
    rl_redisplay()
    rl_free_line_state()
    rl_replace_line("", 0)
    fputs("^C\n", rl_outstream)
    fflush(rl_outstream)
    input = .interrupted
  }

  /// The shell has had the terminal meanwhile and left it in its own state.
  private func redrawAfterStop() {
    rl_prep_terminal(1)
    rl_forced_update_display()
  }

  /// Puts escape sequences between the marks that tell readline they take no room.
  private static func bracketingEscapes(in prompt: String) -> String {
    if prompt.contains("\u{1}") { return prompt }
    return prompt.replacing(/\u{1b}\[[0-9;]*m/) { "\u{1}\($0.output)\u{2}" }
  }
}

// MARK: - Closing brackets

extension LineEditor {
  /// A bracket typed first on a line that goes on stands where the line with its partner began. What is pasted stays as it
  /// is, and `~/.inputrc` may bind the keys otherwise.
  private static func bindClosingBrackets() {
    for name in ["emacs-standard", "vi-insert"] {
      for bracket in ")]}".utf8 {
        rl_bind_key_in_map(
          Int32(bracket),
          { count, key in
            LineEditor.current?.moveOut()
            return rl_insert_close(count, key)
          }, rl_get_keymap_by_name(name))
      }
    }
  }

  /// Takes away one step of indentation, if there is nothing else before the cursor.
  private func moveOut() {
    guard isIndented, rl_point >= 2, strspn(rl_line_buffer, " ") >= Int(rl_point) else { return }
    rl_delete_text(rl_point - 2, rl_point)
    rl_point -= 2
  }
}

// MARK: - Completion

extension LineEditor {
  /// Whether `~/.inputrc` says that capitals do not matter to Tab.
  static var ignoresCase: Bool {
    rl_variable_value("completion-ignore-case").map { String(cString: $0) == "on" } ?? false
  }

  /// readline's view of the candidates: a C array of what replaces the word it found, which may begin elsewhere than ours.
  private func matches(
    from start: Int, to end: Int
  ) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
    // Ours are all there is: readline would offer names of files.
    rl_attempted_completion_over = 1
    let line = String(cString: rl_line_buffer)
    let found = complete(line, end)
    offered = found?.candidates ?? []
    guard let found, !offered.isEmpty else {
      // readline's name for a second Tab.
      if rl_completion_type == Int32(UInt8(ascii: "?")), let hint = hint(line, end) { showBelow(Self.wrapped(hint)) }
      return nil
    }
    let bytes = Array(line.utf8)
    let typed = String(decoding: bytes[min(start, end)..<end], as: UTF8.self)
    var words = offered.map { Self.fit($0.text, from: found.start, to: start, in: bytes) }
    if words.count == 1, !words[0].hasSuffix("/"), !bytes[end...].starts(with: found.quote.utf8) {
      words[0] += found.quote
    }
    let common = words.dropFirst().reduce(words[0]) { $0.commonPrefix(with: $1) }
    // Never take away what was typed, as for candidates that match in the middle.
    let continues =
      common.hasPrefix(typed) || Self.ignoresCase && common.lowercased().hasPrefix(typed.lowercased())
    let first = continues || words.count == 1 ? common : typed
    rl_completion_append_character = words.count == 1 && Self.wantsNoSpace(words[0]) ? 0 : Int32(UInt8(ascii: " "))
    let list = words.count == 1 ? [first] : [first] + words
    // readline frees the array and the words; calloc leaves the null that ends it.
    let room = calloc(list.count + 1, MemoryLayout<UnsafeMutablePointer<CChar>?>.stride)
    let array = room?.assumingMemoryBound(to: UnsafeMutablePointer<CChar>?.self)
    for (index, word) in list.enumerated() { array?[index] = strdup(word) }
    return array
  }

  /// A candidate that begins at byte `ours`, as a replacement from byte `theirs` on.
  private static func fit(_ text: String, from ours: Int, to theirs: Int, in line: [UInt8]) -> String {
    if ours >= theirs { return String(decoding: line[theirs..<ours], as: UTF8.self) + text }
    return String(decoding: Array(text.utf8).dropFirst(theirs - ours), as: UTF8.self)
  }

  /// After an opening bracket, a dot, a folder or a text that is still open, the next word follows without a space.
  private static func wantsNoSpace(_ text: String) -> Bool { text.last.map { "(./[{\"'".contains($0) } ?? true }

  /// The list under the line: with notes a row each, otherwise in columns.
  private func showOffered() {
    var (height, width): (Int32, Int32) = (0, 0)
    rl_get_screen_size(&height, &width)
    // Names may come out of files: what would drive the terminal is shown instead.
    let names = offered.map { $0.text.withVisibleControls }
    let notes = offered.map { $0.note.withVisibleControls }
    let column = (names.map { DisplayWidth.of($0) }.max() ?? 0) + 2
    var text = hint(String(cString: rl_line_buffer), Int(rl_point)).map(Self.wrapped) ?? ""
    if notes.contains(where: { !$0.isEmpty }) {
      // The first screenful; typing on narrows the rest.
      let shown = min(names.count, max(5, Int(height) - 5))
      for index in 0..<shown {
        let note = DisplayWidth.truncate(notes[index], to: max(10, Int(width) - column - 1))
        text += DisplayWidth.pad(names[index], to: column) + note + "\n"
      }
      if shown < names.count { text += "… and \(names.count - shown) more\n" }
    } else {
      let across = max(1, Int(width) / column)
      for start in stride(from: 0, to: names.count, by: across) {
        let row = names[start..<min(start + across, names.count)]
        text += row.map { DisplayWidth.pad($0, to: column) }.joined() + "\n"
      }
    }
    showBelow(text)
  }

  /// How a call is written, broken at blanks; a label stays with what it takes.
  private static func wrapped(_ hint: String) -> String {
    var (height, width): (Int32, Int32) = (0, 0)
    rl_get_screen_size(&height, &width)
    let whole = hint.replacing(": ", with: ":\u{a0}")
    return whole.wrapped(to: max(10, Int(width) - 1), indent: 2).replacing("\u{a0}", with: " ") + "\n"
  }

  /// Shows rows below the line, and the line again below them.
  private func showBelow(_ rows: String) {
    fputs("\n" + rows, rl_outstream)
    rl_forced_update_display()
  }
}

/// The lines typed before, in a file that several prompts append to.
private final class HistoryFile {
  private let path: String
  private var last = ""
  /// Why the file cannot be used; lines are then remembered until the end of the program.
  private(set) var problem: String?
  /// Lines kept in memory and, roughly, in the file.
  private static let limit: Int32 = 10_000

  init(path: String) { self.path = path }

  /// Reads the file, making it if it is missing.
  func load() {
    // Marks the times that separate entries of several lines. Not readline's `#`: a cell may begin with a comment.
    history_comment_char = 1
    history_write_timestamps = 1
    let folder = NSString(string: path).deletingLastPathComponent
    try? FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    defer { stifle_history(Self.limit) }
    guard descriptor >= 0 else {
      problem = "\(path) cannot be opened: \(FileFailure(errno).reason)"
      return
    }
    fchmod(descriptor, 0o600)
    close(descriptor)
    read_history(path)
    if history_length > 2 * Self.limit { history_truncate_file(path, Self.limit) }
  }

  /// Remembers a line, unless it is blank or the same as the one before, and appends it to the file in one write.
  func add(_ line: String) {
    if line.allSatisfy(\.isWhitespace) || line == last { return }
    last = line
    add_history(line)
    if problem == nil { append_history(1, path) }
  }
}
