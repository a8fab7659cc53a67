import Lang
import NN

extension Command<Session> {
  static var surface: Command {
    Command(
      "surface", "See the loss around images, along the gradient's sign and along random signs.", topic: Topic.looking,
      examples: [
        "surface normal on: take(fashion.test, 4) eps: 0.1 steps: 5",
        "plot (surface normal on: take(fashion.test, 4) eps: 0.1).table x: along y: loss by: across",
      ],
      details: """
        A map of the mean loss: the images stand in the middle; to the right every pixel is moved by the sign of its \
        gradient, upwards by a random sign, each by up to eps; pixels stay within [0, 1]. The loss of a model with useful \
        gradients rises to the right and hardly changes upwards. If it rises as fast upwards, or is rugged, its gradients \
        mislead, and so does an attack that follows them. `.table` has a row for each place: along, across, loss, accuracy.
        """,
      check: { known in
        try SaveParameter.check(known)
        if let steps = known["steps"]?.asNumber, !steps.truncatingRemainder(dividingBy: 2).magnitude.isEqual(to: 1) {
          throw Problem(
            code: ShellCode.drawing, message: "steps is an odd number, so that the images themselves are in the middle",
            help: ["for example steps: \(Int(steps) + 1)"], argument: "steps")
        }
      }
    ) { signature in
      let model = signature.model()
      let on = signature.required("on", .object(ImagesValue.self), "the images; over several the mean is shown")
      let eps = signature.optional(
        "eps", .number(in: .above(0, atMost: 1), unit: "pixel units"), "how far to each side", default: 0.1)
      let steps = signature.optional(
        "steps", .integer(in: 3...41), "places along each direction, an odd number", default: 21)
      let loss = LossParameter(signature)
      let seed = signature.seed()
      let save = SaveParameter(signature)
      return { session, given in
        let images = given[on].images
        let points = images.count * given[steps] * given[steps]
        guard points <= SurfaceValue.maxPoints else {
          throw Problem(
            code: ShellCode.drawing,
            message:
              "\(NumberText.count(points)) images would be asked about: \(NumberText.count(SurfaceValue.maxPoints)) are the most",
            help: ["take fewer images, for example take(DATA.test, 100), or fewer steps"], argument: "on")
        }
        let surface = try session.answeringInterrupts {
          try LossSurface(
            of: loss.loss(given), of: given[model].model.target, around: images, epsilon: Float(given[eps]),
            steps: given[steps], seed: given[seed] ?? session.seed, engine: session.engine, stop: session.stop)
        }
        let value = SurfaceValue(model: given[model], images: given[on], loss: loss.loss(given), surface: surface)
        if save.isGiven(given) { _ = try save.deliver(.chart(value.chart), given, session) }
        return .object(value)
      }
    }
  }
}

/// The loss around some images.
struct SurfaceValue: Object {
  static let type = ObjectType(
    "surface", "The loss around images, along the gradient's sign and along random signs.",
    members: [
      member("table", "a row for each place: along, across, the mean loss and the accuracy there") { .table($0.table) },
      member("loss", "the mean loss of the images as they are") { .known($0.surface.losses[$0.middle][$0.middle]) },
      member("along", "the mean loss at eps along the gradient's sign") {
        .known($0.surface.losses[$0.middle].last ?? .nan)
      },
      member("across", "the mean loss at eps along the random signs") {
        .known($0.surface.losses.last?[$0.middle] ?? .nan)
      },
      member("eps", "how far, in pixel units") { .known(Double($0.surface.offsets.last ?? .nan)) },
      member("images", "the images") { .object($0.images) },
      member("model", "the model") { .object($0.model) },
    ])

  /// What takes a few seconds on a laptop.
  static let maxPoints = 2_000_000

  let model: ModelValue
  let images: ImagesValue
  let loss: AttackLoss
  let surface: LossSurface

  private var middle: Int { surface.offsets.count / 2 }

  private var table: Table {
    let offsets = surface.offsets.map { Value.known(Self.rounded($0)) }
    return Table(
      columns: [.init("along"), .init("across"), .init("loss"), .init("accuracy", .share)],
      rows: offsets.indices.flatMap { across in
        offsets.indices.map { along in
          [
            offsets[along], offsets[across], .known(surface.losses[across][along]),
            .known(surface.accuracies[across][along]),
          ]
        }
      })
  }

  /// An offset as it is meant: 0.07 and not 0.07000000029.
  private static func rounded(_ offset: Float) -> Double { (Double(offset) * 1e6).rounded() / 1e6 }

  private var what: String { loss == .ce ? "loss" : "margin" }

  var summary: String {
    "\(what) of \(model.identity.name) around \(images.summary), eps \(NumberText.reading(Self.rounded(surface.offsets.last ?? 0)))"
  }

  /// The map, what is upwards at the top.
  var chart: Chart {
    let names = surface.offsets.map { NumberText.reading(Self.rounded($0)) }
    let unit = images.images.dataset.distance.unit.map { " (\($0))" } ?? ""
    return Chart(
      title: "The \(summary)", x: .init(label: "along the gradient's sign" + unit),
      y: .init(label: "along random signs" + unit),
      heatMap: .init(
        rows: names.reversed(), columns: names,
        values: surface.losses.reversed().map { $0.map { $0.isFinite ? $0 : nil } }))
  }

  func isEqual(to other: any Object) -> Bool {
    guard let other = other as? SurfaceValue else { return false }
    return other.images.isEqual(to: images) && other.surface.losses == surface.losses
  }
}
