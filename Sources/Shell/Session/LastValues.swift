import Lang

/// The values of the last cells: `_`, `_3`.
///
/// The last 50 are kept, fewer when they are large (a kept image batch, a model); the newest five always.
struct LastValues {
  private static let most = 50
  private static let mostWeight = 200_000_000

  private var entries: [(cell: Int, value: Value, weight: Int)] = []

  mutating func remember(_ value: Value, of cell: Int) {
    guard !value.isNone else { return }
    entries.append((cell, value, Self.weight(of: value)))
    var weight = entries.reduce(0) { $0 + $1.weight }
    while entries.count > Self.most || (weight > Self.mostWeight && entries.count > 5) {
      weight -= entries.removeFirst().weight
    }
  }

  /// - Parameter cell: `nil` for the last value there was.
  func value(of cell: Int?) throws -> Value {
    guard let cell else {
      if let last = entries.last { return last.value }
      throw Problem(message: "there is no last value yet", help: ["`_` is the value of the cell before"])
    }
    if let found = entries.last(where: { $0.cell == cell }) { return found.value }
    if let first = entries.first, cell < first.cell {
      throw Problem(
        message: "the value of cell \(cell) is no longer kept",
        help: ["give a value a name with `let` to keep it", "run the cell again: `:history \(cell)` shows it"])
    }
    throw Problem(message: "cell \(cell) has no value")
  }

  /// Roughly how many bytes a value holds on to.
  private static func weight(of value: Value) -> Int {
    switch value {
    case .table(let table): table.count * table.columns.count * 40
    case .list(let elements): elements.reduce(16) { $0 + weight(of: $1) }
    case .object(let result as ResultValue):
      result.evaluation.images * 120 + (result.changed?.reduce(0) { $0 + 4 * $1.count } ?? 0)
    case .object(let model as ModelValue): 4 * model.model.parameterCount
    default: 64
    }
  }
}
