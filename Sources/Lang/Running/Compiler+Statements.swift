extension Compiler {
  /// Compiles a block with a scope of its own.
  func block(_ statements: [Statement]) -> Step {
    scope.open()
    defer { scope.close() }
    return Step(run: sequence(statements.map { Step(run: statement($0)) }))
  }

  private func sequence(_ parts: [Step]) -> Exec {
    switch parts.count {
    case 0: return { _ in .normal }
    case 1: return parts[0].run
    case 2:
      let first = parts[0].run, second = parts[1].run
      return { frame in
        let flow = try first(frame)
        guard case .normal = flow else { return flow }
        return try second(frame)
      }
    case 3:
      let first = parts[0].run, second = parts[1].run, third = parts[2].run
      return { frame in
        var flow = try first(frame)
        guard case .normal = flow else { return flow }
        flow = try second(frame)
        guard case .normal = flow else { return flow }
        return try third(frame)
      }
    default:
      return { frame in
        for part in parts {
          let flow = try part.run(frame)
          guard case .normal = flow else { return flow }
        }
        return .normal
      }
    }
  }

  func statement(_ statement: Statement) -> Exec {
    switch statement.kind {
    case .declare(let name, let node):
      // The value is compiled first: in `let x = x + 1` the second x is an outer one.
      let value = named(expression(node).eval, name.text)
      warnIfShadowing(name)
      let store = initialiser(declareLocal(name))
      return { frame in
        store(frame, try value(frame))
        return .normal
      }
    case .define(let name, let parameters, let body):
      warnIfShadowing(name)
      return define(name, parameters, body, range(statement.start, statement.end))
    case .param: return { _ in .normal }
    case .if(let branches, let otherwise): return conditional(branches, otherwise)
    case .for(let element, let index, let source, let body): return forLoop(element, index, source, body)
    case .while(let test, let body): return whileLoop(test, body)
    case .attempt(let body, let name, let handler): return attempt(body, name, handler)
    case .check(let test, let because): return check(test, because)
    case .return(let node): return returned(node)
    case .break: return { _ in .broke }
    case .continue: return { _ in .continued }
    case .assign(let place, let node): return assign(place, node)
    case .update(let place, let operation, let node):
      return update(place, operation, node, range(statement.start, statement.end))
    case .evaluate(let node):
      let value = expression(node).eval
      return { frame in
        _ = try value(frame)
        return .normal
      }
    }
  }

  /// A function inside a block: its cell exists before the function is made, so that it can call itself.
  private func define(
    _ name: Name, _ parameters: [Statement.Parameter], _ body: [Statement], _ range: SourceRange
  ) -> Exec {
    let binding = declareLocal(name)
    let make = function(name.text, parameters, body, range)
    guard case .cell(let index) = binding else {
      let store = initialiser(binding)
      return { frame in
        store(frame, try make(frame))
        return .normal
      }
    }
    return { frame in
      let cell = Cell()
      frame.cells[index] = cell
      cell.value = try make(frame)
      return .normal
    }
  }

  /// One branch of an `if`.
  private struct Arm {
    let test: Test
    let body: Exec
  }

  private func conditional(_ branches: [Statement.Branch], _ otherwise: [Statement]?) -> Exec {
    let parts = branches.map { Arm(test: condition($0.condition), body: block($0.body).run) }
    let rest = otherwise.map(block)
    if parts.count == 1 {
      let test = parts[0].test, body = parts[0].body
      guard let rest = rest?.run else { return { frame in try test(frame) ? try body(frame) : .normal } }
      return { frame in try test(frame) ? try body(frame) : try rest(frame) }
    }
    return { frame in
      for part in parts where try part.test(frame) { return try part.body(frame) }
      return try rest?.run(frame) ?? .normal
    }
  }

  // MARK: loops

  private func whileLoop(_ test: Node, _ body: [Statement]) -> Exec {
    let test = condition(test), body = block(body).run
    return { frame in
      while try test(frame) {
        try frame.tick()
        switch try body(frame) {
        case .normal, .continued: continue
        case .broke: return .normal
        case .returned(let value): return .returned(value)
        }
      }
      return .normal
    }
  }

  private func forLoop(_ element: Name, _ index: Name?, _ source: Node, _ body: [Statement]) -> Exec {
    let eval = expression(source).eval, range = range(source)
    scope.open()
    defer { scope.close() }
    let binding = declareLocal(element)
    let store = initialiser(binding), storeIndex = index.map { initialiser(declareLocal($0)) }
    let body = block(body).run
    return { frame in
      let value = try eval(frame)
      if case .range(let numbers) = value {
        return try Self.overRange(numbers, frame, binding, store, storeIndex, body)
      }
      if case .table(let table) = value {
        // A row at a time: all records at once could be larger than any value may be.
        return try Self.over(table.rows.indices, { .record(table.record($0)) }, frame, store, storeIndex, body)
      }
      let elements: [Value]
      do { elements = try value.iterated(frame.machine.poll) } catch { throw Problem.place(error, at: range) }
      return try Self.over(elements.indices, { elements[$0] }, frame, store, storeIndex, body)
    }
  }

  private static func over(
    _ indices: Range<Int>, _ element: (Int) -> Value, _ frame: Frame, _ store: (Frame, Value) -> Void,
    _ storeIndex: ((Frame, Value) -> Void)?, _ body: Exec
  ) throws -> Flow {
    for at in indices {
      try frame.tick()
      store(frame, element(at))
      storeIndex?(frame, .integer(at))
      switch try body(frame) {
      case .normal, .continued: continue
      case .broke: return .normal
      case .returned(let value): return .returned(value)
      }
    }
    return .normal
  }

  /// A loop over numbers, without a list of them.
  private static func overRange(
    _ numbers: NumberRange, _ frame: Frame, _ binding: Binding, _ store: (Frame, Value) -> Void,
    _ storeIndex: ((Frame, Value) -> Void)?, _ body: Exec
  ) throws -> Flow {
    let count = numbers.count
    var turn = 0
    while turn < count {
      try frame.tick()
      if case .slot(let slot) = binding {
        frame.slots[slot] = .number(numbers[turn])
      } else {
        store(frame, .number(numbers[turn]))
      }
      storeIndex?(frame, .integer(turn))
      turn += 1
      switch try body(frame) {
      case .normal, .continued: continue
      case .broke: return .normal
      case .returned(let value): return .returned(value)
      }
    }
    return .normal
  }

  // MARK: problems

  private func attempt(_ body: [Statement], _ name: Name, _ handler: [Statement]) -> Exec {
    let body = block(body).run
    scope.open()
    defer { scope.close() }
    let store = initialiser(declareLocal(name))
    let handler = block(handler).run
    return { frame in
      do {
        return try body(frame)
      } catch let problem as Diagnostic {
        store(frame, .record(problem.record))
        return try handler(frame)
      }
    }
  }

  private func check(_ test: Node, _ because: Node?) -> Exec {
    let range = range(test)
    let reason = because.map { expression($0).eval }
    if let sides = comparedSides(test) {
      let a = expression(sides.left).eval, b = expression(sides.right).eval
      return { frame in
        let a = try a(frame), b = try b(frame)
        let holds: Bool
        do { holds = try Operators.compare(sides.comparison, a, b, frame.machine.poll) } catch {
          throw Problem.place(error, at: range)
        }
        if !holds {
          throw try Self.checkFailed(range, reason, frame, says: "\(a.brief) \(sides.comparison.rawValue) \(b.brief)")
        }
        return .normal
      }
    }
    let test = condition(test)
    return { frame in
      if try !test(frame) { throw try Self.checkFailed(range, reason, frame, says: "false") }
      return .normal
    }
  }

  private func comparedSides(_ node: Node) -> (comparison: Comparison, left: Node, right: Node)? {
    switch node.kind {
    case .group(let inner): comparedSides(inner)
    case .compare(let comparison, let left, let right): (comparison, left, right)
    default: nil
    }
  }

  private static func checkFailed(
    _ range: SourceRange, _ reason: Eval?, _ frame: Frame, says: String
  ) throws -> Diagnostic {
    let because = try reason.map { ": " + (try $0(frame).text(frame.machine.poll)) } ?? ""
    return Diagnostic(.checkFailed, "the check failed\(because)", at: range, says: "this was \(says)")
  }

  private func returned(_ node: Node?) -> Exec {
    guard let node else { return { _ in .returned(.none) } }
    let value = expression(node).eval
    return { .returned(try value($0)) }
  }
}

extension Diagnostic {
  /// What `catch` gives: `problem.code`, `.message`, `.line`.
  var record: Record {
    Record([("code", .string(code)), ("message", .string(message)), ("line", line.map { .integer($0) } ?? .none)])
  }
}
