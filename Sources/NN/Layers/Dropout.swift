import CKernels
import Contract

/// Zeroes a share of the values in training and scales the rest up; the identity otherwise. Srivastava et al., JMLR 2014.
struct Dropout: Layer {
  /// The share that is dropped, in 0..<1.
  var rate: Float

  init(_ rate: Float) {
    require((0..<1).contains(rate), "dropout of \(rate)")
    self.rate = rate
  }

  static let entry: Entry<any Layer> = Entry(
    Dropout(0.5), "dropout", "zeroes a share of the values in training", paper: "Srivastava et al., JMLR 2014",
    example: "dropout(0.3)",
    [Setting("rate", \.rate, in: 0...0.999, "the share that is dropped").unlabelled]
  ) { $0 }

  func outputShape(of inputs: [ImageShape]) throws -> ImageShape { inputs[0] }

  var bounding: Bounding? { .affine(mixes: false) }

  func operation(_ wiring: inout Wiring) -> any Operation {
    DropoutOperation(
      rate: rate, salt: UInt64(wiring.index) &* 0xD6E8_FEB8_6659_FD93, input: wiring.inputs[0],
      inputGradient: wiring.inputGradients[0], output: wiring.output, outputGradient: wiring.outputGradient)
  }
}

struct DropoutOperation: Operation {
  let rate: Float
  /// Tells this layer's draws from another's.
  let salt: UInt64
  let input: Slot
  let inputGradient: Slot
  let output: Slot
  let outputGradient: Slot

  var drawsRandomNumbers: Bool { true }

  func forward(_ f: Frame, phase: Int) { pass(f, from: input, to: output) }

  /// The mask is drawn again from the same keys rather than kept.
  func backward(_ f: Frame, phase: Int) { pass(f, from: outputGradient, to: inputGradient) }

  private func pass(_ f: Frame, from: Slot, to: Slot) {
    guard f.isTraining, rate > 0 else {
      f.call.copy(from.planes, f.at(from), to.planes, f.at(to))
      return
    }
    let keys = (0..<WARD_LANES).map { ($0 < f.keys.count ? f.keys[$0] : 0) ^ salt }
    f.call.dropout(from.planes, f.at(from), keys, rate, to.planes, f.at(to))
  }
}
