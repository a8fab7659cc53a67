/// Finds what could stand at a cursor.
struct CompletionFinder {
  typealias Candidate = Completion.Candidate

  let source: Source
  let cursor: Int
  let environment: Environment
  let sources: Completion.Sources
  /// Where the word at the cursor starts, and the word.
  let start: Int
  let word: String
  /// Whether candidates may differ from what was typed in capitals.
  let ignoresCase: Bool

  init(
    _ text: String, _ cursor: Int, _ environment: Environment, _ sources: Completion.Sources, ignoringCase: Bool = false
  ) {
    ignoresCase = ignoringCase
    source = Source(name: "", text: text)
    // Not inside a letter: what is before the cursor must be as long as its text.
    var end = max(0, min(cursor, source.bytes.count))
    while end > 0, end < source.bytes.count, UTF8.isContinuation(source.bytes[end]) { end -= 1 }
    self.cursor = end
    self.environment = environment
    self.sources = sources
    var start = end
    while start > 0, source.bytes[start - 1].isNamePart { start -= 1 }
    self.start = start
    word = source.text(from: start, to: self.cursor)
  }

  func find() -> Completion {
    let line = source.text(from: source.lineStarts[source.line(at: cursor) - 1], to: cursor)
    if let first = line.first(where: { !$0.isWhitespace }), ":?!".contains(first) {
      if first == "?", source.bytes[..<start].last == UInt8(ascii: ".") {
        return completion(candidates(CompletionContext(source, upTo: start)))
      }
      return completion(first == "?" ? topics() + sources.session(line) : sources.session(line))
    }
    if let text = openString() {
      let quote = cursor - text.utf8.count - 1
      if source.bytes[quote] == UInt8(ascii: "\""), let code = openInterpolation(text) { return interpolated(code) }
      let candidates = texts(CompletionContext(source, upTo: quote), text).filter { continues(text, $0) }
      return Completion(start: quote + 1, quote: source.text(from: quote, to: quote + 1), candidates: candidates)
    }
    let place = CompletionContext(source, upTo: start)
    if place.isInComment(start) || place.namesSomethingNew { return completion([]) }
    if let sql = sqlStatement(place) {
      return completion(source.bytes[..<start].last == UInt8(ascii: ":") ? variables(fitting: nil) : sources.sql(sql))
    }
    return completion(candidates(place))
  }

  private func completion(_ all: [Candidate]) -> Completion {
    var seen: Set<String> = []
    let near = all.filter { continues(word, $0) && seen.insert($0.text).inserted }
    return Completion(start: start, candidates: near)
  }

  private func continues(_ typed: String, _ candidate: Candidate) -> Bool {
    ignoresCase ? candidate.text.lowercased().hasPrefix(typed.lowercased()) : candidate.text.hasPrefix(typed)
  }

  private func topics() -> [Candidate] {
    Help.topics(in: environment).map { topic in
      Candidate(topic, .keyword, Help.page(for: topic, in: environment)?.summary ?? "")
    }
  }

  /// The text of a string that is still open at the cursor.
  private func openString() -> String? {
    var lexer = Lexer(source, to: cursor)
    while true {
      do throws(Diagnostic) {
        if try lexer.next().kind == .end { return nil }
      } catch {
        guard error.code == Code.unfinishedString.rawValue, let range = error.range, lexer.position >= cursor else {
          if lexer.position >= cursor { return nil }
          continue
        }
        return source.text(from: range.start + 1, to: cursor)
      }
    }
  }

  /// What the text of a string may be that opens at a place: files, unless its parameter takes something else.
  private func texts(_ place: CompletionContext, _ typed: String) -> [Candidate] {
    guard let (owner, label) = owner(of: place) else { return sources.files(typed) }
    let types =
      environment.functions[owner]?.parameters.map(\.type) ?? [type(owner, label, place)].compactMap { $0 }
    let known = sources.texts(owner, label)
    if types.contains(where: \.takesFile) { return known + sources.files(typed) }
    if !known.isEmpty { return known }
    return types.isEmpty ? sources.files(typed) : types.flatMap(\.element.words).map { Candidate($0, .choice, "") }
  }

