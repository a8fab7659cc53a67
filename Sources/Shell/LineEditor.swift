@preconcurrency import CReadline
import Foundation

/// Reading a line at a terminal with GNU readline: editing, history, completion, `~/.inputrc` (under `$if ward`).
///
/// readline is a single editor with global state: use one `LineEditor`, on one thread, and only where input and output are
/// terminals. Signals stay with `Interrupt`: readline installs no handlers, and nothing jumps out of it across Swift. It asks
/// for each key with `nextKey`, which waits for a signal too, so that Ctrl-C is heard wherever readline waits: in a search, in
/// the middle of a paste, behind Ctrl-V. (Its own interface for programs that wait, the one with callbacks, crashes when
/// a search is left by a chord of two keys.)
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
  /// Why the line ends before Enter; and whether Ctrl-C stands behind it on the screen.
  private var ending: Input?
  private var showsInterrupt = false
  /// The terminal once more, opened by ourselves, so that reads which do not wait are ours alone: after Ctrl-Z the shell may have
  /// left it in a state in which reads wait for a whole line. -1 where it has no name.
  private let terminal = ttyname(STDIN_FILENO).map { open($0, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) } ?? -1
  /// What stands in the line from the beginning: the indentation of one that goes on.
  private var prefill = ""
  /// Keys that readline gets before those of the terminal, so that it lets go of what it is in the middle of.
  private var pushed: ArraySlice<UInt8> = []
  /// The last six bytes that readline got, where the marks around a paste are seen.
  private var recent: UInt64 = 0
  private var isInPaste = false
  /// Of the paste that goes on, the bytes so far; and whether the rest of it is thrown away.
  private var (pasted, dropsPaste) = (0, false)
  /// The window has another size, of which readline is not told yet.
  private var awaitsResize = false
  /// The list of the last Tab, for showing it.
  var offered: [Completions.Candidate] = []

  /// readline calls back without a context, so the one editor is found here. Touched on one thread only.
  nonisolated(unsafe) static weak var current: LineEditor?

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
    rl_getc_function = { _ in LineEditor.current?.nextKey() ?? EOF }
    rl_startup_hook = { LineEditor.current?.lineBegins() ?? 0 }
    rl_prep_term_function = { meta in LineEditor.takeTerminal(meta) }
    rl_deprep_term_function = {
      LineEditor.current?.lineEnded()
      // It would end the row at the end of input, but only where pastes are bracketed. Whoever reads the line does.
      rl_eof_found = 0
      rl_deprep_terminal()
      LineEditor.setFlowControl(LineEditor.hadFlowControl)
    }
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
    Self.bindWordMotions()
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
    LineEditor.current = self
    (ending, pushed, isInPaste, dropsPaste, awaitsResize) = (nil, [], false, false, false)
    showsInterrupt = false
    self.prefill = prefill
    Interrupt.reset()
    Interrupt.ignoresQuit = true
    // Of what happened during work only the new size counts: the line is drawn now anyway.
    _ = Interrupt.takeContinued()
    _ = Interrupt.takeResized()
    let line = readline(Self.bracketingEscapes(in: prompt))
    defer { free(line) }
    // What stood in the line when it was ended was not entered.
    return ending ?? line.map { .line(String(cString: $0)) } ?? .end
  }

  /// Keeps an input of one or more lines for Up and Ctrl-R.
  func remember(_ text: String) { history?.add(text) }

  /// Called by readline before it shows the prompt.
  private func lineBegins() -> Int32 {
    if let size = Self.windowSize() { rl_set_screen_size(size.rows, size.columns) }
    if !prefill.isEmpty { rl_insert_text(prefill) }
    return 0
  }

  /// What readline is told of the window. It divides by widths that wrapping leaves nothing of, and multiplies both.
  private static func windowSize() -> (rows: Int32, columns: Int32, isItself: Bool)? {
    var window = winsize()
    guard ioctl(STDIN_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0, window.ws_row > 0 else { return nil }
    let size = (rows: min(Int32(window.ws_row), 1000), columns: max(10, min(Int32(window.ws_col), 1000)))
    return (size.rows, size.columns, size == (Int32(window.ws_row), Int32(window.ws_col)))
  }

  /// The window has another size: the line is broken anew.
  private func resize() {
    awaitsResize = false
    guard let size = Self.windowSize() else { return }
    if isSearchTooLong(columns: size.columns) {
      awaitsResize = true
      return giveUpSearch()
    }
    if size.isItself { return rl_resize_terminal() }
    rl_set_screen_size(size.rows, size.columns)
    rl_forced_update_display()
  }

  // MARK: Keys

  /// The next byte from the terminal. Signals that come meanwhile are dealt with; those that end the line make it `EOF`.
  private func nextKey() -> Int32 {
    while true {
      if let key = pushed.popFirst() { return Int32(key) }
      if let ending { return letGo(ending) }
      if awaitsResize { resize() }
      var sources = (
        pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
        pollfd(fd: Interrupt.descriptor, events: Int16(POLLIN), revents: 0)
      )
      let woken = withUnsafeMutablePointer(to: &sources) {
        $0.withMemoryRebound(to: pollfd.self, capacity: 2) { poll($0, 2, -1) }
      }
      guard woken > 0 || errno == EINTR else {
        end(as: .end)
        continue
      }
      if sources.1.revents != 0 { Interrupt.drain() }
      if Interrupt.isEnding {
        end(as: .end)
      } else if Interrupt.isRequested {
        Interrupt.reset()
        end(as: .interrupted)
      } else {
        if Interrupt.takeResized() { resize() }
        if Interrupt.takeContinued() { redrawAfterStop() }
        let isGone = sources.0.revents & Int16(POLLHUP | POLLERR | POLLNVAL) != 0
        if woken > 0, sources.0.revents != 0, let key = readKey(isGone: isGone) { return Int32(key) }
      }
    }
  }

  /// Reads from here on return at once, with nothing where there is nothing: Ctrl-C makes the terminal forget keys, also
  /// those that `poll` has seen, and a read that waits for the next key would sleep through the signal.
  private static func takeTerminal(_ meta: Int32) {
    // Before readline writes: a Ctrl-S typed during work may hold output back, and Ctrl-Q is not heard behind a long paste.
    hadFlowControl = setFlowControl(false)
    rl_prep_terminal(meta)
    var mode = termios()
    guard tcgetattr(STDIN_FILENO, &mode) == 0 else { return }
    withUnsafeMutableBytes(of: &mode.c_cc) {
      $0[Int(VMIN)] = 0
      interruptKey = $0[Int(VINTR)]
    }
    tcsetattr(STDIN_FILENO, TCSANOW, &mode)
  }

  /// Whether Ctrl-S stops all output until Ctrl-Q. While a line is read it does not: there it searches forward, as readline
  /// binds it. Returns how it was.
  @discardableResult private static func setFlowControl(_ on: Bool) -> Bool {
    var mode = termios()
    guard tcgetattr(STDIN_FILENO, &mode) == 0 else { return on }
    let flag = tcflag_t(IXON)
    let was = mode.c_iflag & flag != 0
    if was != on {
      mode.c_iflag ^= flag
      tcsetattr(STDIN_FILENO, TCSANOW, &mode)
    }
    return was
  }

  /// Touched on one thread only, as the key below.
  private nonisolated(unsafe) static var hadFlowControl = false

  /// The key that makes the terminal send SIGINT: Ctrl-C, unless `stty` says otherwise. Touched on one thread only.
  private nonisolated(unsafe) static var interruptKey: UInt8 = 3

  /// A byte of the terminal; nil if there is none after all, or if the terminal is gone.
  private func readKey(isGone: Bool) -> UInt8? {
    var key: UInt8 = 0
    let count = read(terminal < 0 ? STDIN_FILENO : terminal, &key, 1)
    if count == 1 {
      // Behind Ctrl-V readline has the terminal send no signals, so that any key can be written.
      if key == Self.interruptKey, rl_readline_state & UInt(RL_STATE_MOREINPUT) != 0 {
        end(as: .interrupted)
        return nil
      }
      recent = (recent << 8 | UInt64(key)) & 0xffff_ffff_ffff
      pasted += 1
      if recent == Self.pasteBegins {
        (isInPaste, pasted) = (true, 0)
        makeRoom(for: nil)
      }
      if recent == Self.pasteEnds { isInPaste = false }
      if dropsPaste {
        dropsPaste = recent != Self.pasteEnds
        return nil
      }
      if isSearchTooLong(columns: Self.windowSize()?.columns ?? 80) {
        giveUpSearch()
        return nil
      }
      makeRoom(for: key)
      return key
    }
    if count == 0 ? isGone : errno != EINTR && errno != EAGAIN { end(as: .end) }
    return nil
  }

  /// `ESC [ 2 0 0 ~` and `ESC [ 2 0 1 ~`, which a terminal puts around what is pasted.
  private static let (pasteBegins, pasteEnds): (UInt64, UInt64) = (0x1b5b_3230_307e, 0x1b5b_3230_317e)

  /// Whether a key might make the text of a search longer than readline can show: it keeps where the rows begin in 256 places,
  /// and writes on behind them. A key may add the whole line (Ctrl-Y), or a paste. Half a thousand bytes are enough to look for
  /// anyway: more come from a file that was pasted, and each takes milliseconds, with Ctrl-C waiting behind them.
  private func isSearchTooLong(columns: @autoclosure () -> Int32) -> Bool {
    guard rl_readline_state & UInt(RL_STATE_ISEARCH) != 0, let shown = rl_display_prompt else { return false }
    let text = strlen(shown) + (isInPaste ? pasted : 0)
    return text > 500 || text + Int(rl_end) > 250 * Int(columns())
  }

  /// As Ctrl-G does. What is still to come of a paste was for the search, and goes with it.
  private func giveUpSearch() {
    dropsPaste = isInPaste
    pushed = (Array(isInPaste ? "\u{1b}[201~".utf8 : "".utf8) + [UInt8(Self.abort)])[...]
    isInPaste = false
  }

  /// From here on readline gets no more keys of the terminal.
  private func end(as input: Input) {
    ending = input
    dropsPaste = false
    // In the middle of a paste it takes nothing for its end but the mark of one.
    if isInPaste { pushed = Array("\u{1b}[201~".utf8)[...] }
    isInPaste = false
  }

  /// What readline gets for a key once the line has ended: an error, which whatever it waits in the middle of, a chord or a number, takes
  /// for its own end, until it asks for a key of the line itself. Where it reads letters ahead, as in a paste, it does not ask again.
  private func letGo(_ ending: Input) -> Int32 {
    // A search that is not told to give up leaves the line it has found with what could be undone in another.
    if rl_readline_state & UInt(RL_STATE_ISEARCH) != 0 { return Self.abort }
    guard rl_readline_state & UInt(RL_STATE_READCMD) != 0 else { return READERR }
    rl_clear_pending_input()
    if ending == .interrupted { leaveLineOnScreen() }
    return READERR
  }

  /// Ctrl-G, whatever `~/.inputrc` says.
  private static let abort: Int32 = 7

  /// Called when readline lets go of the terminal.
  private func lineEnded() { if ending == .interrupted, !showsInterrupt { leaveLineOnScreen() } }

  /// Ctrl-C: what was typed stays on the screen, and is forgotten.
  private func leaveLineOnScreen() {
    showsInterrupt = true
    rl_free_line_state()
    // Below a line that is wrapped or has several rows, not in the middle of it.
    rl_point = rl_end
    rl_redisplay()
    fputs("^C\n", rl_outstream)
    fflush(rl_outstream)
  }

  /// The shell has had the terminal meanwhile and left it in its own state.
  private func redrawAfterStop() {
    let hadFlowControl = Self.hadFlowControl
    rl_deprep_terminal()
    Self.takeTerminal(1)
    Self.hadFlowControl = hadFlowControl
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
    guard !prefill.isEmpty, rl_point >= 2, strspn(rl_line_buffer, " ") >= Int(rl_point) else { return }
    rl_delete_text(rl_point - 2, rl_point)
    rl_point -= 2
  }
}

