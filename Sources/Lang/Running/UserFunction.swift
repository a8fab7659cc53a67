/// A compiled function, shared by all closures made from it.
final class UserFunction {
  let name: String
  let parameters: [String]
  /// Compiled defaults, nil for required parameters.
  let defaults: [Compiled?]
  let slotCount: Int
  let cellCount: Int
  let captureCount: Int
  /// Cells of its own, and those of captured variables.
  let allCells: Int
  /// The number of parameters.
  let arity: Int
  /// For each parameter that a closure captures, its cell.
  let boxed: [(slot: Int, cell: Int)]
  let body: Exec
  /// The whole function in its source.
  let range: SourceRange

  init(
    name: String, parameters: [String], defaults: [Compiled?], slotCount: Int, cellCount: Int, captureCount: Int,
    boxed: [(slot: Int, cell: Int)], range: SourceRange, body: @escaping Exec
  ) {
    self.name = name
    self.parameters = parameters
    self.defaults = defaults
    self.slotCount = slotCount
    self.cellCount = cellCount
    self.captureCount = captureCount
    allCells = cellCount + captureCount
    arity = parameters.count
    self.boxed = boxed
    self.range = range
    self.body = body
  }
}

extension UserFunction {
  /// Its name for a sentence.
  var describe: String { name.isEmpty ? "this function" : name }

  /// Evaluates the defaults of parameters that were not given.
  func fillDefaults(_ missing: some Sequence<Int>, in frame: Frame) throws {
    for index in missing { try fillDefault(index, in: frame) }
  }

  private func fillDefault(_ index: Int, in frame: Frame) throws {
    guard let make = defaults[index] else {
      throw Problem(.missingArgument, "\(describe) needs `\(parameters[index])`")
    }
    let value = try make.eval(frame)
    frame.slots[index] = value
    if let cell = boxed.first(where: { $0.slot == index })?.cell { frame.cells[cell] = Cell(value) }
  }
}
