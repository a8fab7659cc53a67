import Foundation
import Synchronization

/// Where a notebook shows what a cell comes to: turns blocks, streams and progress into messages for all frontends.
///
/// Any thread may write; what is written belongs to the request that is being answered.
final class KernelPage: OutputPage, Sendable {
  /// What becomes of a cell's output.
  enum Mode: Sendable {
    /// All frontends see it.
    case shown
    /// Nobody does: who sent the cell asked for that.
    case silent
    /// Its value goes into the reply alone.
    case captured
  }

  private struct State {
    var mode = Mode.shown
    /// The header of the last cell that was shown: what a command left running writes still belongs to it. nil before the first.
    var parent: [UInt8]?
    /// Text that waits for more of its kind, so that ten thousand lines are not ten thousand messages.
    var stream: (isError: Bool, text: String, since: ContinuousClock.Instant)?
    /// What was said before there was a cell to say it in.
    var early: [(isError: Bool, text: String)] = []
    /// The last value, as JSON of its forms: only that of the last statement is the cell's result.
    var value: String?
    /// The display that the progress of this cell is shown by.
    var progress: String?
    var problems: [ShownProblem] = []
  }

  private let channels: KernelChannels
  private let state = Mutex(State())

  init(_ channels: KernelChannels) { self.channels = channels }

  // MARK: - Requests

  /// Says that a request is being worked on.
  func begin(_ request: KernelMessage) { publish("status", Self.status("busy"), parent: request.header) }

  /// Says that it is answered, behind all that it has shown.
  func end(_ request: KernelMessage) {
    state.withLock { state in
      flush(&state)
      publish("status", Self.status("idle"), parent: request.header)
    }
  }

  /// From here on output is that of a cell. The first one that is shown also tells what the start had to say.
  func beginCell(_ request: KernelMessage, _ mode: Mode) {
    let early = state.withLock { state in
      flush(&state)
      (state.mode, state.value, state.progress, state.problems) = (mode, nil, nil, [])
      guard mode == .shown else { return [(isError: Bool, text: String)]() }
      state.parent = request.header
      defer { state.early = [] }
      return state.early
    }
    for piece in early { write(piece.text, isError: piece.isError) }
  }

  /// The value of the last statement is the result of the cell; those of the statements before it have been shown.
  ///
  /// - Parameter number: the number of the last statement's cell.
  /// - Returns: what went wrong, and of a cell that is not shown the value, as JSON of its forms.
  func endCell(number: Int) -> (problems: [ShownProblem], value: String?) {
    state.withLock { state in
      defer { (state.mode, state.value) = (.shown, nil) }
      if state.mode == .shown, let value = state.value, let parent = state.parent {
        flushStream(&state)
        publish(
          "execute_result",
          JSONText.object([("execution_count", "\(number)"), ("data", value), ("metadata", "{}")]), parent: parent)
      }
      return (state.problems, state.value)
    }
  }

  /// A further statement of the cell begins: the value before it is not the result.
  func nextStatement() { state.withLock { flushValue(&$0) } }

  /// Sends a message of the cell's, behind what it has written so far.
  func publish(_ type: String, _ content: String) {
    state.withLock { state in
      guard state.mode == .shown, let parent = state.parent else { return }
      flush(&state)
      publish(type, content, parent: parent)
    }
  }

  private func publish(_ type: String, _ content: String, parent: [UInt8]) {
    channels.send(
      KernelAnswer(
        channel: .iopub, identities: [Array("kernel.\(channels.name).\(type)".utf8)], type: type, parent: parent,
        content: content))
  }

  /// The state of a request that is answered beside those of the notebook.
  func publish(status: String, of request: KernelMessage) {
    publish("status", Self.status(status), parent: request.header)
  }

  static func status(_ state: String) -> String { JSONText.object([("execution_state", JSONText.string(state))]) }

  // MARK: - Blocks

  func show(_ block: StoredBlock, isValue: Bool) {
    let isText = if case .text = block { true } else if case .summary = block { true } else { false }
    if !isValue, isText { return write(block.plain + "\n", isError: false) }
    let mode = state.withLock(\.mode)
    guard mode == .shown || mode == .captured && isValue else { return }
    // Outside of the lock: a plot takes a moment.
    let forms = MimeBundle(block).json
    state.withLock { state in
      if state.mode == .shown { flush(&state) }
      if isValue {
        state.value = forms
      } else if let parent = state.parent {
        publish("display_data", Self.display(forms), parent: parent)
      }
    }
  }

  func complain(_ text: String, written: String) {
    var problem = ShownProblem(text)
    guard problem.isError else { return write(written + "\n", isError: true) }
    problem.lines = written
    state.withLock { state in
      state.problems.append(problem)
      guard state.mode == .shown, let parent = state.parent else { return }
      flush(&state)
      publish("error", problem.json, parent: parent)
    }
  }

  private static func display(_ forms: String, id: String? = nil) -> String {
    let transient = id.map { JSONText.object([("display_id", JSONText.string($0))]) } ?? "{}"
    return JSONText.object([("data", forms), ("metadata", "{}"), ("transient", transient)])
  }

  // MARK: - Streams

  func write(_ text: String, isError: Bool) {
    if text.isEmpty { return }
    let isFirst = state.withLock { state in
      guard state.parent != nil else {
        state.early.append((isError, text))
        return false
      }
      guard state.mode == .shown else { return false }
      flushValue(&state)
      if state.stream?.isError != isError { flushStream(&state) }
      let isFirst = state.stream == nil
      if isFirst { state.stream = (isError, text, .now) } else { state.stream?.text += text }
      if (state.stream?.text.utf8.count ?? 0) > Self.most { flushStream(&state) }
      return isFirst
    }
    if isFirst { channels.hurry() }
  }

  /// How much text is one message, in bytes, and how long text waits for more.
  private static let (most, wait) = (1 << 16, Duration.milliseconds(40))

  /// Sends text that has waited long enough; says in how many milliseconds there will be some.
  func flushDue() -> Int? {
    state.withLock { state in
      guard let stream = state.stream else { return nil }
      let left = Self.wait - (ContinuousClock.now - stream.since)
      if left > .zero { return max(1, Int(left.inSeconds * 1000)) }
      flushStream(&state)
      return nil
    }
  }

  private func flush(_ state: inout State) {
    flushValue(&state)
    flushStream(&state)
  }

  private func flushValue(_ state: inout State) {
    guard state.mode == .shown, let value = state.value, let parent = state.parent else { return }
    state.value = nil
    flushStream(&state)
    publish("display_data", Self.display(value), parent: parent)
  }

  private func flushStream(_ state: inout State) {
    guard let stream = state.stream, let parent = state.parent else { return }
    state.stream = nil
    publish(
      "stream",
      JSONText.object([
        ("name", stream.isError ? "\"stderr\"" : "\"stdout\""), ("text", JSONText.string(stream.text)),
      ]), parent: parent)
  }

  // MARK: - Progress

  /// One line that stands in one place of the cell's output and is written anew; empty to take it away.
  func progress(_ line: String) {
    state.withLock { state in
      guard state.mode == .shown, let parent = state.parent, state.progress != nil || !line.isEmpty else { return }
      let forms = JSONText.object([("text/plain", JSONText.string(line))])
      if let id = state.progress {
        publish("update_display_data", Self.display(forms, id: id), parent: parent)
      } else {
        flush(&state)
        let id = UUID().uuidString.lowercased()
        state.progress = id
        publish("display_data", Self.display(forms, id: id), parent: parent)
      }
    }
  }
}
