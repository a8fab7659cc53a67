import ArgumentParser
import Foundation
import Lang
import Store

/// `ward reference --to FOLDER`: the reference manual, written from the declarations. `make docs` runs it.
struct ReferenceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reference", abstract: "Write the reference manual from the declarations.", shouldDisplay: false)

  @Option(help: ArgumentHelp("The folder to write to.", valueName: "folder"))
  var to: String

  func run() throws {
    let folder = URL(fileURLWithPath: to)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for page in Reference.pages {
      try Data(page.text.utf8).write(to: folder.appendingPathComponent(page.file))
    }
    print("\(to): \(Reference.pages.count) pages")
  }
}

/// The reference manual as Markdown. Every word comes from a declaration, so it cannot say anything else than `?name` does.
enum Reference {
  struct Page {
    let file: String
    let title: String
    let body: String

    var text: String {
      "<!-- Written by `make docs` from the declarations in the sources; changes here are lost. -->\n\n# \(title)\n\n\(body)\n"
    }
  }

  static var pages: [Page] {
    let environment = Vocabulary.environment()
    let families = [Family.attack, Family.defense, Family.architecture, Family.optimizer, Family.schedule, Family.goal]
    let choices = families.map { family in
      let title = family == Family.goal ? "Goals of an attack" : family.capitalized + "s"
      return Page(
        file: family + "s.md", title: title,
        body: Vocabulary.choices.filter { $0.family == family }.map(section).joined(separator: "\n\n"))
    }
    let pages =
      [
        Page(file: "commands.md", title: "Commands", body: commands),
        Page(file: "functions.md", title: "Functions", body: functions(environment)),
        Page(file: "values.md", title: "Kinds of value and their members", body: types),
        Page(file: "sql.md", title: "What SQL can be asked", body: views),
        Page(file: "session-lines.md", title: "Session lines", body: lines),
      ] + choices
    let index = pages.map { "- [\($0.title)](\($0.file))" }.joined(separator: "\n")
    return [Page(file: "README.md", title: "Reference manual", body: index)] + pages
  }

  private static var commands: String {
    Commands.all.map(\.declaration).map { command in
      let rows = command.parameters.map { parameter in
        [
          parameter.isSubject ? "*\(parameter.name)*" : "`\(parameter.name):`", type(parameter.type), parameter.summary,
          parameter.isRequired ? "required" : standard(parameter.fallback, parameter.fallbackText),
        ]
      }
      return section(
        command.name, paragraphs: [command.summary, command.details],
        table: ["parameter", "takes", "meaning", "default"],
        rows: rows, examples: command.examples)
    }.joined(separator: "\n\n")
  }

  private static func section(_ choice: ChoiceDeclaration) -> String {
    let rows = choice.settings.map { setting in
      ["`\(setting.name):`", type(setting.type), setting.summary, standard(setting.fallback, setting.fallbackText)]
    }
    let summary = choice.summary.prefix(1).uppercased() + choice.summary.dropFirst() + "."
    return section(
      choice.name, paragraphs: [summary, choice.paper.map(paper) ?? ""],
      table: ["setting", "takes", "meaning", "default"],
      rows: rows, examples: choice.examples)
  }

  private static func section(
    _ name: String, paragraphs: [String], table: [String], rows: [[String]], examples: [String]
  ) -> String {
    var parts = ["## `\(name)`"] + paragraphs.filter { !$0.isEmpty }
    if !rows.isEmpty { parts.append(Grid(columns: table.map { Grid.Column(title: $0) }, rows: rows).markdown()) }
    if !examples.isEmpty { parts.append("```\n" + examples.joined(separator: "\n") + "\n```") }
    return parts.joined(separator: "\n\n")
  }

  private static func functions(_ environment: Environment) -> String {
    let all = environment.functions.values.sorted { $0.name < $1.name }
    return all.map { function in
      section(
        function.name, paragraphs: [function.summary], table: ["argument", "takes", "default"],
        rows: function.parameters.map {
          ["`\($0.name)`", type($0.type), $0.fallback.map { "`\($0.literal)`" } ?? "required"]
        },
        examples: [function.example])
    }.joined(separator: "\n\n")
  }

  private static var types: String {
    Vocabulary.types.map { type in
      section(
        type.name, paragraphs: [type.summary], table: ["member", "meaning"],
        rows: type.members.map { ["`.\($0.name)`", $0.summary] }, examples: [])
    }.joined(separator: "\n\n")
  }

  private static var views: String {
    Views.all.map { view in
      section(
        view.name, paragraphs: [view.summary], table: ["column", "type", "meaning"],
        rows: view.columns.map { ["`\($0.name)`", $0.type, $0.meaning] }, examples: [])
    }.joined(separator: "\n\n")
  }

  private static var lines: String {
    Grid(
      columns: [.init(title: "line"), .init(title: "what it does")],
      rows: SessionLine.all.map { ["`:\($0.name)\($0.arguments.isEmpty ? "" : " " + $0.arguments)`", $0.summary] }
        + [["`?NAME`", "what NAME is"], ["`!COMMAND`", "runs a command in the shell"]]
    ).markdown()
  }

  private static func type(_ type: ValueType) -> String { type.phrase + (type.unit.isEmpty ? "" : ", in \(type.unit)") }

  private static func standard(_ value: Value?, _ text: String?) -> String {
    if let value, !value.isNone { return "`\(value.literal)`" }
    return text ?? ""
  }

  /// `arXiv:1706.06083` as a link.
  private static func paper(_ paper: String) -> String {
    guard paper.hasPrefix("arXiv:") else { return paper }
    return "[\(paper)](https://arxiv.org/abs/\(paper.dropFirst(6)))"
  }
}
