@testable import Lang

/// A small host: a list of what was printed, a fake SQL engine, two families of choices and a few commands.
final class TestHost: Host {
  var printed: [String] = []
  var notes: [Diagnostic] = []
  var queries: [(sql: String, bindings: [QueryBinding])] = []
  var kept: [Value] = []
  var pollsUntilInterrupt = Int.max

  func poll() throws {
    pollsUntilInterrupt -= 1
    if pollsUntilInterrupt <= 0 { throw Interrupt() }
  }

  func query(sql: String, bindings: [QueryBinding], at range: SourceRange) throws -> Value {
    queries.append((sql, bindings))
    if sql.contains("broken") { throw Problem(code: "E0701", message: "no such table: broken") }
    return .table(Table(columns: [.init("model"), .init("r")], rows: [["a", 0.5], ["b", 0.25]]))
  }

  func note(_ diagnostic: Diagnostic) { notes.append(diagnostic) }

  func last(_ number: Int?) throws -> Value {
    guard let value = number.map({ $0 >= 1 && $0 <= kept.count ? kept[$0 - 1] : nil }) ?? kept.last else {
      throw Problem(code: "E0601", message: "there is no such value")
    }
    return value
  }
}

/// A counter with a matrix in it: stands for data sets, models and cost matrices.
struct Matrix: Object, Equatable {
  static let type = ObjectType(
    "matrix", "Numbers in rows.",
    members: [
      member("rows", "how many rows") { .integer($0.cells.count) }, member("name", "its name") { .string($0.name) },
    ])
  var cells: [[Double]]
  var name = ""

  func element(at index: [Value]) throws -> Value {
    guard index.count == 2, let row = index[0].asInteger, let column = index[1].asInteger, cells.indices.contains(row)
    else {
      throw Problem(code: "E0602", message: "a matrix is indexed by row and column")
    }
    return .number(cells[row][column])
  }
  func replacing(at index: [Value], with value: Value) throws -> any Object {
    guard index.count == 2, let row = index[0].asInteger, let column = index[1].asInteger, let number = value.asNumber
    else {
      throw Problem(code: "E0602", message: "a matrix is indexed by row and column")
    }
    var copy = self
    copy.cells[row][column] = number
    return copy
  }
  func combined(_ operation: Arithmetic, with other: Value, reversed: Bool) throws -> Value? {
    guard operation == .multiply, let factor = other.asNumber else { return nil }
    return .object(Matrix(cells: cells.map { $0.map { $0 * factor } }))
  }
  func named(_ name: String) -> any Object { self.name.isEmpty ? Matrix(cells: cells, name: name) : self }
  var summary: String { "\(cells.count) rows" }
}

enum TestDeclarations {
  static let choices = [
    ChoiceDeclaration(
      family: "attack", "pgd", "projected gradient steps", paper: "arXiv:1706.06083",
      settings: [
        SettingDeclaration("steps", .integer(in: .within(1...1000), unit: "steps"), "how many steps", default: 40),
        SettingDeclaration("restarts", .integer(in: .atLeast(1)), "random starts", default: 1),
        SettingDeclaration("start", .flag, "start at a random point", default: true),
      ], examples: ["pgd(steps: 100)"]),
    ChoiceDeclaration(family: "attack", "fgsm", "one signed gradient step"),
    ChoiceDeclaration(
      family: "attack", "deepfool", "the nearest border",
      settings: [SettingDeclaration("overshoot", .number(in: .within(0...1)), "how far past it", default: 0.02)]),
    ChoiceDeclaration(
      family: "optimizer", "adam", "moments",
      settings: [SettingDeclaration("beta1", .number(in: .within(0...1)), "decay of the mean", default: 0.9)]),
    ChoiceDeclaration(
      family: "optimizer", "sgd", "plain steps",
      settings: [
        SettingDeclaration("momentum", .number(in: .within(0...1)), "how much is kept", default: 0),
        SettingDeclaration("warmup", .integer(in: .atLeast(0)), "first slow steps", default: 0),
      ]),
    ChoiceDeclaration(
      family: "layer", "conv", "a convolution",
      settings: [
        SettingDeclaration("channels", .integer(in: .atLeast(1)), "channels", default: 16, isUnlabelled: true),
        SettingDeclaration("kernel", .integer(in: .atLeast(1)), "the window", default: 3),
      ]),
    ChoiceDeclaration(
      family: "network", "net", "layers",
      settings: [SettingDeclaration("layers", .list(of: .choice(family: "layer")), "layers", isUnlabelled: true)]),
    ChoiceDeclaration(
      family: "schedule", "cosine", "half a wave",
      settings: [SettingDeclaration("warmup", .integer(in: .atLeast(0)), "first slow steps", default: 0)]),
  ]