  /// Whose argument stands at a place: a command, built-in or function with a label, or a name before `[`.
  private func owner(of place: CompletionContext) -> (name: String, label: String?)? {
    for level in place.levels.reversed() {
      let label = level.stage.last.flatMap { $0.kind == .label ? String(place.text($0).dropLast()) : nil }
      if let callee = level.callee { return (callee, label) }
      if level.allowsCommand, let first = level.stage.first, first.kind == .name { return (place.text(first), label) }
      if level.opener == .openBracket, let owner = level.owner, owner.label != nil || level.isIndex {
        return (owner.command, owner.label)
      }
    }
    return nil
  }

  /// What stands behind a `{` of a string that nothing has closed yet.
  private func openInterpolation(_ text: String) -> String? {
    var opened: [String.Index] = [], isEscaped = false
    for at in text.indices {
      switch text[at] {
      case _ where isEscaped: isEscaped = false
      case "\\": isEscaped = true
      case "{": opened.append(text.index(after: at))
      case "}": _ = opened.popLast()
      default: break
      }
    }
    return opened.last.map { String(text[$0...]) }
  }

  /// Code inside a string: an expression, which the text before it makes of it.
  private func interpolated(_ code: String) -> Completion {
    let before = "0 + "
    let text = before + code
    let inner = CompletionFinder(text, text.utf8.count, environment, sources, ignoringCase: ignoresCase).find()
    return Completion(
      start: cursor - code.utf8.count + inner.start - before.utf8.count, quote: inner.quote,
      candidates: inner.candidates)
  }

  private func sqlStatement(_ place: CompletionContext) -> String? {
    for level in place.levels.reversed() {
      guard let first = level.stage.first, first.kind == .name else { continue }
      let word = place.text(first)
      let explains =
        word == "explain"
        && level.stage.dropFirst().first.map { ["select", "with", "query"].contains(place.text($0)) } == true
      if word == "select" || explains || word == "with" && level.startsStatement {
        return source.text(from: first.start, to: cursor)
      }
    }
    return nil
  }

  // MARK: places

  private func candidates(_ place: CompletionContext) -> [Candidate] {
    let level = place.top
    if let last = place.last, last.symbol == .dot, last.end == start {
      return members(before: level.stage.dropLast(), place)
    }
    if let callee = level.callee, environment.value(of: callee) == nil {
      if let command = environment.commands[callee] {
        return commandCandidates(command, level.stage, place, isCall: true)
      }
      if let choice = environment.choices[callee] { return settingCandidates(choice, level.stage, place) }
      if let function = environment.functions[callee], level.stage.isEmpty {
        return values(fitting: nil) + function.parameters.map { Candidate("\($0.name):", .label, $0.type.phrase) }
      }
    }
    if let first = level.stage.first, first.kind == .name, level.allowsCommand,
      let command = environment.commands[place.text(first)], environment.value(of: command.name) == nil
    {
      return commandCandidates(command, level.stage, place, isCall: false)
    }
    if level.opener == .openBrace, level.owner?.label == "options", let given = place.levels.dropLast().last?.stage {
      return optionCandidates(given.compactMap { choice(named: place.text($0)) }, level.stage, place)
    }
    if level.opener == .openBracket, let owner = level.owner, let type = type(owner.command, owner.label, place) {
      return values(fitting: type.element)
    }
    if let type = unlabelledList(place) {
      return values(fitting: type.families.first.map { .choice(family: $0) } ?? type.element)
    }
    guard level.stage.isEmpty else { return values(fitting: nil) + infixWords() }
    return (level.allowsCommand ? commands() : []) + (level.startsStatement ? statementWords() : [])
      + values(fitting: nil)
  }

  /// The type of the list that is open at a place, where a built-in takes it without a name: `network([conv, …`. Lists in
  /// the list take the same.
  private func unlabelledList(_ place: CompletionContext) -> ValueType? {
    for (inner, outer) in zip(place.levels.reversed(), place.levels.dropLast().reversed()) {
      guard inner.opener == .openBracket else { return nil }
      guard let callee = outer.callee else { continue }
      guard let choice = environment.choices[callee], !outer.stage.contains(where: { $0.kind == .label }) else {
        return nil
      }
      return choice.unlabelled?.type
    }
    return nil
  }

  private func members(before stage: ArraySlice<Token>, _ place: CompletionContext) -> [Candidate] {
    guard let value = value(at: Array(stage), place) else { return [] }
    return memberCandidates(value)
  }

