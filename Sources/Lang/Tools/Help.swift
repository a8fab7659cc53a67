/// A page of help: the same for the prompt, the manual page and the reference manual, made from the declarations.
public struct HelpPage: Sendable, Equatable {
  /// One parameter, setting or member.
  public struct Entry: Sendable, Equatable {
    /// As it is written: `eps:`, `.clean`.
    public let name: String
    /// What it means.
    public let summary: String
    /// What it takes and what it is when left out: `a number from 0 to 1, in pixels; 0.1`.
    public let detail: String
  }

  /// What it is about.
  public let name: String
  /// What that is: `command`, `attack`, `function`, `word of the language`.
  public let kind: String
  /// One sentence.
  public let summary: String
  /// How it is written; may be empty.
  public var usage = ""
  /// What the entries are: `Settings`; may be empty.
  public var heading = ""
  /// Its parameters, settings or members.
  public var entries: [Entry] = []
  /// Paragraphs; may be empty.
  public var details = ""
  /// Where it comes from; may be empty.
  public var paper = ""
  /// Lines that run.
  public var examples: [Example] = []
  /// Names of other pages.
  public var seeAlso: [String] = []

  /// Plain text for a terminal or a page of so many columns. Examples are not broken: they are there to be copied.
  public func text(width: Int = 100) -> String {
    var lines = ["\(name)  (\(kind))", summary.hanging(after: "", at: 2, width: width)]
    if !usage.isEmpty { lines += ["", "  " + wrappedUsage(to: width - 2)] }
    if !entries.isEmpty {
      let column = 4 + (entries.map(\.name.displayWidth).max() ?? 0)
      lines +=
        ["", heading]
        + entries.map { entry in
          let text = entry.summary + (entry.detail.isEmpty ? "" : " (\(entry.detail))")
          return text.hanging(after: "  \(entry.name)", at: column, width: width)
        }
    }
    if !details.isEmpty { lines += ["", details.wrapped(to: width)] }
    if !paper.isEmpty { lines += ["", "Paper: \(paper)".wrapped(to: width, indent: 7)] }
    if !examples.isEmpty {
      lines += ["", examples.count == 1 ? "Example" : "Examples"]
      lines += examples.flatMap { $0.lines(mark: "  ") }.map { "  \($0)" }
    }
    if !seeAlso.isEmpty {
      lines += ["", "See also: \(seeAlso.joined(separator: ", "))".wrapped(to: width, indent: 10)]
    }
    return lines.joined(separator: "\n")
  }

  /// The usage in lines; a label stays with what it takes.
  private func wrappedUsage(to width: Int) -> String {
    usage.replacing(": ", with: ":\u{a0}").wrapped(to: width, indent: 4).replacing("\u{a0}", with: " ")
  }

  /// Markdown for the reference manual.
  public var markdown: String {
    var lines = ["## \(name)", "", "*\(kind)*. \(summary)"]
    if !usage.isEmpty { lines += ["", "```", usage, "```"] }
    if !entries.isEmpty {
      let cell = { (text: String) in text.replacing("|", with: "\\|") }
      lines += ["", "| \(heading.lowercased()) | meaning | takes |", "|---|---|---|"]
      lines += entries.map { "| `\(cell($0.name))` | \(cell($0.summary)) | \(cell($0.detail)) |" }
    }
    if !details.isEmpty { lines += ["", details] }
    if !paper.isEmpty { lines += ["", "Paper: \(paper)"] }
    if !examples.isEmpty { lines += ["", "```"] + examples.flatMap { $0.lines(mark: "#> ") } + ["```"] }
    return lines.joined(separator: "\n")
  }
}

/// Finds and makes pages of help. Reads declarations and variables; runs nothing.
public enum Help {
  /// The page about a name: a variable, a command, a built-in, a function, a kind of object, a label, a keyword or the code
  /// of a diagnostic. Nil when nothing is called so.
  public static func page(for name: String, in environment: Environment) -> HelpPage? {
    if let value = environment.value(of: name) { return page(describing: value, called: name) }
    if let command = environment.commands[name] { return page(command) }
    if let choice = environment.choices[name] { return page(choice, in: environment) }
    if let function = environment.functions[name] { return page(function) }
    if let family = familyPage(name, environment) { return family }
    if let type = environment.types[name] { return page(type) }
    if let word = KeywordHelp.page(for: name) { return word }
    if let explanation = Explanation.of(name) { return explanation.page }
    return labelPage(name, environment) ?? wordPage(name, environment) ?? topicPage(name, environment)
  }

  /// The names that have a page, for suggestions: variables and everything declared.
  public static func topics(in environment: Environment) -> [String] {
    (environment.variables.map(\.name) + environment.commands.keys + environment.choices.keys
      + environment.functions.keys + environment.types.keys + KeywordHelp.words).sorted()
  }

