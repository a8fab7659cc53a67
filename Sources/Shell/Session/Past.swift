import Lang

/// The names as they were before the last cells, for `:undo`, and at checkpoints.
///
/// Values share their storage with the notebook's, so that a moment costs no more than a list of names.
struct Past {
  /// All that `:undo` brings back. What the store keeps, and files, stay as they are.
  struct Moment {
    /// The number of the cell that came next.
    let cell: Int
    let seed: Int
    let names: [(name: String, value: Value)]
  }

  /// How many cells can be taken back: old data sets and models must be let go some day.
  static let most = 20

  /// The moment before each of the last cells, oldest first.
  private(set) var moments: [Moment] = []
  private(set) var checkpoints: [(name: String, moment: Moment)] = []
  /// The cells that were taken back, which `:save` leaves out.
  private(set) var undone: Set<Int> = []

  mutating func remember(_ moment: Moment) {
    moments.append(moment)
    if moments.count > Self.most { moments.removeFirst() }
  }

  /// Forgets all moments but the last; checkpoints stay.
  mutating func letGo() { moments = moments.suffix(1) }

  /// A checkpoint of a name that there is already replaces it.
  mutating func mark(_ name: String, _ moment: Moment) {
    checkpoints.removeAll { $0.name == name }
    checkpoints.append((name, moment))
  }

  /// The names are as at `moment` again, and `next` is the cell to come.
  mutating func went(back moment: Moment, next: Int) {
    if moment.cell < next { undone.formUnion(moment.cell..<next) }
    moments.removeAll { $0.cell >= moment.cell }
  }
}

extension Past.Moment {
  /// What differs from `now`, in words: `x is 1 again, y is gone`.
  func difference(from now: Past.Moment) -> String {
    let before = Dictionary(uniqueKeysWithValues: names.map { ($0.name, $0.value) })
    let after = Dictionary(uniqueKeysWithValues: now.names.map { ($0.name, $0.value) })
    let back = names.filter { name, value in !(after[name]?.isSame(as: value) ?? false) }.map { name, value in
      "\(name) is \(DisplayWidth.truncate(Block.summarized(value), to: 40)) again"
    }
    let gone = now.names.filter { before[$0.name] == nil }.map { "\($0.name) is gone" }
    let reseeded = seed == now.seed ? [] : ["the seed is \(seed) again"]
    return (back + gone + reseeded).joined(separator: ", ")
  }
}

extension Value {
  /// The same to a user; not-a-number is the same as itself here.
  fileprivate func isSame(as other: Value) -> Bool {
    if case .number(let a) = self, case .number(let b) = other { return a == b || a.isNaN && b.isNaN }
    return self == other
  }
}

extension Session {
  /// All that `:undo` brings back, as it is now.
  var moment: Past.Moment { Past.Moment(cell: nextCell, seed: seed, names: environment.variables) }

  /// Makes the names what they were, and says what that changed; nothing where it changed nothing.
  func goBack(to moment: Past.Moment) -> String {
    let difference = moment.difference(from: self.moment)
    environment.restore(moment.names)
    seed = moment.seed
    past.went(back: moment, next: nextCell)
    return difference
  }
}
