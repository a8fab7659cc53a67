import CKernels
import Contract

/// The mean over channels, rows or columns, or several of them: one is left of each.
struct ReduceMean: Layer {
  var channels = false
  var rows = false
  var columns = false

  static let entry: Entry<any Layer> = Entry(
    ReduceMean(), "reducemean", "the mean over channels, rows or columns, of which one is left",
    example: "reducemean(channels: true)",
    [
      Setting("channels", \.channels, "whether the mean is over channels"),
      Setting("rows", \.rows, "whether it is over rows"),
      Setting("columns", \.columns, "whether it is over columns"),
    ]
  ) { $0 }

  func outputShape(of inputs: [ImageShape]) throws -> ImageShape {
    let input = inputs[0]
    guard channels || rows || columns else {
      throw NetworkError.mismatch(layer: "`reducemean`", detail: "it is told neither channels nor rows nor columns")
    }
    return ImageShape(
      channels: channels ? 1 : input.channels, height: rows ? 1 : input.height, width: columns ? 1 : input.width)
  }

  var bounding: Bounding? { .affine(mixes: true) }

  func operation(_ wiring: inout Wiring) -> any Operation {
    let (input, output) = (wiring.inputs[0].shape, wiring.output.shape)
    return SpreadOperation(
      few: wiring.output, fewGradient: wiring.outputGradient, many: wiring.inputs[0],
      manyGradient: wiring.inputGradients[0], factor: Float(output.count) / Float(input.count), gathers: true)
  }
}

/// One channel, row or column as many: the same values again and again.
struct Expand: Layer {
  var channels = 1
  var rows = 1
  var columns = 1

  static let entry: Entry<any Layer> = Entry(
    Expand(), "expand", "one channel, row or column again and again", example: "expand(rows: 7, columns: 7)",
    [
      Setting("channels", \.channels, in: 1...65_536, "how many channels one becomes"),
      Setting("rows", \.rows, in: 1...65_536, "how many rows one becomes"),
      Setting("columns", \.columns, in: 1...65_536, "how many columns one becomes"),
    ]
  ) { $0 }

  func outputShape(of inputs: [ImageShape]) throws -> ImageShape {
    let input = inputs[0]
    func extent(_ times: Int, _ given: Int, _ name: String) throws -> Int {
      guard times == 1 || given == 1 else {
        throw NetworkError.mismatch(
          layer: "`expand`", detail: "there are \(given) \(name), and it repeats a single one")
      }
      return times * given
    }
    return ImageShape(
      channels: try extent(channels, input.channels, "channels"), height: try extent(rows, input.height, "rows"),
      width: try extent(columns, input.width, "columns"))
  }

  var bounding: Bounding? { .affine(mixes: false) }

  func operation(_ wiring: inout Wiring) -> any Operation {
    SpreadOperation(
      few: wiring.inputs[0], fewGradient: wiring.inputGradients[0], many: wiring.output,
      manyGradient: wiring.outputGradient, factor: 1, gathers: false)
  }
}

/// Sums many values to few or spreads few to many, times a factor: each is what flows back through the other.
struct SpreadOperation: Operation {
  let few: Slot
  let fewGradient: Slot
  let many: Slot
  let manyGradient: Slot
  let factor: Float
  let gathers: Bool

  private func gather(_ f: Frame, _ many: Slot, to few: Slot) {
    let shape = many.planes
    f.call.fill(few.planes, 0, f.at(few))
    f.call.add_steps(
      shape.channels, shape.height, shape.width, factor, many.steps, f.at(many), Self.steps(few, many), f.at(few))
  }

  private func spread(_ f: Frame, _ few: Slot, to many: Slot) {
    let shape = many.planes
    f.call.fill(many.planes, 0, f.at(many))
    f.call.add_steps(
      shape.channels, shape.height, shape.width, factor, Self.steps(few, many), f.at(few), many.steps, f.at(many))
  }

  /// The steps through a slot in which all of several channels, rows or columns are the same one.
  private static func steps(_ few: Slot, _ many: Slot) -> ward_steps {
    var steps = few.steps
    if few.shape.channels < many.shape.channels { steps.channel = 0 }
    if few.shape.height < many.shape.height { steps.row = 0 }
    if few.shape.width < many.shape.width { steps.column = 0 }
    return steps
  }

  func forward(_ f: Frame, phase: Int) {
    gathers ? gather(f, many, to: few) : spread(f, few, to: many)
  }

  func backward(_ f: Frame, phase: Int) {
    gathers ? spread(f, fewGradient, to: manyGradient) : gather(f, manyGradient, to: fewGradient)
  }
}
