import Foundation
import NN

/// Measures Ward and, where it is found, PyTorch in turns on the same work, and prints a Markdown table.
@main struct Bench {
  static func main() throws {
    let options = Options(CommandLine.arguments.dropFirst())
    let torch = options.torch.flatMap { Torch(python: $0, script: options.script, compiles: options.compiles) }
    var rows: [Row] = []
    for threads in options.threads {
      let engine = Engine(threads: threads)
      for work in try works(engine) where options.wants(work.name) {
        let row = try measure(work, engine, torch, options)
        FileHandle.standardError.write(Data("\(row.line)\n".utf8))
        rows.append(row)
      }
    }
    Report(rows: rows, torch: torch?.version).print()
  }

  private static func measure(_ work: Work, _ engine: Engine, _ torch: Torch?, _ options: Options) throws -> Row {
    var row = Row(work: work, threads: engine.threads, hasGoal: !options.compiles)
    try work.body()
    for _ in 0..<options.rounds {
      row.peaks.append(Probe.peak(engine, seconds: 0.02))
      row.ward.append(work.amount / (try middle(work.body, options)))
      if let torch, let rate = torch.measure(work.key, threads: engine.threads, options) {
        row.torch.append(rate)
      }
    }
    return row
  }

  /// The median time of a call, in seconds.
  private static func middle(_ body: () throws -> Void, _ options: Options) throws -> Double {
    var times: [Double] = []
    let end = Date().addingTimeInterval(options.seconds)
    repeat {
      let start = options.clock()
      try body()
      times.append(options.clock() - start)
    } while Date() < end || times.count < 3
    return median(times)
  }
}

/// The middle value.
func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  return sorted.isEmpty ? .nan : sorted[sorted.count / 2]
}

/// What the command line asks for.
struct Options {
  var threads = [1, 2]
  var rounds = 5
  var seconds = 1.0
  var only: String?
  var torch: String?
  var script = "torch_side.py"
  /// `--clock cpu` counts this process's processor time: for one thread on a machine that others use.
  var usesProcessorTime = false

  /// `--peer compile`: networks and convolutions of PyTorch's side go through torch.compile.
  var compiles = false

  /// Seconds since some moment.
  func clock() -> Double {
    var time = timespec()
    clock_gettime(usesProcessorTime ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  init(_ arguments: some Sequence<String>) {
    var rest = Array(arguments)[...]
    while let name = rest.popFirst(), let value = rest.popFirst() {
      switch name {
      case "--threads": threads = value.split(separator: ",").compactMap { Int($0) }
      case "--rounds": rounds = max(1, Int(value) ?? rounds)
      case "--seconds": seconds = Double(value) ?? seconds
      case "--only": only = value
      case "--clock": usesProcessorTime = value == "cpu"
      case "--peer": compiles = value == "compile"
      case "--torch": torch = value
      case "--script": script = value
      default: break
      }
    }
  }

  func wants(_ name: String) -> Bool { only.map { name.localizedCaseInsensitiveContains($0) } ?? true }
}
