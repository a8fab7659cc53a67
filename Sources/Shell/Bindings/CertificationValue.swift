import Lang
import NN

/// The result of a proof.
struct CertificationValue: Object {
  static let type = ObjectType(
    "certification", "What is proved of a model on some images: answers that no change within a radius makes wrong.",
    members: [
      member("model", "the model") { .object($0.model) },
      member("method", "how it was proved") { .string($0.choice.name) },
      member("clean", "share of images answered rightly without a change, from 0 to 1") {
        .number($0.certification.clean.value)
      },
      member("certified", "share of images proved to be answered rightly whatever the change, from 0 to 1") {
        .number($0.certification.certified.value)
      },
      member("low", "lower end of the 95 % interval of certified") {
        .number($0.certification.certified.interval.low)
      },
      member("high", "upper end of it") { .number($0.certification.certified.interval.high) },
      member("protected", "certified over the images of protected classes; none without images of protected classes") {
        $0.certification.protected.map { .number($0.value) } ?? Value.none
      },
      member("cost_error", "share of the images with costly mistakes for which some is not proved impossible") {
        $0.certification.cost.error.known
      },
      member("cost_sum", "mean over these images of the summed costs of all answers not proved impossible") {
        .known($0.certification.cost.sum)
      },
      member("cost_highest", "mean over these images of the highest of them: the worst change can cost no more") {
        .known($0.certification.cost.max)
      },
      member("in_band", "images that only what rounding may have added keeps from being certified") {
        .integer($0.certification.inBand)
      },
      member("images", "how many images there were") { .integer($0.certification.images) },
      member("eps", "the radius, in pixel units") { .number($0.run.threat.bound) },
      member("norm", "how it is measured: linf or l2") { .string($0.run.threat.norm.rawValue) },
      member("seconds", "how long it took") { .number($0.seconds) },
      member("seed", "the seed of its random choices") { .integer($0.run.seed) },
      member("classes", "a table with one row for each class") { .table($0.classTable) },
      member("unproved", "a table: for how many images of each class an answer is not proved impossible") {
        .table($0.unprovedTable)
      },
      member("certificates", "a table with one row for each image") { .table($0.certificateTable) },
    ])

  /// Shared by all copies: where the store keeps it.
  final class Identity {
    var storeID: Int64?
  }

  let identity = Identity()
  let model: ModelValue
  let images: ImagesValue
  let certification: Certification
  let costs: CostsValue?
  let run: CertifyRun
  /// The method as the user configured it.
  let choice: Choice
  let seconds: Double

  /// `robust by crown, L∞ eps 0.01`.
  var heading: String { "\(model.identity.name) by \(choice.unusual), \(run.threat.text)" }

  var summary: String {
    let found = certification
    let noun = images.images.dataset.noun
    var text =
      "\(heading): certified \(NumberText.share(found.certified.value)) "
      + "(clean \(NumberText.share(found.clean.value)))"
    if let costs, let rate = found.protected { text += ", \(costs.protectedNames) \(NumberText.share(rate.value))" }
    if costs != nil, found.cost.error.count > 0 {
      text +=
        ", cost at most \(NumberText.fixed(found.cost.max, 2)) (sum \(NumberText.fixed(found.cost.sum, 2))), "
        + "some costly answer possible for \(NumberText.share(found.cost.error.value))"
    }
    text += ", " + found.images.of(noun)
    if (1..<100).contains(found.images) {
      text += ", 95 % interval \(NumberText.interval(found.certified.interval.low, found.certified.interval.high))"
    }
    return text
  }

  /// One row a class: how many images, right without a change, proved with its interval, and what is possible else.
  var classTable: Table {
    let hasProtected = costs?.costs.protected.isEmpty == false
    var columns: [Table.Column] = [.init("class")]
    if hasProtected { columns.append(.init("protected")) }
    columns += [
      .init("images", .count), .init("clean", .share), .init("certified", .share), .init("low", .share),
      .init("high", .share),
    ]
    if costs != nil { columns += [.init("cost_highest"), .init("cost_sum")] }
    columns.append(.init("may_be_taken_for"))
    let names = certification.classNames
    return Table(
      columns: columns,
      rows: certification.byClass.map { row in
        let interval = row.certified.interval
        var cells: [Value] = [.string(row.name)]
        if hasProtected { cells.append(.string(row.isProtected ? "yes" : "")) }
        cells += [.integer(row.certified.count), row.clean.known, row.certified.known]
        cells += row.certified.count == 0 ? [.none, .none] : [.number(interval.low), .number(interval.high)]
        if costs != nil { cells += [.known(row.cost.max), .known(row.cost.sum)] }
        return cells + [.string(row.mayBeTakenFor.map { "\(names[$0]) (\(row.mayBeTakenForCount))" } ?? "")]
      })
  }

  private var unprovedTable: Table {
    Table(
      columns: [.init("true class")] + certification.classNames.map { .init($0, .count) },
      rows: zip(certification.classNames, certification.unproved).map { name, row in
        [.string(name)] + row.map { .integer($0) }
      })
  }

  private var certificateTable: Table {
    let names = certification.classNames
    return Table(
      columns: [
        .init("index"), .init("label"), .init("clean_answer"), .init("certified"), .init("margin"), .init("unproved"),
      ],
      rows: certification.certificates.map { one in
        [
          .integer(one.index), .string(names[one.label]),
          .string(names.indices.contains(one.cleanAnswer) ? names[one.cleanAnswer] : "none"), .bool(one.isCertified),
          .known(one.margin), .string(one.unproved.map { names[$0] }.joined(separator: ", ")),
        ]
      })
  }

  /// Class by class, with intervals.
  var chart: Chart {
    let rows = certification.byClass
    func bars(_ name: String, _ rates: [Rate]) -> Chart.Series {
      Chart.Series(
        name: name, style: .bars,
        points: rates.enumerated().filter { $1.count > 0 }.map { place, rate in
          Chart.Point(x: Double(place), y: rate.value, low: rate.interval.low, high: rate.interval.high)
        })
    }
    return Chart(
      title: heading, x: .init(label: "class", names: rows.map { $0.name + ($0.isProtected ? " *" : "") }),
      y: .init(
        label: "accuracy, with 95 % intervals" + (rows.contains(where: \.isProtected) ? "; * protected" : ""),
        isShare: true),
      series: [bars("clean", rows.map(\.clean)), bars("certified by \(choice.unusual)", rows.map(\.certified))])
  }

  func isEqual(to other: any Object) -> Bool { (other as? CertificationValue)?.identity === identity }
}
