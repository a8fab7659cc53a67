import Lang
import NN

/// The parameters that `train` and `defend` share.
struct TrainingParameters {
  let epochs: Parameter<Int>
  let batch: Parameter<Int>
  let optimizer: Parameter<Choice?>
  let rate: Parameter<Double?>
  let schedule: Parameter<Choice?>
  let decay: Parameter<Double?>
  let clip: Parameter<Double?>
  /// A cost matrix, or `none` to train without one.
  let costs: Parameter<Value?>
  let seed: Parameter<Int?>
  private let choosing: EpochParameters
  private let average: Parameter<Double?>
  private let balance: Parameter<Bool>

  init(_ signature: Signature, costs fallback: String) {
    epochs = signature.optional("epochs", .integer(in: 1...10_000), "passes over the training images", default: 10)
    batch = signature.optional("batch", .integer(in: 1...8192), "images to a step", default: 64)
    optimizer = signature.optional(
      "optimizer", .choice(Optimizers.family.name), "how a gradient becomes a step", shown: "adam")
    rate = signature.optional(
      "rate", .number(in: .above(0, atMost: 100)), "the length of a step", shown: "the optimizer's own")
    schedule = signature.optional(
      "schedule", .choice(Schedules.family.name), "how the rate changes", shown: "exponential(factor: 0.95)")
    decay = signature.optional("decay", .number(in: .within(0...10)), "weight decay", shown: "the optimizer's own")
    clip = signature.optional(
      "clip", .number(in: .above(0, atMost: 1e6)),
      "the longest gradient, over all weights; longer ones are scaled down",
      shown: "none")
    costs = signature.optional(
      "costs", .either(.object(CostsValue.self), .nothing), "what mistakes cost",
      shown: fallback)
    seed = signature.seed()
    choosing = EpochParameters(signature)
    average = signature.optional(
      "average", .number(in: .within(0.5...0.999999)),
      "take the mean of the weights over the steps; what a step leaves of the mean, such as 0.999",
      shown: "the weights as they are")
    balance = signature.flag("balance", "show each class as often as every other, however many images it has")
  }

  /// What can be told before anything runs.
  static func check(_ known: KnownArguments) throws { try EpochParameters.check(known) }

  /// The training that was asked for.
  func spec(
    _ given: Arguments, defense: [Choice], on data: DatasetValue, costs: CostsValue?, _ session: Session
  ) throws -> TrainingSpec {
    var spec = TrainingSpec()
    (spec.epochs, spec.batch, spec.clip) = (given[epochs], given[batch], given[clip])
    spec.seed = given[seed] ?? session.seed
    if let chosen = given[optimizer] { spec.optimizer = chosen.spec }
    if let rate = given[rate] { spec.optimizer.settings["rate"] = .number(rate) }
    if let decay = given[decay] { spec.optimizer.settings["decay"] = .number(decay) }
    if let chosen = given[schedule] { spec.schedule = chosen.spec }
    if !defense.isEmpty { spec.defense = defense.map { $0.spec } }
    spec.average = given[average]
    if given[balance] { spec.balance = true }
    try choosing.read(given, into: &spec, defense: defense, on: data, costs: costs, session)
    return spec
  }
}
