import Contract
import Foundation
import Lang
import Synchronization

/// The five sockets of a kernel, and the one thread that touches them: it answers the heartbeat, hands control messages to
/// who deals with them at once, queues those of the shell channel for the thread of the notebook, and sends what both say.
final class KernelChannels: @unchecked Sendable {
  // Safety: `sockets` and `context` belong to the thread of `start` once it runs, and to the caller before; all else that
  // two threads touch is behind a lock, or an object that has one.

  /// Names this kernel in its messages.
  let name = UUID().uuidString.lowercased()

  private let zeroMQ: ZeroMQ
  private let context: ZeroMQ.Pointer
  private var sockets: [ConnectionFile.Channel: Socket] = [:]
  private let key: MessageKey
  private let seen: SeenSignatures
  private let queue = ShellQueue()
  private let outgoing = Mutex<[KernelAnswer]>([])
  private let wake: Wake
  private let log = KernelLog()
  private var thread: BackgroundTask<Void, Never>?
  private let isClosing = Atomic<Bool>(false)
  /// How often the thread has found the shell channel empty.
  private let rounds = Atomic<Int>(0)

  /// Listens where the file says, and nowhere else.
  ///
  /// - Throws: `Problem`.
  init(_ file: ConnectionFile) throws {
    zeroMQ = try ZeroMQ()
    guard let context = zeroMQ.newContext(), let wake = Wake() else {
      throw Problem(code: ShellCode.file, message: "libzmq cannot begin: \(FileFailure(errno).reason)")
    }
    self.context = context
    self.wake = wake
    key = MessageKey(file.key)
    seen = SeenSignatures(key)
    for channel in ConnectionFile.Channel.allCases {
      let kind: ZeroMQ.Kind = channel == .heartbeat ? .reply : channel == .iopub ? .publisher : .router
      sockets[channel] = try Socket(kind, at: file.place(of: channel), in: context, zeroMQ)
    }
  }

  // MARK: - For any thread

  func send(_ answer: KernelAnswer) {
    outgoing.withLock { $0.append(answer) }
    wake.up()
  }

  /// Has the thread look at once how long it may sleep.
  func hurry() { wake.up() }

  /// The next message of the shell channel; nil once the kernel is to end.
  func next() -> KernelMessage? { queue.next() }

  /// No more messages for the notebook.
  func close() { queue.close() }

  /// Takes the cells that wait, after a moment in which those come in that were sent together with the one that failed.
  func takeWaitingCells() -> [KernelMessage] {
    Thread.sleep(forTimeInterval: 0.05)
    let before = rounds.load(ordering: .acquiring)
    wake.up()
    for _ in 0..<100 where rounds.load(ordering: .acquiring) < before + 2 {
      Thread.sleep(forTimeInterval: 0.001)
      wake.up()
    }
    return queue.take { $0.type == "execute_request" }
  }

  // MARK: - The thread

  /// What the thread asks of the kernel.
  struct Duties: Sendable {
    /// Deals with a message of the control channel.
    var control: @Sendable (KernelMessage) -> Void
    /// Sends what is due, and says in how many milliseconds there is more; nil for nothing.
    var flush: @Sendable () -> Int?
    /// Once a signal has come, or a second has passed.
    var look: @Sendable () -> Void
    /// Readable when a command of the user's shell has written something, and what reads it.
    var pipes: [Int32]
    var pump: @Sendable () -> Void
  }

  /// - Throws: `Problem` where the system gives no thread to answer on while a cell runs.
  func start(_ duties: Duties) throws {
    thread = BackgroundTask.beside { [self] in run(duties) }
    if thread == nil {
      throw Problem(
        code: ShellCode.file, message: "the kernel needs a second thread, and the system gives none",
        help: ["`ulimit -u` and `ulimit -v` say how many processes and how much memory you may have"])
    }
  }

  /// Sends what is left, and gives the places back where it listened.
  func stop() {
    isClosing.store(true, ordering: .releasing)
    wake.up()
    thread?.value()
  }

  private func run(_ duties: Duties) {
    let order: [ConnectionFile.Channel] = [.control, .heartbeat, .iopub, .shell, .stdin]
    let listening = order.compactMap { sockets[$0] }
    let descriptors = [wake.descriptor, Interrupt.descriptor] + duties.pipes
    while true {
      sendAll(duties)
      let isLast = isClosing.load(ordering: .acquiring)
      let due = duties.flush()
      if due == nil, isLast, outgoing.withLock(\.isEmpty) { break }
      var items = listening.map { PollItem(socket: $0.handle) } + descriptors.map { PollItem(descriptor: $0) }
      _ = items.withUnsafeMutableBytes {
        zeroMQ.poll($0.baseAddress, Int32(order.count + descriptors.count), isLast ? 0 : min(due ?? 1000, 1000))
      }
      wake.drain()
      if items[order.count + 1].isReady { Interrupt.drain() }
      if items[(order.count + 2)...].contains(where: \.isReady) { duties.pump() }
      for channel in order { receive(on: channel, duties) }
      rounds.add(1, ordering: .releasing)
      duties.look()
    }
    for socket in listening { socket.close() }
    _ = zeroMQ.endContext(context)
  }

