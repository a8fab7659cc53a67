import Contract
import Foundation
import Lang

/// Runs points as the tasks of job arrays of Slurm. The sweep's folder must be on a disk that the machines of the cluster
/// share; the store need not be.
struct SlurmEngine {
  /// What `sbatch` is told of the tasks.
  struct Limits {
    var time: String?
    var partition: String?
    var memory: String?
    /// How many tasks may run at once.
    var atOnce: Int?
    /// More words for `sbatch`.
    var others: [String] = []
  }

  let limits: Limits

  /// Submits what is left, and waits for it unless told not to. Tasks that are queued or running already are waited for, and
  /// not submitted again. Ctrl-C takes them out of the queue.
  func run(_ sweep: SweepRun, detaches: Bool) throws {
    do { try submitAndWait(sweep, detaches: detaches) } catch {
      if Interrupt.isRequested { try Self.cancel(sweep.folder) }
      throw error
    }
  }

  private func submitAndWait(_ sweep: SweepRun, detaches: Bool) throws {
    try sweep.collect()
    if sweep.waiting.isEmpty { return sweep.folder.removeLeftovers() }
    if try Self.tasks(of: sweep.folder).isEmpty {
      unlink(sweep.folder.jobs)
      try submit(sweep)
    } else {
      sweep.notices.report(
        .note, "tasks of this sweep are in the queue already: they go on, and nothing is submitted beside them")
    }
    if detaches { return }
    while true {
      if Interrupt.isRequested { throw Lang.Interrupt() }
      let tasks = try Self.tasks(of: sweep.folder)
      sweep.running = 0
      try sweep.collect()
      if tasks.isEmpty { break }
      sweep.running = min(tasks.count { $0 == "R" || $0 == "CG" }, sweep.waiting.count)
      sweep.showProgress()
      for _ in 0..<20 where !Interrupt.isRequested { usleep(100_000) }
    }
    // A file may be seen a moment after the task that wrote it has ended, where a network is between.
    if !sweep.waiting.isEmpty { usleep(500_000); try sweep.collect() }
    unlink(sweep.folder.jobs)
    sweep.folder.removeLeftovers()
    for point in Array(sweep.waiting) {
      _ = sweep.begin()
      try sweep.ended(point, problem: "its task ended without a result")
    }
  }

  private func submit(_ sweep: SweepRun) throws {
    let folder = sweep.folder
    let most = try Self.longestArray()
    var rest = sweep.waiting[...]
    var (jobs, part): ([String], Int) = ([], 0)
    while !rest.isEmpty {
      if Interrupt.isRequested { throw Lang.Interrupt() }
      let points = rest.prefix(most)
      rest = rest.dropFirst(points.count)
      part += 1
      let list = "\(folder.path)/tasks-\(part)", script = "\(folder.path)/job-\(part).sh"
      try WrittenFile.write(points.map { $0.name + "\n" }.joined(), to: list)
      try WrittenFile.write(job(sweep.plan, folder, tasks: points.count, list: list), to: script)
      let answer = try Tool.run("sbatch", ["--parsable"] + limits.others + [script])
      guard answer.status == 0, let id = answer.output.split(whereSeparator: { "\n;".contains($0) }).first else {
        throw Problem(
          code: ShellCode.sweep, message: "sbatch refused the job: \(answer.problem)",
          help: ["the job is \(script)"])
      }
      jobs.append(String(id))
      // After each, so that none is forgotten.
      try WrittenFile.write(jobs.map { $0 + "\n" }.joined(), to: folder.jobs)
    }
    sweep.notices.report(
      .note,
      "\(sweep.waiting.count.of("point")) submitted as \(jobs.count == 1 ? "job" : "jobs") \(jobs.joined(separator: ", "))"
    )
  }

  /// The script of a job. A task that a signal ended (no memory, a node that fell over) is queued again, three times at most.
  private func job(_ plan: SweepPlan, _ folder: SweepFolder, tasks: Int, list: String) -> String {
    var options = [
      "--job-name=ward-\(plan.name)", "--array=0-\(tasks - 1)" + (limits.atOnce.map { "%\($0)" } ?? ""), "--requeue",
      "--ntasks=1", "--cpus-per-task=\(plan.threads)", "--output=\(folder.path)/logs/slurm-%A_%a.log",
      "--open-mode=append",
    ]
    if let time = limits.time { options.append("--time=\(time)") }
    if let partition = limits.partition { options.append("--partition=\(partition)") }
    if let memory = limits.memory { options.append("--mem=\(memory)") }
    let point = "\"$(sed -n \"$((SLURM_ARRAY_TASK_ID + 1))p\" \(list.shellQuoted))\""
    return """
      #!/bin/sh
      \(options.map { "#SBATCH \($0)" }.joined(separator: "\n"))
      \(KernelSpec.program.shellQuoted) sweep point \(folder.path.shellQuoted) \(point)
      status=$?
      # Ended by a signal, and not by scancel or a time limit, which end this script too.
      if [ "$status" -ge 128 ] && [ "$status" -ne 130 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt 3 ]; then
        scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
        sleep 60
      fi
      exit "$status"

      """
  }

