extension Compiler {
  /// `fn(x) => body`: makes a function value each time it is evaluated.
  func function(_ names: [Name], _ body: Node, _ range: SourceRange) -> Eval {
    closure("", names.map { .init(name: $0, fallback: nil) }, range) {
      let value = expression(body).eval
      return { frame in
        let result = try value(frame)
        frame.machine.returned.pointee = result
        return .returned
      }
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

  // MARK: calls

  /// `callee(arguments)` where the callee is not a command.
  func call(_ callee: Node, _ arguments: [Node.Argument], _ node: Node, piped: Node? = nil) -> Compiled {
    if case .name(let name) = callee.kind, lookUp(name) == nil {
      if let choice = environment.choices[name] { return configuration(Choice(choice), arguments, node, piped: piped) }
      if let library = environment.functions[name] { return libraryCall(library, arguments, node, piped: piped) }
    }
    let target = expression(callee), range = range(node), calleeRange = self.range(callee)
    if let value = target.constant {
      if case .choice(let choice) = value { return configuration(choice, arguments, node, piped: piped) }
      guard case .function = value else { return fail(Self.notCallable(value, calleeRange)) }
    }
    if arguments.allSatisfy({ $0.label == nil }) {
      let plain = (piped.map { [$0] } ?? []) + arguments.map(\.value)
      return plainCall(target, plain.map(expression), range, calleeRange)
    }
    let given = labelled(arguments, piped: piped)
    return Compiled { frame in
      let value = try target.eval(frame)
      return try Self.dynamicCall(
        value, try given.map { ($0.label, $0.range, try $0.eval(frame)) }, frame, range, calleeRange)
    }
  }

  static func notCallable(_ value: Value, _ range: SourceRange) -> Diagnostic {
    Diagnostic(.notCallable, "\(value.briefPhrase) cannot be called", at: range)
  }

  typealias Labelled = (label: String?, range: SourceRange, eval: Eval)

  private func labelled(_ arguments: [Node.Argument], piped: Node?) -> [Labelled] {
    let first: [Labelled] = piped.map { [(nil, range($0), expression($0).eval)] } ?? []
    return first
      + arguments.map {
        ($0.label?.text, range($0.label?.start ?? $0.value.start, $0.value.end), expression($0.value).eval)
      }
  }

  /// A call without labels. One or two arguments go straight into the new frame.
  private func plainCall(
    _ callee: Compiled, _ arguments: [Compiled], _ range: SourceRange, _ calleeRange: SourceRange
  ) -> Compiled {
    let target = callee.eval, slow = slowCall(callee, arguments, range, calleeRange)
    if arguments.count == 1, case .global(let cell) = callee.shape {
      // The usual call by far: a function of the top level with one argument.
      let first = arguments[0].eval
      return Compiled { frame in
        guard case .function(let function)? = cell.storage.pointee, let user = function.user, user.arity == 1 else {
          return try slow(frame)
        }
        let value = try first(frame)
        do { return try frame.machine.enter(function, user) { $0.slots[0] = value } } catch {
          throw Problem.place(error, calledAt: range)
        }
      }
    }
    if arguments.count == 2 {
      let first = arguments[0].eval, second = arguments[1].eval
      return Compiled { frame in
        let called = try target(frame), a = try first(frame), b = try second(frame)
        guard case .function(let function) = called, let user = function.user, user.arity == 2 else {
          return try Self.dynamicCall(called, [(nil, range, a), (nil, range, b)], frame, range, calleeRange)
        }
        do {
          return try frame.machine.enter(function, user) { frame in
            frame.slots[0] = a
            frame.slots[1] = b
          }
        } catch { throw Problem.place(error, calledAt: range) }
      }
    }
    return Compiled(.other, slow)
  }

  private func slowCall(
    _ callee: Compiled, _ arguments: [Compiled], _ range: SourceRange, _ calleeRange: SourceRange
  ) -> Eval {
    { frame in
      let called = try callee.eval(frame)
      return try Self.dynamicCall(
        called, try arguments.map { (nil, range, try $0.eval(frame)) }, frame, range, calleeRange)
    }
  }

  /// A call whose callee is known only now.
  private static func dynamicCall(
    _ target: Value, _ arguments: [(label: String?, range: SourceRange, value: Value)], _ frame: Frame,
    _ range: SourceRange,
    _ calleeRange: SourceRange
  ) throws -> Value {
    switch target {
    case .function(let function):
      do {
        guard arguments.contains(where: { $0.label != nil }) else {
          return try frame.machine.call(function, arguments.map(\.value))
        }
        return try labelledCall(function, arguments, frame)
      } catch { throw Problem.place(error, calledAt: range) }
    case .choice(var choice):
      for argument in arguments {
        guard let label = argument.label else { throw unlabelled(choice.declaration, argument.range) }
        do { choice = try choice.configured(label, argument.value) } catch {
          throw Problem.place(error, at: argument.range)
        }
      }
      return .choice(choice)
    default: throw notCallable(target, calleeRange)
    }
  }

  private static func unlabelled(_ choice: ChoiceDeclaration, _ range: SourceRange) -> Diagnostic {
    let example = choice.settings.first.map { "`\(choice.name)(\($0.name): …)`" } ?? "`\(choice.name)`"
    return Diagnostic(.tooManyArguments, "settings are given by name", at: range, help: ["write \(example)"])
  }

  /// Puts labelled arguments in the order of the parameters.
  private static func labelledCall(
    _ function: Function, _ arguments: [(label: String?, range: SourceRange, value: Value)], _ frame: Frame
  ) throws -> Value {
    let names = function.parameters
    var values: [Value?] = Array(repeating: nil, count: names.count)
    var next = 0
    for argument in arguments {
      var at = next
      if let label = argument.label {
        guard let found = names.firstIndex(of: label) else {
          throw unknownLabel(label, function.name, names, argument.range)
        }
        at = found
      } else {
        guard next < names.count else {
          throw Machine.tooMany(function.name, takes: names.count, gets: arguments.count)
        }
        next += 1
      }
      guard values[at] == nil else { throw repeated(names[at], argument.range) }
      values[at] = argument.value
    }
    if let library = function.library {
      let filled = try zip(library.parameters, values).map { parameter, value in
        guard let value = value ?? parameter.fallback else {
          throw Problem(
            .missingArgument, "\(library.name) needs `\(parameter.name)`", help: ["for example: \(library.example)"])
        }
        return value
      }
      return try frame.machine.call(library, filled)
    }
    guard let user = function.user else { return .none }
    return try frame.machine.enter(function, user) { frame in
      for (index, value) in values.enumerated() {
        if let value { frame.slots[index] = value } else { try user.fillDefault(index, in: frame) }
      }
    }
  }

  static func unknownLabel(_ label: String, _ owner: String, _ names: [String], _ range: SourceRange) -> Diagnostic {
    let narrow = SourceRange(
      source: range.source, start: range.start, end: min(range.end, range.start + label.utf8.count))
    return Diagnostic(
      .unknownSetting, "\(owner.isEmpty ? "this function" : owner) has no parameter `\(label)`", at: narrow,
      says: Suggestions.hint(for: label, in: names))
  }

  static func repeated(_ label: String, _ range: SourceRange) -> Diagnostic {
    Diagnostic(.repeatedArgument, "`\(label)` is given twice", at: range)
  }

  /// A call of a library function: count and labels are checked before anything runs.
  private func libraryCall(_ library: LibraryFunction, _ arguments: [Node.Argument], _ node: Node, piped: Node?)
    -> Compiled
  {
    let range = range(node), names = library.parameters.map(\.name)
    let plain = arguments.filter { $0.label == nil }.count + (piped == nil ? 0 : 1)
    for argument in arguments {
      guard let label = argument.label, !names.contains(label.text) else { continue }
      return fail(Self.unknownLabel(label.text, library.name, names, self.range(label)))
    }
    if plain > names.count, !library.isVariadic {
      return failed(Machine.tooMany(library.name, takes: names.count, gets: plain, example: library.example), at: range)
    }
    let labels = Set(arguments.compactMap(\.label?.text)),
      required = library.parameters.enumerated().filter { $1.fallback == nil }
    if let missing = required.first(where: { $0.offset >= plain && !labels.contains($0.element.name) })?.element {
      return failed(
        Problem(
          .missingArgument, "\(library.name) needs `\(missing.name)`, \(missing.type.phrase)",
          help: ["for example: \(library.example)"]), at: range)
    }
    let given = labelled(arguments, piped: piped)
    checkConstants(library, arguments, offset: piped == nil ? 0 : 1)
    if labels.isEmpty {
      return Compiled { frame in
        let values = try given.map { try $0.eval(frame) }
        do { return try frame.machine.call(library, values) } catch {
          throw Self.place(error, arguments: zip(names, given).map { ($0, $1.range) }, at: range)
        }
      }
    }
    let function = Function(library)
    return Compiled { frame in
      let values = try given.map { ($0.label, $0.range, try $0.eval(frame)) }
      do { return try Self.labelledCall(function, values, frame) } catch { throw Problem.place(error, at: range) }
    }
  }

  /// Notes arguments that are written out and do not fit.
  private func checkConstants(_ library: LibraryFunction, _ arguments: [Node.Argument], offset: Int) {
    var next = offset
    for argument in arguments {
      let parameter: LibraryFunction.Parameter?
      if let label = argument.label {
        parameter = library.parameters.first { $0.name == label.text }
      } else {
        parameter = library.parameters[min(next, library.parameters.count - 1)]
        next += 1
      }
      guard let parameter, let value = literal(argument.value) else { continue }
      if value.isNone, parameter.fallback?.isNone == true { continue }
      do { _ = try parameter.type.checked(value, for: parameter.name, of: library.name) } catch {
        _ = failed(error, at: range(argument.value))
      }
    }
  }

  /// The value of a literal, nil for everything that must be computed.
  private func literal(_ node: Node) -> Value? {
    switch node.kind {
    case .none: return Value.none
    case .bool(let value): return .bool(value)
    case .number(let value): return .number(value)
    case .string(let value): return .string(value)
    case .negate(let inner): return literal(inner)?.asNumber.map { .number(-$0) }
    case .group(let inner): return literal(inner)
    default: return nil
    }
  }

  /// Places a problem at the argument it names, else at the call.
  static func place(
    _ error: any Error, arguments: [(name: String, range: SourceRange)], at range: SourceRange
  ) -> any Error {
    guard let problem = error as? Problem, let name = problem.argument,
      let argument = arguments.first(where: { $0.name == name })
    else { return Problem.place(error, at: range) }
    return problem.placed(at: argument.range)
  }

  /// `pgd(steps: 40)`: checked before anything runs where the text alone tells.
  private func configuration(_ choice: Choice, _ arguments: [Node.Argument], _ node: Node, piped: Node?) -> Compiled {
    if let extra = piped ?? arguments.first(where: { $0.label == nil })?.value {
      return fail(Self.unlabelled(choice.declaration, range(extra)))
    }
    var current = choice, pending: [(name: String, range: SourceRange, eval: Eval)] = [], seen: Set<String> = []
    for argument in arguments {
      guard let label = argument.label else { continue }
      guard seen.insert(label.text).inserted else { return fail(Self.repeated(label.text, range(label))) }
      guard choice.declaration.setting(label.text) != nil else {
        return fail(
          unknownSetting(label, of: choice.name, among: choice.declaration.settings.map(\.name), help: [choice.name]))
      }
      let value = expression(argument.value)
      guard let constant = value.constant else {
        pending.append((label.text, range(argument.value), value.eval))
        continue
      }
      do { current = try current.configured(label.text, constant) } catch {
        return failed(error, at: range(argument.value))
      }
    }
    if pending.isEmpty { return .constant(.choice(current)) }
    let start = current, rest = pending
    return Compiled { frame in
      var choice = start
      for (name, range, eval) in rest {
        let value = try eval(frame)
        do { choice = try choice.configured(name, value) } catch { throw Problem.place(error, at: range) }
      }
      return .choice(choice)
    }
  }

  func unknownSetting(_ label: Name, of owner: String, among names: [String], help: [String]) -> Diagnostic {
    Diagnostic(
      .unknownSetting, "\(owner) has no setting `\(label.text)`", at: range(label),
      says: Suggestions.hint(for: label.text, in: names), help: help.map { "`options \($0)` lists what \($0) takes" })
  }

  // MARK: pipes

  /// `x | f(a)` is `f(x, a)`; `x | f` is `f(x)`.
  func pipe(_ value: Node, _ stage: Node, _ node: Node) -> Compiled {
    switch stage.kind {
    case .call(let callee, let arguments): return call(callee, arguments, node, piped: value)
    case .command(let call) where call.subject == nil:
      return command(
        CommandCall(command: call.command, subject: value, labels: call.labels, surplus: call.surplus), node)
    case .name, .function, .member, .index, .group, .conditional: return call(stage, [], node, piped: value)
    default:
      return fail(
        Diagnostic(
          .cannotPipe, "a value cannot be passed on to this", at: range(stage),
          help: ["after `|` comes a command or a function: `results | head(5)`"]))
    }
  }
}
