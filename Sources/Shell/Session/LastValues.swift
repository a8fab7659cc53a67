import Lang

/// The values of the last cells: `_`, `_3`.
///
/// The last 50 are kept, fewer when they are large (a kept image batch, a model); the newest always.
struct LastValues {
  private static let most = 50
  private static let maxWeight = 200_000_000

  private var entries: [(cell: Int, value: Value, weight: Int)] = []
  /// The cells whose values were let go.
  private var letGo: Set<Int> = []

  mutating func remember(_ value: Value, of cell: Int) {
    guard !value.isNone else { return }
    entries.append((cell, value, Self.weight(of: value)))
    var weight = entries.reduce(0) { $0 + $1.weight }
    while entries.count > Self.most || (weight > Self.maxWeight && entries.count > 1) {
      let gone = entries.removeFirst()
      weight -= gone.weight
      letGo.insert(gone.cell)
    }
  }

  /// Those that are kept, oldest first.
  var all: [(cell: Int, value: Value)] { entries.map { ($0.cell, $0.value) } }

  /// - Parameter cell: `nil` for the last value there was.
  func value(of cell: Int?) throws -> Value {
    guard let cell else {
      if let last = entries.last { return last.value }
      throw Problem(message: "there is no value yet", help: ["`_` is the value of the cell before"])
    }
    if let found = entries.last(where: { $0.cell == cell }) { return found.value }
    if letGo.contains(cell) {
      throw Problem(
        message: "the value of cell \(cell) is no longer kept",
        help: ["give a value a name with `let` to keep it", "run the cell again: `:history \(cell)` shows it"])
    }
    throw Problem(message: "cell \(cell) has no value")
  }

  /// Lets all go but the newest.
  mutating func releaseOlder() {
    letGo.formUnion(entries.dropLast().map(\.cell))
    entries = entries.suffix(1)
  }

  /// Roughly how many bytes a value holds on to.
  private static func weight(of value: Value) -> Int {
    switch value {
    case .object(let result as ResultValue):
      result.evaluation.images * 120 + (result.changed?.reduce(0) { $0 + 4 * $1.count } ?? 0)
    case .object(let proof as CertificationValue): proof.certification.images * 100
    case .object(let model as ModelValue): 4 * model.model.parameterCount
    // Of what commands made, in a list that someone typed.
    case .list(let elements) where elements.count <= 1000:
      value.extent.bytes + elements.reduce(0) { if case .object = $1 { $0 + weight(of: $1) } else { $0 } }
    default: value.extent.bytes
    }
  }
}
