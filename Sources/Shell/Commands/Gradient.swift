import Lang
import NN

extension Command<Session> {
  static var gradient: Command {
    Command(
      "gradient", "See in which direction of its pixels an image's loss grows.", topic: Topic.looking,
      examples: [
        "gradient normal on: take(fashion.test, 4)", "(gradient normal on: take(fashion.test, 100) loss: margin).l1",
      ],
      details: """
        Each image stands beside the gradient of its loss: red where a brighter pixel raises the loss, blue where a darker one \
        does. FGSM moves every pixel by eps to the side that the colour says. `.table` has a row for each image: to first order \
        no change within eps raises the loss by more than eps times `l1` in linf, eps times `l2` in l2 and eps times \
        `largest` in l1. The margin is the lead of the strongest wrong answer over the right one. Of rows of a \
        table of features the table is shown, with the feature that counts most.
        """, check: SaveParameter.check
    ) { signature in
      let model = signature.model()
      let on = signature.images()
      let loss = LossParameter(signature)
      let save = SaveParameter(signature)
      return { session, given in
        let images = try given[on] ?? given[model].testImages()
        let gradients = try session.answeringInterrupts {
          try given[model].model.target.gradients(
            of: loss.loss(given), at: images.images, engine: session.engine, stop: session.stop)
        }
        let value = GradientValue(model: given[model], images: images, loss: loss.loss(given), gradients: gradients)
        if save.isGiven(given) {
          guard let picture = value.picture else {
            throw Problem(
              code: ShellCode.drawing, message: "gradients of features are a table, not a picture",
              help: ["`export` writes a table"], argument: "save")
          }
          _ = try save.deliver(.picture(picture), given, session)
        }
        return .object(value)
      }
    }
  }
}

/// `loss:` of what looks at gradients.
struct LossParameter {
  private let name: Parameter<String>

  init(_ signature: Signature) {
    name = signature.optional(
      "loss", .oneOf([AttackLoss.ce, .margin].map(\.rawValue)),
      "cross-entropy, or the lead of the strongest wrong answer",
      default: AttackLoss.ce.rawValue)
  }

  func loss(_ given: Arguments) -> AttackLoss { AttackLoss(rawValue: given[name]) ?? .ce }
}

/// The gradients of a loss with respect to the pixels of some images.
struct GradientValue: Object {
  static let type = ObjectType(
    "gradient", "In which direction of its pixels each image's loss grows.",
    members: [
      member("table", "one row an image: label, answer, loss, and how large its gradient is") {
        .table(try $0.table())
      },
      member("loss", "the mean loss of the images") { $0.mean(\.loss) },
      member("l1", "the mean sum of the magnitudes of a gradient: what an eps of 1 in linf could raise the loss by") {
        $0.mean(\.l1)
      },
      member("l2", "the mean Euclidean length of a gradient") { $0.mean(\.l2) },
      member("images", "the images") { .object($0.images) },
      member("model", "the model") { .object($0.model) },
    ])

  let model: ModelValue
  let images: ImagesValue
  let loss: AttackLoss
  let gradients: [ImageGradient]

  private func mean(_ size: (ImageGradient) -> Float) -> Value {
    .known(gradients.reduce(0) { $0 + Double(size($1)) } / Double(gradients.count))
  }

  private var classes: [String] { images.images.classes }

  /// One row an image.
  func table() throws -> Table {
    try Extent.check(bytes: Table.bytes(rows: gradients.count, columns: 8), "a table of gradients")
    let features = images.images.dataset.features
    let rows = gradients.enumerated().map { position, one -> [Value] in
      let answer = Prediction(one.logits).answer
      let steepest = one.gradient.indices.max { abs(one.gradient[$0]) < abs(one.gradient[$1]) } ?? 0
      let row: [Value] = [
        .integer(images.images.indices[position]), .string(classes[images.images.label(at: position)]),
        .string(answer < 0 ? "NaN" : classes[answer]), .known(Double(one.loss)), .known(Double(one.l1)),
        .known(Double(one.l2)), .known(Double(one.largest)),
      ]
      return row + (features.map { [.string($0[steepest].name)] } ?? [])
    }
    return Table(
      columns: ["index", "label", "answer", "loss", "l1", "l2", "largest"].map { .init($0) }
        + (features == nil ? [] : [.init("feature")]), rows: rows)
  }

  var summary: String {
    "gradient of \(loss == .ce ? "cross-entropy" : "the margin"), \(model.identity.name) on \(images.summary)"
  }

  func isEqual(to other: any Object) -> Bool {
    guard let other = other as? GradientValue else { return false }
    return other.images.isEqual(to: images) && other.loss == loss
      && other.gradients.map(\.gradient) == gradients.map(\.gradient)
  }

  /// Each image beside its gradient, which has the full colour at its own largest magnitude; nil for rows of features.
  var picture: Picture? {
    guard images.images.dataset.features == nil else { return nil }
    let most = 24
    let (some, shape) = (images.images, images.images.shape)
    let shown = min(gradients.count, most)
    return Picture(
      title: gradients.count == shown ? summary : "the first \(shown) of: \(summary)", parts: ["image", "gradient"],
      strips: (0..<shown).map { position in
        let one = gradients[position]
        let scale = one.largest > 0 && one.largest.isFinite ? 1 / one.largest : 0
        let loss = abs(one.loss) < 0.001 ? "< 0.001" : NumberText.reading(Double(one.loss))
        return Picture.Strip(
          caption: "\(classes[some.label(at: position)]), loss \(loss)",
          images: [
            Bitmap(
              planes: some.pixels(at: position), width: shape.width, height: shape.height, channels: shape.channels),
            Bitmap(
              difference: one.gradient.map { $0 * scale }, width: shape.width, height: shape.height,
              channels: shape.channels),
          ])
      },
      legend: shape.channels == 3
        ? "gradient: grey is 0, the full colour the largest of each image"
        : "red: a brighter pixel raises the loss; blue: a darker one")
  }
}
