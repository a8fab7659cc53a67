extension Compiler {
  /// `callee(arguments)` where the callee is not a command.
  func call(_ callee: Node, _ arguments: [Node.Argument], _ node: Node, piped: Node? = nil) -> Compiled {
    if case .name(let name) = callee.kind, lookUp(name) == nil {
      if let choice = environment.choices[name] { return configuration(Choice(choice), arguments, node, piped: piped) }
      if let library = environment.functions[name] { return libraryCall(library, arguments, node, piped: piped) }
    }
    if case .name(let name) = callee.kind, lookUp(name) == nil, !isLenient {
      return fail(unknown(name, at: self.range(callee), isCalled: true))
    }
    let target = expression(callee), range = range(node), calleeRange = self.range(callee)
    if let value = target.constant {
      if case .choice(let choice) = value { return configuration(choice, arguments, node, piped: piped) }
      guard case .function = value else { return fail(Self.notCallable(value, calleeRange)) }
    }
    if arguments.allSatisfy({ $0.label == nil }) {
      let plain = (piped.map { [$0] } ?? []) + arguments.map(\.value)
      return CallSite(target, plain.map(expression), range, calleeRange).compiled
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

  func labelled(_ arguments: [Node.Argument], piped: Node?) -> [Labelled] {
    let first: [Labelled] = piped.map { [(nil, range($0), expression($0).eval)] } ?? []
    return first
      + arguments.map {
        ($0.label?.text, range($0.label?.start ?? $0.value.start, $0.value.end), expression($0.value).eval)
      }
  }

  /// A call whose callee is known only now.
  static func dynamicCall(
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
      let free = choice.declaration.unlabelled?.name
      for (index, argument) in arguments.enumerated() {
        guard let label = argument.label ?? (index == 0 ? free : nil) else {
          throw unlabelled(choice.declaration, argument.range)
        }
        do { choice = try choice.configured(label, argument.value) } catch {
          throw Problem.place(error, at: argument.range)
        }
      }
      return .choice(choice)
    default: throw notCallable(target, calleeRange)
    }
  }

  static func unlabelled(_ choice: ChoiceDeclaration, _ range: SourceRange) -> Diagnostic {
    if let free = choice.unlabelled {
      return Diagnostic(
        .tooManyArguments, "all settings but the first are given by name", at: range,
        help: ["\(choice.name) takes `\(free.name)` without its name, and nothing else"])
    }
    let example = choice.settings.first.map { "`\(choice.name)(\($0.name): …)`" } ?? "`\(choice.name)`"
    return Diagnostic(.tooManyArguments, "settings are given by name", at: range, help: ["write \(example)"])
  }

  /// Puts labelled arguments in the order of the parameters.
  static func labelledCall(
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
    guard let held = Held(function) else { return .none }
    defer { withExtendedLifetime(function) {} }
    return try frame.call(held, values)
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
