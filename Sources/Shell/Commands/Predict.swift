import Lang
import NN

extension Command<Session> {
  static var predict: Command {
    Command(
      "predict", "See what a model answers to single images, and how sure it is.", topic: Topic.looking,
      examples: ["predict normal on: take(fashion.test, 5)", "predict normal on: fashion.test[7]"],
      details: """
        One row an image: its number, its label, the answer, the probability of the answer, and the three likeliest classes. \
        `.logits` and `.probabilities` of what it gives are tables with a column for each class, which `export` writes; \
        `show` draws the images with what they were taken for.
        """
    ) { signature in
      let model = signature.model()
      let on = signature.images()
      return { session, given in
        let images = try given[on] ?? given[model].testImages()
        let logits = try session.answeringInterrupts {
          try given[model].model.target.logits(of: images.images, engine: session.engine, stop: session.stop)
        }
        return .object(PredictionValue(model: given[model], images: images, predictions: logits.map(Prediction.init)))
      }
    }
  }
}

/// What a model answers to some images.
struct PredictionValue: Object {
  static let type = ObjectType(
    "prediction", "What a model answers to some images, and how sure it is.",
    members: [
      member("answers", "the answer to each image, by the name of its class") {
        value in .list(value.predictions.map { .string(value.name(of: $0.answer)) })
      },
      member("right", "share of the images that are answered rightly, from 0 to 1") { .number($0.right.value) },
      member("table", "one row an image: label, answer, confidence, and the three likeliest classes") {
        .table(try $0.table())
      },
      member("logits", "a table with a column for each class: the last layer's output") {
        .table(try $0.table(.plain) { $0.logits })
      },
      member("probabilities", "the same after softmax: a share for each class") {
        .table(try $0.table(.share) { $0.probabilities })
      },
      member("images", "the images") { .object($0.images) },
      member("model", "the model") { .object($0.model) },
    ])

  let model: ModelValue
  let images: ImagesValue
  let predictions: [Prediction]

  private var classes: [String] { images.images.classes }

  private var right: Rate {
    Rate(zip(predictions, images.images.labels).count { $0.answer == $1 }, of: predictions.count)
  }

  /// One row an image.
  func table() throws -> Table {
    try Extent.check(bytes: Table.bytes(rows: predictions.count, columns: 5), "a table of predictions")
    let rows = predictions.enumerated().map { position, one -> [Value] in
      [
        .integer(images.images.indices[position]), .string(classes[images.images.label(at: position)]),
        .string(name(of: one.answer)), .known(Double(one.confidence)),
        .string(
          one.answer < 0
            ? ""
            : one.likeliest(3).map { "\(classes[$0]) \(NumberText.share(Double(one.probabilities[$0])))" }
              .joined(separator: ", ")),
      ]
    }
    return Table(
      columns: [.init("index"), .init("label"), .init("answer"), .init("confidence", .share), .init("likeliest")],
      rows: rows)
  }

  /// One row an image, one column a class.
  private func table(_ presentation: Table.Presentation, _ numbers: (Prediction) -> [Float]) throws -> Table {
    try Extent.check(
      bytes: Table.bytes(rows: predictions.count, columns: classes.count + 1), "a table of predictions")
    return Table(
      columns: [.init("index")] + classes.map { .init($0, presentation) },
      rows: zip(images.images.indices, predictions).map { index, one in
        [.integer(index)] + numbers(one).map { .known(Double($0)) }
      })
  }

  private func name(of answer: Int) -> String { answer < 0 ? "NaN" : classes[answer] }

  var summary: String {
    "\(model.identity.name) on \(images.summary): \(NumberText.share(right.value)) right"
  }

  func isEqual(to other: any Object) -> Bool {
    guard let other = other as? PredictionValue else { return false }
    return other.images.isEqual(to: images) && other.predictions.map(\.logits) == predictions.map(\.logits)
  }

  /// The images with what they were taken for.
  var picture: Picture {
    let most = 48
    let (some, shape) = (images.images, images.images.shape)
    let shown = min(predictions.count, most)
    return Picture(
      title: predictions.count == shown ? summary : "the first \(shown) of \(summary)",
      strips: (0..<shown).map { position in
        let one = predictions[position]
        let label = some.label(at: position)
        let sure = one.answer < 0 ? "" : " \(NumberText.share(Double(one.confidence)))"
        return Picture.Strip(
          caption: name(of: one.answer) + sure + (one.answer == label ? "" : " (\(classes[label]))"),
          images: [
            Bitmap(
              planes: some.pixels(at: position), width: shape.width, height: shape.height, channels: shape.channels)
          ])
      })
  }
}
