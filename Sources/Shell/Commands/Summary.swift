import Lang
import NN
import Store

extension Command<Session> {
  static var summary: Command {
    Command(
      "summary", "Mean and spread over seeds, and whether two settings differ.", topic: Topic.looking,
      examples: [
        "summary (select defense, seed, robust from results) by: \"defense\" over: \"seed\"",
        "plot (summary (select defense, eps, seed, robust from results) by: [\"defense\", \"eps\"] over: \"seed\")",
        """
        summary (select column1 as way, column2 as seed, column3 as robust from (values ('plain', 0, 0.5), \
        ('plain', 1, 0.4), ('guarded', 0, 0.6), ('guarded', 1, 0.55))) by: "way" against: "plain"
        """,
      ],
      details: """
        For each value of the columns by:, the other columns of numbers get their mean over the column over:, the sample \
        standard deviation, and the 95 % interval of the mean by Student's t; several rows of one seed count as their mean. \
        plot draws the intervals as bands. With against: each setting is compared with that one, seed by seed, by a \
        paired t-test; with one seed, by McNemar's exact test on the images. Where the table has a column result with ids of \
        results, the images are looked up, and a bootstrap over seeds and images says how far both errors together reach. \
        Settings are compared on the same images of the same data only. p_holm corrects for the number of comparisons.
        """
    ) { signature in
      let table = signature.subject("table", .table, "a row for each run")
      let by = signature.required("by", .oneOrMore(.string), "the columns that name the setting")
      let over = signature.optional("over", .string, "the column of the seeds", default: "seed")
      let of = signature.optional(
        "of", .oneOrMore(.string), "the columns that are measured", shown: "all others of numbers")
      let against = signature.optional(
        "against", .any, "the setting the others are compared with: its value in the first column of by:",
        shown: "no comparison")
      let seed = signature.seed()
      return { session, given in
        let runs = try Runs(given[table], by: given[by], over: given[over], of: given[of])
        guard let against = given[against] else { return .table(runs.means) }
        return .table(try runs.comparison(with: against, seed: given[seed] ?? session.seed, session))
      }
    }
  }
}

/// A table as runs of settings under seeds.
private struct Runs {
  private let table: Table
  private let by: [String]
  private let over: String
  private let measures: [String]
  /// The settings in the order in which they come, each with its rows.
  private let groups: [(setting: [Value], rows: [Int])]

  init(_ table: Table, by: [String], over: String, of: [String]?) throws {
    (self.table, self.by, self.over) = (table, by, over)
    let names = table.columns.map(\.name)
    for (label, wanted) in [("by", by), ("over", [over]), ("of", of ?? [])] {
      for name in wanted where !names.contains(name) {
        throw Problem(
          code: ShellCode.summary, message: "the table has no column `\(name)`",
          label: Suggestions.hint(for: name, in: names), help: ["it has " + names.joined(separator: ", ")],
          argument: label)
      }
    }
    if let twice = by.first(where: { $0 == over }) {
      throw Problem(
        code: ShellCode.summary, message: "`\(twice)` cannot both name the setting and be averaged over",
        argument: "over")
    }
    guard table.count > 0 else {
      throw Problem(code: ShellCode.summary, message: "the table has no rows", argument: "table")
    }
    if let name = of?.first(where: { !table.isNumeric($0) }) {
      throw Problem(code: ShellCode.summary, message: "column `\(name)` is not numeric", argument: "of")
    }
    measures =
      of ?? names.filter { table.isNumeric($0) && !by.contains($0) && $0 != over && !Self.notMeasured.contains($0) }
    guard !measures.isEmpty else {
      throw Problem(
        code: ShellCode.summary, message: "beside the settings and seeds no column of this table holds numbers",
        argument: "table")
    }
    let places = by.map { name in names.firstIndex(of: name)! }
    var groups: [(setting: [Value], rows: [Int])] = []
    var known: [[String]: Int] = [:]
    for (row, values) in table.rows.enumerated() {
      let setting = places.map { values[$0] }
      let key = setting.map(Block.printed)
      if let index = known[key] {
        groups[index].rows.append(row)
      } else {
        known[key] = groups.count
        groups.append((setting, [row]))
      }
    }
    self.groups = groups
  }

  /// Columns that number things.
  private static let notMeasured = [
    "id", "result", "eps", "model_id", "point", "session", "cell", "cell_id", "number", "costs_id", "dataset_id",
  ]

  private func column(_ name: String) -> [Value] { table.column(name) ?? [] }

