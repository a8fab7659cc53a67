import Contract
import Foundation
import Lang
import Store

/// What is asked for by `ward sweep` and by the command `sweep`, before it is checked.
struct SweepRequest {
  /// The script, as it was named.
  var file: String
  /// Each parameter with its values as `--over` takes them: `seed=0..4`.
  var over: [String]
  /// Nil for that of the script.
  var name: String?
  var condition: String?
  /// The session seed, where it is no axis.
  var seed = 0
  /// Threads of each point.
  var threads = 1
  var isSafe = false
  /// Whether more than 10,000 points are meant.
  var meansMany = false

  private static let many = 10_000
  private static let most = 1_000_000

  /// Reads the script and the axes, and works out the points. Nothing is run, and nothing is written.
  ///
  /// - Throws: `Problem`, `Diagnostic`, `Diagnostics`, `Interrupt`.
  func plan() throws -> SweepPlan {
    let text = try ScriptFile.read(file)
    let path = SweepFolder.absolute(file)
    // Names of its own: those of a notebook mean nothing to the script.
    var options = Session.Options(storePath: "")
    (options.keepsNothing, options.threads) = (true, 1)
    let session = try Session(options)
    guard let interpreter = session.interpreter else { unreachable("a session has an interpreter") }
    let program = interpreter.parse(Source(name: file, text: text))
    let mistakes = interpreter.prepare(program).errors
    if !mistakes.isEmpty { throw Diagnostics(all: mistakes) }
    let parameters = program.parameters
    let axes = try over.map { try SweepAxis($0, of: file, parameters: parameters, interpreter: interpreter) }
    if axes.isEmpty {
      let names = (ProgramParameter.seed + parameters).map { "`\($0.name)`" }.joined(separator: ", ")
      throw Problem(
        code: ShellCode.sweep, message: "a sweep needs an axis: --over seed=0..4",
        help: ["\(file) can be swept over \(names)"])
    }
    var names: Set<String> = []
    if let twice = axes.first(where: { !names.insert($0.name).inserted }) {
      throw Problem(
        code: ShellCode.sweep, message: "--over \(twice.name) is given twice",
        help: ["give all its values in one: --over \(twice.name)=1,2,3"])
    }
    try checkSize(SweepPlan.size(of: axes))
    var plan = SweepPlan(
      name: try checkedName(), script: path, text: text,
      code: try SweepPlan.code(of: Source(name: path, text: text), interpreter: interpreter),
      folder: FileManager.default.currentDirectoryPath, axes: axes, condition: condition, threads: threads,
      isSafe: isSafe)
    try plan.spellOut(parameters: parameters, seed: seed, interpreter: interpreter)
    if plan.points.isEmpty {
      throw Problem(code: ShellCode.sweep, message: "no point meets the condition \(condition ?? "")")
    }
    return plan
  }

  private func checkSize(_ count: Int) throws {
    guard count > Self.most || count > Self.many && !meansMany else { return }
    let text = count == .max ? "more points than can be counted" : "\(NumberText.count(count)) points"
    throw Problem(
      code: ShellCode.sweep, message: "this grid has \(text)",
      help: [
        count > Self.most
          ? "a sweep has at most \(NumberText.count(Self.most)); take fewer values, or sweep over one parameter after the other"
          : "`ward sweep` runs them all the same with --yes, and says with --dry-run about how long that takes"
      ])
  }

  private func checkedName() throws -> String {
    let name = self.name ?? URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
    let isPlain =
      !name.isEmpty && name.count <= 100 && !name.hasPrefix(".") && !name.hasPrefix("-")
      && name.unicodeScalars.allSatisfy {
        $0.properties.isAlphabetic || ("0"..."9").contains($0) || "-_.".unicodeScalars.contains($0)
      }
    if !isPlain {
      throw Problem(
        code: ShellCode.sweep, message: "`\(name)` cannot be the name of a sweep",
        help: ["a name has letters, digits, `-`, `_` and `.`"])
    }
    return name
  }
}

extension SweepRun {
  /// Makes a sweep ready to be run: it is planned in the store and in its folder, and nobody else runs it while the lock lives.
  ///
  /// - Throws: `Problem` where somebody does, or where the store has a sweep of that name of another script; `StoreError`.
  func reserve() throws -> SweepLock {
    let known = try store.sweep(named: plan.name)
    if let known, known.script != plan.script, FileManager.default.fileExists(atPath: known.script) {
      throw Problem(
        code: ShellCode.sweep,
        message: "the sweep \(plan.name) in this store is one of another script, \(known.script)",
        help: ["give this one a name of its own"])
    }
    try folder.make()
    let lock = try folder.lock()
    if let known, known.code != plan.code {
      notices.report(
        .note,
        "\(Home.shown(plan.script)) has changed since this sweep was planned: its points are new ones, and those of "
          + "before stay in the store")
    }
    try folder.write(plan)
    try store.plan(
      SweepRecord(
        name: plan.name, code: plan.code, script: plan.script, axes: plan.axesJSON, condition: plan.condition),
      points: plan.points.map { ($0.key, $0.params) })
    return lock
  }
}