  /// The value that a path such as `m.epochs`, `_` or `rows[0].model` leads to. Members of the host's objects are looked up,
  /// and of an index the first element is taken; the user's code is not run.
  private func value(at stage: [Token], _ place: CompletionContext) -> Value? {
    guard let end = stage.last else { return nil }
    let rest = Array(stage.dropLast())
    switch (end.kind, end.symbol) {
    case (.last, _): return sources.last(Int(place.text(end).dropFirst()))
    case (.symbol, .closeBracket):
      guard rest.last?.symbol == .openBracket, rest.last?.spaceBefore == false else { return nil }
      guard let whole = value(at: rest.dropLast(), place) else { return nil }
      return try? whole.element(at: [.number(0)])
    case (.name, _):
      guard let dot = rest.last, dot.symbol == .dot, !end.spaceBefore else {
        return environment.value(of: place.text(end)) ?? environment.builtIn(place.text(end))
      }
      return value(at: rest.dropLast(), place).flatMap { try? $0.member(place.text(end)) }
    default: return nil
    }
  }

  private func memberCandidates(_ value: Value) -> [Candidate] {
    switch value {
    case .object(let object): object.allMembers.map { Candidate($0.name, .member, $0.summary) }
    case .choice(let choice): choice.declaration.settings.map { Candidate($0.name, .member, $0.summary) }
    case .record(let record): record.pairs.map { Candidate($0.name, .member, $0.value.brief) }
    default: value.memberNames.map { Candidate($0, .member, "") }
    }
  }

  private func commandCandidates(
    _ command: CommandDeclaration, _ stage: [Token], _ place: CompletionContext, isCall: Bool
  ) -> [Candidate] {
    if let last = stage.last, last.kind == .label {
      let label = String(place.text(last).dropLast()), type = type(command.name, label, place)
      if case .word("column")? = type, stage.count > 2, case .table(let table)? = value(at: [stage[1]], place) {
        return table.columns.map { Candidate($0.name, .member, "a column") }
      }
      return values(fitting: type)
    }
    let subject = command.subject
    let isFirst = isCall ? stage.isEmpty && place.last?.symbol == .openParen : stage.count == 1
    if let last = stage.last, !isFirst, last.kind == .symbol, !isClosing(last) { return values(fitting: nil) }
    let labels = labelCandidates(command, place)
    guard isFirst, let subject else { return labels }
    return values(fitting: subject.type) + labels
  }

  private func isClosing(_ token: Token) -> Bool {
    [.closeParen, .closeBracket, .closeBrace].contains(token.symbol)
  }

  /// The labels of a command that are not given yet, and the settings of the choices that are.
  private func labelCandidates(_ command: CommandDeclaration, _ place: CompletionContext) -> [Candidate] {
    let given = givenWords(place)
    var candidates = command.labels.map { Candidate("\($0.name):", .label, $0.summary) }
    for choice in given.compactMap({ choice(named: $0) }) {
      candidates += choice.settings.map { Candidate("\($0.name):", .label, "\($0.summary) (\(choice.name))") }
    }
    if command.mergesOptions { candidates.append(Candidate("options:", .label, "a record of settings to merge")) }
    return candidates.filter { !given.contains($0.text) }
  }

  private func choice(named name: String) -> ChoiceDeclaration? {
    environment.value(of: name)?.asChoice?.declaration ?? environment.choices[name]
  }

  /// The names and labels of the stage around the cursor, brackets inside it included.
  private func givenWords(_ place: CompletionContext) -> [String] {
    guard let begin = place.top.stage.first?.start ?? place.last?.start else { return [] }
    var lexer = Lexer(source, from: begin, to: start), words: [String] = []
    while let token = lexer.nextIfValid(), token.kind != .end { words.append(place.text(token)) }
    return words
  }

  /// The fields of `options: {…}`: settings of the built-ins that are given beside it.
  private func optionCandidates(
    _ choices: [ChoiceDeclaration], _ stage: [Token], _ place: CompletionContext
  ) -> [Candidate] {
    if let last = stage.last, last.kind == .label {
      let name = String(place.text(last).dropLast())
      return values(fitting: choices.lazy.compactMap { $0.setting(name)?.type }.first)
    }
    return choices.flatMap(\.settings).map { Candidate("\($0.name):", .label, $0.summary) }
  }

  private func settingCandidates(_ choice: ChoiceDeclaration, _ stage: [Token], _ place: CompletionContext)
    -> [Candidate]
  {
    if let last = stage.last, last.kind == .label {
      return values(fitting: choice.setting(String(place.text(last).dropLast()))?.type)
    }
    return choice.settings.map { Candidate("\($0.name):", .label, $0.summary) }
  }

