import GRDB

/// What one attack did to one model. With its rows it is enough to run the attack again.
public struct ResultRecord: TableRow, Sendable, Equatable {
  /// The model that was attacked.
  public var model: Int64
  /// The attack's name, such as `pgd`; `none` for an evaluation without attack.
  public var attack: String
  /// The norm, such as `linf`.
  public var norm: String
  /// The budget in pixel units.
  public var eps: Double
  /// What it tried to reach, such as `untargeted` or `target(class: "Bag")`; nil for an evaluation.
  public var goal: String?
  /// What ran, with model, data and costs enough to run it again, as a JSON object; nil when unknown.
  public var spec: String?
  /// The cost matrix that measured it.
  public var costs: Int64?
  /// The data set the images came from.
  public var dataset: Int64?
  /// Which images, such as `test` or `take(test, 500)`.
  public var selection: String
  /// The seed of the attack.
  public var seed: Int64
  /// How many images were attacked.
  public var images: Int
  /// Accuracy without the attack, from 0 to 1.
  public var clean: Double
  /// Accuracy under the attack, from 0 to 1.
  public var robust: Double
  /// Accuracy under the attack over images of protected classes, from 0 to 1; nil when none is protected.
  public var protected: Double?
  /// Mean cost of the answers under the attack; nil without a cost matrix.
  public var meanCost: Double?
  /// How many images were attacked: those that were right while clean and not yet what the goal wants.
  public var attacked: Int?
  /// The share of these on which the goal was reached, from 0 to 1; nil when none was attacked.
  public var success: Double?
  /// Questions asked of the model, over all images.
  public var queries: Int
  /// Seconds it took.
  public var seconds: Double
  /// The share of images proved to be answered rightly, from 0 to 1; nil for an attack. `robust` is the same then.
  public var certified: Double?
  /// One row for each class.
  public var classes: [ClassResultRecord] = []
  /// One row for each image; may be empty.
  public var examples: [ExampleRecord] = []
  /// Of a proof, one row for each image.
  public var certificates: [CertificateRecord] = []

  /// Its columns; each of `classes`, `examples` and `certificates` is a row of its own.
  enum CodingKeys: String, CodingKey {
    case model, attack, norm, eps, goal, spec, costs, dataset, selection, seed, images, clean, robust, protected
    case meanCost, attacked, success, queries, seconds, certified
  }

  /// A finished attack.
  public init(
    model: Int64, attack: String, norm: String, eps: Double, goal: String? = nil, spec: String? = nil,
    costs: Int64? = nil, dataset: Int64? = nil, selection: String = "test", seed: Int64 = 0, images: Int,
    clean: Double, robust: Double, protected: Double? = nil, meanCost: Double? = nil, attacked: Int? = nil,
    success: Double? = nil, queries: Int = 0, seconds: Double = 0, certified: Double? = nil,
    classes: [ClassResultRecord] = [], examples: [ExampleRecord] = [], certificates: [CertificateRecord] = []
  ) {
    self.model = model
    self.attack = attack
    self.norm = norm
    self.eps = eps
    self.goal = goal
    self.spec = spec
    self.costs = costs
    self.dataset = dataset
    self.selection = selection
    self.seed = seed
    self.images = images
    self.clean = clean
    self.robust = robust
    self.protected = protected
    self.meanCost = meanCost
    self.attacked = attacked
    self.success = success
    self.queries = queries
    self.seconds = seconds
    self.certified = certified
    self.classes = classes
    self.examples = examples
    self.certificates = certificates
  }
}

/// One class of a result.
public struct ClassResultRecord: TableRow, Sendable, Equatable {
  /// The label.
  public var label: Int
  /// The class name.
  public var name: String
  /// Whether the cost matrix protects it.
  public var protected: Bool
  /// Images of this class.
  public var images: Int
  /// Accuracy without the attack, from 0 to 1; nil when there was no image.
  public var clean: Double?
  /// Accuracy under the attack, from 0 to 1; nil when there was no image.
  public var robust: Double?
  /// Lower end of the 95 % Wilson interval of `robust`.
  public var low: Double?
  /// Upper end of the 95 % Wilson interval of `robust`.
  public var high: Double?
  /// Mean cost of the answers.
  public var meanCost: Double?
  /// The wrong answer given most often; empty when there was none.
  public var mostTakenFor: String
  /// The share proved to be answered rightly, from 0 to 1; nil for an attack, and when there was no image.
  public var certified: Double?

  enum CodingKeys: String, CodingKey {
    case label = "class"
    case name, protected, images, clean, robust, low, high, meanCost, mostTakenFor, certified
  }

  /// One class of a result.
  public init(
    label: Int, name: String, protected: Bool, images: Int, clean: Double?, robust: Double?, low: Double?,
    high: Double?, meanCost: Double?, mostTakenFor: String, certified: Double? = nil
  ) {
    self.label = label
    self.name = name
    self.protected = protected
    self.images = images
    self.clean = clean
    self.robust = robust
    self.low = low
    self.high = high
    self.meanCost = meanCost
    self.mostTakenFor = mostTakenFor
    self.certified = certified
  }
}

