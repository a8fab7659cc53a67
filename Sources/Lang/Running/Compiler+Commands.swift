/// Checks a call against the command's declaration: everything the text alone tells before anything runs, the rest when called.
extension Compiler {
  /// One argument of a call, compiled.
  struct Argument {
    let range: SourceRange
    let eval: Eval
    /// The value when the text alone tells it, checked already.
    let constant: Value?
    /// Where the fields of a record written out stand.
    var fieldRanges: [String: SourceRange] = [:]
  }

  func command(_ call: CommandCall, _ node: Node) -> Compiled {
    guard let declaration = environment.commands[call.command.text] else {
      return fail(unknown(call.command.text, at: range(call.command)))
    }
    let mistakes = diagnostics.count
    var arguments: [Argument?] = Array(repeating: nil, count: declaration.parameters.count)
    subject(of: call, declaration, into: &arguments)
    // `show attack normal with: …` has one mistake: what follows belongs to the command that stands where a value should.
    if let mistake = diagnostics[mistakes...].first(where: { $0.code == Code.commandAsValue.rawValue }) {
      diagnostics.removeSubrange(mistakes...)
      return fail(mistake)
    }
    let extras = labels(of: call, declaration, into: &arguments)
    checkMissing(call, declaration, arguments, given: extras.map(\.label))
    check(extras: extras, call, declaration, arguments)
    guard diagnostics.count == mistakes || !diagnostics[mistakes...].contains(where: { $0.severity == .error }) else {
      return Compiled { _ in .none }
    }
    if let mistake = together(declaration, arguments, at: range(node)) { return fail(mistake) }
    let prepared = PreparedCall(
      declaration: declaration, arguments: arguments,
      extras: extras.filter { $0.label != "options" || !declaration.mergesOptions }
        .map { ($0.label, $0.argument) },
      options: declaration.mergesOptions ? extras.first { $0.label == "options" }?.argument : nil, range: range(node))
    return Compiled { try prepared.run($0) }
  }

  private func subject(of call: CommandCall, _ declaration: CommandDeclaration, into arguments: inout [Argument?]) {
    if let surplus = call.surplus {
      diagnostics.append(
        Diagnostic(
          .tooManyArguments, "\(declaration.name) takes one value without a label", at: range(surplus),
          help: declaration.labels.isEmpty
            ? ["several go into a list, `[a, b]`, or a text, `\"{a} {b}\"`"]
            : ["its labels are \(declaration.labelList)"]))
    }
    guard let node = call.subject else { return }
    guard let at = declaration.parameters.firstIndex(where: \.isSubject) else {
      diagnostics.append(
        Diagnostic(
          .tooManyArguments, "\(declaration.name) takes no value without a label", at: range(node),
          help: declaration.labels.isEmpty
            ? ["write it alone: `\(declaration.name)`"] : ["its labels are \(declaration.labelList)"]))
      return
    }
    arguments[at] = argument(node, for: declaration.parameters[at], of: declaration)
  }

  /// Compiles the labelled arguments; returns those that are not the command's own: settings and `options`. They come
  /// last, for the choices they belong to say what may stand there.
  private func labels(
    of call: CommandCall, _ declaration: CommandDeclaration, into arguments: inout [Argument?]
  ) -> [(label: String, name: Name, argument: Argument)] {
    var extras: [(label: Name, value: Node)] = [], seen: [String: Name] = [:]
    for given in call.labels {
      guard let label = given.label else { continue }
      if let first = seen.updateValue(label, forKey: label.text) {
        diagnostics.append(
          Diagnostic(
            .repeatedArgument, "`\(label.text)` is given twice", at: range(label),
            labels: [.init(range(first), "first here")]))
        continue
      }
      if let at = declaration.parameters.firstIndex(where: { $0.name == label.text }) {
        let parameter = declaration.parameters[at]
        if parameter.isSubject {
          guard call.subject == nil else {
            diagnostics.append(
              Diagnostic(
                .repeatedArgument, "the \(parameter.name) of \(declaration.name) is given twice", at: range(label)))
            continue
          }
        }
        arguments[at] = argument(given.value, for: parameter, of: declaration)
      } else {
        extras.append((label, given.value))
      }
    }
    let choices = recipients(declaration, arguments).flatMap(\.choices)
    return extras.map { label, value in
      let setting = choices.lazy.compactMap { $0.setting(label.text) }.first
      return (label.text, label, extra(value, label.text, setting?.type, declaration))
    }
  }