  /// The names of labels and settings, which have a page each.
  public static func labels(in environment: Environment) -> [String] {
    Set(
      environment.commands.values.flatMap(\.labels).map(\.name)
        + environment.choices(of: nil).flatMap(\.settings).map(\.name)
    ).sorted()
  }

  /// How a command is written: `attack MODEL with: ATTACK [eps: NUMBER] [seed: INTEGER]`.
  public static func usage(of command: CommandDeclaration) -> String {
    let parts = command.parameters.map { parameter in
      let value = parameter.type.placeholder
      let written = parameter.isSubject ? value : "\(parameter.name): \(value)"
      return parameter.isRequired ? written : "[\(written)]"
    }
    return ([command.name] + parts).joined(separator: " ")
  }

  /// Commands and functions under their headings, in order of first declaration by name, for `help` without a topic.
  public static func overview(in environment: Environment) -> [(topic: String, entries: [HelpPage.Entry])] {
    let all =
      environment.commands.values.map { ($0.topic, $0.name, $0.summary) }
      + environment.functions.values.map { ($0.topic, $0.name, $0.summary) }
    let groups = Dictionary(grouping: all, by: \.0)
    return groups.keys.sorted().map { topic in
      let entries = (groups[topic] ?? []).sorted { $0.1 < $1.1 }
      return (topic, entries.map { HelpPage.Entry(name: $0.1, summary: $0.2, detail: "") })
    }
  }

  // MARK: kinds of page

  /// A command's page.
  public static func page(_ command: CommandDeclaration) -> HelpPage {
    var page = HelpPage(name: command.name, kind: "command", summary: command.summary)
    page.usage = usage(of: command)
    page.heading = "Parameters"
    page.entries = command.parameters.map { parameter in
      HelpPage.Entry(
        name: parameter.isSubject ? parameter.type.placeholder : "\(parameter.name):", summary: parameter.summary,
        detail: detail(
          parameter.type,
          fallback: parameter.fallback, parameter.fallbackText, isOptional: !parameter.isRequired))
    }
    if command.mergesOptions {
      page.entries.append(
        .init(name: "options:", summary: "a record of settings to merge", detail: "explicit labels win"))
    }
    page.details = command.details
    page.examples = command.examples
    return page
  }

  /// The page of a built-in such as `pgd`.
  public static func page(_ choice: ChoiceDeclaration, in environment: Environment) -> HelpPage {
    var page = HelpPage(name: choice.name, kind: choice.family, summary: choice.summary)
    let settings = choice.settings.prefix(2).map(\.usage).joined(separator: ", ")
    page.usage =
      choice.settings.isEmpty ? choice.name : "\(choice.name)(\(settings)\(choice.settings.count > 2 ? ", …" : ""))"
    page.heading = "Settings"
    page.entries = choice.settings.map { setting in
      HelpPage.Entry(
        name: "\(setting.name):", summary: setting.summary,
        detail: detail(setting.type, fallback: setting.fallback, setting.fallbackText))
    }
    page.details = choice.details
    page.paper = choice.paper ?? ""
    page.examples = choice.examples
    page.seeAlso = environment.choices(of: choice.family).map(\.name).filter { $0 != choice.name }
    return page
  }

  /// A library function's page.
  public static func page(_ function: LibraryFunction) -> HelpPage {
    var page = HelpPage(name: function.name, kind: "function", summary: function.summary)
    page.usage = function.signature
    page.heading = "Parameters"
    page.entries = function.parameters.map {
      HelpPage.Entry(
        name: $0.name, summary: $0.type.phrase, detail: $0.fallback.map { "default: \($0.literal)" } ?? "")
    }
    page.examples = [function.example]
    return page
  }

  /// The page of a kind of object.
  public static func page(_ type: ObjectType) -> HelpPage {
    var page = HelpPage(name: type.name, kind: "kind of value", summary: type.summary)
    page.heading = "Members"
    page.entries = type.members.map { .init(name: ".\($0.name)", summary: $0.summary, detail: "") }
    return page
  }

  /// A page about a variable's value: what it is and which members it has.
  public static func page(describing value: Value, called name: String) -> HelpPage {
    var summary = value.brief, entries: [HelpPage.Entry] = []
    switch value {
    case .object(let object):
      summary = object.summary
      entries = object.allMembers.map { .init(name: ".\($0.name)", summary: $0.summary, detail: "") }
    case .choice(let choice):
      summary = "\(choice.literal): \(choice.declaration.summary)"
      entries = choice.declaration.settings.map {
        .init(name: ".\($0.name)", summary: $0.summary, detail: choice[$0.name]?.literal ?? "")
      }
    case .record(let record):
      entries = record.pairs.map { .init(name: ".\($0.name)", summary: $0.value.brief, detail: "") }
    case .table(let table):
      summary = table.count.of("row")
      entries = table.columns.map { .init(name: ".\($0.name)", summary: "the column as a list", detail: "") }
    default: break
    }
    var page = HelpPage(name: name, kind: value.typeName, summary: summary)
    page.heading = "Members"
    page.entries = entries
    return page
  }

