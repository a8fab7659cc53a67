import Lang
import NN

extension Command<Session> {
  static var gallery: Command {
    Command(
      "gallery", "See what an attack did: clean images, changed ones, and the difference amplified.",
      topic: Topic.looking,
      examples: ["gallery result", "gallery result count: 4 class: \"Shirt\" save: \"shirts.png\""],
      details: """
        Images that the attack won come first, a class at a time, so that few images show many kinds of mistake. Each is \
        captioned with its true class and what the model took it for. The difference is drawn in blue where a pixel became \
        darker and in red where it became brighter. For tables of features it is a table of the five largest changes of each \
        row. The attack must have kept its images: attack MODEL with: pgd keep: images
        """, check: SaveParameter.check
    ) { signature in
      let result = signature.subject("result", .object(ResultValue.self), "the result of an attack with keep: images")
      let count = signature.optional("count", .integer(in: 1...200), "how many images", default: 6)
      let wanted = signature.optional(
        "class", .oneOrMore(ParameterType<Value>.either(.string, .integer())), "only images of these true classes",
        shown: "all")
      let save = SaveParameter(signature)
      return { session, given in
        if let table = try given[result].featureChanges(count: given[count], of: given[wanted]) {
          guard !save.isGiven(given) else {
            throw Problem(
              code: ShellCode.drawing, message: "changes of features are a table, not a picture",
              help: ["`export` writes a table"], argument: "save")
          }
          return .table(table)
        }
        let picture = try given[result].gallery(count: given[count], of: given[wanted])
        return try save.deliver(.picture(picture), given, session)
      }
    }
  }
}

extension ResultValue {
  /// What an attack changed in rows of a table of features, in the features' own units; nil for pictures.
  func featureChanges(count: Int, of classes: [Value]?) throws -> Table? {
    guard let features = images.images.dataset.features else { return nil }
    let (chosen, changed) = try chosen(count: count, of: classes)
    let rows = chosen.flatMap { position -> [[Value]] in
      let (clean, other) = (images.images.pixels(at: position), changed[position])
      let outcome = evaluation.outcomes[position]
      let order = features.indices.filter { clean[$0] != other[$0] }
        .sorted { (-abs(other[$0] - clean[$0]), $0) < (-abs(other[$1] - clean[$1]), $1) }
      return order.prefix(5).map { number in
        [
          .integer(images.images.indices[position]), .string(evaluation.classNames[outcome.label]),
          .string(evaluation.name(of: outcome.answer)), .string(features[number].name),
          .number(features[number].shown(clean[number])), .number(features[number].shown(other[number])),
        ]
      }
    }
    return Table(
      columns: ["row", "true class", "taken for", "feature", "was", "became"].map { .init($0) }, rows: rows)
  }

  /// The images of a result that kept them, those that were fooled first.
  func gallery(count: Int, of classes: [Value]?) throws -> Picture {
    let (chosen, changed) = try chosen(count: count, of: classes)
    return picture(of: chosen, changed)
  }

  private func chosen(count: Int, of classes: [Value]?) throws -> ([Int], [Pixels]) {
    guard run != nil else {
      throw Problem(
        code: ShellCode.drawing, message: "an evaluation changes no images, so there is nothing to compare",
        help: ["`show fashion.test[0..<8]` shows images as they are"], argument: "result")
    }
    let changed = try keptImages(for: "result")
    let numbers = try classes.map { Set(try images.from.classNumbers($0, argument: "class")) }
    let chosen = choose(count) { numbers?.contains($0) ?? true }
    guard !chosen.isEmpty else {
      throw Problem(
        code: ShellCode.drawing, message: "the result has no image of this class", argument: "class")
    }
    return (chosen, changed)
  }

  /// Positions in the result: fooled ones before others that were right, those before what was wrong from the start; among
  /// equals one of each class in turn.
  private func choose(_ count: Int, _ isWanted: (Int) -> Bool) -> [Int] {
    var seen: [Int: Int] = [:]
    let ranked = evaluation.outcomes.enumerated().compactMap {
      position, one -> (rank: Int, turn: Int, position: Int)? in
      guard isWanted(one.label) else { return nil }
      let rank = one.fooled && one.isCleanRight ? 0 : one.isCleanRight ? 1 : 2
      let turn = seen[one.label * 3 + rank, default: 0]
      seen[one.label * 3 + rank] = turn + 1
      return (rank, turn, position)
    }
    return ranked.sorted { ($0.rank, $0.turn, $0.position) < ($1.rank, $1.turn, $1.position) }.prefix(count).map(
      \.position)
  }

  private func picture(of positions: [Int], _ changed: [Pixels]) -> Picture {
    let shape = images.images.shape
    let clean = positions.map { images.images.pixels(at: $0) }
    let differences = zip(positions, clean).map { position, clean in zip(changed[position], clean).map { $0 - $1 } }
    let largest = differences.map { $0.reduce(0) { max($0, abs($1)) } }.max() ?? 0
    // A round factor that brings the largest difference near full colour.
    let factor = largest > 0 ? max(1, (1 / largest + 0.01).rounded(.down)) : 1
    let strips = positions.indices.map { index -> Picture.Strip in
      let position = positions[index]
      func image(_ pixels: some Collection<Float>) -> Bitmap {
        Bitmap(planes: pixels, width: shape.width, height: shape.height, channels: shape.channels)
      }
      return Picture.Strip(
        caption: caption(evaluation.outcomes[position]),
        images: [
          image(clean[index]), image(changed[position]),
          Bitmap(
            difference: differences[index].map { $0 * factor }, width: shape.width, height: shape.height,
            channels: shape.channels),
        ])
    }
    let limit = NumberText.reading((Double(1 / factor) * 1000).rounded() / 1000)
    return Picture(
      title: heading,
      parts: ["clean", "adversarial", "difference ×\(Int(factor))"], strips: strips,
      legend: shape.channels == 3
        ? "difference: grey is no change, full colour ±\(limit)"
        : "difference: blue is darker, red is brighter, full colour ±\(limit)")
  }

  private func caption(_ one: NN.Outcome) -> String {
    let names = evaluation.classNames
    if !one.isCleanRight { return "\(names[one.label]) (clean: \(evaluation.name(of: one.cleanAnswer)))" }
    return one.isRobust
      ? "\(names[one.label]) (still right)" : "\(names[one.label]) → \(evaluation.name(of: one.answer))"
  }
}

extension Bitmap {
  /// A change from −1 to 1: for grey images blue and red on white, for colour images the change of each colour around grey.
  init(difference: [Float], width: Int, height: Int, channels: Int) {
    if channels == 3 {
      self.init(planes: difference.map { 0.5 + $0 / 2 }, width: width, height: height, channels: 3)
    } else {
      self.init(signed: difference.prefix(width * height), width: width, height: height)
    }
  }

  /// Numbers from −1 to 1 in blue, white and red.
  init(signed values: some Collection<Float>, width: Int, height: Int) {
    self.init(
      width: width, height: height, channels: 3,
      bytes: values.flatMap { value -> [UInt8] in
        let color = ColorScale.diverging(Double(value))
        return [color.red, color.green, color.blue]
      })
  }
}
