import Foundation

/// Randomised smoothing: the answer that a model gives most often to an image with normal noise, and the L2 radius within
/// which it stays the same. Cohen, Rosenfeld & Kolter, arXiv:1902.02918; radii by wrong answer: Xin et al., arXiv:2310.08732.
///
/// What is certified is the smoothed model, not the model itself, and with probability 1 - `alpha` for each image.
public struct Smoothing: Certifier {
  /// Deviation of the noise, in pixel units.
  public var sigma: Double = 0.25
  /// Draws that the proof rests on.
  public var samples = 10_000
  /// Draws that choose the answer; others than those of the proof.
  public var choosing = 100
  /// The probability that a certificate is wrong.
  public var alpha: Double = 0.001

  /// The paper's, but for ten times fewer draws.
  public init() {}

  /// `smoothing`.
  public static let entry: Entry<any Certifier> = Entry(
    Smoothing(), "smoothing", "the most frequent answer under normal noise, and how far it is sure to stay",
    paper: "arXiv:1902.02918",
    details:
      "Proves L2 radii of the smoothed model, of up to the radius that all samples agreeing would give. Train with "
      + "gaussian_noise of the same sigma.",
    example: "certify normal on: take(fashion.test, 4) with: smoothing(sigma: 0.25, samples: 100) norm: l2 eps: 0.1",
    [
      Setting("sigma", \.sigma, in: 0...10, "deviation of a pixel", unit: "pixel units"),
      Setting("samples", \.samples, in: 1...10_000_000, "draws that the proof rests on"),
      Setting("choosing", \.choosing, in: 1...1_000_000, "draws before them that choose the answer"),
      Setting("alpha", \.alpha, in: 1e-9...0.5, "the probability that a certificate is wrong"),
    ]
  ) { $0 }

  /// L2 alone: in L∞ the radius would be that over the root of the number of pixels.
  public var norms: [Norm] { [.l2] }
  /// One deviation of the noise.
  public var usualEpsilon: Double { sigma }

  /// The radius that all samples agreeing would prove.
  public var largestRadius: Double {
    sigma * Binomial.normalQuantile(Binomial.lower(samples, of: samples, alpha: alpha))
  }

  /// See `Certifier`.
  public func check() throws(CertificateError) {
    guard sigma > 0 else { throw .sigma(sigma) }
    let needed = Int((log(alpha) / log(0.5)).rounded(.down)) + 1
    guard samples >= needed else { throw .samples(samples, needed: needed) }
  }

  /// See `Certifier`.
  public func prover(for model: Model, within threat: ThreatModel, seed: Int) throws -> any Prover {
    try check()
    return SmoothingProver(smoothing: self, epsilon: threat.bound, seed: seed, classes: model.classes)
  }

  /// What counts prove.
  struct Proof: Equatable {
    /// The answer that was chosen; nil where the model abstains.
    let answer: Int?
    /// Within it the answer stays the same; at level `alpha`. 0 where it abstains.
    let radius: Double
    /// For each class the radius within which it is not answered; all hold together at level `alpha`. 0 for the answer.
    let radii: [Double]
  }

  /// - Parameters:
  ///   - chosen: the answer that the first draws were for.
  ///   - counts: how often each class was the answer to the others.
  func proof(chosen: Int, counts: [Int]) -> Proof {
    let low = Binomial.lower(counts[chosen], of: samples, alpha: alpha)
    let abstains = low <= 0.5
    // Bounds of all classes at once: half of alpha for the answer, half for the others together.
    let half = Binomial.lower(counts[chosen], of: samples, alpha: alpha / 2)
    let radii = counts.indices.map { other -> Double in
      if other == chosen { return 0 }
      let high = Binomial.upper(counts[other], of: samples, alpha: alpha / 2 / Double(counts.count - 1))
      let alone = sigma * Binomial.normalQuantile(half)
      let against = sigma / 2 * (Binomial.normalQuantile(half) - Binomial.normalQuantile(high))
      return max(0, alone, against)
    }
    return Proof(
      answer: abstains ? nil : chosen, radius: abstains ? 0 : sigma * Binomial.normalQuantile(low), radii: radii)
  }
}

private struct SmoothingProver: Prover {
  let smoothing: Smoothing
  let epsilon: Double
  let seed: Int
  let classes: Int
  /// Noisy images that are asked about at once.
  private static let block = 64

  var bytes: Int { 0 }

  init(smoothing: Smoothing, epsilon: Double, seed: Int, classes: Int) {
    (self.smoothing, self.epsilon, self.seed, self.classes) = (smoothing, epsilon, seed, classes)
  }

  func prove(_ group: CertificateGroup) throws -> [Certificate] {
    try group.labels.indices.map { row in
      var random = Random(seed: seed, image: group.indices[row], restart: 0x5A00)
      let pixels = Array(group.images[row: row])
      let share = 1 / Double(group.labels.count)
      func counts(_ number: Int, _ random: inout Random, _ from: Double, _ to: Double) throws -> [Int] {
        var counts = [Int](repeating: 0, count: classes)
        for first in stride(from: 0, to: number, by: Self.block) {
          try group.stop.check()
          let here = min(Self.block, number - first)
          var noisy = random.normals(here * pixels.count)
          for i in noisy.indices { noisy[i] = pixels[i % pixels.count] + Float(smoothing.sigma) * noisy[i] }
          let logits = group.responder.forward(
            Tensor(shape: [here] + group.images.shape.dropFirst(), values: Array(noisy)), keeping: false)
          for answer in logits.answers where answer >= 0 { counts[answer] += 1 }
          group.progress((Double(row) + from + (to - from) * Double(first + here) / Double(number)) * share)
        }
        return counts
      }
      let first = try counts(smoothing.choosing, &random, 0, 0.01)
      let chosen = first.indices.max { first[$0] < first[$1] } ?? 0
      let proof = smoothing.proof(chosen: chosen, counts: try counts(smoothing.samples, &random, 0.01, 1))
      let label = group.labels[row]
      let isCertified = proof.answer == label && proof.radius > epsilon
      // Answers are excluded one by one at a level of their own; the certificate itself at the usual one.
      let unproved =
        isCertified ? [] : (0..<classes).filter { $0 != label && !(proof.radii[$0] > epsilon) }
      return Certificate(
        index: group.indices[row], label: label, cleanAnswer: proof.answer ?? Outcome.noAnswer,
        margin: proof.answer == label ? proof.radius : 0,
        unproved: isCertified || !unproved.isEmpty ? unproved : (0..<classes).filter { $0 != label })
    }
  }
}
