/// A data set as loaded: files, and the part of them that was selected.
///
/// Two loads of the same bytes with the same selection are one row.
public struct DatasetRecord: TableRow, Sendable, Equatable {
  /// The name it was loaded by.
  public var name: String
  /// Where its files were.
  public var path: String
  /// SHA-256 of the data, in hexadecimal.
  public var sha256: String
  /// Which part was kept, such as `train: 6000 classes: ["Shirt", "Bag"]`; empty for all.
  public var selection: String
  /// The same as a JSON object, `{}` for all; nil when unknown.
  public var spec: String?
  /// Images to train on.
  public var train: Int
  /// Images to test on.
  public var test: Int
  /// Class names in the order of their labels.
  public var classNames: [String]
  /// Shape of one image: channels, height, width.
  public var shape: [Int]

  /// A data set with its counts.
  public init(
    name: String, path: String, sha256: String, selection: String = "", spec: String? = nil, train: Int, test: Int,
    classNames: [String], shape: [Int]
  ) {
    self.name = name
    self.path = path
    self.sha256 = sha256
    self.selection = selection
    self.spec = spec
    self.train = train
    self.test = test
    self.classNames = classNames
    self.shape = shape
  }
}

/// A cost matrix. Two of the same name and content are one row.
public struct CostRecord: TableRow, Sendable, Equatable {
  /// The name it was bound to; empty when it had none.
  public var name: String
  /// Class names in the order of the rows.
  public var classNames: [String]
  /// The protected classes.
  public var protected: [String]
  /// `matrix[true][answered]`, as many rows and columns as there are classes.
  public var matrix: [[Double]]
  /// The data set it was made for, if any.
  public var dataset: Int64?

  /// A cost matrix with its class names.
  public init(
    name: String, classNames: [String], protected: [String], matrix: [[Double]], dataset: Int64? = nil
  ) {
    self.name = name
    self.classNames = classNames
    self.protected = protected
    self.matrix = matrix
    self.dataset = dataset
  }
}
