import Lang
import NN
import Store

extension Command<Session> {
  static var help: Command {
    Command(
      "help", "List what there is, or explain one name; ?NAME does the same.", topic: Topic.notebook,
      examples: ["help", "help attack"]
    ) { signature in
      let name = signature.optionalSubject("name", .word("topic"), "what to explain", shown: "everything there is")
      return { session, given in
        session.output.show(try About.page(given[name] ?? "", in: session))
        return .none
      }
    }
  }

  static var options: Command {
    Command(
      "options", "List the settings of a built-in, with what they are and what they take.", topic: Topic.notebook,
      examples: ["options pgd"]
    ) { signature in
      let choice = signature.subject("built-in", .choice(nil), "such as pgd, minmax or lenet")
      return { session, given in
        let settings = settings(of: given[choice])
        guard settings.count == 0 else { return .table(settings) }
        session.output.show(.text("\(given[choice].name) has no settings"))
        return .none
      }
    }
  }

  static func settings(of choice: Choice) -> Table {
    Table(
      columns: [.init("setting"), .init("value"), .init("takes"), .init("meaning")],
      rows: choice.declaration.settings.map { setting in
        let value = choice[setting.name].map { $0.isNone ? nil : shown($0, setting) } ?? setting.fallbackText
        let unit = setting.type.unit.isEmpty ? "" : ", in \(setting.type.unit)"
        return [
          .string(setting.name), .string(value ?? ""), .string(setting.type.phrase + unit), .string(setting.summary),
        ]
      })
  }
}

/// A setting's value as it is typed: words stand without quotes.
private func shown(_ value: Value, _ setting: SettingDeclaration) -> String {
  if case .string(let word) = value, case .oneOf = setting.type { return word }
  return value.literal
}

/// What `?NAME`, `:help` and `help` show.
enum About {
  /// - Parameter session: whose values have pages too; `nil` for what is built in alone.
  static func page(_ name: String, in session: Session? = nil) throws -> Block {
    let environment = session?.environment ?? Vocabulary.environment()
    var name = name.trimmingCharacters(in: .whitespaces)
    // As they stand in code: `attack()`, `eps:`.
    if name.hasSuffix("()") { name.removeLast(2) }
    if name.count > 1, name.hasSuffix(":") { name.removeLast() }
    if name.isEmpty || name == "help" { return .page(overview(environment)) }
    let value = try session.flatMap { try valuePage(name, in: $0) }
    if let page = value ?? Help.page(for: name, in: environment) {
      return .page { page.text(width: $0) }
    }
    if let view = Views.named(name) { return .page { text(of: view, width: $0) } }
    if let line = (SessionLine.all + SessionLine.ofLessons).first(where: { ":" + $0.name == name || $0.name == name }) {
      return .page { line.page(width: $0) }
    }
    if let text = ShellCode.explanations[name.uppercased()] {
      return .page { "\(name.uppercased())\n\(text.wrapped(to: $0))" }
    }
    let columns = Views.all.flatMap { view in view.columns.filter { $0.name == name }.map { (view.name, $0.meaning) } }
    if !columns.isEmpty {
      let column = 4 + (columns.map(\.0.count).max() ?? 0)
      return .page { width in
        (["\(name)  (column)"] + columns.map { $1.hanging(after: "  \($0)", at: column, width: width) })
          .joined(separator: "\n")
      }
    }
    throw Problem(
      code: ShellCode.sessionLine, message: "there is no help about `\(name)`",
      label: environment.hint(for: name, in: topics(in: environment)),
      help: ["`help` alone lists what there is"])
  }

  private static func text(of view: View, width: Int) -> String {
    let column = 4 + (view.columns.map(\.name.count).max() ?? 0)
    let lines = view.columns.map { $0.meaning.hanging(after: "  \($0.name)", at: column, width: width) }
    let head = ["\(view.name)  (table of the store)", view.summary.hanging(after: "", at: 2, width: width)]
    return (head + ["", "Columns"] + lines).joined(separator: "\n")
  }

  /// Every name there is help about.
  static func topics(in environment: Environment) -> [String] {
    Help.topics(in: environment) + Help.labels(in: environment) + Views.all.map(\.name) + SessionLine.all.map(\.name)
  }

  /// The page of a value that has no name of its own: `_3`, `cse.conv1`, `pgd.steps`. Nil for anything else.
  private static func valuePage(_ path: String, in session: Session) throws -> HelpPage? {
    let names = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    let first = names[0], digits = first.dropFirst()
    var value: Value
    if first.hasPrefix("_"), digits.isEmpty || Int(digits) != nil {
      value = try session.lastValue(Int(digits))
    } else {
      let builtIn = session.environment.choices[first].map { Value.choice(Choice($0)) }
      guard names.count > 1, let known = session.environment.value(of: first) ?? builtIn else { return nil }
      value = known
    }
    var meaning = ""
    for name in names.dropFirst() {
      meaning = Help.page(describing: value, called: "").entries.first { $0.name == "." + name }?.summary ?? ""
      value = try value.member(name)
    }
    var page = Help.page(describing: value, called: path)
    if !meaning.isEmpty, meaning != page.summary { page.details = meaning }
    return page
  }

  /// Headings in the order of work; those of the language's own functions come after them.
  private static let order = [
    Topic.data, Topic.training, Topic.attacking, Topic.looking, Topic.notebook,
  ]

  private static let beginning = """
    A first look, line by line:
      let fashion = load "fashion-mnist" train: 6000
      let normal = train lenet on: fashion epochs: 1
      attack normal with: pgd on: take(fashion.test, 500)
      classes(_)

    ?NAME explains any name below, with an example. Tab completes.
    A line that begins with select asks the store.
    """

  /// Everything there is, by heading, each with a line.
  private static func overview(_ environment: Environment) -> (Int) -> String {
    let topics = Help.overview(in: environment)
    let sorted =
      order.compactMap { topic in topics.first { $0.topic == topic } } + topics.filter { !order.contains($0.topic) }
    let column = 4 + (topics.flatMap(\.entries).map(\.name.displayWidth).max() ?? 0)
    let families = builtIns(environment)
    return { width in
      var parts = sorted.map { topic, entries in
        let rows = entries.map { $0.summary.hanging(after: "  \($0.name)", at: column, width: width) }
        return ([topic] + rows).joined(separator: "\n")
      }
      let names = families.map { $0.names.hanging(after: "  \($0.title)", at: 16, width: width) }
      parts.insert((["Built-in names"] + names).joined(separator: "\n"), at: order.count)
      return ([beginning.wrapped(to: width)] + parts + [lines(width: width)]).joined(separator: "\n\n")
    }
  }

  private static func builtIns(_ environment: Environment) -> [(title: String, names: String)] {
    let families = [
      ("attacks", Attacks.family.name), ("certificates", Certificates.family.name),
      ("defenses", Defenses.family.name),
      ("architectures", Architectures.family.name), ("layers", Parts.family.name),
      ("optimizers", Optimizers.family.name), ("schedules", Schedules.family.name), ("goals", Goals.family.name),
    ]
    return families.map { title, family in
      (title, environment.choices(of: family).map(\.name).joined(separator: ", "))
    }
  }

  private static func lines(width: Int) -> String {
    let rows = SessionLine.all.map { line in
      let head = "  " + line.usage.wrapped(to: width - 2, indent: 4)
      guard head.count > 20 else { return line.summary.hanging(after: head, at: 22, width: width) }
      let column = width < 52 ? 6 : 22
      return head + "\n" + line.summary.hanging(after: "", at: column, width: width)
    }
    return (["About the notebook itself"] + rows).joined(separator: "\n")
  }
}
