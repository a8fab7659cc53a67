import ArgumentParser
import Foundation
import Lang
import NN
import Store

/// `ward reference --to FOLDER --share FOLDER`: the reference manual, the manual page and the shells' completions, written
/// from the declarations. `make docs` runs it.
struct ReferenceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reference", abstract: "Write the reference manual from the declarations.", shouldDisplay: false)

  @Option(help: ArgumentHelp("The folder to write to.", valueName: "folder"))
  var to: String

  @Option(help: ArgumentHelp("The folder that is laid out as the installed one.", valueName: "folder"))
  var share: String

  func run() throws {
    for page in Reference.pages { try write(page.text, to: "\(to)/\(page.file)") }
    for file in try SharedFiles.all() { try write(file.text, to: "\(share)/\(file.path)") }
    print("\(to): \(Reference.pages.count) pages; \(share): \(try SharedFiles.all().count) files")
  }

  private func write(_ text: String, to path: String) throws {
    do { try WrittenFile.write(text, to: path, makesFolder: true) } catch let problem as Problem {
      throw ValidationError(problem.message)
    }
  }
}

/// What `make install` puts below `share`, beside the program.
enum SharedFiles {
  static func all() throws -> [(path: String, text: String)] {
    let tool = try ToolInfo.read()
    return [
      ("man/man1/ward.1", ManualPage.text(tool)),
      ("bash-completion/completions/ward", ShellCompletions.bash(tool)),
      ("zsh/site-functions/_ward", ShellCompletions.zsh(tool)),
      ("fish/vendor_completions.d/ward.fish", ShellCompletions.fish(tool)),
    ]
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
    let families = [
      Attacks.family.name, Certificates.family.name, Defenses.family.name, Architectures.family.name, Parts.family.name,
      Optimizers.family.name,
      Schedules.family.name, Goals.family.name, CostKinds.family.name,
    ]
    let titles = [
      Parts.family.name: "Layers of networks", Goals.family.name: "Goals of an attack",
      CostKinds.family.name: "Kinds of cost matrix",
    ]
    let choices = families.map { family in
      Page(
        file: (family == CostKinds.family.name ? "cost-kind" : family) + "s.md",
        title: titles[family] ?? family.capitalized + "s",
        body: join(Vocabulary.choices.filter { $0.family == family }.map { Help.page($0, in: environment) }))
    }
    let functions = environment.functions.values.sorted { $0.name < $1.name }
    let pages =
      [
        Page(file: "commands.md", title: "Commands", body: join(Commands.all.map { Help.page($0.declaration) })),
        Page(file: "functions.md", title: "Functions", body: join(functions.map { Help.page($0) })),
        Page(
          file: "values.md", title: "Kinds of value and their members",
          body: join(Vocabulary.types.map { Help.page($0) })),
        Page(file: "sql.md", title: "What SQL can be asked", body: views),
        Page(file: "session-lines.md", title: "Session lines", body: lines),
        Page(file: "diagnostics.md", title: "Diagnostics", body: diagnostics),
      ] + choices
    let index = pages.map { "- [\($0.title)](\($0.file))" }.joined(separator: "\n")
    return [Page(file: "README.md", title: "Reference manual", body: index)] + pages
  }

  private static func join(_ pages: [HelpPage]) -> String { pages.map(\.markdown).joined(separator: "\n\n") }

  private static var views: String {
    Views.all.map { view in
      "## \(view.name)\n\n\(view.summary)\n\n"
        + grid(["column", "type", "meaning"], view.columns.map { ["`\($0.name)`", $0.type, $0.meaning] })
    }.joined(separator: "\n\n")
  }

  private static var lines: String {
    grid(
      ["line", "what it does"],
      SessionLine.all.map { ["`:\($0.name)\($0.arguments.isEmpty ? "" : " " + $0.arguments)`", $0.summary] }
        + [["`?NAME`", "what NAME is"], ["`!COMMAND`", "runs a command in the shell"]])
      + "\n\nIn a lesson:\n\n"
      + grid(["line", "what it does"], SessionLine.ofLessons.map { ["`:\($0.name)`", $0.summary] })
  }

  private static var diagnostics: String {
    let own = ShellCode.explanations.sorted { $0.key < $1.key }.map { "## \($0.key)\n\n\($0.value)" }
    return (Explanation.all.map(\.page.markdown) + own).joined(separator: "\n\n")
  }

  private static func grid(_ titles: [String], _ rows: [[String]]) -> String {
    Grid(columns: titles.map { Grid.Column(title: $0) }, rows: rows).markdown()
  }
}
