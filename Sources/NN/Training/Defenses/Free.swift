/// Free adversarial training: each batch several times, every backward pass moving both the weights and the change that
/// is carried from batch to batch. Shafahi et al., NeurIPS 2019. The change starts at 0 in every epoch, so that a training
/// can be resumed; in the paper it is carried through all of them.
public struct FreeAdversarial: Defense {
  /// Radius in pixel units.
  public var eps: Float = 0.1
  /// Steps on each batch. An epoch takes as many times longer, so fewer epochs are needed.
  public var replays = 4

  /// A usual setting.
  public init() {}

  /// `free`.
  public static let entry: Entry<any Defense> = Entry(
    FreeAdversarial(), "free", "use each backward pass for the weights and for the change of the images",
    paper: "arXiv:1904.12843", example: "train lenet on: fashion defense: free(eps: 0.1, replays: 2) epochs: 1",
    settings
  ) { $0 }

  private static let settings: [Setting<FreeAdversarial>] = [
    Setting("eps", \.eps, in: 0...1, "the largest change of a pixel", unit: "pixel units"),
    Setting("replays", \.replays, in: 1...100, "steps on each batch"),
  ]

  /// See `Defense`.
  public func add(to parts: inout DefenseParts) throws {
    try parts.makeImages(name, nil, .free(replays: replays, epsilon: eps))
  }
}