// MARK: - Lines that are offered

extension LineEditor {
  /// A statement that stands in the line from the beginning makes room for what is typed in its place: for a paste, and for a
  /// letter or the mark of a session line, which nobody types right behind a whole statement to go on with it.
  ///
  /// - Parameter key: what comes next; nil for a paste.
  private func makeRoom(for key: UInt8?) {
    guard rl_point == rl_end, prefill.contains(where: { !$0.isWhitespace }), String(cString: rl_line_buffer) == prefill
    else { return }
    if let key {
      // Neither in the middle of a chord, nor where letters are commands.
      guard rl_readline_state & UInt(RL_STATE_READCMD) != 0, rl_get_keymap() != rl_get_keymap_by_name("vi-move"),
        Character(UnicodeScalar(key)).isLetter && key < 0x80 || ":?!".utf8.contains(key)
      else { return }
    }
    rl_delete_text(0, rl_end)
    rl_point = 0
  }
}

// MARK: - vi

extension LineEditor {
  /// Some motions of vi never come to their end on a line whose last character takes no room, or is no character: there they turn back
  /// to the one before it. On such a line they do nothing, nor do the completions that begin with one.
  private static func bindWordMotions() {
    let map = rl_get_keymap_by_name("vi-move")
    func bind(_ keys: String, _ command: @convention(c) (Int32, Int32) -> Int32) {
      for key in keys.utf8 { rl_bind_key_in_map(Int32(key), command, map) }
    }
    bind("wW") { count, key in LineEditor.endsWithoutWidth ? rl_ding() : rl_vi_next_word(count, key) }
    bind("eE") { count, key in LineEditor.endsWithoutWidth ? rl_ding() : rl_vi_end_word(count, key) }
    bind("%") { count, key in LineEditor.endsWithoutWidth ? rl_ding() : rl_vi_match(count, key) }
    bind("*=\\") { count, key in LineEditor.endsWithoutWidth ? rl_ding() : rl_vi_complete(count, key) }
  }

  private static var endsWithoutWidth: Bool {
    guard rl_end > 0, let last = String(cString: rl_line_buffer).unicodeScalars.last else { return false }
    // U+FFFD stands for bytes that are no UTF-8.
    return last == "\u{fffd}" || wcwidth(wchar_t(bitPattern: last.value)) < 1
      || [.nonspacingMark, .enclosingMark, .format, .control].contains(last.properties.generalCategory)
  }
}