  /// What a setting measured under each seed, in the order of the seeds' names; rows without a number are left out.
  private func values(of measure: String, in rows: [Int]) -> [(seed: String, value: Double)] {
    let (seeds, numbers) = (column(over), column(measure))
    var sums: [String: (sum: Double, count: Double)] = [:]
    for row in rows {
      guard let number = numbers[row].asNumber else { continue }
      let seed = Block.printed(seeds[row])
      sums[seed, default: (0, 0)].sum += number
      sums[seed, default: (0, 0)].count += 1
    }
    return sums.map { ($0.key, $0.value.sum / $0.value.count) }.sorted { $0.0 < $1.0 }
  }

  private func presentation(_ name: String) -> Table.Presentation {
    let own = table.columns.first { $0.name == name }?.presentation ?? .plain
    return own == .plain && table.holdsShares(name) ? .share : own
  }

  /// A row for each setting.
  var means: Table {
    let heads =
      by.map { Table.Column($0, presentation($0) == .share ? .plain : presentation($0)) } + [.init("seeds", .count)]
      + measures.flatMap { name in
        ["", "_sd", "_low", "_high"].map { Table.Column(name + $0, presentation(name)) }
      }
    let rows = groups.map { group in
      let seeds = Set(group.rows.map { Block.printed(column(over)[$0]) }).count
      return group.setting + [.number(Double(seeds))]
        + measures.flatMap { measure -> [Value] in
          let values = values(of: measure, in: group.rows).map(\.value)
          guard !values.isEmpty else { return [.none, .none, .none, .none] }
          let mean = Significance.Mean(values)
          guard values.count > 1 else { return [.number(mean.mean), .none, .none, .none] }
          return [.number(mean.mean), .number(mean.deviation), .number(mean.interval.low), .number(mean.interval.high)]
        }
    }
    return Table(columns: heads, rows: rows)
  }

  // MARK: - Comparing

  /// A test of one setting against another.
  private struct Test {
    var setting: [Value]
    var measure: String
    var seeds: Int
    var images: Int?
    var difference: Double
    var low: Double?
    var high: Double?
    var p: Double
    var name: String
  }

  func comparison(with against: Value, seed: Int, _ session: Session) throws -> Table {
    let wanted = Block.printed(against)
    let settings = groups.map { Block.printed($0.setting[0]) }
    guard settings.contains(wanted) else {
      var names: [String] = []
      for name in settings where !names.contains(name) { names.append(name) }
      throw Problem(
        code: ShellCode.summary, message: "no row has `\(wanted)` in the column `\(by[0])`",
        label: Suggestions.hint(for: wanted, in: names),
        help: ["it has " + names.map { "`\($0)`" }.joined(separator: ", ")],
        argument: "against")
    }
    var tests: [Test] = []
    for group in groups where Block.printed(group.setting[0]) != wanted {
      // What else names the setting is the same for both.
      guard
        let other = groups.first(where: {
          Block.printed($0.setting[0]) == wanted
            && zip($0.setting.dropFirst(), group.setting.dropFirst()).allSatisfy {
              Block.printed($0) == Block.printed($1)
            }
        })
      else { continue }
      for measure in measures {
        tests += try self.tests(of: group, against: other, measure, seed: seed, session)
      }
    }
    if tests.isEmpty {
      throw Problem(
        code: ShellCode.summary, message: "there is nothing to compare `\(wanted)` with",
        help: [
          "two settings are compared over the seeds that both have, at least two, or on the images of a column `result`"
        ],
        argument: "against")
    }
    return table(of: tests, against: against)
  }

  private func table(of tests: [Test], against: Value) -> Table {
    var corrected = [Double](repeating: 0, count: tests.count)
    for name in Set(tests.map { "\($0.measure) \($0.name)" }) {
      let own = tests.indices.filter { "\(tests[$0].measure) \(tests[$0].name)" == name }
      for (place, value) in zip(own, Significance.holm(own.map { tests[$0].p })) { corrected[place] = value }
    }
    let heads =
      by.map { Table.Column($0) } + [
        .init("against"), .init("measure"), .init("test"), .init("seeds", .count), .init("images", .count),
      ]
      + [.init("difference"), .init("low"), .init("high"), .init("p"), .init("p_holm")]
    let rows = zip(tests, corrected).map { test, holm in
      test.setting + [
        against, .string(test.measure), .string(test.name), .number(Double(test.seeds)),
        test.images.map { .number(Double($0)) } ?? Value.none, .number(test.difference),
        test.low.map { .number($0) } ?? Value.none, test.high.map { .number($0) } ?? Value.none, .number(test.p),
        .number(holm),
      ]
    }
    return Table(columns: heads, rows: rows)
  }

