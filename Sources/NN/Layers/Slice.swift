import CKernels
import Contract

/// Some channels, rows and columns: from one number up to another, every so many.
struct Slice: Layer {
  /// First, end (not included) and step; empty for all.
  var channels: [Int] = []
  var rows: [Int] = []
  var columns: [Int] = []

  static let entry: Entry<any Layer> = Entry(
    Slice(), "slice", "some of the channels, rows and columns",
    details:
      "Each list says where to begin and where to end, which is not included; a third number takes every so many.",
    example: "slice(channels: [0, 8], rows: [0, 28, 2])",
    [
      Setting("channels", \.channels, in: 0...1_048_576, "channels that are taken; an empty list for all"),
      Setting("rows", \.rows, in: 0...65_536, "rows that are taken; an empty list for all"),
      Setting("columns", \.columns, in: 0...65_536, "columns that are taken; an empty list for all"),
    ]
  ) { $0 }

  /// What one list takes out of `extent`.
  struct Part: Sendable {
    let first: Int
    let count: Int
    let step: Int
  }

  private static func part(_ list: [Int], of extent: Int, _ name: String) throws -> Part {
    func wrong(_ detail: String) -> NetworkError { .mismatch(layer: "`slice`", detail: "\(name) \(list) \(detail)") }
    if list.isEmpty { return Part(first: 0, count: extent, step: 1) }
    guard list.count == 2 || list.count == 3 else { throw wrong("is not where to begin, where to end and a step") }
    let step = list.count == 3 ? list[2] : 1
    guard step > 0 else { throw wrong("has a step of 0") }
    guard list[0] < list[1] else { throw wrong("takes nothing") }
    guard list[1] <= extent else { throw wrong("goes beyond the \(extent) that there are") }
    return Part(first: list[0], count: (list[1] - list[0] + step - 1) / step, step: step)
  }

  private func parts(of input: ImageShape) throws -> (channels: Part, rows: Part, columns: Part) {
    (
      try Self.part(channels, of: input.channels, "channels"), try Self.part(rows, of: input.height, "rows"),
      try Self.part(columns, of: input.width, "columns")
    )
  }

  func outputShape(of inputs: [ImageShape]) throws -> ImageShape {
    let parts = try parts(of: inputs[0])
    return ImageShape(channels: parts.channels.count, height: parts.rows.count, width: parts.columns.count)
  }

  var bounding: Bounding? { .affine(mixes: false) }

  func operation(_ wiring: inout Wiring) -> any Operation {
    guard let parts = try? parts(of: wiring.inputs[0].shape) else { unreachable("the shape was checked") }
    return SliceOperation(
      channels: parts.channels, rows: parts.rows, columns: parts.columns, input: wiring.inputs[0],
      inputGradient: wiring.inputGradients[0], output: wiring.output, outputGradient: wiring.outputGradient)
  }
}

struct SliceOperation: Operation {
  let channels: Slice.Part
  let rows: Slice.Part
  let columns: Slice.Part
  let input: Slot
  let inputGradient: Slot
  let output: Slot
  let outputGradient: Slot

  /// The first pixel that is taken, and the steps from it to the others.
  private func taken(_ f: Frame, _ slot: Slot) -> (UnsafeMutablePointer<Float>, ward_steps) {
    let steps = slot.steps
    let first =
      Int64(channels.first) * steps.channel + Int64(rows.first) * steps.row + Int64(columns.first) * steps.column
    return (
      f.at(slot) + Int(first) * WARD_LANES,
      ward_steps(
        channel: steps.channel * Int64(channels.step), row: steps.row * Int64(rows.step),
        column: steps.column * Int64(columns.step))
    )
  }

  func forward(_ f: Frame, phase: Int) {
    let (from, steps) = taken(f, input)
    let shape = output.planes
    f.call.copy_steps(shape.channels, shape.height, shape.width, steps, from, output.steps, f.at(output))
  }

  func backward(_ f: Frame, phase: Int) {
    let (to, steps) = taken(f, inputGradient)
    let shape = outputGradient.planes
    f.call.fill(inputGradient.planes, 0, f.at(inputGradient))
    f.call.copy_steps(
      shape.channels, shape.height, shape.width, outputGradient.steps, f.at(outputGradient), steps, to)
  }
}

extension Slot {
  /// From one pixel to the next in each direction.
  var steps: ward_steps { ward_steps(channel: Int64(planes.plane), row: Int64(planes.row), column: 1) }
}