  /// What a label of a command, or a setting of a choice given to it, takes.
  private func type(_ command: String, _ label: String?, _ place: CompletionContext) -> ValueType? {
    guard let command = environment.commands[command] else { return nil }
    guard let label else { return command.subject?.type }
    if let parameter = command.parameters.first(where: { $0.name == label }) { return parameter.type }
    return givenWords(place).lazy.compactMap { self.choice(named: $0)?.setting(label)?.type }.first
  }

  // MARK: words

  private func commands() -> [Candidate] {
    environment.commands.values.sorted { $0.name < $1.name }.map { Candidate($0.name, .command, $0.summary) }
  }

  private func statementWords() -> [Candidate] {
    keywords(["let", "if", "for", "while", "def", "return", "break", "continue", "try", "check", "param", "select"])
  }

  private func infixWords() -> [Candidate] { keywords(["and", "or", "in", "mod", "by", "then", "else"]) }

  private func keywords(_ words: [String]) -> [Candidate] {
    words.map { Candidate($0, .keyword, KeywordHelp.page(for: $0)?.summary ?? "") }
  }

  private func variables(fitting type: ValueType?) -> [Candidate] {
    let all = environment.variables.sorted { $0.name < $1.name }
    let fitting = type.map { type in all.filter { type.fit($0.value) == .fits } } ?? all
    return fitting.map { Candidate($0.name, .variable, $0.value.typeName) }
  }

  /// Values that a type takes; for an unknown type everything that may stand in an expression.
  private func values(fitting type: ValueType?) -> [Candidate] {
    guard let type else { return anyValue() }
    switch type {
    case .choice(let family): return choices(family) + variables(fitting: type)
    case .oneOrMore(let element): return values(fitting: element) + variables(fitting: type)
    case .either(let types): return types.flatMap { values(fitting: $0) }
    case .flag: return keywords(["true", "false"]) + variables(fitting: type)
    case .nothing: return keywords(["none"])
    case .oneOf(let words): return words.map { Candidate($0, .choice, "") } + variables(fitting: type)
    case .variable: return variables(fitting: nil)
    case .word(let kind): return sources.words(kind)
    case .file, .string: return variables(fitting: type)
    case .any: return anyValue()
    default:
      return variables(fitting: type) + (variables(fitting: type).isEmpty ? variables(fitting: nil) : []) + functions()
    }
  }

  private func anyValue() -> [Candidate] {
    variables(fitting: nil) + choices(nil) + functions() + keywords(["true", "false", "none", "not", "fn", "if"])
  }

  private func choices(_ family: String?) -> [Candidate] {
    environment.choices(of: family).map { choice in
      // What cannot do without a setting is written with parentheses.
      let needs = choice.settings.contains { $0.fallback == nil && $0.fallbackText == nil }
      return Candidate(needs ? choice.name + "(" : choice.name, .choice, choice.summary)
    }
  }

  private func functions() -> [Candidate] {
    environment.functions.values.sorted { $0.name < $1.name }.map { Candidate($0.name, .function, $0.summary) }
  }

  // MARK: signatures

  func signature() -> String? {
    let place = CompletionContext(source, upTo: cursor)
    for level in place.levels.reversed() {
      if let callee = level.callee, let usage = usage(callee) { return usage }
      if level.allowsCommand, let first = level.stage.first, first.kind == .name,
        let command = environment.commands[place.text(first)]
      {
        return Help.usage(of: command)
      }
    }
    return nil
  }

  private func usage(_ name: String) -> String? {
    if let command = environment.commands[name] { return Help.usage(of: command) }
    if let function = environment.functions[name] { return function.signature }
    return environment.choices[name].map { choice in
      "\(name)(" + choice.settings.map(\.usage).joined(separator: ", ") + ")"
    }
  }
}

extension SettingDeclaration {
  /// As it is written: `kernel: NUMBER`, `NUMBER` where it needs no name.
  var usage: String { (isUnlabelled ? "" : "\(name): ") + type.placeholder }
}

extension ValueType {
  /// What the elements of a list of this type are.
  var element: ValueType {
    switch self {
    case .list(let element), .oneOrMore(let element): element
    case .either(let types): types.map(\.element).first ?? self
    default: self
    }
  }

  /// Whether a path may be given.
  fileprivate var takesFile: Bool {
    switch self {
    case .file: true
    case .list(let element), .oneOrMore(let element): element.takesFile
    case .either(let types): types.contains(where: \.takesFile)
    default: false
    }
  }
}
