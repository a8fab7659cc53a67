/// A checked call of a command, ready to run again and again.
final class PreparedCall {
  let declaration: CommandDeclaration
  /// One per parameter, nil when not given.
  let arguments: [Compiler.Argument?]
  /// Settings of choices, given as labels.
  let extras: [(label: String, argument: Compiler.Argument)]
  /// The `options:` record.
  let options: Compiler.Argument?
  let range: SourceRange
  /// Fields that were ignored before; each is noted once.
  private var noted: Set<String> = []

  init(
    declaration: CommandDeclaration, arguments: [Compiler.Argument?],
    extras: [(label: String, argument: Compiler.Argument)],
    options: Compiler.Argument?, range: SourceRange
  ) {
    self.declaration = declaration
    self.arguments = arguments
    self.extras = extras
    self.options = options
    self.range = range
  }

  func run(_ frame: Frame) throws -> Value {
    var values: [Value?] = [], ranges: [SourceRange?] = []
    for (parameter, argument) in zip(declaration.parameters, arguments) {
      let value = try argument.map { try evaluate($0, for: parameter, frame) }
      let isGiven = !parameter.leavesOut(value)
      ranges.append(isGiven ? argument?.range : nil)
      values.append(isGiven ? value : nil)
    }
    let settings = try extras.map { ($0.label, $0.argument.range, try $0.argument.eval(frame)) }
    for (label, range, value) in settings { try apply(label, value, at: range, to: &values, frame.machine.environment) }
    if let options { try merge(options, frame, into: &values, &ranges) }
    do {
      try frame.machine.poll()
      let value = try frame.machine.hosting {
        try declaration.body(frame.machine.host, Arguments(values: values, ranges: ranges, range: range))
      }
      // Afterwards: a Ctrl-C that came while it worked must not be lost.
      try frame.machine.poll()
      return value
    } catch {
      let places = zip(declaration.parameters, ranges).compactMap { parameter, range in
        range.map { (parameter.name, $0) }
      }
      throw Compiler.place(error, arguments: places + extras.map { ($0.label, $0.argument.range) }, at: range)
    }
  }

  private func evaluate(_ argument: Compiler.Argument, for parameter: ParameterDeclaration, _ frame: Frame) throws
    -> Value
  {
    let value = try argument.eval(frame)
    guard argument.constant == nil else { return value }
    do { return try frame.machine.environment.checked(value, parameter, of: declaration) } catch {
      throw Problem.place(error, at: argument.range)
    }
  }

  /// The parameters that take choices, with the choices of this call: the given ones, else the default.
  private func recipients(_ values: [Value?]) -> [(index: Int, value: Value)] {
    declaration.parameters.indices.compactMap { index in
      let parameter = declaration.parameters[index]
      guard !parameter.type.families.isEmpty, let value = values[index] ?? parameter.fallback, !value.choices.isEmpty
      else { return nil }
      return (index, value)
    }
  }

  /// A setting given as a label goes to the choices that have it.
  private func apply(
    _ label: String, _ value: Value, at range: SourceRange, to values: inout [Value?], _ environment: Environment
  ) throws {
    let having = recipients(values).filter { $0.value.choices.contains { $0.declaration.setting(label) != nil } }
    guard let recipient = having.first else {
      throw unknown(label, recipients(values).flatMap { $0.value.choices }, at: range, environment)
    }
    guard having.count == 1 else {
      let names = having.compactMap { $0.value.choices.first { $0.declaration.setting(label) != nil }?.name }
      throw Diagnostic(
        .ambiguousSetting, "`\(label)` is a setting of \(names.joined(separator: " and of "))", at: range,
        help: ["say which: `\(names[0])(\(label): …)`"])
    }
    do {
      values[recipient.index] = try recipient.value.mapChoices { choice in
        choice.declaration.setting(label) == nil ? choice : try choice.configured(label, value)
      }
    } catch { throw Problem.place(error, at: range) }
  }

  private func unknown(_ label: String, _ choices: [Choice], at range: SourceRange, _ environment: Environment)
    -> Diagnostic
  {
    let names = declaration.labels.map(\.name) + choices.flatMap { $0.declaration.settings.map(\.name) }
    let meant = environment.suggestion(for: label, among: names)
    return Diagnostic(
      .unknownSetting, "\(declaration.name) has no setting `\(label)`", at: range, says: meant.label,
      help: meant.help + choices.prefix(2).map { "`options \($0.name)` lists what \($0.name) takes" })
  }

  // MARK: options

  /// Merges the record: a field is a label of the command's or a setting of a choice; what is given explicitly wins.
  private func merge(
    _ options: Compiler.Argument, _ frame: Frame, into values: inout [Value?], _ ranges: inout [SourceRange?]
  ) throws {
    guard case .record(let record) = try options.eval(frame) else {
      throw Diagnostic(
        .wrongType, "`options:` takes a record", at: options.range, help: ["write `options: {eps: 0.1}`"])
    }
    for (name, value) in record.pairs {
      let place = options.fieldRanges[name] ?? options.range
      do {
        if let at = declaration.parameters.firstIndex(where: { $0.name == name && !$0.isSubject }) {
          guard ranges[at] == nil, !declaration.parameters[at].leavesOut(value) else { continue }
          values[at] = try frame.machine.environment.checked(value, declaration.parameters[at], of: declaration)
          ranges[at] = place
        }
      } catch { throw Problem.place(error, at: place) }
    }
    for (name, value) in record.pairs where !declaration.parameters.contains(where: { $0.name == name }) {
      try mergeSetting(name, value, at: options.fieldRanges[name] ?? options.range, frame, into: &values)
    }
  }

  private func mergeSetting(
    _ name: String, _ value: Value, at place: SourceRange, _ frame: Frame, into values: inout [Value?]
  ) throws {
    guard !extras.contains(where: { $0.label == name }) else { return }
    let all = recipients(values)
    let having = all.filter { $0.value.choices.contains { $0.declaration.setting(name) != nil } }
    if having.isEmpty {
      let family = declaration.parameters.flatMap { $0.type.families }.flatMap {
        frame.machine.environment.choices(of: $0)
      }
      guard let other = family.first(where: { $0.setting(name) != nil }) else {
        throw unknown(name, all.flatMap { $0.value.choices }, at: place, frame.machine.environment)
      }
      return note(name, known: other, all.flatMap { $0.value.choices.map(\.name) }, at: place, frame)
    }
    do {
      for recipient in having {
        values[recipient.index] = try recipient.value.mapChoices { choice in
          choice.declaration.setting(name) == nil || choice.given[name] != nil
            ? choice : try choice.configured(name, value)
        }
      }
    } catch { throw Problem.place(error, at: place) }
  }

  private func note(
    _ name: String, known other: ChoiceDeclaration, _ choices: [String], at place: SourceRange, _ frame: Frame
  ) {
    guard noted.insert(name).inserted else { return }
    let who = choices.isEmpty ? declaration.name : choices.joined(separator: ", ")
    frame.machine.host.note(
      Diagnostic(
        .ignoredOption, "`\(name)` is ignored by \(who)", at: place, says: "a setting of \(other.name)", severity: .note
      ))
  }
}
