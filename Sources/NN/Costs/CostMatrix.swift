/// What each mistake costs: `cost[true: y, answered: p]`, zero where the answer is right.
///
/// The authors of arXiv:2101.12372 multiply by the transposed matrix; theirs are symmetric, ours need not be
/// (`transposed` turns one into the other).
public struct CostMatrix: Sendable, Equatable {
  /// The number of classes.
  public let classes: Int
  /// `[classes][classes]`, row-major: true class first, then the answer. Not negative, finite, zero diagonal.
  public private(set) var values: [Double]
  /// The classes that a matrix was made to protect, ascending; empty if it was made otherwise.
  public let protected: [Int]

  /// A matrix from its rows, one a true class.
  ///
  /// - Throws: `CostMatrixError` for a negative, non-finite or diagonal cost, or rows of a wrong length.
  public init(_ rows: [[Double]], protected: [Int] = []) throws(CostMatrixError) {
    guard rows.count >= 2 else { throw .tooFewClasses(rows.count) }
    for (y, row) in rows.enumerated() where row.count != rows.count {
      throw .notSquare(row: y, length: row.count, classes: rows.count)
    }
    for (y, row) in rows.enumerated() {
      for (p, cost) in row.enumerated() { try Self.check(cost, true: y, answered: p) }
    }
    try Self.check(protected, classes: rows.count)
    (classes, values, self.protected) = (rows.count, rows.flatMap { $0 }, Set(protected).sorted())
  }

  private init(classes: Int, protected: [Int], _ cost: (Int, Int) -> Double) {
    self.classes = classes
    self.protected = protected
    values = (0..<classes * classes).map { i in
      i / classes == i % classes ? 0 : cost(i / classes, i % classes)
    }
  }

  /// Every mistake costs 1.
  public static func uniform(classes: Int) throws(CostMatrixError) -> CostMatrix {
    guard classes >= 2 else { throw .tooFewClasses(classes) }
    return CostMatrix(classes: classes, protected: []) { _, _ in 1 }
  }

  /// Which mistakes involve a protected class.
  public enum Side: String, CaseIterable, Sendable {
    /// It is the truth or the answer: row and column. Also punishes every wrong answer that names it.
    case both
    /// It is the truth: the row. What is protected is taken for something else.
    case truth
    /// It is the answer: the column. Something else is taken for what is protected.
    case answer
  }

  /// Ones, with row *and* column of the protected classes at `weight`: the paper's matrix (arXiv:2101.12372, §4).
  /// With another `side` only rows or only columns.
  public static func protect(
    _ protected: [Int], weight: Double, side: Side = .both, classes: Int
  ) throws(CostMatrixError) -> CostMatrix {
    guard classes >= 2 else { throw .tooFewClasses(classes) }
    guard !protected.isEmpty else { throw .nothingProtected }
    try check(protected, classes: classes)
    try check(weight, true: protected[0], answered: (protected[0] + 1) % classes)
    let guarded = Set(protected)
    return CostMatrix(classes: classes, protected: guarded.sorted()) { y, p in
      let isCostly =
        switch side {
        case .both: guarded.contains(y) || guarded.contains(p)
        case .truth: guarded.contains(y)
        case .answer: guarded.contains(p)
        }
      return isCostly ? weight : 1
    }
  }

  /// One costly mistake: taking `y` for `p` costs `weight`, every other mistake `other`.
  public static func pair(
    true y: Int, answered p: Int, weight: Double, other: Double = 1, classes: Int
  ) throws(CostMatrixError) -> CostMatrix {
    guard classes >= 2 else { throw .tooFewClasses(classes) }
    try check([y, p], classes: classes)
    guard y != p else { throw .diagonal(class: y, cost: weight) }
    try check(weight, true: y, answered: p)
    try check(other, true: y, answered: p)
    return CostMatrix(classes: classes, protected: [y]) { $0 == y && $1 == p ? weight : other }
  }

  /// `|y − p|`: for classes that are an order, such as digits read as numbers.
  public static func distance(classes: Int) throws(CostMatrixError) -> CostMatrix {
    guard classes >= 2 else { throw .tooFewClasses(classes) }
    return CostMatrix(classes: classes, protected: []) { Double(abs($0 - $1)) }
  }

  /// An answer below the truth costs the difference, an answer above it costs 1: an asymmetric matrix.
  public static func smallerIsWorse(classes: Int) throws(CostMatrixError) -> CostMatrix {
    guard classes >= 2 else { throw .tooFewClasses(classes) }
    return CostMatrix(classes: classes, protected: []) { $1 < $0 ? Double($0 - $1) : 1 }
  }

