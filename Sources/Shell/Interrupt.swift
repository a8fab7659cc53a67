import Contract
import Foundation
import Lang
import Synchronization

/// Ctrl-C and the other signals of a terminal: handlers that only set flags, which work asks for at its safe points.
///
/// They also write to a pipe, which wakes the prompt. Waiting for signals with `ppoll` alone would miss one that the
/// kernel hands to one of the engine's threads.
enum Interrupt {
  /// Whether work should stop: Ctrl-C was pressed, or the program is to end.
  static var isRequested: Bool {
    flags.requested.load(ordering: .relaxed) || isEnding
  }

  /// Whether the program is to end (SIGTERM, or its terminal is gone): store what there is and leave.
  static var isEnding: Bool { endingSignal != 0 }

  /// Which signal has said so; 0 where none has.
  static var endingSignal: Int32 { flags.ending.load(ordering: .relaxed) }

  /// Forgets a Ctrl-C, before work begins. A request to end is not forgotten.
  static func reset() { flags.requested.store(false, ordering: .relaxed) }

  /// What Ctrl-C does, for whoever has no keys.
  static func request() {
    flags.requested.store(true, ordering: .relaxed)
    flags.wake()
  }

  /// What SIGTERM does.
  static func end() {
    flags.ending.store(SIGTERM, ordering: .relaxed)
    flags.wake()
  }

  /// Work begins: a Ctrl-C before it is forgotten, and Ctrl-\ ends it.
  static func beginWork() {
    reset()
    ignoresQuit = false
  }

  /// Whether the window changed its size since the last call.
  static func takeResized() -> Bool { flags.resized.exchange(false, ordering: .relaxed) }

  /// Whether the program went on after Ctrl-Z since the last call.
  static func takeContinued() -> Bool { flags.continued.exchange(false, ordering: .relaxed) }

  /// Whether Ctrl-\ does nothing, as at the prompt. At all other times it ends the program at once.
  static var ignoresQuit: Bool {
    get { flags.ignoresQuit.load(ordering: .relaxed) }
    set {
      flags.quit.store(false, ordering: .relaxed)
      flags.ignoresQuit.store(newValue, ordering: .relaxed)
    }
  }

  /// Waits a moment for the key that has ended a command with this status, unless it was heard already, and forgets it.
  ///
  /// The terminal sends it to the command first and to us after that: on a busy machine we can learn of the command's end
  /// before. Heard later, it would stop what is typed next.
  static func forgetKey(thatEndedWith status: Int32) {
    let isHeard: () -> Bool
    switch status {
    case 128 + SIGINT: isHeard = { isRequested }
    case 128 + SIGQUIT: isHeard = { flags.quit.load(ordering: .relaxed) }
    default: isHeard = { true }
    }
    for _ in 0..<200 where !isHeard() { usleep(1000) }
    reset()
    // One that has not come yet may come still: the next work listens for it again.
    if isHeard() || status != 128 + SIGQUIT { ignoresQuit = false }
  }

  /// Readable once a signal has come; `drain` empties it.
  static var descriptor: Int32 { flags.readEnd }

  /// Empties the pipe; call it before looking at the flags, so that a signal in between is not lost.
  static func drain() {
    var bytes: UInt64 = 0
    while read(flags.readEnd, &bytes, 8) > 0 {}
  }

  /// Does work that has no safe points of its own on another thread. After a Ctrl-C it comes to its end there, unseen: so it
  /// must not touch the notebook, the store or the screen.
  static func runDetached<T>(_ work: @escaping () throws -> T) throws -> T {
    let task = BackgroundTask(work)
    while !task.wait(milliseconds: 20) {
      // Work that asks for itself whether to stop has a moment to do so.
      if isRequested, !task.wait(milliseconds: 80) { throw Lang.Interrupt() }
      if isRequested { break }
    }
    return try task.value()
  }

  /// Installs the handlers, once, at the start of the program and on the thread that does its work. Before, Ctrl-C ends it.
  static func install() {
    flags.worker.store(UInt(pthread_self()), ordering: .relaxed)  // `flags` is made here rather than in a handler
    handle(SIGURG) { _ in }
    handle(SIGINT) { _ in
      flags.requested.store(true, ordering: .relaxed)
      flags.wake()
    }
    handle(SIGWINCH) { _ in
      flags.resized.store(true, ordering: .relaxed)
      flags.wake()
    }
    handle(SIGCONT) { _ in
      flags.continued.store(true, ordering: .relaxed)
      flags.wake()
    }
    handle(SIGQUIT) { number in
      if Interrupt.ignoresQuit {
        flags.quit.store(true, ordering: .relaxed)
        return
      }
      // The action of the system, not that of the Swift runtime, which would show where our code is.
      signal(number, SIG_DFL)
      raise(number)
    }
    for signal in [SIGTERM, SIGHUP] {
      handle(signal) { number in
        flags.ending.store(number, ordering: .relaxed)
        flags.wake()
      }
    }
  }

  /// A signal that whoever started the program chose to ignore (`nohup ward …`) stays ignored.
  private static func handle(_ signal: Int32, _ handler: @escaping @convention(c) (Int32) -> Void) {
    var action = sigaction()
    sigaction(signal, nil, &action)
    if unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1 { return }
    action.__sigaction_handler.sa_handler = handler
    // Reading a file goes on after a Ctrl-C; `poll` at the prompt returns all the same.
    action.sa_flags = SA_RESTART
    sigemptyset(&action.sa_mask)
    sigaction(signal, &action, nil)
  }
}

private let flags = Flags()

/// What the handlers touch: atomics and a pipe, both safe in a handler.
private final class Flags: Sendable {
  let requested = Atomic<Bool>(false)
  /// The signal that ends the program, once it has come.
  let ending = Atomic<Int32>(0)
  let resized = Atomic<Bool>(false)
  let continued = Atomic<Bool>(false)
  let ignoresQuit = Atomic<Bool>(false)
  /// Whether Ctrl-\ was pressed while it does nothing.
  let quit = Atomic<Bool>(false)
  /// The thread that reads and writes the terminal.
  let worker = Atomic<UInt>(0)
  let readEnd: Int32
  private let writeEnd: Int32

  init() {
    var ends: [Int32] = [-1, -1]
    _ = pipe(&ends)
    for end in ends {
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
    (readEnd, writeEnd) = (ends[0], ends[1])
  }

  /// A full pipe has woken the prompt already; the error number is put back for the code that was interrupted.
  ///
  /// The kernel hands a signal to any thread. With Ctrl-C the terminal throws away what waits to be shown, and does not tell who
  /// waits for room in it: a write goes on only once a signal wakes its own thread.
  func wake() {
    let before = errno
    var byte: UInt8 = 0
    _ = write(writeEnd, &byte, 1)
    let worker = worker.load(ordering: .relaxed)
    if worker != 0, worker != UInt(pthread_self()) { pthread_kill(pthread_t(worker), SIGURG) }
    errno = before
  }
}
