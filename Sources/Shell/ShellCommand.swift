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

  /// Writes all of it, or as much as the command wants to read: a pager may be left early.
  private static func write(_ text: String, to descriptor: Int32) {
    let before = signal(SIGPIPE, SIG_IGN)
    defer {
      close(descriptor)
      signal(SIGPIPE, before)
    }
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { return }
    }
  }

  private static func wait(for child: pid_t) -> Int32 {
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
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
