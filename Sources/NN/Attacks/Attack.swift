import Contract

/// A method of searching for images that a model misclassifies.
///
/// An attack proposes and the runner verifies: it passes in only images that the model classifies correctly, and
/// afterwards projects, clips, queries the model again and measures. So an attack cannot exceed its budget or report a
/// false success. Settings are stored properties, declared once in the type's entry in `Attacks.all`.
public protocol Attack: Sendable {
  /// What the attack needs and can do.
  static var traits: AttackTraits { get }

  /// Changed images, one for each of the batch, in order.
  ///
  /// Every random choice for row `i` comes from `batch.random(i, …)`, and no result may depend on the other rows.
  func perturb(_ batch: Batch, within threat: ThreatModel, against victim: Victim) throws -> [Pixels]

  /// The same for this configuration; the static ones unless an attack is made of others.
  var traits: AttackTraits { get }

  /// The name that it is declared by.
  var name: String { get }

  /// The attack with what it has to know of the whole selection before it sees the first block; usually itself.
  ///
  /// - Parameter free: under a mask, what may change.
  func prepared(
    for target: Target, _ selection: Images, within threat: ThreatModel, changing free: FreeValues?, seed: Int,
    stop: Stop
  ) throws -> any Attack

  /// Whether its images may have pixels outside [0, 1]: only to repeat what others measured so.
  var leavesBox: Bool { get }

  /// The length of its steps in units of the norm, if it was given one.
  var step: Float? { get }

  /// The names of the attacks that it is made of, in their order; none for most.
  func parts(_ norm: Norm, classes: Int) -> [String]

  /// Throws `AttackError` if the settings cannot work with this model, within this budget or towards these goals. Called
  /// before anything runs; of masked images the shape is a row of what may change.
  func check(_ threat: ThreatModel, goal: Goal, classes: Int, shape: ImageShape) throws
}

extension Attack {
  /// Accepts everything.
  public func check(_ threat: ThreatModel, goal: Goal, classes: Int, shape: ImageShape) throws {}
  /// False: images stay in [0, 1].
  public var leavesBox: Bool { false }
  /// The method's own length, or no steps.
  public var step: Float? { nil }
  /// Empty: the attack is not composed of others.
  public func parts(_ norm: Norm, classes: Int) -> [String] { [] }
  /// What the attack needs and can do.
  public var traits: AttackTraits { Self.traits }

  /// The name that it is declared by.
  public var name: String { Attacks.family.spec(of: self)?.name ?? "\(Self.self)" }

  /// Nothing to prepare.
  public func prepared(
    for target: Target, _ selection: Images, within threat: ThreatModel, changing free: FreeValues?, seed: Int,
    stop: Stop
  ) throws -> any Attack { self }

  /// A proposal in the box and in the ball; of an attack that minimises, in the ball if it is as near as rounding goes.
  /// One with a NaN in it is given up.
  func constrained(_ proposal: Pixels, around clean: Pixels, within threat: ThreatModel) -> Pixels {
    require(proposal.count == clean.count, "\(proposal.count) pixels for \(clean.count)")
    guard proposal.allSatisfy(\.isFinite) else { return clean }
    guard traits.budget == .minimum else {
      return leavesBox ? threat.tightened(proposal, around: clean) : threat.confined(proposal, around: clean)
    }
    let near = leavesBox ? proposal : Vector.clipped(proposal)
    return threat.almostAllows(Distances.between(clean, near)) ? threat.tightened(near, around: clean) : near
  }
}

/// What an attack needs and can do.
public struct AttackTraits: Sendable, Hashable {
  /// What access to the model an attack needs.
  public enum Access: String, Sendable, Hashable {
    /// Gradients.
    case gradients
    /// Logits.
    case scores
    /// Answers only.
    case answers
    /// Nothing at these images: the change was made beforehand, or on another model.
    case nothing
  }

  /// Whether an attack keeps within a radius or looks for the smallest change.
  public enum Budget: String, Sendable, Hashable {
    /// It uses the whole radius and is run again for another one.
    case fixed
    /// It runs once and gives a distance for each image; success at a radius is a distance below it.
    case minimum
  }

  /// What it looks at.
  public let access: Access
  /// How it treats the radius.
  public let budget: Budget
  /// The norms it supports, the usual one first.
  public let norms: [Norm]
  /// Whether it can be given a class to reach.
  public let canTarget: Bool

  /// Traits of an attack.
  public init(_ access: Access, _ budget: Budget, norms: [Norm], canTarget: Bool = true) {
    (self.access, self.budget, self.norms, self.canTarget) = (access, budget, norms, canTarget)
  }
}

/// The images that one call of an attack works on: all of them answered rightly while clean. Under a mask an image is no
/// more than its values that may change, and the victim knows the others.
public struct Batch: Sendable {
  /// The clean images.
  public let images: [Pixels]
  /// What is to happen to each.
  public let aims: [Aim]
  /// The index of each in the data set: what its random stream is keyed by.
  public let indices: [Int]
  /// The seed of the run.
  public let seed: Int
  /// Whether the strongest image of the whole run is wanted (for training, for transfer) and not the first that
  /// reaches the aim.
  public let wantsStrongest: Bool

  /// For decision-based attacks: one correctly classified image per class, where there is one.
  public let donors: [Int: Pixels]

  /// A batch of images with their aims and indices.
  public init(
    images: [Pixels], aims: [Aim], indices: [Int], seed: Int, wantsStrongest: Bool = false,
    donors: [Int: Pixels] = [:]
  ) {
    require(
      images.count == aims.count && images.count == indices.count,
      "\(images.count) images, \(aims.count) aims and \(indices.count) indices")
    (self.images, self.aims, self.indices, self.seed) = (images, aims, indices, seed)
    (self.wantsStrongest, self.donors) = (wantsStrongest, donors)
  }

  /// How many images there are.
  public var count: Int { images.count }

  /// The random stream of row `i` in restart `restart`.
  public func random(_ i: Int, restart: Int = 0) -> Random { Random(seed: seed, image: indices[i], restart: restart) }

  /// A batch of some of the rows.
  func rows(_ rows: [Int]) -> Batch {
    Batch(
      images: rows.map { images[$0] }, aims: rows.map { aims[$0] }, indices: rows.map { indices[$0] }, seed: seed,
      wantsStrongest: wantsStrongest, donors: donors)
  }

  /// The same images, of which the first that reaches the aim is wanted or the strongest.
  func wantingStrongest(_ isWanted: Bool) -> Batch {
    Batch(images: images, aims: aims, indices: indices, seed: seed, wantsStrongest: isWanted, donors: donors)
  }
}
