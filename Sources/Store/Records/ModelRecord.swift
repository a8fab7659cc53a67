import Foundation

/// A trained (or opened) model: its weights and how it came to be.
public struct ModelRecord: TableRow, Sendable, Equatable {
  /// The name it was bound to; empty when it had none.
  public var name: String
  /// The name of its architecture, such as `lenet`.
  public var architecture: String
  /// The model whose weights it started from.
  public var parent: Int64?
  /// The data set it was trained on.
  public var dataset: Int64?
  /// The defense, such as `minmax`; empty for plain training.
  public var defense: String
  /// What decided the training, with data, parent and costs enough to run it again, as a JSON object; nil when unknown.
  public var spec: String?
  /// The cost matrix it was trained with.
  public var costs: Int64?
  /// The seed of its training.
  public var seed: Int64
  /// How many numbers are trained.
  public var parameters: Int
  /// Shape of one input: channels, height, width.
  public var shape: [Int]
  /// Means and deviations of the first layer, as a JSON object; empty when there is none.
  public var normalisation: String
  /// Accuracy on the test images, from 0 to 1; nil when it was not measured.
  public var clean: Double?
  /// Seconds of training.
  public var seconds: Double
  /// The weights as one block of bytes, in a form the caller can read back (Ward uses safetensors).
  public var weights: Data

  enum CodingKeys: String, CodingKey {
    case name, architecture, parent, dataset, defense, spec, costs, seed, parameters, shape, normalisation, clean
    case seconds
    /// Of the table `blob`; where `model` has a column `weights`, it says which.
    case weights = "bytes"
  }

  /// A model with its weights.
  public init(
    name: String, architecture: String, parent: Int64? = nil, dataset: Int64? = nil, defense: String = "",
    spec: String? = nil, costs: Int64? = nil, seed: Int64 = 0, parameters: Int, shape: [Int],
    normalisation: String = "", clean: Double? = nil, seconds: Double = 0, weights: Data
  ) {
    self.name = name
    self.architecture = architecture
    self.parent = parent
    self.dataset = dataset
    self.defense = defense
    self.spec = spec
    self.costs = costs
    self.seed = seed
    self.parameters = parameters
    self.shape = shape
    self.normalisation = normalisation
    self.clean = clean
    self.seconds = seconds
    self.weights = weights
  }
}

/// One pass over the training images.
public struct EpochRecord: TableRow, Sendable, Equatable {
  /// Counted from 1.
  public var epoch: Int
  /// Mean loss over the pass.
  public var loss: Double
  /// Accuracy on the training images, from 0 to 1.
  public var trainAccuracy: Double?
  /// Accuracy on the test images, from 0 to 1.
  public var testAccuracy: Double?
  /// Seconds it took.
  public var seconds: Double
  /// Training images per second.
  public var imagesPerSecond: Double
  /// Accuracy on the validation images, from 0 to 1.
  public var validationAccuracy: Double?
  /// The same, each class counting alike.
  public var validationBalanced: Double?
  /// Accuracy on the validation images under the attack that watches, from 0 to 1.
  public var validationRobust: Double?
  /// The same over the protected classes; without an attack their accuracy.
  public var validationProtected: Double?
  /// Mean cost of the answers on the validation images, under the attack if there is one.
  public var validationCost: Double?
  /// Of a training on images of one step: the share of some training images that stand that step, from 0 to 1.
  public var oneStep: Double?
  /// The share of them that stand two steps of half the length.
  public var twoSteps: Double?
  /// Whether the model has this epoch's weights; nil where none was picked.
  public var picked: Bool?
  /// How each layer's weights were spread after it.
  public var weights: [WeightRecord] = []

  /// Its columns; each of `weights` is a row of its own.
  enum CodingKeys: String, CodingKey {
    case epoch, loss, trainAccuracy, testAccuracy, seconds, imagesPerSecond
    case validationAccuracy, validationBalanced, validationRobust, validationProtected, validationCost
    case oneStep, twoSteps, picked
  }

  /// One finished epoch.
  public init(
    epoch: Int, loss: Double, trainAccuracy: Double? = nil, testAccuracy: Double? = nil, seconds: Double,
    imagesPerSecond: Double, weights: [WeightRecord] = []
  ) {
    self.epoch = epoch
    self.loss = loss
    self.trainAccuracy = trainAccuracy
    self.testAccuracy = testAccuracy
    self.seconds = seconds
    self.imagesPerSecond = imagesPerSecond
    self.weights = weights
  }
}

/// Statistics of the weights of one layer (the Min-Max table).
public struct WeightRecord: TableRow, Sendable, Equatable {
  /// The layer's name, such as `conv1`.
  public var layer: String
  /// How many weights it has.
  public var parameters: Int
  /// Sum of magnitudes.
  public var l1: Double
  /// Euclidean length.
  public var l2: Double
  /// Largest magnitude.
  public var max: Double
  /// Standard deviation.
  public var std: Double
  /// Share of weights near zero, from 0 to 1.
  public var nearZero: Double
  /// Kurtosis, 3 for a normal distribution; nil if all weights are equal.
  public var kurtosis: Double?
  /// Hoyer sparsity, from 0 (all alike) to 1 (a single weight); nil if all are 0.
  public var hoyer: Double?
  /// Gini coefficient of the magnitudes, from 0 to 1; nil if all are 0.
  public var gini: Double?

  /// The statistics of one layer.
  public init(
    layer: String, parameters: Int, l1: Double, l2: Double, max: Double, std: Double, nearZero: Double,
    kurtosis: Double?, hoyer: Double?, gini: Double?
  ) {
    self.layer = layer
    self.parameters = parameters
    self.l1 = l1
    self.l2 = l2
    self.max = max
    self.std = std
    self.nearZero = nearZero
    self.kurtosis = kurtosis
    self.hoyer = hoyer
    self.gini = gini
  }
}