  static var choiceOf: [String: ChoiceDeclaration] { Dictionary(uniqueKeysWithValues: choices.map { ($0.name, $0) }) }

  static func environment() -> Environment {
    let adam = Choice(choiceOf["adam"] ?? choices[0])
    return Environment(
      commands: commands(adam).map(\.declaration), choices: choices, functions: [], types: [Matrix.type])
  }

  private static func commands(_ adam: Choice) -> [Command<TestHost>] {
    [
      Command("print", "Write a value.", examples: ["print 3"]) { signature in
        let value = signature.subject("value", .any, "what to write")
        return { host, given in
          host.printed.append(given[value].text)
          return .none
        }
      },
      Command("attack", "Attack a model.", topic: "Attacking", examples: ["attack 1 with: pgd"]) { signature in
        let model = signature.subject("model", .number, "the model")
        let with = signature.required("with", .choice("attack"), "the attack")
        let eps = signature.optional("eps", .number(in: 0...1, unit: "pixels"), "the budget", default: 0.1)
        let seed = signature.optional("seed", .integer, "the seed", shown: "the session seed")
        return { host, given in
          .record(
            Record([
              ("model", .number(given[model])), ("with", .choice(given[with])), ("eps", .number(given[eps])),
              ("seed", given[seed].map { .integer($0) } ?? .none),
            ]))
        }
      },
      Command("compare", "Compare attacks.", examples: ["compare [1] with: [pgd, fgsm]"]) { signature in
        let models = signature.subject("models", .list(of: .number), "the models")
        let with = signature.required("with", .oneOrMore(.choice("attack")), "the attacks")
        return { _, given in .string("\(given[models].count)×\(given[with].map(\.literal).joined(separator: ","))") }
      },
      Command("train", "Train.", examples: ["train 1"]) { signature in
        let epochs = signature.subject("epochs", .integer(in: 1...100), "how many")
        let optimizer = signature.optional("optimizer", .choice("optimizer"), "the optimizer", default: adam)
        let schedule = signature.optional("schedule", .choice("schedule"), "the schedule")
        let rate = signature.optional("rate", .number(in: .above(0)), "the rate", default: 0.01)
        return { _, given in
          let schedule = given[schedule].map(\.literal) ?? "none"
          return .string("\(given[epochs]) \(given[optimizer].literal) \(schedule) \(given[rate])")
        }
      },
      Command("matrix", "Make a matrix.", examples: ["matrix [[1, 2], [3, 4]]"]) { signature in
        let rows = signature.subject("rows", .list(of: .list(of: .number)), "its rows")
        return { _, given in .object(Matrix(cells: given[rows])) }
      },
      Command("describe", "Describe a matrix.", examples: ["matrix [[1]] | describe"]) { signature in
        let matrix = signature.subject("matrix", .object(Matrix.self), "which")
        let save = signature.optional("save", .file, "where to")
        return { _, given in .string(given[matrix].name + (given[save] ?? "")) }
      },
      Command("forget", "Remove a name.", examples: ["let a = 1; forget a"]) { signature in
        let name = signature.variable("name", "the name to remove")
        return { _, given in .string(given[name]) }
      },
      Command("help", "Explain a word.", examples: ["help for"]) { signature in
        let topic = signature.optionalSubject("topic", .word("topic"), "a word")
        return { _, given in .string(given[topic] ?? "everything") }
      },
      Command("vars", "List the variables.", examples: ["vars"]) { _ in { _, _ in "vars" } },
      Command("fail", "Fail.", examples: []) { signature in
        let how = signature.optionalSubject("how", .any, "how")
        return { _, given in
          if case .number? = given[how] { throw Problem(code: "E0611", message: "that number is bad", argument: "how") }
          if case .string? = given[how] { throw Unexpected() }
          throw Problem(code: "E0610", message: "it failed", help: ["do not"])
        }
      },
    ]
  }

  struct Unexpected: Error, CustomStringConvertible { var description: String { "the disk is full" } }
}

/// A fresh interpreter with its host.
struct Notebook {
  let host = TestHost()
  let interpreter: Interpreter

  init() { interpreter = Interpreter(environment: TestDeclarations.environment(), host: host) }

  /// Runs a text; the last value, or the first error's code.
  func run(_ text: String) -> String {
    do {
      return try value(text).literal
    } catch let diagnostic as Diagnostic {
      return diagnostic.code
    } catch {
      return "\(error)"
    }
  }

  func value(_ text: String) throws -> Value { try interpreter.evaluate(Source(name: "test.ward", text: text)) }

  /// The first error of a text, before or while it runs.
  func diagnostic(_ text: String) -> Diagnostic? {
    do {
      _ = try value(text)
      return nil
    } catch {
      return error as? Diagnostic
    }
  }
}