  /// An argument of a declared parameter, checked if its value is known.
  private func argument(_ node: Node, for parameter: ParameterDeclaration, of command: CommandDeclaration) -> Argument {
    let recipient = parameter.recipient(of: command)
    if parameter.type.isUnevaluated { return unevaluated(node, recipient, parameter.type) }
    let compiled = expression(node, expecting: parameter.type, for: recipient), range = range(node)
    if let constant = compiled.constant {
      do { _ = try environment.checked(constant, parameter, of: command) } catch { _ = failed(error, at: range) }
    }
    return Argument(range: range, eval: compiled.eval, constant: compiled.constant, fieldRanges: fieldRanges(node))
  }

  private func extra(_ node: Node, _ label: String, _ type: ValueType?, _ declaration: CommandDeclaration) -> Argument {
    let compiled = expression(node, expecting: type ?? .any, for: .label(label))
    if label == "options", declaration.mergesOptions, let constant = compiled.constant, constant.asRecord == nil {
      diagnostics.append(
        Diagnostic(
          .wrongType, "`options:` takes a record, not \(constant.briefPhrase)", at: range(node),
          help: ["write `options: {eps: 0.1}`"]))
    }
    return Argument(
      range: range(node), eval: compiled.eval, constant: compiled.constant, fieldRanges: fieldRanges(node))
  }

  private func fieldRanges(_ node: Node) -> [String: SourceRange] {
    guard case .record(let fields) = node.kind else { return [:] }
    return Dictionary(fields.map { ($0.name.text, range($0.name)) }, uniquingKeysWith: { first, _ in first })
  }

  /// A name or word that stands for itself.
  private func unevaluated(_ node: Node, _ recipient: ValueType.Recipient, _ type: ValueType) -> Argument {
    let range = range(node)
    var word: String?
    switch (node.kind, type) {
    case (.name(let text), .variable):
      word = text
      if lookUp(text) == nil, !isLenient {
        diagnostics.append(
          Diagnostic(
            .unknownName, "there is no variable `\(text)`", at: range,
            says: Suggestions.hint(for: text, in: scope.names + declared)))
      }
    case (.name(let text), _), (.string(let text), .word): word = text
    default: break
    }
    guard let word else {
      diagnostics.append(
        Diagnostic(.wrongType, "\(recipient.shown) takes \(type.phrase), not \(expressionPhrase(node))", at: range))
      return Argument(range: range, eval: { _ in .none }, constant: nil)
    }
    return Argument(range: range, eval: { _ in .string(word) }, constant: .string(word))
  }

  private func expressionPhrase(_ node: Node) -> String {
    switch node.kind {
    case .number(let number): Value.number(number).literal
    case .string: "a string"
    default: "an expression"
    }
  }

  private func checkMissing(
    _ call: CommandCall, _ declaration: CommandDeclaration, _ arguments: [Argument?], given labels: [String]
  ) {
    for (parameter, argument) in zip(declaration.parameters, arguments) where parameter.isRequired && argument == nil {
      // A label that is misspelt is told as that.
      if labels.contains(where: { Suggestions.nearest(to: $0, in: [parameter.name]) != nil }) { return }
      let what = parameter.isSubject ? parameter.type.phrase : "`\(parameter.name):`, \(parameter.type.phrase)"
      let isMerged = !parameter.isSubject && declaration.mergesOptions && labels.contains("options")
      let remark = isMerged ? ["`options:` holds settings; `\(parameter.name):` stands beside it"] : []
      diagnostics.append(
        Diagnostic(
          .missingArgument, "\(declaration.name) needs \(what)", at: range(call.command),
          help: remark + (declaration.examples.first.map { ["for example: \($0)"] } ?? [])))
      return
    }
  }

  // MARK: settings beside the labels

  /// The choices that an argument certainly is, nil when only running tells.
  private func knownChoices(_ parameter: ParameterDeclaration, _ argument: Argument?) -> [ChoiceDeclaration]? {
    guard let argument else { return parameter.fallback.map { $0.choices.map(\.declaration) } ?? [] }
    return argument.constant.map { $0.choices.map(\.declaration) }
  }

  /// The choices whose settings may stand beside the labels: those the arguments are or, when only running tells, any of
  /// the family.
  private func recipients(
    _ declaration: CommandDeclaration, _ arguments: [Argument?]
  ) -> [(choices: [ChoiceDeclaration], isCertain: Bool)] {
    zip(declaration.parameters, arguments).filter { !$0.0.type.families.isEmpty }.map { parameter, argument in
      if let known = knownChoices(parameter, argument) { return (known, true) }
      return (parameter.type.families.flatMap { environment.choices(of: $0) }, false)
    }
  }

