import CKernels

/// The gradient of a matrix so large that writing it takes longer than computing it. Each group of images leaves what it needs,
/// and it is summed over all of them at the end of the batch: written once, not once for each group, and read once by the
/// optimiser.
struct LateGradient: Sendable {
  let inputs: Int
  let outputs: Int
  /// Where the matrix begins among the weights: `[outputs, inputs]`.
  let weight: Int
  /// Where what a group leaves begins, in floats.
  private let place: Int
  /// Outputs that one thread takes at once; a multiple of what the kernel does.
  private static let step = 24

  /// - Returns: nil for a matrix that stays in the cache, which each group adds to by itself.
  init?(inputs: Int, outputs: Int, weight: Int, _ wiring: inout Wiring) {
    guard wiring.isTraining, inputs * outputs >= 1 << 17 else { return nil }
    (self.inputs, self.outputs, self.weight) = (inputs, outputs, weight)
    place = wiring.left.floats((Int(ward_whole_lanes(Int32(inputs))) + outputs) * WARD_LANES)
  }

  var parts: Int { (outputs + Self.step - 1) / Self.step }
  /// Floats of the inputs, one row an image; the gradients of the outputs follow them.
  private var rows: Int { Int(ward_whole_lanes(Int32(inputs))) * WARD_LANES }

  /// Keeps a group's inputs and the gradients of its outputs.
  ///
  /// Safety: `left` has the room that the plan laid out for one group.
  func leave(_ f: Frame, in left: UnsafeMutablePointer<Float>, input: Slot, gradient: Slot) {
    f.call.dense_rows(Int32(inputs), f.at(input), left + place)
    (left + place + rows).update(from: f.at(gradient), count: outputs * WARD_LANES)
  }

  /// Sums one part of the outputs over what `groups` groups left, `stride` floats apart.
  ///
  /// Safety: parts write to different places of `gradients`, which is laid out like the weights.
  func sum(
    part: Int, groups: Int, left: UnsafePointer<Float>, stride: Int, to gradients: UnsafeMutablePointer<Float>,
    adds: Bool, _ kernels: Kernels
  ) {
    let first = part * Self.step
    kernels.table.pointee.dense_weight_gradient(
      Int32(inputs), Int32(min(Self.step, outputs - first)), Int32(groups), left + place,
      left + place + rows + first * WARD_LANES, Int64(stride / WARD_LANES), gradients + weight + first * inputs,
      adds ? 1 : 0)
  }
}
