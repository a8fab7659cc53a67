import Foundation
import Lang
import Store

extension Command<Session> {
  static var sweep: Command {
    Command(
      "sweep", "Run a script for every combination of values of its parameters.", topic: Topic.training,
      examples: ["sweep \"point.ward\" over: {seed: 0..1, a: [0.1, 0.2]}"],
      details: """
        Each combination, a point, is one run of the script, in a process and a session of its own, several at a time. The \
        record over: names `param`s of the script, or seed, which is the session seed of a point. What is in the store is \
        not run again, so that the same line goes on after a Ctrl-C; a script, data or a version of Ward that has changed \
        makes other points. The value is a table of the points, with the column point that results and models have too: \
        `select p.params ->> 'eps' as eps, r.robust from results r join points p on p.id = r.point`. `ward sweep` does \
        the same from a shell, and on a cluster.
        """
    ) { signature in
      let script = signature.subject("script", .string, "the file of the script")
      let over = signature.required("over", .record, "each parameter with its values")
      let name = signature.optional("name", .string, "the sweep's name", shown: "that of the script")
      let jobs = signature.optional(
        "jobs", .integer(in: 1...1024), "how many points run at once", shown: "one for each processor")
      let again = signature.flag("again", "whether points are run again that are done")
      let retry = signature.flag("retry", "whether points are run again that failed")
      return { session, given in
        guard let path = session.store.path else {
          throw Problem(
            code: ShellCode.store, message: "this session has no store on a disk, which a sweep needs",
            help: ["name one with --store or WARD_STORE"])
        }
        let axes = try given[over].pairs.map { pair in "\(pair.name)=\(try texts(of: pair.value, pair.name))" }
        let plan = try SweepRequest(
          file: given[script], over: axes, name: given[name], seed: session.seed, isSafe: session.isSafe
        ).plan()
        let run = SweepRun(
          plan, in: SweepFolder(of: plan.name, store: path), store: session.store, terminal: session.terminal,
          notices: session.notices, isQuiet: true)
        let lock = try run.reserve()
        defer { withExtendedLifetime(lock) { run.hideProgress() } }
        try run.choose(again: given[again], retry: given[retry])
        try run.collect()
        try LocalEngine(jobs: given[jobs] ?? LocalEngine.usualJobs(threads: 1)).run(run)
        for (point, problem) in run.failed.prefix(5) {
          session.notices.report(.warning, "\(point.label) failed: \(problem)")
        }
        for (point, problem) in run.lost.prefix(5) {
          session.notices.report(.warning, "\(point.label) was lost: \(problem)")
        }
        return .table(try table(of: plan, in: session.store))
      }
    }
  }

  /// The values of an axis as `--over` takes them.
  private static func texts(of value: Value, _ name: String) throws -> String {
    let values: [Value] =
      switch value {
      case .list(let elements): Array(elements)
      case .range(let range): try range.spelledOut().map { .number($0) }
      default: [value]
      }
    return values.map { value in
      guard let text = value.asString else { return Block.printed(value) }
      // A comma would end it.
      return text.contains { ",[](){}'\"".contains($0) } ? JSONText.string(text) : text
    }.joined(separator: ",")
  }

  /// A row for each point: its values on the axes, and what became of it.
  private static func table(of plan: SweepPlan, in store: StoreFile) throws -> Table {
    let known = try store.points(plan.points.map(\.key)), ids = try store.pointIDs(plan.points.map(\.key))
    let rows = try plan.points.map { point -> [Value] in
      let params = try JSONDecoder().decode([String: JSONScalar].self, from: Data(point.params.utf8))
      let record = known[point.key]
      return plan.axes.map { params[$0.name]?.value ?? .none }
        + [
          ids[point.key].map { .number(Double($0)) } ?? .none, .string(record?.status.rawValue ?? "waiting"),
          record.map { .number($0.seconds) } ?? .none,
        ]
    }
    return Table(
      columns: plan.axes.map { .init($0.name) } + [.init("point"), .init("status"), .init("seconds", .seconds)],
      rows: rows, subject: plan.name)
  }
}

/// A value of a parameter as it stands in `params`.
private struct JSONScalar: Decodable {
  let value: Value

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let flag = try? container.decode(Bool.self) {
      value = .bool(flag)
    } else if let number = try? container.decode(Double.self) {
      value = .number(number)
    } else if let text = try? container.decode(String.self) {
      value = .string(text)
    } else {
      value = .none
    }
  }
}
