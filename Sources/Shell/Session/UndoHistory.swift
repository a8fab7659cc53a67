import Lang

/// The names as they were before the last cells, for `:undo`, and at checkpoints.
///
/// Values share their storage with the notebook's, so that a moment costs no more than a list of names.
struct UndoHistory {
  /// All that `:undo` brings back. What the store keeps, and files, stay as they are.
  struct Snapshot {
    /// The number of the cell that came next.
    let cell: Int
    let seed: Int
    let names: [(name: String, value: Value)]
  }

  /// How many cells can be taken back: old data sets and models must be let go some day.
  static let most = 20

  /// The moment before each of the last cells, oldest first.
  private(set) var snapshots: [Snapshot] = []
  private(set) var checkpoints: [(name: String, snapshot: Snapshot)] = []
  /// The cells that were taken back, which `:save` leaves out.
  private(set) var undone: Set<Int> = []

  mutating func remember(_ snapshot: Snapshot) {
    snapshots.append(snapshot)
    if snapshots.count > Self.most { snapshots.removeFirst() }
  }

  /// Forgets all moments but the last; checkpoints stay.
  mutating func letGo() { snapshots = snapshots.suffix(1) }

  /// A history that goes back no further than now, as that of a lesson.
  var afresh: UndoHistory {
    var history = UndoHistory()
    history.undone = undone
    return history
  }

  /// Takes over which cells were taken back meanwhile.
  mutating func learnUndone(from other: UndoHistory) { undone.formUnion(other.undone) }

  /// A checkpoint of a name that there is already replaces it.
  mutating func mark(_ name: String, _ snapshot: Snapshot) {
    checkpoints.removeAll { $0.name == name }
    checkpoints.append((name, snapshot))
  }

  /// The names are as at `snapshot` again, and `next` is the cell to come.
  mutating func didRestore(back snapshot: Snapshot, next: Int) {
    if snapshot.cell < next { undone.formUnion(snapshot.cell..<next) }
    snapshots.removeAll { $0.cell >= snapshot.cell }
  }
}

extension UndoHistory.Snapshot {
  /// What differs from `now`, in words: `x is 1 again, y is gone`.
  func difference(from now: UndoHistory.Snapshot) -> String {
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
  var snapshot: UndoHistory.Snapshot { UndoHistory.Snapshot(cell: nextCell, seed: seed, names: environment.variables) }

  /// Makes the names what they were, and says what that changed; nothing where it changed nothing.
  func goBack(to snapshot: UndoHistory.Snapshot) -> String {
    let difference = snapshot.difference(from: self.snapshot)
    environment.restore(snapshot.names)
    seed = snapshot.seed
    undoHistory.didRestore(back: snapshot, next: nextCell)
    return difference
  }
}
