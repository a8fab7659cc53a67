/// Everything that decides a training beside its model, its data and its costs: as it is typed, stored and gone on with.
///
/// As JSON: `{"epochs":5,"batch":64,"optimizer":{"adam":{}},"schedule":{"exponential":{}},"defense":[{"minmax":{}}]}`.
public struct TrainingSpec: WrittenForm, Sendable, Equatable {
  /// Passes over the images.
  public var epochs: Int
  /// Images to a step.
  public var batch: Int
  /// What makes a step of a gradient.
  public var optimizer: Spec
  /// How the rate changes.
  public var schedule: Spec
  /// Several are one defense made of them all.
  public var defense: [Spec]
  /// Longest gradient; nil for no bound.
  public var clip: Double?
  /// Every random choice follows from it.
  public var seed: Int
  /// The images that epochs are judged by; nil for none.
  public var validate: ValidationSpec?
  /// The attack they are judged under besides; nil for none.
  public var watch: AttackSpec?
  /// What the epoch that is kept is best at; nil for the last epoch.
  public var pick: Validation.Measure?
  /// Epochs without a better one after which it ends; nil for all epochs.
  public var patience: Int?
  /// See `Trainer.average`.
  public var average: Double?
  /// See `Trainer.balances`; nil for no.
  public var balance: Bool?

  /// Plain training as `Trainer()` does it.
  public init() {
    let usual = Trainer()
    (epochs, batch, clip, seed) = (usual.epochs, usual.batch, usual.clip, usual.seed)
    optimizer = Optimizers.family.spec(of: usual.optimizer) ?? Spec(Adam.entry.name)
    schedule = Schedules.family.spec(of: usual.schedule) ?? Spec(Exponential.entry.name)
    defense = [Spec(StandardTraining.entry.name)]
  }

  /// The same with every setting spelled out.
  ///
  /// - Throws: `SettingError` for a name or a setting that this version does not have, and what the resolver throws.
  public func completed(resolving resolver: Resolver = Resolver()) throws -> TrainingSpec {
    var whole = self
    whole.optimizer = try Optimizers.family.completed(optimizer, resolving: resolver)
    whole.schedule = try Schedules.family.completed(schedule, resolving: resolver)
    whole.defense = try defense.map { try Defenses.family.completed($0, resolving: resolver) }
    if let watch {
      whole.watch = AttackSpec(try watch.make(resolving: resolver))
      whole.watch?.seed = seed
    }
    return whole
  }

  /// The images to train on, and what the epochs are judged by.
  ///
  /// - Throws: `DataError.selection`, `SettingError`, `AttackError`.
  public func parts(of dataset: Dataset, costs: CostMatrix?, resolving resolver: Resolver = Resolver()) throws
    -> (train: Images, validation: Validation?)
  {
    guard let validate else { return (dataset.train, nil) }
    let (train, chosen) = try validate.parts(of: dataset, seed: seed)
    return (
      train,
      Validation(
        chosen, watch: try watch?.make(resolving: resolver), costs: costs, pick: pick, patience: patience)
    )
  }

  /// The trainer.
  ///
  /// - Parameters:
  ///   - model: the model that the training begins with, or began with.
  ///   - costs: what mistakes cost.
  /// - Throws: `SettingError` for a name or a setting that this version does not have: nothing is left out. `DefenseError`
  ///   and `AttackError` for a defense that does not work with this model.
  public func make(
    for model: Model, costs: CostMatrix?, resolving resolver: Resolver = Resolver()
  ) throws -> Trainer {
    var trainer = Trainer()
    (trainer.epochs, trainer.batch, trainer.clip, trainer.seed) = (epochs, batch, clip, seed)
    (trainer.average, trainer.balances) = (average, balance ?? false)
    trainer.optimizer = try Optimizers.family.make(optimizer, resolving: resolver)
    trainer.schedule = try Schedules.family.make(schedule, resolving: resolver)
    let defenses = try defense.map { try Defenses.family.make($0, resolving: resolver) }
    trainer.objective = try Defenses.combined(defenses, for: model, costs: costs)
    return trainer
  }
}

/// How a stored model came to be.
public enum ModelSpec: WrittenForm, Sendable, Equatable {
  /// By training.
  case trained(TrainingSpec)
  /// Out of a file.
  case opened(path: String)

  private enum Key: String, CodingKey { case opened }

  /// Reads an object with `opened`, or a `TrainingSpec`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    if let path = try container.decodeIfPresent(String.self, forKey: .opened) {
      self = .opened(path: path)
    } else {
      self = .trained(try TrainingSpec(from: decoder))
    }
  }

  /// Writes one object.
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .trained(let training): try training.encode(to: encoder)
    case .opened(let path):
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(path, forKey: .opened)
    }
  }
}