  private static func familyPage(_ name: String, _ environment: Environment) -> HelpPage? {
    let members = environment.choices(of: name)
    guard !members.isEmpty else { return nil }
    var page = HelpPage(
      name: name, kind: "family of built-ins", summary: "one of \(members.map(\.name).joined(separator: ", "))")
    page.heading = "Built-ins"
    page.entries = members.map { .init(name: $0.name, summary: $0.summary, detail: "") }
    if let type = environment.types[name] {
      let names = type.members.map { ".\($0.name)" }.joined(separator: ", ")
      page.details = "There is a kind of value of this name too. \(type.summary) It has \(names)."
    }
    return page
  }

  private static func labelPage(_ name: String, _ environment: Environment) -> HelpPage? {
    var entries: [HelpPage.Entry] = [], example: Example?
    for command in environment.commands.values.sorted(by: { $0.name < $1.name }) {
      guard let label = command.labels.first(where: { $0.name == name }) else { continue }
      entries.append(
        .init(
          name: command.name, summary: label.summary,
          detail: detail(label.type, fallback: label.fallback, label.fallbackText)))
      example = example ?? command.examples.first { $0.text.contains("\(name):") }
    }
    for choice in environment.choices(of: nil) {
      guard let setting = choice.setting(name) else { continue }
      entries.append(
        .init(
          name: choice.name, summary: setting.summary,
          detail: detail(setting.type, fallback: setting.fallback, setting.fallbackText)))
      example = example ?? choice.examples.first { $0.text.contains("\(name):") }
    }
    guard !entries.isEmpty else { return nil }
    let isOneThing = Set(entries.map(\.summary)).count == 1
    let summary = isOneThing ? entries[0].summary : "a label; what it means depends on who takes it"
    var page = HelpPage(name: "\(name):", kind: "label", summary: summary)
    page.heading = "Taken by"
    page.entries = entries
    page.examples = example.map { [$0] } ?? []
    return page
  }

  /// A word that some settings take, such as `linf`.
  private static func wordPage(_ name: String, _ environment: Environment) -> HelpPage? {
    guard environment.words.contains(name) else { return nil }
    var entries: [HelpPage.Entry] = []
    for command in environment.commands.values.sorted(by: { $0.name < $1.name }) {
      for label in command.labels where label.type.words.contains(name) {
        entries.append(.init(name: "\(command.name) \(label.name):", summary: label.summary, detail: label.type.phrase))
      }
    }
    for choice in environment.choices(of: nil) {
      for setting in choice.settings where setting.type.words.contains(name) {
        entries.append(
          .init(name: "\(choice.name) \(setting.name):", summary: setting.summary, detail: setting.type.phrase))
      }
    }
    var page = HelpPage(name: name, kind: "word", summary: "a word that some settings take")
    page.heading = "Taken by"
    page.entries = entries
    return page
  }

  /// What stands under a heading of the overview: `help training`.
  private static func topicPage(_ name: String, _ environment: Environment) -> HelpPage? {
    let topics = overview(in: environment)
    guard name.count > 3, let found = topics.first(where: { $0.topic.lowercased().contains(name.lowercased()) }) else {
      return nil
    }
    var page = HelpPage(name: found.topic, kind: "topic", summary: "what there is; ?NAME explains one of them")
    page.heading = "Names"
    page.entries = found.entries
    return page
  }

  private static func detail(
    _ type: ValueType, fallback: Value?, _ text: String? = nil, isOptional: Bool = false
  ) -> String {
    let unit = type.unit.isEmpty ? "" : ", in \(type.unit)"
    var shown = fallback?.literal ?? text
    // Words are written without quotes.
    if case .string(let word)? = fallback, type.words.contains(word) { shown = word }
    return type.phrase + unit + (shown.map { "; default: \($0)" } ?? (isOptional ? "; may be left out" : ""))
  }
}

extension ValueType {
  /// What stands for a value in a usage line: `MODEL`, `NUMBER`.
  var placeholder: String {
    switch self {
    case .any: "VALUE"
    case .number: "NUMBER"
    case .integer: "N"
    case .flag: "true|false"
    case .nothing: "none"
    case .file: "\"FILE\""
    case .string: "\"TEXT\""
    case .list(let element): "[\(element.placeholder), …]"
    case .oneOrMore(let element): "\(element.placeholder)|[…]"
    case .either(let types): types.map(\.placeholder).joined(separator: "|")
    case .record: "{…}"
    case .range: "A..B"
    case .variable: "NAME"
    default: noun.uppercased().replacing(" ", with: "-")
    }
  }
}
