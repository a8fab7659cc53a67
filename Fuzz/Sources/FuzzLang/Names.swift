import Lang

/// A few commands, constants and functions, one for each kind of parameter that reading treats in its own way.
enum Names {
  // One thread fuzzes.
  nonisolated(unsafe) static let environment = Environment(
    commands: [attack, train, show, forget, help].map(\.declaration),
    choices: [
      ChoiceDeclaration(
        family: "attack", "pgd", "small steps",
        settings: [SettingDeclaration("steps", .integer(in: .within(1...1000)), "how many", default: 40)]),
      ChoiceDeclaration(family: "attack", "fgsm", "one step"),
      ChoiceDeclaration(
        family: "defense", "minmax", "two penalties",
        settings: [SettingDeclaration("a", .number(in: .atLeast(0)), "how strong", default: 0.1)]),
    ],
    functions: [
      LibraryFunction("classes", "What became of each class.", [.init("result")], example: "classes(_)") { _, _ in .none
      }
    ])

  private static let attack = Command<Nobody>("attack", "Attack.") { signature in
    _ = signature.subject("model", .any, "whom")
    _ = signature.required("with", .choice("attack"), "the attack")
    _ = signature.optional("eps", .number(in: .within(0...1)), "the budget", default: 0.1)
    _ = signature.optional("norm", .oneOf(["linf", "l2"]), "the norm", default: "linf")
    return { _, _ in .none }
  }

  private static let train = Command<Nobody>("train", "Train.") { signature in
    _ = signature.required("on", .any, "the data")
    _ = signature.optional("epochs", .integer(in: .within(1...100)), "how many", default: 5)
    return { _, _ in .none }
  }

  private static let show = Command<Nobody>("show", "Show.") { signature in
    _ = signature.subject("value", .any, "what")
    _ = signature.optional("save", .file, "where to")
    return { _, _ in .none }
  }

  private static let forget = Command<Nobody>("forget", "Forget.") { signature in
    _ = signature.variable("name", "which")
    return { _, _ in .none }
  }

  private static let help = Command<Nobody>("help", "Help.") { signature in
    _ = signature.optionalSubject("topic", .word("topic"), "about what")
    return { _, _ in .none }
  }
}

/// A host that is never asked anything, since nothing runs.
final class Nobody: Host {
  nonisolated(unsafe) static let host = Nobody()

  func poll() throws {}
  func query(sql: String, bindings: [QueryBinding], at range: SourceRange) throws -> Value { .none }
  func note(_ diagnostic: Diagnostic) {}
  func last(_ number: Int?) throws -> Value { .none }
}
