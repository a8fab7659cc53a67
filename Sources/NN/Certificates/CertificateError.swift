/// Why nothing can be proved as asked.
public enum CertificateError: Error, Equatable, CustomStringConvertible {
  /// A layer whose bounds are not known.
  case noBounds(layer: String)
  /// A radius that is none.
  case epsilon(Double)
  /// A norm that a method has no form for.
  case norm(method: String, norm: Norm, supported: [Norm])
  /// Noise of no size.
  case sigma(Double)
  /// So few samples that no count certifies anything.
  case samples(Int, needed: Int)

  /// One sentence.
  public var description: String {
    switch self {
    case .noBounds(let layer): "no bounds are known for \(layer)"
    case .epsilon(let value): "eps \(value) is no radius: a pixel lies in [0, 1]"
    case .norm(let method, let norm, let supported):
      "\(method) proves nothing in \(norm.symbol), only in \(supported.map(\.symbol).joined(separator: ", "))"
    case .sigma(let value): "noise of sigma \(value) smooths nothing"
    case .samples(let given, let needed):
      "\(given) samples certify no image, even if all agree: it takes \(needed)"
    }
  }

  /// What to try.
  public var hint: String? {
    switch self {
    case .noBounds: "with: smoothing(sigma: 0.25) needs only the model's answers"
    case .epsilon: "eps 8/255 is what some write as 8"
    case .norm(_, _, let supported): "write norm: \(supported[0].rawValue)"
    case .sigma: "sigma: 0.25 is usual"
    case .samples(_, let needed): "samples: \(max(1000, needed))"
    }
  }

  /// The argument at fault.
  public var argument: String {
    switch self {
    case .epsilon: "eps"
    case .norm: "norm"
    case .noBounds, .sigma, .samples: "with"
    }
  }
}