/// One image of a proof.
public struct CertificateRecord: TableRow, Sendable, Equatable {
  /// The image's place in the data it was taken from, counted from 0.
  public var image: Int
  /// Its true label.
  public var label: Int
  /// The model's answer to the clean image.
  public var cleanAnswer: Int
  /// Whether it is proved that no change within the radius makes the answer wrong.
  public var certified: Bool
  /// How far the proof reaches; nil where nothing is known.
  public var margin: Double?
  /// The wrong answers that are not proved impossible.
  public var unproved: [Int]
  /// Whether only what rounding may have added keeps it from being certified.
  public var inBand: Bool

  /// One image.
  public init(
    image: Int, label: Int, cleanAnswer: Int, certified: Bool, margin: Double?, unproved: [Int], inBand: Bool
  ) {
    (self.image, self.label, self.cleanAnswer, self.certified) = (image, label, cleanAnswer, certified)
    (self.margin, self.unproved, self.inBand) = (margin, unproved, inBand)
  }
}

/// One image of a result.
public struct ExampleRecord: TableRow, Sendable, Equatable {
  /// The image's place in the data it was taken from, counted from 0.
  public var index: Int
  /// Its true label.
  public var label: Int
  /// The model's answer without the attack.
  public var cleanAnswer: Int
  /// The model's answer under the attack.
  public var answer: Int
  /// Whether the attack reached its goal.
  public var fooled: Bool
  /// Largest change of a pixel.
  public var linf: Double
  /// Euclidean length of the change.
  public var l2: Double
  /// Sum of the magnitudes of the change.
  public var l1: Double
  /// How many values changed.
  public var l0: Int
  /// Questions asked of the model for this image.
  public var queries: Int
  /// Steps until it was done.
  public var steps: Int

  /// Its columns.
  enum CodingKeys: String, CodingKey, CaseIterable {
    case index = "image"
    case label
    case cleanAnswer = "clean_answer"
    case answer, fooled, linf, l2, l1, l0, queries, steps
  }

  /// The keys above are the columns' own names: the statement that writes ten thousand rows is made of them.
  public static var databaseColumnEncodingStrategy: DatabaseColumnEncodingStrategy { .useDefaultKeys }
  /// The same for reading.
  public static var databaseColumnDecodingStrategy: DatabaseColumnDecodingStrategy { .useDefaultKeys }

  /// What it has for a column, for the same statement.
  func value(_ column: CodingKeys) -> any DatabaseValueConvertible {
    switch column {
    case .index: index
    case .label: label
    case .cleanAnswer: cleanAnswer
    case .answer: answer
    case .fooled: fooled
    case .linf: linf
    case .l2: l2
    case .l1: l1
    case .l0: l0
    case .queries: queries
    case .steps: steps
    }
  }

  /// One attacked image.
  public init(
    index: Int, label: Int, cleanAnswer: Int, answer: Int, fooled: Bool, linf: Double, l2: Double, l1: Double,
    l0: Int, queries: Int, steps: Int
  ) {
    self.index = index
    self.label = label
    self.cleanAnswer = cleanAnswer
    self.answer = answer
    self.fooled = fooled
    self.linf = linf
    self.l2 = l2
    self.l1 = l1
    self.l0 = l0
    self.queries = queries
    self.steps = steps
  }
}

/// One audit: checks that tell whether a model's robustness is real.
public struct AuditRecord: TableRow, Sendable, Equatable {
  /// The model that was audited.
  public var model: Int64
  /// The data set the images came from.
  public var dataset: Int64?
  /// Which images.
  public var selection: String
  /// What ran, as a JSON object; nil when unknown.
  public var spec: String?
  /// Its seed.
  public var seed: Int64
  /// Seconds it took.
  public var seconds: Double
  /// What was checked, in order.
  public var checks: [CheckRecord] = []

  /// Its columns; each of `checks` is a row of its own.
  enum CodingKeys: String, CodingKey {
    case model, dataset, selection, spec, seed, seconds
  }

  /// A finished audit.
  public init(
    model: Int64, dataset: Int64? = nil, selection: String = "test", spec: String? = nil, seed: Int64 = 0,
    seconds: Double = 0, checks: [CheckRecord]
  ) {
    self.model = model
    self.dataset = dataset
    self.selection = selection
    self.spec = spec
    self.seed = seed
    self.seconds = seconds
    self.checks = checks
  }
}

/// One check of an audit.
public struct CheckRecord: TableRow, Sendable, Equatable {
  /// Its name.
  public var name: String
  /// Whether nothing suspicious was seen; nil if it was not asked.
  public var passed: Bool?
  /// `passed`, `doubtful`, `failed` or `skipped`.
  public var verdict: String
  /// The number it looked at; nil when it has none.
  public var value: Double?
  /// What it means, as a sentence.
  public var meaning: String

  /// One check with its verdict.
  public init(name: String, passed: Bool?, verdict: String, value: Double?, meaning: String) {
    self.name = name
    self.passed = passed
    self.verdict = verdict
    self.value = value
    self.meaning = meaning
  }
}
