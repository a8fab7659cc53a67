import Foundation
import Lang

/// Runs points as processes of this machine, a number of them at a time.
struct LocalEngine {
  let jobs: Int

  /// One for each processor, or for as many as a point has threads.
  static func usualJobs(threads: Int) -> Int { max(1, ProcessInfo.processInfo.activeProcessorCount / threads) }

  /// A point that a signal ended, as the kernel does when memory is short, is tried this often in all.
  private static let tries = 3

  func run(_ sweep: SweepRun) throws {
    sweep.folder.removeLeftovers()
    var workers: [Worker] = []
    var tries: [String: Int] = [:]
    defer {
      for worker in workers { worker.stop() }
      for worker in workers { worker.waitOrKill() }
      for worker in workers { sweep.repeats(worker.point) }
      sweep.folder.removeLeftovers()
    }
    while true {
      if Interrupt.isRequested { throw Lang.Interrupt() }
      while workers.count < jobs, let point = sweep.begin() {
        do { workers.append(try Worker(point, sweep.plan, in: sweep.folder)) } catch {
          sweep.repeats(point)
          throw error
        }
      }
      if workers.isEmpty { return }
      for place in workers.indices.reversed() where !workers[place].isRunning {
        let worker = workers.remove(at: place)
        worker.letGo()
        let name = worker.point.name
        if let signal = worker.signal, access(sweep.folder.store(of: worker.point), F_OK) != 0 {
          tries[name, default: 0] += 1
          if tries[name]! < Self.tries {
            sweep.repeats(worker.point)
          } else {
            try sweep.ended(worker.point, problem: "it was ended \(Self.tries) times by signal \(signal)")
          }
        } else {
          try sweep.ended(worker.point, problem: worker.lastWords)
        }
      }
      sweep.showProgress()
      usleep(20_000)
    }
  }
}

/// The process of one point. When this process ends, however it does, the other one does too: it waits for the end of its
/// input, which is a pipe that nobody else holds.
private final class Worker {
  let point: SweepPlan.Point
  private let process = Process()
  private let input = Pipe()
  private let log: String

  init(_ point: SweepPlan.Point, _ plan: SweepPlan, in folder: SweepFolder) throws {
    (self.point, log) = (point, folder.log(of: point))
    guard FileManager.default.createFile(atPath: log, contents: nil), let output = FileHandle(forWritingAtPath: log)
    else {
      throw Problem(code: ShellCode.sweep, message: "cannot write \(log): \(FileFailure(errno).reason)")
    }
    // This very program, even if another one has taken its place on the disk since.
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe")
    process.arguments = ["sweep", "point", folder.path, point.name]
    process.environment = ProcessInfo.processInfo.environment.merging(
      [SweepCommand.scratchVariable: folder.scratch]) { $1 }
    process.standardInput = input
    process.standardOutput = output
    process.standardError = output
    _ = fcntl(input.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
    do { try process.run() } catch {
      throw Problem(code: ShellCode.sweep, message: "a point cannot be started: \(error.inWords)")
    }
    try? output.close()
    try? input.fileHandleForReading.close()
  }

  var isRunning: Bool { process.isRunning }

  /// The signal that ended it; nil where it ended by itself.
  var signal: Int32? { process.terminationReason == .uncaughtSignal ? process.terminationStatus : nil }

  /// Not as Ctrl-C does, which is nothing to a process that a shell has started in the background.
  func stop() { process.terminate() }

  /// A moment for a point to come to its end, then none.
  func waitOrKill() {
    let deadline = ContinuousClock.now + .seconds(5)
    while process.isRunning, ContinuousClock.now < deadline { usleep(10_000) }
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    letGo()
  }

  /// Frees what it holds of the system, of which a sweep of many points would otherwise run out.
  func letGo() {
    process.letGo()
    try? input.fileHandleForWriting.close()
  }

  /// The last line that it wrote.
  var lastWords: String {
    let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").last { $0.contains("error") } ?? text.split(separator: "\n").last
    return line.map(String.init) ?? "it ended with status \(process.terminationStatus)"
  }
}
