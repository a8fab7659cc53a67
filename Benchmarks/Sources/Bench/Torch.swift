import Foundation

/// A PyTorch process that stays, and measures what it is asked for, one line at a time.
final class Torch {
  private let process = Process()
  private let questions = Pipe()
  private let answers = Pipe()
  private var rest = Data()
  /// What `torch.__version__` says.
  private(set) var version = ""

  /// Nil if the interpreter does not start or has no torch.
  init?(python: String, script: String, compiles: Bool) {
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = [script] + (compiles ? ["--compile"] : [])
    process.standardInput = questions
    process.standardOutput = answers
    guard (try? process.run()) != nil, let first = readLine() else { return nil }
    version = first
  }

  deinit { process.terminate() }

  /// Images (or GFLOP) a second; nil if the script does not know the work.
  func measure(_ work: String, threads: Int, _ options: Options) -> Double? {
    let clock = options.usesProcessorTime ? "cpu" : "wall"
    questions.fileHandleForWriting.write(Data("\(threads) \(options.seconds) \(clock) \(work)\n".utf8))
    return readLine().flatMap { Double($0) }
  }

  private func readLine() -> String? {
    while true {
      if let end = rest.firstIndex(of: 10) {
        defer { rest = Data(rest[rest.index(after: end)...]) }
        return String(decoding: rest[..<end], as: UTF8.self)
      }
      let more = answers.fileHandleForReading.availableData
      if more.isEmpty { return nil }
      rest += more
    }
  }
}
