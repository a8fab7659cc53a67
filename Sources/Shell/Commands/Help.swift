import Lang
import Store

extension Command<Session> {
  static var help: Command {
    Command(
      "help", "List what there is, or explain one name; ?NAME does the same.", topic: Topic.notebook,
      examples: ["help", "help attack"]
    ) { signature in
      let name = signature.optionalSubject("name", .word("topic"), "what to explain", shown: "everything there is")
      return { session, given in
        session.output.show(.text(try About.text(given[name] ?? "", in: session.environment)))
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
      return { _, given in .table(settings(of: given[choice])) }
    }
  }

  static func settings(of choice: Choice) -> Table {
    Table(
      columns: [.init("setting"), .init("value"), .init("takes"), .init("meaning")],
      rows: choice.declaration.settings.map { setting in
        let value = choice[setting.name].map { $0.isNone ? nil : $0.literal } ?? setting.fallbackText
        let unit = setting.type.unit.isEmpty ? "" : ", in \(setting.type.unit)"
        return [
          .string(setting.name), .string(value ?? ""), .string(setting.type.phrase + unit), .string(setting.summary),
        ]
      })
  }
}

/// What `?NAME`, `:help` and `help` show.
enum About {
  static func text(_ name: String, in environment: Environment) throws -> String {
    let name = name.trimmingCharacters(in: .whitespaces)
    if name.isEmpty || name == "help" { return overview(environment) }
    if let page = Help.page(for: name, in: environment) { return page.text }
    if let view = Views.named(name) {
      let width = view.columns.map(\.name.count).max() ?? 0
      let lines = view.columns.map { "  \(DisplayWidth.pad($0.name, to: width))  \($0.meaning)" }
      return (["\(name)  (table of the store)", "  \(view.summary)", "", "Columns"] + lines).joined(separator: "\n")
    }
    if let line = SessionLine.all.first(where: { ":" + $0.name == name || $0.name == name }) {
      return line.page
    }
    if let text = ShellCode.explanations[name.uppercased()] { return "\(name.uppercased())\n\(text)" }
    let known = Help.topics(in: environment) + Views.all.map(\.name) + SessionLine.all.map(\.name)
    throw Problem(
      code: ShellCode.sessionLine, message: "there is no help about `\(name)`",
      label: Suggestions.hint(for: name, in: known),
      help: ["`help` alone lists what there is"])
  }

  /// Everything there is, by heading, each with a line.
  private static func overview(_ environment: Environment) -> String {
    var parts = Help.overview(in: environment).map { topic, entries in
      let width = max(12, entries.map(\.name.displayWidth).max() ?? 0)
      return ([topic] + entries.map { "  \(DisplayWidth.pad($0.name, to: width))  \($0.summary)" }).joined(
        separator: "\n")
    }
    let lines = SessionLine.all.map { line in
      "  " + DisplayWidth.pad(":\(line.name) \(line.arguments)", to: 16) + "  " + line.summary
    }
    parts.append((["About the notebook itself"] + lines).joined(separator: "\n"))
    parts.append(
      "?NAME explains one of them, with an example. Tab completes. A line that begins with select asks the store.")
    return parts.joined(separator: "\n\n")
  }
}