  /// The cost of answering `p` when `y` is true.
  public subscript(true y: Int, answered p: Int) -> Double { values[y * classes + p] }

  /// The same matrix with one cost changed.
  public func setting(true y: Int, answered p: Int, to cost: Double) throws(CostMatrixError) -> CostMatrix {
    try Self.check([y, p], classes: classes)
    try Self.check(cost, true: y, answered: p)
    var copy = self
    copy.values[y * classes + p] = cost
    return copy
  }

  /// The rows, one a true class.
  public var rows: [[Double]] { (0..<classes).map { Array(values[$0 * classes..<($0 + 1) * classes]) } }

  /// Truth and answer exchanged.
  public var transposed: CostMatrix {
    CostMatrix(classes: classes, protected: protected) { self[true: $1, answered: $0] }
  }

  /// Whether truth and answer can be exchanged without a change.
  public var isSymmetric: Bool { transposed.values == values }

  /// The mean cost of mistaking each class, over its wrong answers.
  public var meanCosts: [Double] { rows.map { $0.reduce(0, +) / Double(classes - 1) } }

  private static func check(_ cost: Double, true y: Int, answered p: Int) throws(CostMatrixError) {
    guard cost.isFinite else { throw .notFinite(true: y, answered: p) }
    guard cost >= 0 else { throw .negative(true: y, answered: p, cost: cost) }
    guard y != p || cost == 0 else { throw .diagonal(class: y, cost: cost) }
  }

  private static func check(_ numbers: [Int], classes: Int) throws(CostMatrixError) {
    if let stranger = numbers.first(where: { !(0..<classes).contains($0) }) {
      throw .noSuchClass(stranger, classes: classes)
    }
  }
}

extension CostMatrix {
  /// The entrywise sum; classes protected by either matrix are protected.
  public static func + (a: CostMatrix, b: CostMatrix) throws(CostMatrixError) -> CostMatrix {
    try a.combined(with: b) { $0 + $1 }
  }

  /// Costs subtracted; none may become negative.
  public static func - (a: CostMatrix, b: CostMatrix) throws(CostMatrixError) -> CostMatrix {
    try a.combined(with: b) { $0 - $1 }
  }

  /// Every cost multiplied.
  public static func * (a: CostMatrix, factor: Double) throws(CostMatrixError) -> CostMatrix {
    try CostMatrix(a.rows.map { $0.map { $0 == 0 ? 0 : $0 * factor } }, protected: a.protected)
  }

  private func combined(
    with other: CostMatrix, _ operation: (Double, Double) -> Double
  ) throws(CostMatrixError) -> CostMatrix {
    guard classes == other.classes else { throw .differentSizes(classes, other.classes) }
    let rows = zip(rows, other.rows).map { zip($0, $1).map(operation) }
    return try CostMatrix(rows, protected: protected + other.protected)
  }
}

/// Why a cost matrix is refused.
public enum CostMatrixError: Error, Equatable {
  /// A mistake that would be rewarded.
  case negative(true: Int, answered: Int, cost: Double)
  /// A cost that is infinite or NaN.
  case notFinite(true: Int, answered: Int)
  /// A right answer that would cost something.
  case diagonal(class: Int, cost: Double)
  /// A row that has not one cost a class.
  case notSquare(row: Int, length: Int, classes: Int)
  /// Fewer than two classes.
  case tooFewClasses(Int)
  /// A number that names no class.
  case noSuchClass(Int, classes: Int)
  /// A protection of nothing.
  case nothingProtected
  /// Arithmetic on matrices of different sizes.
  case differentSizes(Int, Int)
}

extension CostMatrixError: CustomStringConvertible {
  /// One sentence: which cost, and what is wrong with it.
  public var description: String {
    switch self {
    case .negative(let y, let p, let cost): "the cost of answering \(p) for \(y) is \(cost); costs are not negative"
    case .notFinite(let y, let p): "the cost of answering \(p) for \(y) is not a finite number"
    case .diagonal(let y, let cost): "a right answer costs nothing, but the cost of \(y) for \(y) is \(cost)"
    case .notSquare(let row, let length, let classes):
      "row \(row) has \(MessageText.count(length, "cost")); \(MessageText.classes(classes)) need \(classes)"
    case .tooFewClasses(let count): "a cost matrix needs at least 2 classes, not \(count)"
    case .noSuchClass(let number, let classes): "there is no class \(number); classes are 0 to \(classes - 1)"
    case .nothingProtected: "no class to protect was given"
    case .differentSizes(let a, let b): "a matrix for \(MessageText.classes(a)) and one for \(b) cannot be combined"
    }
  }
}