  private func check(
    extras: [(label: String, name: Name, argument: Argument)], _ call: CommandCall, _ declaration: CommandDeclaration,
    _ arguments: [Argument?]
  ) {
    let recipients = recipients(declaration, arguments)
    // `wiht: pgd steps: 40`: whose setting `steps` is, only the misspelt label would tell.
    let required = declaration.parameters.filter { $0.isRequired && !$0.isSubject && !$0.type.families.isEmpty }.map(
      \.name)
    let misspelt = extras.first { Suggestions.nearest(to: $0.label, in: required) != nil }?.label
    for extra in extras where !(extra.label == "options" && declaration.mergesOptions) {
      let having = recipients.filter { $0.choices.contains { $0.setting(extra.label) != nil } }
      if having.isEmpty, let misspelt, extra.label != misspelt, environment.isSetting(extra.label) { continue }
      if having.isEmpty {
        diagnostics.append(unknownLabel(extra.name, declaration, recipients))
      } else if having.count > 1, having.allSatisfy(\.isCertain) {
        diagnostics.append(ambiguous(extra.name, having.map(\.choices)))
      } else if let constant = extra.argument.constant, having.count == 1, having[0].isCertain {
        for choice in having[0].choices {
          guard let setting = choice.setting(extra.label) else { continue }
          do { _ = try environment.checked(constant, setting.type, for: .label(extra.label)) } catch {
            _ = failed(error, at: extra.argument.range)
          }
        }
      }
    }
  }

  private func ambiguous(_ label: Name, _ choices: [[ChoiceDeclaration]]) -> Diagnostic {
    let names = choices.compactMap { $0.first { $0.setting(label.text) != nil }?.name }
    return Diagnostic(
      .ambiguousSetting, "`\(label.text)` is a setting of \(names.joined(separator: " and of "))", at: range(label),
      help: ["say which: `\(names.first ?? "")(\(label.text): …)`"])
  }

  private func unknownLabel(
    _ label: Name, _ declaration: CommandDeclaration, _ recipients: [(choices: [ChoiceDeclaration], isCertain: Bool)]
  ) -> Diagnostic {
    let settings = recipients.flatMap { $0.choices.flatMap { $0.settings.map(\.name) } }
    let names = declaration.labels.map(\.name) + (declaration.mergesOptions ? ["options"] : []) + settings
    let certain = recipients.filter { $0.isCertain }.flatMap { $0.choices.map(\.name) }
    let own = "`?\(declaration.name)` lists what \(declaration.name) takes"
    let meant = environment.suggestion(for: label.text, among: names)
    // Where nothing is near, nobody knows whose setting was meant.
    let owners =
      meant.isFound ? [] : environment.owners(of: label.text, in: declaration.parameters.flatMap(\.type.families))
    let help = meant.help + owners + (!meant.isFound || certain.isEmpty ? [own] : [])
    return Diagnostic(
      .unknownSetting, "\(declaration.name) has no setting `\(label.text)`", at: range(label),
      says: meant.label,
      help: help + certain.prefix(2).map { "`options \($0)` lists what \($0) takes" })
  }
}

extension CommandDeclaration {
  /// Whether `options: {…}` merges a record into the call.
  var mergesOptions: Bool { takesChoices && !parameters.contains { $0.name == "options" } }
  /// `eps:, norm:, seed:`
  var labelList: String { labels.map { "\($0.name):" }.joined(separator: " ") }
}

extension Value {
  /// The choice, or the choices in a list.
  var choices: [Choice] {
    switch self {
    case .choice(let choice): [choice]
    case .list(let values): values.flatMap(\.choices)
    default: []
    }
  }

  /// The same value with every choice in it changed.
  func mapChoices(_ change: (Choice) throws -> Choice) rethrows -> Value {
    switch self {
    case .choice(let choice): .choice(try change(choice))
    case .list(let values): .list(try values.map { try $0.mapChoices(change) })
    default: self
    }
  }
}

extension Compiler {
  /// What the command's own check says about the arguments that the text tells.
  private func together(
    _ declaration: CommandDeclaration, _ arguments: [Argument?], at range: SourceRange
  ) -> Diagnostic? {
    var values: [String: Value] = [:], given: Set<String> = []
    for (parameter, argument) in zip(declaration.parameters, arguments) {
      let isGiven = argument != nil && !parameter.leavesOut(argument?.constant)
      if isGiven { given.insert(parameter.name) }
      values[parameter.name] = isGiven ? argument?.constant : parameter.fallback
    }
    do {
      try declaration.check(KnownArguments(values: values, given: given))
      return nil
    } catch {
      let name = (error as? Problem)?.argument
      let at = declaration.parameters.firstIndex { $0.name == name }.flatMap { arguments[$0]?.range }
      return Problem.place(error, at: at ?? range) as? Diagnostic
    }
  }
}
