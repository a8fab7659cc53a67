import Foundation
import Lang

/// The file with which Jupyter tells a kernel where to listen, and the key that signs messages.
struct ConnectionFile: Equatable, Sendable {
  enum Channel: String, CaseIterable, Sendable {
    case shell, control, stdin, iopub
    case heartbeat = "hb"
  }

  let key: [UInt8]
  private let places: [Channel: String]

  /// Where a channel listens: `tcp://127.0.0.1:5555`, `ipc:///run/x-1`.
  func place(of channel: Channel) -> String { places[channel] ?? "" }

  /// Reads a file. Who can read it can run what they like here: where it is ours, nobody else may from now on.
  ///
  /// - Throws: `Problem` for what is no regular file, or does not say where to listen.
  init(reading path: String) throws {
    func refused(_ reason: String) -> Problem {
      Problem(code: ShellCode.file, message: "\(path) is no connection file: \(reason)")
    }
    // Without a wait: a pipe has no end.
    let descriptor = open(Home.path(path), O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      let reason = errno == ENOENT ? "there is no file \(path)" : "cannot read \(path): \(FileFailure(errno).reason)"
      throw Problem(code: ShellCode.file, message: reason)
    }
    defer { Glibc.close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw refused("it is no regular file")
    }
    guard status.st_size <= 1 << 16 else { throw refused("it is too large") }
    if status.st_mode & 0o077 != 0, status.st_uid == geteuid() { _ = fchmod(descriptor, 0o600) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(descriptor, &bytes, bytes.count)
    guard count >= 0 else { throw refused(FileFailure(errno).reason) }
    do { try self.init(json: Data(bytes.prefix(count))) } catch let problem as Problem {
      throw refused(problem.message)
    }
  }

  private struct Written: Decodable {
    var transport: String?
    var ip: String
    var key: String
    var signatureScheme: String?
    var shell, control, stdin, iopub, heartbeat: Int

    enum CodingKeys: String, CodingKey {
      case transport, ip, key
      case signatureScheme = "signature_scheme"
      case shell = "shell_port"
      case control = "control_port"
      case stdin = "stdin_port"
      case iopub = "iopub_port"
      case heartbeat = "hb_port"
    }
  }

  /// - Throws: `Problem` with the reason.
  init(json: Data) throws {
    func refused(_ reason: String) -> Problem { Problem(code: ShellCode.file, message: reason) }
    let file: Written
    do { file = try JSONDecoder().decode(Written.self, from: json) } catch DecodingError.keyNotFound(let key, _) {
      throw refused("it does not say `\(key.stringValue)`")
    } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
      throw refused("its `\(context.codingPath.last?.stringValue ?? "text")` is of another kind")
    } catch { throw refused("it is not JSON") }
    let scheme = file.signatureScheme ?? "hmac-sha256"
    guard scheme == "hmac-sha256" || file.key.isEmpty else {
      throw refused("it asks for signatures by \(scheme), and Ward has hmac-sha256")
    }
    let transport = file.transport ?? "tcp"
    guard ["tcp", "ipc"].contains(transport) else {
      throw refused("its transport is \(transport), and Ward has tcp and ipc")
    }
    guard !file.ip.isEmpty, !file.ip.utf8.contains(0) else { throw refused("its `ip` says nothing") }
    let ports: [Channel: Int] = [
      .shell: file.shell, .control: file.control, .stdin: file.stdin, .iopub: file.iopub,
      .heartbeat: file.heartbeat,
    ]
    guard ports.values.allSatisfy({ (1...65535).contains($0) }) else { throw refused("a port is from 1 to 65535") }
    guard Set(ports.values).count == ports.count else { throw refused("two channels have one port") }
    key = Array(file.key.utf8)
    let isAddress6 = file.ip.contains(":") && !file.ip.hasPrefix("[")
    places = ports.mapValues { port in
      transport == "ipc" ? "ipc://\(file.ip)-\(port)" : "tcp://\(isAddress6 ? "[\(file.ip)]" : file.ip):\(port)"
    }
  }
}
