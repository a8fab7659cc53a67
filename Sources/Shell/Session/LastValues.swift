import Lang

/// The values of the last cells: `_`, `_3`.
///
/// The last 50 are kept, fewer when they are large (a kept image batch, a model); the newest five always.
struct LastValues {
  private static let most = 50
  private static let mostWeight = 200_000_000

  private var entries: [(cell: Int, value: Value, weight: Int)] = []
  /// The cells whose values were let go.
  private var letGo: Set<Int> = []

  mutating func remember(_ value: Value, of cell: Int) {
    guard !value.isNone else { return }
    entries.append((cell, value, Self.weight(of: value)))
    var weight = entries.reduce(0) { $0 + $1.weight }
    while entries.count > Self.most || (weight > Self.mostWeight && entries.count > 5) {
      let gone = entries.removeFirst()
      weight -= gone.weight
      letGo.insert(gone.cell)
    }
  }

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

  /// Roughly how many bytes a value holds on to. What is nested without end, or shared very often, counts as large
  /// after so many parts: to look at all of it could take longer than the cell did.
  private static func weight(of value: Value) -> Int {
    var weight = 0
    var parts = [value]
    var looked = 0
    while let part = parts.popLast() {
      looked += 1
      if looked > mostParts { return mostWeight }
      switch part {
      case .table(let table): weight += table.count * table.columns.count * 40
      case .list(let elements):
        weight += 16 + 64 * elements.count
        // Of many numbers each weighs the same.
        if elements.count <= mostParts { parts += elements.filter(\.hasParts) }
      case .record(let record):
        weight += 64 * record.count
        parts += record.values.filter(\.hasParts)
      case .string(let text): weight += text.utf8.count
      case .object(let result as ResultValue):
        weight += result.evaluation.images * 120 + (result.changed?.reduce(0) { $0 + 4 * $1.count } ?? 0)
      case .object(let model as ModelValue): weight += 4 * model.model.parameterCount
      default: weight += 64
      }
    }
    return weight
  }

  private static let mostParts = 100_000
}

extension Value {
  /// Whether it is made of other values, or may be large itself.
  fileprivate var hasParts: Bool {
    switch self {
    case .none, .bool, .number, .choice, .range, .function: false
    default: true
    }
  }
}
