extension Compiler {
  /// `fn(x) => body`: makes a function value each time it is evaluated.
  func function(_ names: [Name], _ body: Node, _ range: SourceRange) -> Eval {
    closure("", names.map { .init(name: $0, fallback: nil) }, range) {
      let value = expression(body).eval
      return { .returned(try value($0)) }
    }
  }

  /// `def name(…) { … }`
  func function(_ name: String, _ parameters: [Statement.Parameter], _ body: [Statement], _ range: SourceRange) -> Eval
  {
    closure(name, parameters, range) { block(body).run }
  }

  private func closure(
    _ name: String, _ parameters: [Statement.Parameter], _ range: SourceRange, _ compileBody: () -> Exec
  ) -> Eval {
    let outer = scope
    let inner = Scope(parent: outer, hasClosures: hasClosures(range.start + 1, range.end))
    scope = inner
    var boxed: [(slot: Int, cell: Int)] = [], defaults: [Compiled?] = []
    let slots = parameters.map { _ in inner.temporary() }
    for (parameter, slot) in zip(parameters, slots) {
      defaults.append(parameter.fallback.map(expression))
      if case .cell(let cell) = declareParameter(parameter.name, slot) { boxed.append((slot, cell)) }
    }
    let body = compileBody()
    scope = outer
    let user = UserFunction(
      name: name, parameters: parameters.map(\.name.text), defaults: defaults, slotCount: inner.slotCount,
      cellCount: inner.cellCount, captureCount: inner.captures.count, boxed: boxed, range: range, body: body)
    let captures = inner.captures.map(\.outer)
    if captures.isEmpty { return { _ in .function(Function(user)) } }
    return { frame in
      let cells = captures.map { binding in
        if case .cell(let index) = binding, let cell = frame.cells[index] { return cell }
        return Cell()
      }
      return .function(Function(user, captures: cells))
    }
  }

  private func declareParameter(_ name: Name, _ slot: Int) -> Binding {
    let binding = declareLocal(name)
    guard case .slot = binding else { return binding }
    return scope.rename(name.text, to: slot)
  }
}
