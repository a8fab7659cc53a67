import CKernels

/// A way to prove that no change within a radius makes an answer wrong.
///
/// One file each. A certifier says what it can prove and makes a `Prover` for a model; `CertifyRun` cuts the images into
/// groups, runs them on all threads and adds up.
public protocol Certifier: Sendable {
  /// The one declaration: name, summary, paper, settings.
  static var entry: Entry<any Certifier> { get }
  /// The norms it proves something in; the first is the usual one.
  var norms: [Norm] { get }
  /// The radius where none is given, in units of its usual norm.
  var usualEpsilon: Double { get }
  /// Refuses settings that prove nothing.
  ///
  /// - Throws: `CertificateError`.
  func check() throws(CertificateError)
  /// What proves, made once and read by all threads.
  ///
  /// - Throws: `CertificateError` for a model that it cannot bound.
  func prover(for model: Model, within threat: ThreatModel, seed: Int) throws -> any Prover
}

extension Certifier {
  /// The name that a person types.
  public var name: String { Self.entry.name }
  /// L∞ alone.
  public var norms: [Norm] { [.linf] }
  /// That of attacks.
  public var usualEpsilon: Double { norms[0].usualEpsilon }
  /// Nothing is refused.
  public func check() throws(CertificateError) {}
}

/// Proves for up to 16 images at a time, on one thread.
public protocol Prover: Sendable {
  /// Bytes that one thread needs.
  var bytes: Int { get }
  /// Certificates of some images, in their order; no image's may depend on its neighbours.
  ///
  /// - Throws: `Interrupted`.
  func prove(_ group: CertificateGroup) throws -> [Certificate]
}

/// Up to 16 images to prove something about.
public struct CertificateGroup {
  /// `[n, channels, height, width]`, pixels in [0, 1].
  public let images: Tensor
  /// True classes.
  public let labels: [Int]
  /// Indices in the data set.
  public let indices: [Int]
  /// Answers to the clean images.
  public let answers: [Int]
  /// What answers, for this thread.
  public let responder: any Responder
  /// To be asked every few milliseconds.
  public let stop: Stop
  /// Is told which share of the group is done.
  public let progress: (Double) -> Void
}

/// Every certifier that Ward knows.
public enum Certificates {
  /// In the order in which help lists them.
  public static let all: [Entry<any Certifier>] = [
    CROWN.entry, IntervalBounds.entry, AlphaCROWN.entry, Smoothing.entry,
  ]

  /// Recreates them from their written form.
  public static let family = Family(name, all)

  /// What one of them is called.
  static let name = "certificate"
}
