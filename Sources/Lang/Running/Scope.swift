/// Where a variable lives.
enum Binding {
  /// In the frame of the running function.
  case slot(Int)
  /// In a cell of the frame: a local that some function captures, or, below 0, a captured variable.
  case cell(Int)
  /// At the top level.
  case global(Cell)
}

/// The names of one function (or one top-level statement) while it is compiled.
final class Scope {
  let parent: Scope?
  /// Whether functions stand inside it, so that variables they mention need cells.
  let hasClosures: Bool
  private(set) var slotCount = 0
  private(set) var cellCount = 0
  /// Captured variables: the name, and where the enclosing function has it. Number k is cell `-1 - k`.
  private(set) var captures: [(name: String, outer: Binding)] = []
  private var blocks: [[String: Binding]] = [[:]]

  init(parent: Scope?, hasClosures: Bool) {
    self.parent = parent
    self.hasClosures = hasClosures
  }

  func open() { blocks.append([:]) }
  func close() { blocks.removeLast() }

  /// A place for a value that has no name.
  func temporary() -> Int {
    slotCount += 1
    return slotCount - 1
  }

  /// Declares a variable in the innermost block.
  func declare(_ name: String, inCell: Bool) -> Binding {
    let binding: Binding
    if inCell {
      binding = .cell(cellCount)
      cellCount += 1
    } else {
      binding = .slot(temporary())
    }
    blocks[blocks.count - 1][name] = binding
    return binding
  }

  /// Gives a declared variable another slot, as parameters have theirs fixed.
  func rename(_ name: String, to slot: Int) -> Binding {
    blocks[blocks.count - 1][name] = .slot(slot)
    return .slot(slot)
  }

  /// The variable called `name` in this function or one around it, captured on the way if need be.
  func lookUp(_ name: String) -> Binding? {
    for block in blocks.reversed() { if let binding = block[name] { return binding } }
    if let at = captures.firstIndex(where: { $0.name == name }) { return .cell(-1 - at) }
    guard let outer = parent?.lookUp(name) else { return nil }
    captures.append((name, outer))
    return .cell(-captures.count)
  }

  /// Every local name in reach.
  var names: [String] { blocks.flatMap(\.keys) + (parent?.names ?? []) }
}
