import Foundation
import Lang
import Store

extension Command<Session> {
  static var print: Command {
    Command(
      "print", "Write a value as plain text.", topic: Topic.notebook,
      examples: ["print \"robust {round(100 * normal.clean, 1)} %\""]
    ) { signature in
      let value = signature.subject("value", .any, "what to write")
      return { session, given in
        session.output.show(.text(Block.printed(given[value])))
        return .none
      }
    }
  }

  static var seed: Command {
    Command(
      "seed", "Set the session seed, which every command uses that is given no seed of its own.", topic: Topic.notebook,
      examples: ["seed 7"],
      details: """
        The same seed gives the same bits, whatever the number of threads. Commands use the session seed itself, not the next \
        number of a stream, so repeating or reordering cells changes no other cell.
        """
    ) { signature in
      let seed = signature.optionalSubject("number", .integer(in: .atLeast(0)), "the new seed", shown: "say what it is")
      return { session, given in
        guard let seed = given[seed] else { return .integer(session.seed) }
        session.seed = seed
        return .none
      }
    }
  }

  static var vars: Command {
    Command("vars", "List the names you have given.", topic: Topic.notebook, examples: ["vars"]) { _ in
      { session, _ in
        .table(
          Table(
            columns: [.init("name"), .init("kind"), .init("value")],
            rows: session.environment.variables.map { name, value in
              [.string(name), .string(value.typeName), .string(DisplayWidth.truncate(Block.summarized(value), to: 70))]
            }))
      }
    }
  }

  static var forget: Command {
    Command(
      "forget", "Remove a name from the notebook.", topic: Topic.notebook, examples: ["forget cse"],
      details: "What the store keeps stays there."
    ) { signature in
      let name = signature.variable("name", "the name to remove")
      return { session, given in
        guard session.environment.remove(given[name]) else {
          throw Problem(
            message: "there is no variable `\(given[name])`",
            label: Suggestions.hint(for: given[name], in: session.environment.variables.map(\.name)), argument: "name")
        }
        return .none
      }
    }
  }

  static var sleep: Command {
    Command("sleep", "Wait.", topic: Topic.notebook, examples: ["sleep 0.1"]) { signature in
      let seconds = signature.subject("seconds", .number(in: .within(0...86_400), unit: "seconds"), "how long")
      return { session, given in
        let end = ContinuousClock.now + .seconds(given[seconds])
        while ContinuousClock.now < end {
          try session.poll()
          Thread.sleep(forTimeInterval: min(0.05, max(0, (end - ContinuousClock.now).inSeconds)))
        }
        return .none
      }
    }
  }

  static var tables: Command {
    Command(
      "tables", "List what the store can be asked about with SQL.", topic: Topic.looking, examples: ["tables"],
      details: "Ask with a line that starts with select, such as: select model, attack, robust from results"
    ) { _ in
      { _, _ in
        .table(
          Table(
            columns: [.init("table"), .init("what it holds")],
            rows: Views.all.map { [.string($0.name), .string($0.summary)] }))
      }
    }
  }

  static var schema: Command {
    Command(
      "schema", "Explain the columns of one of the store's tables.", topic: Topic.looking, examples: ["schema results"]
    ) { signature in
      let name = signature.subject("table", .word("table"), "its name, as `tables` lists it")
      return { _, given in
        guard let view = Views.named(given[name]) else {
          throw Problem(
            message: "there is no table `\(given[name])`",
            label: Suggestions.hint(for: given[name], in: Views.all.map(\.name)),
            help: ["`tables` lists them"], argument: "table")
        }
        return .table(
          Table(
            columns: [.init("column"), .init("type"), .init("meaning")],
            rows: view.columns.map { [.string($0.name), .string($0.type), .string($0.meaning)] }))
      }
    }
  }
}