  /// Takes what has come by a channel, and of a flood only a part before the others have their turn.
  private func receive(on channel: ConnectionFile.Channel, _ duties: Duties) {
    guard let socket = sockets[channel] else { return }
    for _ in 0..<100 {
      guard let frames = socket.receive() else { return }
      switch channel {
      case .heartbeat: socket.send(frames)
      case .iopub: welcome(frames)
      // Nothing in Ward asks the user for a line: whatever comes here answers nothing.
      case .stdin: continue
      case .control, .shell:
        do throws(KernelMessage.Mistake) {
          let message = try KernelMessage(frames, seen)
          if channel == .control { duties.control(message) } else { queue.add(message) }
        } catch { log.refused(error, on: channel) }
      }
    }
    wake.up()
  }

  /// A subscriber is told that it hears us from now on (Jupyter enhancement proposal 65).
  private func welcome(_ frames: [[UInt8]]) {
    guard let frame = frames.first, let request = frame.first, request <= 1 else { return }
    let topic = Array(frame.dropFirst())
    sockets[.iopub]?.admit(topic, request == 1)
    if request == 0 { return }
    let name = String(decoding: topic, as: UTF8.self)
    sockets[.iopub]?.send(
      KernelAnswer(
        channel: .iopub, identities: [topic], type: "iopub_welcome",
        content: JSONText.object([("subscription", JSONText.string(name))])
      ).frames(of: self.name, signedBy: key))
  }

  private func sendAll(_ duties: Duties) {
    // Who subscribed meanwhile is welcomed before it hears anything else.
    receive(on: .iopub, duties)
    let answers = outgoing.withLock { waiting in
      defer { waiting.removeAll() }
      return waiting
    }
    for answer in answers {
      sockets[answer.channel]?.send(answer.frames(of: name, signedBy: key))
    }
  }
}

/// `zmq_pollitem_t`.
private struct PollItem {
  var socket: ZeroMQ.Pointer?
  var descriptor: Int32 = 0
  var events = ZeroMQ.isReadable
  var found: Int16 = 0

  var isReady: Bool { found != 0 }
}

/// The messages that wait for the notebook.
private final class ShellQueue: @unchecked Sendable {
  // Safety: both are touched under the condition's lock only.
  private var waiting: [KernelMessage] = []
  private var isClosed = false
  private let condition = NSCondition()

  func add(_ message: KernelMessage) {
    condition.withLock { waiting.append(message) }
    condition.signal()
  }

  func next() -> KernelMessage? {
    condition.withLock {
      while waiting.isEmpty, !isClosed { condition.wait() }
      return isClosed ? nil : waiting.removeFirst()
    }
  }

  func take(_ isWanted: (KernelMessage) -> Bool) -> [KernelMessage] {
    condition.withLock {
      let taken = waiting.filter(isWanted)
      waiting.removeAll(where: isWanted)
      return taken
    }
  }

  func close() {
    condition.withLock { isClosed = true }
    condition.broadcast()
  }
}

/// A pipe that ends a wait.
struct Wake: Sendable {
  let descriptor: Int32
  private let writeEnd: Int32

  /// nil where the process may open no more.
  init?() {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return nil }
    for end in ends {
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
    (descriptor, writeEnd) = (ends[0], ends[1])
  }

  /// A full pipe wakes too.
  func up() {
    var byte: UInt8 = 0
    _ = write(writeEnd, &byte, 1)
  }

  func drain() {
    var bytes: UInt64 = 0
    while read(descriptor, &bytes, 8) > 0 {}
  }
}

/// What is said where Jupyter was started. Of what comes by the thousand only the beginning.
private final class KernelLog: Sendable {
  private let count = Mutex(0)

  func refused(_ mistake: KernelMessage.Mistake, on channel: ConnectionFile.Channel) {
    let number = count.withLock { count in
      count += 1
      return count
    }
    guard number <= 10 else { return }
    let reason =
      switch mistake {
      case .noMark, .tooFewFrames: "it is cut short"
      case .badSignature: "its signature is wrong"
      case .repeated: "it was sent before"
      case .badHeader: "its header cannot be read"
      }
    let rest = number == 10 ? "; the next are dropped without a word" : ""
    Self.say("ward: a message on the \(channel.rawValue) channel is dropped: \(reason)\(rest)")
  }

  private static func say(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
  }
}
