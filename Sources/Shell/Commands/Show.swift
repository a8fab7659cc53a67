import Lang
import NN

extension Command<Session> {
  static var show: Command {
    Command(
      "show", "Show a value, also inside blocks and loops: images, kernels and cost matrices as pictures.",
      topic: Topic.looking,
      examples: [
        "show fashion.test[0..<8]", "show guard", "show cse.conv1 save: \"kernels.png\"", "show confusion(result)",
      ],
      details: """
        Rows of a table of features are shown as a table, in the features' own units. On a terminal pictures are drawn by \
        coloured half blocks. In files, and in recorded sessions, a line of words stands in their place; save: writes them as \
        PNG or SVG.
        """, check: SaveParameter.check
    ) { signature in
      let value = signature.subject("value", .any, "what to show")
      let save = SaveParameter(signature)
      return { session, given in
        if let images = given[value].asObject(ImagesValue.self), let table = images.featureTable, !save.isGiven(given) {
          session.output.show(.table(table))
          return .none
        }
        guard let content = DrawingValue.Content(showing: given[value]) else {
          if save.isGiven(given) {
            throw Problem(
              code: ShellCode.drawing,
              message: "\(given[value].typePhrase) is not shown as a picture, so none can be saved",
              help: [
                "pictures are images, layers, cost matrices, confusion tables, and what plot, histogram and gallery give"
              ],
              argument: "save")
          }
          for block in Block.showing(given[value]) { session.output.show(block) }
          return .none
        }
        let drawing = try save.deliver(content, given, session)
        if !save.isGiven(given) { for block in Block.showing(drawing) { session.output.show(block) } }
        return .none
      }
    }
  }
}

extension DrawingValue.Content {
  /// The picture that a value is shown by; nil for what is shown in words.
  init?(showing value: Value) {
    switch value {
    case .object(let drawing as DrawingValue): self = drawing.content
    case .object(let images as ImagesValue):
      guard images.images.dataset.features == nil else { return nil }
      self = .picture(Picture(images))
    case .object(let prediction as PredictionValue):
      guard prediction.images.images.dataset.features == nil else { return nil }
      self = .picture(prediction.picture)
    case .object(let gradient as GradientValue):
      guard let picture = gradient.picture else { return nil }
      self = .picture(picture)
    case .object(let surface as SurfaceValue): self = .chart(surface.chart)
    case .object(let layer as LayerValue):
      guard let picture = Picture(layer) else { return nil }
      self = .picture(picture)
    case .object(let costs as CostsValue):
      guard let chart = Chart(square: costs.table, title: Chart.title(of: costs)) else { return nil }
      self = .chart(chart)
    case .table(let table):
      guard let chart = Chart(square: table, title: "What each class was taken for") else { return nil }
      self = .chart(chart)
    default: return nil
    }
  }
}

extension Chart {
  static func title(of costs: CostsValue) -> String {
    "Cost of each mistake" + (costs.name.isEmpty ? "" : ": \(costs.name)")
  }

  /// A table of classes against answers, as `confusion` gives it, as a heat-map; nil for any other table.
  init?(square table: Table, title: String) {
    guard table.columns.first?.name == "true class", table.count == table.columns.count - 1, table.count > 1 else {
      return nil
    }
    let names = table.columns.dropFirst().map(\.name)
    guard table.rows.map({ $0[0].asString }) == names else { return nil }
    self.init(
      title: title, x: Axis(label: "answer"), y: Axis(label: "true class"),
      heatMap: HeatMap(rows: names, columns: names, values: table.rows.map { $0.dropFirst().map(\.asNumber) }))
  }
}

extension Picture {
  /// Images with their classes, as many as can be looked at.
  init(_ value: ImagesValue) {
    let most = 48
    let (images, shape) = (value.images, value.images.shape)
    let shown = min(images.count, most)
    let what = images.count == shown ? value.summary : "the first \(shown) of \(value.summary)"
    self.init(
      title: what,
      strips: (0..<shown).map { position in
        Strip(
          caption: images.classes[images.label(at: position)],
          images: [
            Bitmap(
              planes: images.pixels(at: position), width: shape.width, height: shape.height,
              channels: shape.channels)
          ])
      })
  }

  /// The kernels of a convolution, a strip for each output channel; of a dense layer that reads the image itself an image for
  /// each output; of any other layer its weights as one image.
  init?(_ layer: LayerValue) {
    guard let tensor = layer.model.model["\(layer.name).weight"], tensor.shape.count >= 2 else { return nil }
    let largest = tensor.values.reduce(0) { max($0, abs($1)) }
    func image(_ values: ArraySlice<Float>, width: Int, height: Int) -> Bitmap {
      Bitmap(signed: values.map { largest > 0 ? $0 / largest : 0 }, width: width, height: height)
    }
    let size = NumberText.reading(Double(largest))
    let legend = "blue −\(size), white 0, red +\(size)"
    let name = "\(layer.name) of \(layer.model.identity.name)"
    let read = layer.model.model.input
    if tensor.shape.count == 2, read.width > 1, tensor.rowCount == read.count, layer.isFirst {
      let (shown, outputs) = (min(tensor.shape[0], 32), tensor.shape[0])
      let classes = layer.model.origin.data?.dataset.classes ?? []
      let plane = read.height * read.width
      self.init(
        title: "weights of \(name), an image for each output" + (shown < outputs ? ", \(shown) of \(outputs)" : ""),
        parts: read.channels == 1 ? [] : (0..<read.channels).map { "channel \($0)" },
        strips: (0..<shown).map { output in
          Strip(
            caption: outputs == classes.count ? classes[output] : "out \(output)",
            images: (0..<read.channels).map { channel in
              let start = (output * read.channels + channel) * plane
              return image(tensor.values[start..<start + plane], width: read.width, height: read.height)
            })
        }, legend: legend)
      return
    }
    guard tensor.shape.count == 4 else {
      let (height, width) = (tensor.shape[0], tensor.rowCount)
      guard width * height <= 4_000_000 else { return nil }
      self.init(
        title: "weights of \(name)",
        strips: [
          Strip(
            caption: "\(height) outputs down, \(width) inputs across",
            images: [image(tensor.values[...], width: width, height: height)])
        ], legend: legend)
      return
    }
    let (outputs, inputs, height, width) = (tensor.shape[0], tensor.shape[1], tensor.shape[2], tensor.shape[3])
    // As many as can be looked at.
    let shown = (outputs: min(outputs, 32), inputs: min(inputs, 8))
    let cut =
      shown == (outputs, inputs)
      ? "" : ", the first \(shown.outputs) of \(outputs), \(shown.inputs) of \(inputs) inputs each"
    self.init(
      title: "kernels of \(name), \(height)×\(width)\(cut)",
      parts: inputs == 1 ? [] : (0..<shown.inputs).map { "in \($0)" },
      strips: (0..<shown.outputs).map { output in
        Strip(
          caption: "out \(output)",
          images: (0..<shown.inputs).map { input in
            let start = (output * inputs + input) * height * width
            return image(tensor.values[start..<start + height * width], width: width, height: height)
          })
      }, legend: legend)
  }
}
