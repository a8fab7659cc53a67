import Foundation
import Lang

/// libzmq, as much of it as a kernel needs. It is loaded when a kernel starts: the prompt does not wait for it, and does
/// not miss it where it is not installed.
struct ZeroMQ: Sendable {
  typealias Pointer = UnsafeMutableRawPointer

  /// Kinds of socket, options and flags, by their numbers in `zmq.h`, which are part of libzmq's binary interface.
  enum Kind: Int32 { case reply = 4, router = 6, publisher = 9 }
  enum Option: Int32 { case subscribe = 6, unsubscribe = 7, linger = 17, sendLimit = 23, handover = 56, manual = 71 }
  static let (maxMessageSize, isReadable): (Int32, Int16) = (22, 1)
  static let (dontWait, sendMore): (Int32, Int32) = (1, 2)

  let newContext: @convention(c) () -> Pointer?
  let endContext: @convention(c) (Pointer?) -> Int32
  let newSocket: @convention(c) (Pointer?, Int32) -> Pointer?
  let close: @convention(c) (Pointer?) -> Int32
  let setOption: @convention(c) (Pointer?, Int32, UnsafeRawPointer?, Int) -> Int32
  let bind: @convention(c) (Pointer?, UnsafePointer<CChar>?) -> Int32
  let poll: @convention(c) (UnsafeMutableRawPointer?, Int32, CLong) -> Int32
  let send: @convention(c) (Pointer?, UnsafeRawPointer?, Int, Int32) -> Int32
  let beginMessage: @convention(c) (Pointer?) -> Int32
  let receive: @convention(c) (Pointer?, Pointer?, Int32) -> Int32
  let bytes: @convention(c) (Pointer?) -> Pointer?
  let size: @convention(c) (Pointer?) -> Int
  let hasMore: @convention(c) (Pointer?) -> Int32
  let endMessage: @convention(c) (Pointer?) -> Int32
  let lastError: @convention(c) () -> Int32
  let describe: @convention(c) (Int32) -> UnsafePointer<CChar>?

  /// - Parameter name: the library's file, as the linker looks for it.
  /// - Throws: `Problem` where there is none.
  init(loading name: String = "libzmq.so.5") throws {
    guard let library = dlopen(name, RTLD_NOW) else {
      throw Problem(
        code: ShellCode.file, message: "a kernel of Jupyter needs libzmq (\(name)), which is not on this machine",
        help: ["install it: `apt-get install libzmq5`"])
    }
    func find<T>(_ name: String, _ type: T.Type = T.self) throws -> T {
      guard let symbol = dlsym(library, name) else {
        throw Problem(code: ShellCode.file, message: "libzmq has no function \(name): it is too old for a kernel")
      }
      // Safety: the types above are those of `zmq.h`.
      return unsafeBitCast(symbol, to: type)
    }
    newContext = try find("zmq_ctx_new")
    endContext = try find("zmq_ctx_term")
    newSocket = try find("zmq_socket")
    close = try find("zmq_close")
    setOption = try find("zmq_setsockopt")
    bind = try find("zmq_bind")
    poll = try find("zmq_poll")
    send = try find("zmq_send")
    beginMessage = try find("zmq_msg_init")
    receive = try find("zmq_msg_recv")
    bytes = try find("zmq_msg_data")
    size = try find("zmq_msg_size")
    hasMore = try find("zmq_msg_more")
    endMessage = try find("zmq_msg_close")
    lastError = try find("zmq_errno")
    describe = try find("zmq_strerror")
  }

  /// Why the last call failed.
  var reason: String { describe(lastError()).map { String(cString: $0) } ?? "for a reason it does not tell" }
}

/// One socket of libzmq. It belongs to one thread at a time.
struct Socket {
  let zeroMQ: ZeroMQ
  let handle: ZeroMQ.Pointer

  /// A frame beyond this ends the connection that it comes by.
  private static let maxFrame: Int64 = 512 << 20

  /// Makes a socket that listens at one place.
  ///
  /// - Parameter place: `tcp://127.0.0.1:5555`, `ipc:///run/x-1`.
  /// - Throws: `Problem` where it cannot listen there.
  init(_ kind: ZeroMQ.Kind, at place: String, in context: ZeroMQ.Pointer, _ zeroMQ: ZeroMQ) throws {
    guard let handle = zeroMQ.newSocket(context, kind.rawValue) else {
      throw Problem(code: ShellCode.file, message: "libzmq makes no socket: \(zeroMQ.reason)")
    }
    (self.zeroMQ, self.handle) = (zeroMQ, handle)
    var most = Self.maxFrame
    _ = zeroMQ.setOption(handle, ZeroMQ.maxMessageSize, &most, 8)
    set(.linger, to: 1000)
    if kind == .router { set(.handover, to: 1) }
    if kind == .publisher {
      // A subscriber hears us once it is `admitted`, so that its welcome comes first; and what a reader is slow to take waits.
      set(.manual, to: 1)
      set(.sendLimit, to: 100_000)
    }
    guard zeroMQ.bind(handle, place) == 0 else {
      let reason = zeroMQ.reason
      _ = zeroMQ.close(handle)
      throw Problem(code: ShellCode.file, message: "the kernel cannot listen at \(place): \(reason)")
    }
  }

  private func set(_ option: ZeroMQ.Option, to value: Int32) {
    var value = value
    _ = zeroMQ.setOption(handle, option.rawValue, &value, 4)
  }

  /// Of a publisher: whoever sent the request that was received last hears of that topic from now on, or no longer.
  func admit(_ topic: [UInt8], _ hears: Bool = true) {
    let option: ZeroMQ.Option = hears ? .subscribe : .unsubscribe
    _ = topic.withUnsafeBytes { zeroMQ.setOption(handle, option.rawValue, $0.baseAddress, $0.count) }
  }

  func close() { _ = zeroMQ.close(handle) }

  /// The next message that is there, as its frames; nil where none is.
  func receive() -> [[UInt8]]? {
    // Safety: a `zmq_msg_t` has 64 bytes, aligned as a pointer; its data are copied before it is closed.
    let message = ZeroMQ.Pointer.allocate(byteCount: 64, alignment: 16)
    defer { message.deallocate() }
    var frames: [[UInt8]] = []
    while true {
      _ = zeroMQ.beginMessage(message)
      // The frames of a message come together: only the first may be missing.
      while zeroMQ.receive(message, handle, ZeroMQ.dontWait) < 0 {
        if zeroMQ.lastError() == EINTR { continue }
        _ = zeroMQ.endMessage(message)
        return nil
      }
      frames.append(Array(UnsafeRawBufferPointer(start: zeroMQ.bytes(message), count: zeroMQ.size(message))))
      let goesOn = zeroMQ.hasMore(message) != 0
      _ = zeroMQ.endMessage(message)
      if !goesOn { return frames }
    }
  }

  /// Sends a message, or drops it where nobody takes it any more.
  func send(_ frames: [[UInt8]]) {
    for (index, frame) in frames.enumerated() {
      let flags = ZeroMQ.dontWait | (index < frames.count - 1 ? ZeroMQ.sendMore : 0)
      while frame.withUnsafeBytes({ zeroMQ.send(handle, $0.baseAddress, $0.count, flags) }) < 0 {
        if zeroMQ.lastError() != EINTR { return }
      }
    }
  }
}
