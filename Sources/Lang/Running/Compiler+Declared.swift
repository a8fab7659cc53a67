/// Calls of library functions and built-ins: checked before anything runs where the text alone tells.
extension Compiler {
  /// A call of a library function: count and labels are checked before anything runs.
  func libraryCall(_ library: LibraryFunction, _ arguments: [Node.Argument], _ node: Node, piped: Node?)
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
  func checkConstants(_ library: LibraryFunction, _ arguments: [Node.Argument], offset: Int) {
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
      do { _ = try parameter.type.checked(value, for: .parameter(parameter.name, of: library.name)) } catch {
        _ = failed(error, at: range(argument.value))
      }
    }
  }

  /// The value of a literal, nil for everything that must be computed.
  func literal(_ node: Node) -> Value? {
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
  func configuration(_ choice: Choice, _ arguments: [Node.Argument], _ node: Node, piped: Node?) -> Compiled {
    let plain = (piped.map { [$0] } ?? []) + arguments.filter { $0.label == nil }.map(\.value)
    let unlabelled = choice.declaration.unlabelled
    if let extra = unlabelled == nil ? plain.first : plain.dropFirst().first {
      return fail(Self.unlabelled(choice.declaration, range(extra)))
    }
    var named = arguments.compactMap { argument in argument.label.map { (label: $0, value: argument.value) } }
    if let unlabelled, let value = plain.first {
      named.insert((Name(text: unlabelled.name, start: value.start, end: value.end), value), at: 0)
    }
    var current = choice, pending: [(name: String, range: SourceRange, eval: Eval)] = [], seen: Set<String> = []
    for (label, node) in named {
      guard seen.insert(label.text).inserted else { return fail(Self.repeated(label.text, range(label))) }
      guard let setting = choice.declaration.setting(label.text) else {
        return fail(
          unknownSetting(label, of: choice.name, among: choice.declaration.settings.map(\.name), help: [choice.name]))
      }
      let value = expression(node, expecting: setting.type, for: .label(label.text))
      guard let constant = value.constant else {
        pending.append((label.text, range(node), value.eval))
        continue
      }
      do {
        _ = try environment.checked(constant, setting.type, for: .label(label.text))
        current = try current.configured(label.text, constant)
      } catch {
        return failed(error, at: range(node))
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
    let meant = environment.suggestion(for: label.text, among: names)
    return Diagnostic(
      .unknownSetting, "\(owner) has no setting `\(label.text)`", at: range(label), says: meant.label,
      help: meant.help + help.map { "`options \($0)` lists what \($0) takes" })
  }
}
