import ArgumentParser
import Foundation
import Lang
import Store

/// `ward sweep FILE.ward --over seed=0..4 …`, and `status`, `collect`, `cancel` of a sweep.
struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep", abstract: "Run a script over a grid of its parameters, here or on a cluster.",
    usage: """
      ward sweep FILE.ward --over seed=0..4 --over eps=0.1,0.2 [OPTIONS]
      ward sweep status|collect|cancel [NAME]
      """,
    discussion: """
      Each point of the grid is one run of the script, in a process and a store of its own, which is merged into the main \
      store when it is whole. A point that the store has is not run again, so that the same command goes on after whatever \
      ended it. --over names a param of the script, or seed, with its values: eps=0.1,0.2, seed=0..4, \
      defense=csa,minmax. The views sweeps and points say what there is; results and models have a column point.
      """)

  enum EngineName: String, CaseIterable, ExpressibleByArgument { case local, slurm, list }

  @Option(
    help: ArgumentHelp("A parameter and its values: seed=0..4. May be given several times.", valueName: "name=values"))
  var over: [String] = []

  @Option(
    help: ArgumentHelp(
      "A condition that points must meet, over the parameters: 'eps > 0 or seed < 3'.", valueName: "condition"))
  var `where`: String?

  @Option(help: ArgumentHelp("The sweep's name; that of the script when not given.", valueName: "name"))
  var name: String?

  @Option(help: ArgumentHelp("The file of the store.", valueName: "file"))
  var store: String?

  @Option(help: "What runs the points: local, slurm, or list, which prints a command line for each.")
  var engine: EngineName = .local

  @Option(help: "With local: how many points run at once; one for each processor when not given.")
  var jobs: Int?

  @Option(help: "Threads of each point.")
  var threads: Int = 1

  @Option(help: "The session seed, where it is no axis.")
  var seed: Int = 0

  @Flag(help: "Run points again that are done.")
  var again = false

  @Flag(help: "Run points again that failed.")
  var retry = false

  @Flag(name: .customLong("dry-run"), help: "Say how many points there are and about how long they take; run none.")
  var dryRun = false

  @Flag(help: "Run a grid of more than 10,000 points.")
  var yes = false

  @Flag(help: "No `!command`, and no writing outside the store and the working folder.")
  var safe = false

  @Option(help: ArgumentHelp("With slurm: the longest a point may take, as for sbatch: 02:00:00.", valueName: "time"))
  var time: String?

  @Option(help: ArgumentHelp("With slurm: the partition.", valueName: "name"))
  var partition: String?

  @Option(help: ArgumentHelp("With slurm: memory of a point, as for sbatch: 4G.", valueName: "size"))
  var memory: String?

  @Option(name: .customLong("at-once"), help: "With slurm: how many points run at once.")
  var atOnce: Int?

  @Option(
    name: .customLong("sbatch"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp("With slurm: one more word for sbatch. May be given several times.", valueName: "word"))
  var sbatch: [String] = []

  @Flag(help: "With slurm: submit, and do not wait; `ward sweep collect` merges later.")
  var detach = false

  @OptionGroup var diagnosticOptions: DiagnosticOptions

  @Argument(help: ArgumentHelp("The script, or status, collect or cancel.", valueName: "file|action"))
  var file: String

  @Argument(
    help: ArgumentHelp("The sweep, for status, collect and cancel; all of them, or the newest.", valueName: "name"))
  var names: [String] = []

  /// Set where a sweep runs its points itself: where they work. They end with it then.
  static let scratchVariable = "WARD_SWEEP_SCRATCH"

  private var sweep: String? { names.first }

  private var notices: Notices { Notices(diagnosticOptions.diagnostics) }

  func validate() throws {
    try CommonOptions.check(seed: seed, threads: threads)
    if let jobs, jobs < 1 || jobs > 1024 {
      throw ValidationError("--jobs takes a whole number from 1 to 1024, not \(jobs)")
    }
    if let atOnce, atOnce < 1 { throw ValidationError("--at-once takes a whole number from 1, not \(atOnce)") }
    if ["status", "collect", "cancel", "point"].contains(file) {
      if !over.isEmpty {
        throw ValidationError("ward sweep \(file) takes no --over: it is about a sweep that there is")
      }
      let most = file == "point" ? 2 : 1
      if names.count > most { throw ValidationError("ward sweep \(file) takes one name, not also `\(names[most])`") }
      return
    }
    if let word = names.first {
      throw ValidationError("ward sweep takes one script, and then options; what is `\(word)`?")
    }
    let slurmOnly = [
      ("--time", time != nil), ("--partition", partition != nil), ("--memory", memory != nil),
      ("--at-once", atOnce != nil),
      ("--sbatch", !sbatch.isEmpty), ("--detach", detach),
    ]
    if engine != .slurm, let option = slurmOnly.first(where: \.1) {
      throw ValidationError("\(option.0) is for --engine slurm")
    }
    if engine != .local, jobs != nil { throw ValidationError("--jobs is for --engine local; Slurm has --at-once") }
  }

  func run() throws {
    Interrupt.install()
    do {
      switch file {
      case "point": try runPoint()
      case "status": try status()
      case "collect": try collect()
      case "cancel": try cancel()
      default: try runSweep()
      }
    } catch let problem as Problem {
      let hint = problem.label.isEmpty ? "" : "; " + problem.label
      notices.report(.error, problem.message + hint, help: problem.help)
      throw Exit(problem.code == ShellCode.sweep && file != "point" ? .usage : .failed)
    } catch let diagnostic as Diagnostic {
      notices.report(diagnostic)
      throw Exit(.usage)
    } catch let diagnostics as Diagnostics {
      for diagnostic in diagnostics.all { notices.report(diagnostic) }
      throw Exit(.usage)
    } catch StoreError.stopped {
      throw Lang.Interrupt()
    } catch let error as StoreError {
      notices.report(.error, "\(error)", help: [error.hint])
      throw Exit(.failed)
    }
  }

  private var storePath: String { StoreChoice.path(option: store) }

  private func openStore() throws -> StoreFile {
    try StoreFile.open(at: Home.path(storePath), stop: { Interrupt.isRequested })
  }

  // MARK: - A sweep

  private func runSweep() throws {
    guard file.hasSuffix(".ward") || FileManager.default.fileExists(atPath: Home.path(file)) else {
      throw Problem(
        code: ShellCode.sweep, message: "there is no file \(file)",
        label: Suggestions.hint(for: file, in: ["status", "collect", "cancel"]),
        help: ["ward sweep takes a script, or status, collect or cancel"])
    }
    let plan = try SweepRequest(
      file: file, over: over, name: name, condition: `where`, seed: seed, threads: threads, isSafe: safe,
      meansMany: yes || dryRun
    ).plan()
    let store = try openStore()
    let folder = SweepFolder(of: plan.name, store: storePath)
    let sweep = SweepRun(plan, in: folder, store: store, terminal: Terminal(), notices: notices)
    if dryRun { return try say(sweep) }
    let lock = try sweep.reserve()
    defer { withExtendedLifetime(lock) {} }
    var isInterrupted = false
    do {
      try sweep.choose(again: again, retry: retry)
      // Points that another run left whole.
      try sweep.collect()
      switch engine {
      case .local:
        try requireNoTasks(of: sweep)
        try LocalEngine(jobs: localJobs).run(sweep)
      case .slurm:
        let limits = SlurmEngine.Limits(
          time: time, partition: partition, memory: memory, atOnce: atOnce, others: sbatch)
        try SlurmEngine(limits: limits).run(sweep, detaches: detach)
        if detach {
          notices.report(.note, "`ward sweep collect \(plan.name)` merges the points that are done")
          return
        }
      case .list:
        try requireNoTasks(of: sweep)
        return list(sweep)
      }
    } catch is Lang.Interrupt {
      isInterrupted = true
    } catch StoreError.stopped {
      isInterrupted = true
    } catch {
      sweep.hideProgress()
      throw error
    }
    let status = sweep.report(isInterrupted: isInterrupted)
    if status != .ok { throw Exit(status) }
  }

  /// Points that a cluster is at work on would be run twice.
  private func requireNoTasks(of sweep: SweepRun) throws {
    let tasks = try SlurmEngine.tasks(of: sweep.folder)
    if tasks.isEmpty { return }
    throw Problem(
      code: ShellCode.sweep,
      message: "\(tasks.count.of("point")) of this sweep \(tasks.count == 1 ? "is" : "are") in Slurm's queue",
      help: ["`--engine slurm` waits for them, `ward sweep cancel \(sweep.plan.name)` takes them out of it"])
  }

  private var localJobs: Int { jobs ?? LocalEngine.usualJobs(threads: threads) }

  private func say(_ sweep: SweepRun) throws {
    try sweep.choose(again: again, retry: retry)
    let count = sweep.plan.points.count
    var text = "sweep \(sweep.plan.name): \(count.of("point")), \(NumberText.count(sweep.waiting.count)) to run"
    let atOnce = localJobs
    if let seconds = try sweep.secondsOfAPoint() {
      let total = seconds * Double(sweep.waiting.count) / Double(engine == .local ? atOnce : 1)
      text +=
        ", about \(NumberText.measured(total))" + (engine == .local ? " with \(atOnce.of("job"))" : " of computing")
    } else {
      text += "; how long they take is known once some are done"
    }
    print(text)
  }

  private func list(_ sweep: SweepRun) {
    for point in sweep.waiting {
      print("\(KernelSpec.program.shellQuoted) sweep point \(sweep.folder.path.shellQuoted) \(point.name)")
    }
    let own = store.map { " --store \($0.shellQuoted)" } ?? ""
    notices.report(
      .note,
      "\(sweep.waiting.count.of("command")); each runs a point, in any order and on any machine that sees the folder",
      help: ["`ward sweep collect \(sweep.plan.name)\(own)` then merges what is done"])
  }

  // MARK: - One point

  private func runPoint() throws {
    guard names.count == 2 else {
      throw ValidationError("ward sweep point takes the sweep's folder and the point's key")
    }
    let (folder, key) = (SweepFolder(names[0]), names[1])
    let environment = ProcessInfo.processInfo.environment
    let own = environment[Self.scratchVariable]
    if own != nil { ParentWatch.endWithParent() }
    let plan = try folder.plan(only: key)
    guard let point = plan.points.first else {
      throw Problem(
        code: ShellCode.sweep, message: "there is no point \(key) in the plan of \(folder.path)",
        help: ["the sweep has been planned anew since; run the commands that it lists now"])
    }
    let scratch = own ?? environment["SLURM_TMPDIR"] ?? environment["TMPDIR"] ?? "/tmp"
    let status = try PointRun(folder: folder, plan: plan, point: point, scratch: scratch).run()
    if status != .ok { throw Exit(status) }
  }

  // MARK: - Sweeps that there are

  private func status() throws {
    let store = try openStore()
    let names = try sweep.map { [$0] } ?? store.sweepNames()
    if names.isEmpty { print("there are no sweeps in this store") }
    for name in names {
      let row = try self.row(of: name, in: store)
      let folder = SweepFolder(of: name, store: storePath)
      let whole = folder.wholeStores().count
      let tasks = try SlurmEngine.tasks(of: folder)
      var parts = ["\(NumberText.count(row.done)) of \(row.points.of("point")) done"]
      if row.failed > 0 { parts.append("\(row.failed) failed") }
      if whole > 0 { parts.append("\(whole) to be merged") }
      if let process = SweepLock.running(folder) { parts.append("running (process \(process))") }
      if !tasks.isEmpty {
        let running = tasks.count { $0 == "R" || $0 == "CG" }
        parts.append("in Slurm's queue: \(running) running, \(tasks.count - running) waiting")
      }
      print("\(name)  \(parts.joined(separator: ", "))".withVisibleControls)
    }
  }

  private func row(of name: String, in store: StoreFile) throws -> (points: Int, done: Int, failed: Int) {
    let answer = try UserSQL(store).query(
      "select points, done, failed from sweeps where name = :name", parameters: ["name": .text(name)])
    guard let row = answer.rows.first, case .integer(let points) = row[0], case .integer(let done) = row[1],
      case .integer(let failed) = row[2]
    else {
      let names = try store.sweepNames()
      throw Problem(
        code: ShellCode.sweep, message: "there is no sweep \(name) in this store",
        label: Suggestions.hint(for: name, in: names),
        help: names.isEmpty ? [] : ["it has " + names.prefix(10).joined(separator: ", ")])
    }
    return (Int(points), Int(done), Int(failed))
  }

  private func collect() throws {
    let store = try openStore()
    let names = try sweep.map { [$0] } ?? store.sweepNames()
    for name in names {
      _ = try row(of: name, in: store)
      let folder = SweepFolder(of: name, store: storePath)
      guard folder.exists else { continue }
      let run = SweepRun(try folder.plan(), in: folder, store: store, terminal: Terminal(), notices: notices)
      try run.collect()
      run.hideProgress()
      let row = try row(of: name, in: store)
      print(
        "\(name)  \((run.done + run.failed.count).of("point")) merged; \(row.done) of \(row.points) done\(row.failed > 0 ? ", \(row.failed) failed" : "")"
      )
    }
  }

  private func cancel() throws {
    let store = try openStore()
    guard let name = try sweep ?? store.sweepNames().first else { return print("there are no sweeps in this store") }
    _ = try row(of: name, in: store)
    let folder = SweepFolder(of: name, store: storePath)
    let process = SweepLock.running(folder)
    if let process { kill(process, SIGTERM) }
    let hadTasks = try SlurmEngine.cancel(folder)
    print(
      process != nil || hadTasks
        ? "\(name)  cancelled; the same `ward sweep` goes on with it" : "\(name)  is not running")
  }
}