  private func tests(
    of group: (setting: [Value], rows: [Int]), against other: (setting: [Value], rows: [Int]), _ measure: String,
    seed: Int,
    _ session: Session
  ) throws -> [Test] {
    let (ours, theirs) = (values(of: measure, in: group.rows), values(of: measure, in: other.rows))
    let paired = ours.compactMap { own in theirs.first { $0.seed == own.seed }.map { own.value - $0.value } }
    var tests: [Test] = []
    if paired.count > 1 {
      let mean = Significance.Mean(paired)
      tests.append(
        Test(
          setting: group.setting, measure: measure, seeds: paired.count, difference: mean.mean, low: mean.interval.low,
          high: mean.interval.high, p: Significance.pairedT(paired), name: "paired t (seeds)"))
    }
    guard measure == "robust" || measure == "clean", table.column("result") != nil else { return tests }
    let differences = try images(of: group.rows, and: other.rows, measure, session)
    guard let first = differences.first else { return tests }
    let mean =
      differences.reduce(0.0) { $0 + Double($1.reduce(0) { $0 + Int($1) }) } / Double(first.count * differences.count)
    if differences.count == 1 {
      let (only, others) = (first.count { $0 > 0 }, first.count { $0 < 0 })
      let n = Double(first.count), b = Double(only), c = Double(others)
      let half = 1.959964 * (max(0, b + c - (b - c) * (b - c) / n)).squareRoot() / n
      tests.append(
        Test(
          setting: group.setting, measure: measure, seeds: 1, images: first.count, difference: mean, low: mean - half,
          high: mean + half, p: Significance.mcNemar(only, others), name: "McNemar (images)"))
    } else if let drawn = Significance.bootstrap(differences, seed: seed, stop: { Interrupt.isRequested }) {
      tests.append(
        Test(
          setting: group.setting, measure: measure, seeds: differences.count, images: first.count, difference: mean,
          low: drawn.low, high: drawn.high, p: drawn.p, name: "bootstrap (seeds, images)"))
    } else {
      throw Lang.Interrupt()
    }
    return tests
  }

  /// For each seed that both settings have a result of, image by image, who alone was right.
  private func images(of ours: [Int], and theirs: [Int], _ measure: String, _ session: Session) throws -> [[Int8]] {
    let (seeds, results) = (column(over), column("result"))
    func ids(_ rows: [Int]) throws -> [String: Int64] {
      var ids: [String: Int64] = [:]
      for row in rows {
        guard let number = results[row].asNumber, let id = Int64(exactly: number) else { continue }
        let seed = Block.printed(seeds[row])
        if ids[seed] != nil {
          throw Problem(
            code: ShellCode.summary, message: "one setting has several results for the seed \(seed)",
            help: ["name in by: what tells them apart, such as the attack or eps"], argument: "by")
        }
        ids[seed] = id
      }
      return ids
    }
    let (own, other) = (try ids(ours), try ids(theirs))
    var images: [Int64]?
    var differences: [[Int8]] = []
    for seed in own.keys.sorted() {
      guard let a = own[seed], let b = other[seed] else { continue }
      let (first, second) = (try examples(a, session), try examples(b, session))
      let places = first.map { Int64($0.index) << 16 | Int64($0.label) }
      guard !first.isEmpty, places == second.map({ Int64($0.index) << 16 | Int64($0.label) }),
        images ?? places == places
      else {
        throw Problem(
          code: ShellCode.summary, message: "the results \(a) and \(b) are not of the same images",
          help: ["settings are compared on the same images of the same data; leave `result` out to compare seeds only"],
          argument: "table")
      }
      images = places
      differences.append(
        zip(first, second).map { x, y in
          func isRight(_ row: ExampleRecord) -> Bool {
            (measure == "clean" ? row.cleanAnswer : row.answer) == row.label
          }
          return (isRight(x) ? 1 : 0) - (isRight(y) ? 1 : 0)
        })
    }
    return differences
  }

  private func examples(_ id: Int64, _ session: Session) throws -> [ExampleRecord] {
    if Interrupt.isRequested { throw Lang.Interrupt() }
    guard let result = try session.store.result(id: id, examples: true) else {
      throw Problem(
        code: ShellCode.summary, message: "the store has no result \(id)",
        help: ["the column result holds ids of results: `select …, r.id as result from results r`"], argument: "table")
    }
    return result.record.examples
  }
}
