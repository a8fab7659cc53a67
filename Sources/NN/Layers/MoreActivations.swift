// The declarations of the functions that networks from elsewhere bring along.

extension Activation {
  static let clip: Entry<any Layer> = Entry(
    Clip(), "clip", "values are kept between two bounds; ReLU6 unless others are given", paper: "arXiv:1704.04861",
    example: "clip(min: 0, max: 6)",
    [
      Setting("min", \.min, in: -bound...bound, "what smaller values become; none for no bound"),
      Setting("max", \.max, in: -bound...bound, "what larger values become; none for no bound"),
    ],
    read: { layer in
      guard case .clip(let low, let high) = (layer as? Activation)?.function else { return nil }
      return Clip(min: low.isFinite ? low : nil, max: high.isFinite ? high : nil)
    }
  ) { Activation(.clip(low: $0.min ?? -.infinity, high: $0.max ?? .infinity)) }

  static let softplus = plain(.softplus, "softplus", "log(1 + eˣ), a ReLU without a corner")

  static let silu = plain(.silu, "silu", "x times the sigmoid of x, also called swish", paper: "arXiv:1710.05941")

  static let hardSigmoid: Entry<any Layer> = Entry(
    HardSigmoid(), "hardsigmoid", "a straight line, kept between 0 and 1", example: "hardsigmoid(slope: 0.2)",
    [
      Setting("slope", \.slope, in: -bound...bound, "the line's slope"),
      Setting("shift", \.shift, in: -bound...bound, "the line's value at 0"),
    ],
    read: { layer in
      guard case .hardSigmoid(let slope, let shift) = (layer as? Activation)?.function else { return nil }
      return HardSigmoid(slope: slope, shift: shift)
    }
  ) { Activation(.hardSigmoid(slope: $0.slope, shift: $0.shift)) }

  static let hardSwish = plain(
    .hardSwish, "hardswish", "x times the hard sigmoid of x", paper: "arXiv:1905.02244")

  static let elu: Entry<any Layer> = Entry(
    ELU(), "elu", "what is below zero becomes alpha · (eˣ − 1)", paper: "arXiv:1511.07289",
    example: "elu(1)",
    [Setting("alpha", \.alpha, in: -bound...bound, "how far below zero it goes").unlabelled],
    read: { layer in
      guard case .elu(let alpha) = (layer as? Activation)?.function else { return nil }
      return ELU(alpha: alpha)
    }
  ) { Activation(.elu(alpha: $0.alpha)) }

  private static let bound = 1e30

  private struct Clip: Sendable {
    var min: Float? = 0
    var max: Float? = 6
  }
  private struct HardSigmoid: Sendable {
    var slope: Float = 1 / 6
    var shift: Float = 0.5
  }
  private struct ELU: Sendable { var alpha: Float = 1 }
}
