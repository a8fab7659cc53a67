import Foundation
import Lang

/// A command of the user's shell, on this terminal: for `!command` and for the pager.
///
/// Not Foundation's `Process`: that puts its child into a process group of its own, which may then not read the terminal, and
/// which Ctrl-C does not reach.
enum ShellCommand {
  /// Runs it and waits. Ctrl-C and Ctrl-\ are for the command, not for the notebook.
  ///
  /// - Parameters:
  ///   - input: what it reads; the terminal when nil.
  ///   - extra: variables of its environment beside ours.
  /// - Returns: its status, 128 and the signal's number when a signal ended it.
  @discardableResult
  static func run(_ command: String, input: String? = nil, with extra: [String: String] = [:]) throws -> Int32 {
    var ends: [Int32] = [-1, -1]
    if input != nil {
      guard pipe(&ends) == 0 else { throw failure(errno) }
      // The command must not hold the end that we write to: it would never see the end of its input.
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if input != nil { posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO) }
    let variables = ProcessInfo.processInfo.environment.merging(extra) { $1 }.map { "\($0)=\($1)" }
    var child = pid_t()
    // Before there is a command that Ctrl-\ could be meant for: its first word may be on the screen at once.
    Interrupt.ignoresQuit = true
    let problem = withPointers(["/bin/sh", "-c", command]) { arguments in
      withPointers(variables) { posix_spawn(&child, "/bin/sh", &actions, nil, arguments, $0) }
    }
    if input != nil { close(ends[0]) }
    guard problem == 0 else {
      Interrupt.ignoresQuit = false
      if input != nil { close(ends[1]) }
      throw failure(problem)
    }
    if let input { write(input, to: ends[1]) }
    let status = wait(for: child)
    Interrupt.forgetKey(thatEndedWith: status)
    return status
  }

  /// Writes all of it, or as much as the command wants to read: a pager may be left early, and Ward may be told to end meanwhile.
  private static func write(_ text: String, to descriptor: Int32) {
    let before = signal(SIGPIPE, SIG_IGN)
    defer {
      close(descriptor)
      signal(SIGPIPE, before)
    }
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty, !Interrupt.isEnding {
      var room = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      guard poll(&room, 1, 50) > 0 else { continue }
      // As much as there is room for: more would wait.
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, min(Int(PIPE_BUF), $0.count)) }
      if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { return }
    }
  }

  /// Waits for its end. Where Ward itself is to end (SIGTERM, or the terminal is gone), the command is told so by the same signal, and given
  /// a second.
  private static func wait(for child: pid_t) -> Int32 {
    let clock = ContinuousClock(), start = clock.now
    var status: Int32 = 0, told: ContinuousClock.Instant?
    while true {
      let ended = waitpid(child, &status, WNOHANG)
      if ended == child { break }
      if ended < 0, errno != EINTR { return 0 }
      if let told {
        if clock.now - told > .seconds(1) { return 128 + Interrupt.endingSignal }
      } else if Interrupt.isEnding {
        kill(child, Interrupt.endingSignal)
        told = clock.now
      }
      // A command that is soon done is soon noticed, and one that takes long costs nothing.
      let passed = (clock.now - start) / .microseconds(1)
      usleep(UInt32(max(200, min(20_000, passed / 8))))
    }
    let signal = status & 0x7f
    return signal == 0 ? (status >> 8) & 0xff : 128 + signal
  }

  /// Calls `body` with a list of C strings that ends with a null.
  static func withPointers<R>(
    _ texts: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> R
  ) -> R {
    // Safety: the copies live until `body` is done.
    var pointers = texts.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeMutableBufferPointer { body($0.baseAddress!) }
  }

  static func failure(_ number: Int32) -> Problem {
    Problem(code: ShellCode.sessionLine, message: "the command cannot be started: \(String(cString: strerror(number)))")
  }
}
