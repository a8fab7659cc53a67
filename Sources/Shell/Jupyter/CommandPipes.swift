import Foundation
import Lang
import Synchronization

/// Runs `!command` for a notebook: what it writes goes into the cell, and it reads an empty input, since there is no
/// terminal. The pipes stay open, so that what a command left running writes is shown too.
final class CommandPipes: Sendable {
  private struct Pipe {
    let isError: Bool
    let readEnd: Int32
    let writeEnd: Int32
    /// Of a letter of several bytes, those that have come.
    var rest: [UInt8] = []
  }

  private let pipes: Mutex<[Pipe]>
  private let show: @Sendable (String, _ isError: Bool) -> Void
  /// Readable when there is something to pump.
  let descriptors: [Int32]

  /// - Throws: `Problem` where the process may open no more.
  init(_ show: @escaping @Sendable (String, _ isError: Bool) -> Void) throws {
    self.show = show
    let made: [Pipe] = try [false, true].map { isError in
      var ends: [Int32] = [-1, -1]
      guard pipe(&ends) == 0 else {
        throw Problem(code: ShellCode.file, message: "no pipe can be made: \(FileFailure(errno).reason)")
      }
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      // The command's own end waits, as it is used to.
      _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
      return Pipe(isError: isError, readEnd: ends[0], writeEnd: ends[1])
    }
    descriptors = made.map(\.readEnd)
    pipes = Mutex(made)
  }

  /// Shows what has been written. Whole letters alone; what is no UTF-8 is shown as U+FFFD.
  func pump() {
    pipes.withLock { pipes in
      for place in pipes.indices { pump(&pipes[place]) }
    }
  }

  private func pump(_ pipe: inout Pipe) {
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(pipe.readEnd, &piece, piece.count)
      if count <= 0 { return }
      var bytes = pipe.rest + piece.prefix(count)
      pipe.rest = Array(bytes.suffix(Self.begun(bytes)))
      bytes.removeLast(pipe.rest.count)
      show(String(decoding: bytes, as: UTF8.self), pipe.isError)
    }
  }

  /// How many bytes at the end begin a letter whose others have not come.
  private static func begun(_ bytes: [UInt8]) -> Int {
    for back in 1...3 where back <= bytes.count {
      let byte = bytes[bytes.count - back]
      if UTF8.isContinuation(byte) { continue }
      let needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
      return needs > back ? back : 0
    }
    return 0
  }

  /// Runs a command and waits. An interrupt is for the command and all that it started: Ctrl-C first, then firmer.
  ///
  /// - Returns: its status, 128 and the signal's number when a signal ended it.
  func run(_ command: String) throws -> Int32 {
    let child = try start(command)
    var status: Int32 = 0
    var asked: (signal: Int32, at: ContinuousClock.Instant)?
    while true {
      let ended = waitpid(child, &status, WNOHANG)
      if ended == child || ended < 0 && errno != EINTR { break }
      if Interrupt.isRequested, asked == nil || ContinuousClock.now - asked!.at > .seconds(2) {
        let signal = asked == nil ? SIGINT : asked?.signal == SIGINT ? SIGTERM : SIGKILL
        asked = (signal, .now)
        kill(-child, signal)
      }
      Thread.sleep(forTimeInterval: 0.005)
    }
    pump()
    Interrupt.reset()
    let signal = status & 0x7f
    // However the command took it, the cell was interrupted.
    if asked != nil { return 128 + SIGINT }
    return signal == 0 ? (status >> 8) & 0xff : 128 + signal
  }

  private func start(_ command: String) throws -> pid_t {
    let ends = pipes.withLock { $0.map(\.writeEnd) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[0], STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // A group of its own: an interrupt reaches all that the command started.
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    let variables = ProcessInfo.processInfo.environment.map { "\($0)=\($1)" }
    var child = pid_t()
    let problem = ShellCommand.withPointers(["/bin/sh", "-c", command]) { arguments in
      ShellCommand.withPointers(variables) { posix_spawn(&child, "/bin/sh", &actions, &attributes, arguments, $0) }
    }
    guard problem == 0 else { throw ShellCommand.failure(problem) }
    return child
  }
}
