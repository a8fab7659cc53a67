extension Compiler {
  func expression(_ node: Node) -> Compiled {
    // Every sixteenth level of a deep tree is enough to see the stack end in time.
    guard node.depth < 16 || node.depth % 16 != 0 || StackBounds.address > stackFloor else {
      return fail(
        Diagnostic(.tooDeep, "this is nested too deeply", at: range(node), help: ["give its parts names with `let`"]))
    }
    switch node.kind {
    case .none: return .constant(.none)
    case .bool(let value): return .constant(.bool(value))
    case .number(let value): return .constant(.number(value))
    case .string(let value): return .constant(.string(value))
    case .interpolation(let pieces): return interpolation(pieces, node)
    case .name(let name): return variable(name, node)
    case .last(let number): return last(number, node)
    case .list(let nodes): return list(nodes, range(node))
    case .comprehension(let name, let source, let element): return comprehension(name, source, element)
    case .record(let fields): return record(fields, range(node))
    case .function(let names, let body): return Compiled(.other, function(names, body, range(node)))
    case .conditional(let test, let yes, let no):
      let test = condition(test), yes = expression(yes).eval, no = expression(no).eval
      return Compiled { frame in try test(frame) ? try yes(frame) : try no(frame) }
    case .sql(let sql): return query(sql, node)
    case .member(let base, let name): return member(base, name)
    case .index(let base, let index): return element(base, index, node)
    case .call(let callee, let arguments): return call(callee, arguments, node)
    case .command(let call): return command(call, node)
    case .pipe(let value, let stage): return pipe(value, stage, node)
    case .negate(let operand): return negation(operand, node)
    case .not, .and, .or, .compare:
      let test = condition(node)
      return Compiled { .bool(try test($0)) }
    case .arithmetic(let operation, let left, let right): return arithmetic(operation, left, right, node)
    case .range(let low, let high, let step, let includesEnd): return rangeValue(low, high, step, includesEnd, node)
    case .group(let inner): return expression(inner)
    }
  }

  // MARK: names

  private func variable(_ name: String, _ node: Node) -> Compiled {
    if let binding = lookUp(name) { return read(binding, name, range(node)) }
    if let value = environment.builtIn(name) { return .constant(value) }
    if isLenient, environment.commands[name] == nil {
      let cell = environment.cell(for: name), missing = unknown(name, at: range(node))
      return Compiled(.global(cell)) { _ in
        guard let value = cell.storage.pointee else { throw missing }
        return value
      }
    }
    return fail(unknown(name, at: range(node)))
  }

  private func read(_ binding: Binding, _ name: String, _ range: SourceRange) -> Compiled {
    switch binding {
    case .slot(let slot): return Compiled(.slot(slot)) { $0.value(slot) }
    case .cell(let index):
      return Compiled { frame in
        guard let value = frame.cells[index]?.storage.pointee else { throw Self.noValue(name, range) }
        return value
      }
    case .global(let cell):
      return Compiled(.global(cell)) { _ in
        guard let value = cell.storage.pointee else { throw Self.noValue(name, range) }
        return value
      }
    }
  }

  static func noValue(_ name: String, _ range: SourceRange) -> Diagnostic {
    Diagnostic(
      .noValueYet, "`\(name)` has no value", at: range,
      help: ["it was forgotten, or its `let` has not run yet"])
  }

  func unknown(_ name: String, at range: SourceRange, isCalled: Bool = false) -> Diagnostic {
    if environment.commands[name] != nil, expected?.type.families == [nil] {
      return Diagnostic(
        .commandAsValue, "`\(name)` is a command, not a built-in", at: range, help: ["`?\(name)` says what it takes"])
    }
    if environment.commands[name] != nil {
      return Diagnostic(
        .commandAsValue, "`\(name)` is a command, not a value", at: range,
        help: ["put a command in parentheses to use what it gives: `(\(name) …)`"])
    }
    // A text full of unknown names (a script for another host) must not search for near names all day.
    guard diagnostics.count < Parser.maximumDiagnostics else {
      return Diagnostic(.unknownName, "there is nothing called `\(name)`", at: range)
    }
    // What is right in this place comes first: a word of the setting, a built-in of the family.
    if let expected, case .name(name) = expected.node.kind, !expected.type.words.isEmpty {
      let words = expected.type.words
      let meant = environment.suggestion(for: name, among: words)
      return Diagnostic(
        .wrongType, "\(expected.recipient.shown) takes \(words.joinedAsAlternatives), not `\(name)`", at: range,
        says: meant.label, help: meant.help)
    }
    if let instead = environment.unfinished[name] ?? Suggestions.foreignKeyword(name) ?? environment.elsewhere[name] {
      return Diagnostic(.unknownName, "there is nothing called `\(name)`", at: range, says: instead)
    }
    let here = expected.map { $0.type.families.flatMap { environment.choices(of: $0).map(\.name) } } ?? []
    var meant = environment.suggestion(for: name, among: here)
    if !meant.isFound {
      let inReach = environment.suggestion(
        for: name, among: namesInReach + (isCalled ? Array(environment.commands.keys) : []))
      if inReach.isFound || meant.help.isEmpty { meant = inReach }
    }
    if !meant.isFound, meant.help.isEmpty, let expected, case .name(name) = expected.node.kind,
      expected.type.fit(.string(name)) == .fits, expected.type.fit(.list([])) == .wrong
    {
      meant.label = "write \"\(name)\" in quotes"
    }
    let choices =
      meant.isFound || here.isEmpty ? [] : ["\(expected?.recipient.shown ?? "") takes \(here.joinedAsAlternatives)"]
    return Diagnostic(
      .unknownName, "there is nothing called `\(name)`", at: range, says: meant.label, help: meant.help + choices)
  }

  private func last(_ number: Int?, _ node: Node) -> Compiled {
    let range = range(node)
    return Compiled { frame in
      do { return try frame.machine.host.last(number) } catch { throw Problem.place(error, at: range) }
    }
  }

  // MARK: literals

  private func interpolation(_ pieces: [Node.Piece], _ node: Node) -> Compiled {
    let parts: [Eval] = pieces.map { piece in
      switch piece {
      case .text(let text): return { _ in .string(text) }
      case .value(let node): return expression(node).eval
      }
    }
    let range = range(node)
    return Compiled { frame in
      var text = ""
      for part in parts {
        let value = try part(frame)
        do {
          text += try value.text(frame.machine.poll)
          try Extent.check(bytes: text.utf8.count, "a string")
        } catch { throw Problem.place(error, at: range) }
      }
      return try Self.made(.string(text), frame, range)
    }
  }

  private func list(_ nodes: [Node], _ range: SourceRange) -> Compiled {
    let parts = nodes.map(expression)
    let constants = parts.compactMap(\.constant)
    if constants.count == parts.count { return .constant(.list(constants)) }
    let evals = parts.map(\.eval)
    return Compiled { frame in
      var values: [Value] = []
      values.reserveCapacity(evals.count)
      for eval in evals { values.append(try eval(frame)) }
      return try Self.made(.list(values), frame, range)
    }
  }

  private func record(_ fields: [Node.Field], _ range: SourceRange) -> Compiled {
    let parts = fields.map { ($0.name.text, expression($0.value)) }
    if parts.allSatisfy({ $0.1.constant != nil }) {
      return .constant(.record(Record(parts.map { ($0.0, $0.1.constant ?? .none) })))
    }
    let evals = parts.map { ($0.0, $0.1.eval) }
    return Compiled { frame in
      try Self.made(.record(Record(try evals.map { ($0.0, try $0.1(frame)) })), frame, range)
    }
  }

  private func comprehension(_ name: Name, _ source: Node, _ element: Node) -> Compiled {
    let source = (eval: expression(source).eval, range: range(source))
    scope.open()
    defer { scope.close() }
    let store = initialiser(declareLocal(name))
    let element = expression(element).eval
    return Compiled { frame in
      let all: [Value]
      do { all = try source.eval(frame).iterated(frame.machine.poll) } catch {
        throw Problem.place(error, at: source.range)
      }
      var values = ValueBuilder(.init(machine: frame.machine))
      for one in all {
        try frame.tick()
        store(frame, one)
        let value = try element(frame)
        do { try values.add(value) } catch { throw Problem.place(error, at: source.range) }
      }
      return try Self.made(values.list, frame, source.range)
    }
  }

  private static func made(_ value: Value, _ frame: Frame, _ range: SourceRange) throws -> Value {
    do { return try frame.machine.made(value) } catch { throw Problem.place(error, at: range) }
  }

  /// Puts a first value into a new variable; a cell is made afresh, so that closures of different turns differ.
  func initialiser(_ binding: Binding) -> (Frame, Value) -> Void {
    switch binding {
    case .slot(let slot): return { $0.slots[slot] = $1 }
    case .cell(let index): return { $0.cells[index] = Cell($1) }
    case .global(let cell): return { cell.value = $1 }
    }
  }

  private func rangeValue(_ low: Node, _ high: Node, _ step: Node?, _ includesEnd: Bool, _ node: Node) -> Compiled {
    let low = expression(low), high = expression(high), step = step.map(expression)
    let range = range(node)
    if let a = low.constant, let b = high.constant, step == nil || step?.constant != nil {
      do {
        return .constant(.range(try Operators.range(a, b, step?.constant, includesEnd: includesEnd)))
      } catch {
        return failing(error, at: range)
      }
    }
    let by = step?.eval
    return Compiled { frame in
      let a = try low.eval(frame), b = try high.eval(frame), c = try by?(frame)
      do { return .range(try Operators.range(a, b, c, includesEnd: includesEnd)) } catch {
        throw Problem.place(error, at: range)
      }
    }
  }

  /// Code that fails when, and only when, it runs: what it computes cannot be computed.
  func failing(_ error: any Error, at range: SourceRange) -> Compiled {
    let placed = Problem.place(error, at: range)
    return Compiled { _ in throw placed }
  }

  /// A mistake that the text alone shows.
  func failed(_ error: any Error, at range: SourceRange) -> Compiled {
    guard let diagnostic = Problem.place(error, at: range) as? Diagnostic else { return Compiled { _ in throw error } }
    return fail(diagnostic)
  }

  // MARK: parts

  private func member(_ base: Node, _ name: Name) -> Compiled {
    let base = expression(base), range = range(name), name = name.text
    let function = environment.functions[name]
    return Compiled { frame in
      let value = try base.eval(frame)
      do { return try value.member(name) } catch {
        guard var problem = error as? Problem, problem.label.isEmpty, let function else {
          throw Problem.place(error, at: range)
        }
        let others = function.parameters.dropFirst().map { ", \($0.name)" }.joined()
        problem.label = "write `\(name)(x\(others))`: it is a function"
        throw Problem.place(problem, at: range)
      }
    }
  }

  private func element(_ base: Node, _ index: [Node], _ node: Node) -> Compiled {
    let base = expression(base), range = range(node)
    guard index.count == 1 else {
      let index = index.map { expression($0).eval }
      return Compiled { frame in
        let value = try base.eval(frame)
        let at = try index.map { try $0(frame) }
        do { return try value.element(at: at, frame.machine.poll) } catch { throw Problem.place(error, at: range) }
      }
    }
    let at = expression(index[0]).eval
    return Compiled { frame in
      let value = try base.eval(frame), at = try at(frame)
      if case .list(let values) = value, case .number(let number) = at, number >= 0, number < Double(values.count),
        number == number.rounded()
      {
        return values[Int(number)]
      }
      do { return try value.element(at: [at], frame.machine.poll) } catch { throw Problem.place(error, at: range) }
    }
  }

  // MARK: SQL

  private func query(_ sql: SQL, _ node: Node) -> Compiled {
    let range = range(node)
    var bindings: [(name: Name, eval: Eval)] = []
    for name in sql.bindings where !bindings.contains(where: { $0.name.text == name.text }) {
      let value = variable(name.text, Node(kind: .name(name.text), start: name.start, end: name.end, depth: 1))
      bindings.append((name, value.eval))
    }
    let ranges = bindings.map { self.range($0.name) }
    return Compiled { frame in
      let given = try zip(bindings, ranges).map { binding, range in
        QueryBinding(name: binding.name.text, value: try binding.eval(frame), range: range)
      }
      do {
        try frame.machine.poll()
        return try frame.machine.made(frame.machine.host.query(sql: sql.text, bindings: given, at: range))
      } catch {
        throw Problem.place(error, at: range)
      }
    }
  }
}