  /// How many tasks an array may have here.
  private static func longestArray() throws -> Int {
    let usual = 1000
    var answer: Tool.Answer?
    do { answer = try Tool.run("scontrol", ["show", "config"]) } catch is Problem {}
    guard let answer,
      let line = answer.output.split(separator: "\n").first(where: { $0.hasPrefix("MaxArraySize") }),
      let number = line.split(separator: "=").last.flatMap({ Int($0.trimmingCharacters(in: .whitespaces)) })
    else { return usual }
    return max(1, min(number - 1, 10_000))
  }

  private static func jobIDs(of folder: SweepFolder) -> [String] {
    let text = (try? String(contentsOfFile: folder.jobs, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").map(String.init)
  }

  /// The states of the tasks of a sweep that are queued or at work, such as `PD` and `R`.
  static func tasks(of folder: SweepFolder) throws -> [String] {
    let jobs = jobIDs(of: folder)
    if jobs.isEmpty { return [] }
    let answer = try Tool.run(
      "squeue", ["--noheader", "--array", "--format=%t", "--jobs=" + jobs.joined(separator: ",")])
    // Slurm forgets jobs a while after their end.
    if answer.status != 0, answer.problem.contains("Invalid job id") { return [] }
    guard answer.status == 0 else {
      throw Problem(code: ShellCode.sweep, message: "squeue does not answer: \(answer.problem)")
    }
    return answer.output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
  }

  /// Takes the tasks of a sweep out of the queue, and ends those at work.
  /// - Returns: Whether there were any.
  @discardableResult static func cancel(_ folder: SweepFolder) throws -> Bool {
    let jobs = jobIDs(of: folder)
    if jobs.isEmpty { return false }
    let answer: Tool.Answer
    // Once Ctrl-C was pressed, this is what there is to do.
    let patience: Duration? = Interrupt.isRequested ? .seconds(5) : nil
    do { answer = try Tool.run("scancel", jobs, patience: patience) } catch is Tool.NoAnswer {
      throw Problem(
        code: ShellCode.sweep, message: "scancel does not answer: the tasks are in the queue still",
        help: ["`ward sweep cancel` tries again; `scancel \(jobs.joined(separator: " "))` does the same"])
    }
    guard answer.status == 0 || answer.problem.contains("Invalid job id") else {
      throw Problem(code: ShellCode.sweep, message: "scancel refused: \(answer.problem)")
    }
    unlink(folder.jobs)
    return true
  }
}

/// A program that is asked something.
private enum Tool {
  struct Answer {
    var status: Int32
    var output: String
    var problem: String
  }

  /// It took longer than it was given.
  struct NoAnswer: Error {}

  /// Asks, and waits for the answer: as long as it takes, or until Ctrl-C, since a program that does not reach the cluster's controller
  /// tries for minutes.
  ///
  /// - Parameter patience: how long it may take; Ctrl-C then changes nothing.
  /// - Throws: `Problem`; `Interrupt`, or with `patience` `NoAnswer`.
  static func run(_ name: String, _ arguments: [String], patience: Duration? = nil) throws -> Answer {
    let end = patience.map { ContinuousClock.now + $0 }
    let process = Process(), output = Pipe(), problem = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [name] + arguments
    process.standardInput = FileHandle.nullDevice
    (process.standardOutput, process.standardError) = (output, problem)
    do { try process.run() } catch {
      throw Problem(code: ShellCode.sweep, message: "\(name) cannot be started: \(error.inWords)")
    }
    // What these say is short: the pipes do not fill up.
    let reading = BackgroundTask<(Data, Data), Never> {
      (output.fileHandleForReading.readDataToEndOfFile(), problem.fileHandleForReading.readDataToEndOfFile())
    }
    while !reading.wait(milliseconds: 20) {
      guard end.map({ ContinuousClock.now > $0 }) ?? Interrupt.isRequested else { continue }
      kill(-process.processIdentifier, SIGKILL)
      process.letGo()
      throw end == nil ? Lang.Interrupt() : NoAnswer()
    }
    let (said, complained) = reading.value()
    process.waitUntilExit()
    let text = String(decoding: complained, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    if process.terminationStatus == 127 {
      throw Problem(
        code: ShellCode.sweep, message: "there is no \(name) on this machine",
        help: ["--engine slurm is for machines from which jobs are submitted to Slurm; --engine local runs here"])
    }
    return Answer(
      status: process.terminationStatus, output: String(decoding: said, as: UTF8.self),
      problem: text.replacing("\n", with: "; "))
  }
}

extension String {
  /// As one word of a shell.
  var shellQuoted: String {
    let isPlain = !isEmpty && allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._-=".contains($0)) }
    return isPlain ? self : "'" + replacing("'", with: "'\\''") + "'"
  }
}
