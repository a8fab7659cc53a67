import Foundation
import Lang
import NN

extension Command<Session> {
  static var load: Command {
    Command(
      "load", "Load a data set by name, or from files of your own.", topic: Topic.data,
      examples: [
        Example(
          "load \"fashion-mnist\"", gives: "60,000 training and 10,000 test images, 28×28, 10 classes"),
        Example(
          "load \"fashion-mnist\" train: 6000 test: 1000",
          gives: "6,000 training and 1,000 test images, 28×28, 10 classes"),
        "load \"cancer.csv\" target: \"diagnosis\" test: 20%", "load \"photos\" size: 32 test: 20%",
        "load \"photos\" test: 20% seed: 1 names: [\"benign\", \"malignant\"]",
        "load \"digits.csv\" shape: [28, 28] test: 500",
      ],
      details: LoadForms.text
    ) { signature in
      let name = signature.subject("name", .file, "the name of a data set, or the path of its folder or file")
      let options = LoadParameters(signature)
      let train = signature.optional(
        "train", .integer(in: .atLeast(1)), "keep only the first so many training images", shown: "all")
      let test = signature.optional(
        "test", .number(in: .above(0)),
        "keep only the first so many test images; where there are none, set so many apart, or a share such as 20%",
        shown: "all")
      let classes = signature.optional(
        "classes", .list(of: ParameterType<Value>.either(.string, .integer())),
        "keep only these classes, by name or number", shown: "all")
      return { session, given in
        var asked = try options.read(given, test: given[test], session)
        let place = session.besideLesson(Home.path(given[name]))
        do {
          let plain = given[classes] == nil
          let (whole, warnings) = try session.loading(place, asked) { ($0, plain ? $0.warnings : []) }
          session.note(warnings, of: whole)
          options.noteUnused(given, whole, session)
          let keepsTest = whole.split == nil ? asked.count : nil
          asked.seed = whole.split
          if keepsTest != nil { asked.count = nil }
          var loaded = DatasetValue(dataset: whole)
          if let wanted = given[classes] {
            let numbers = try loaded.classNumbers(wanted, argument: "classes")
            loaded = DatasetValue(dataset: try Interrupt.runDetached { try whole.only(numbers) })
          }
          if given[train] != nil || keepsTest != nil {
            let chosen = loaded.dataset
            loaded = DatasetValue(
              dataset: try Interrupt.runDetached { try chosen.first(train: given[train], test: keepsTest) })
          }
          session.noteShortage(loaded.dataset.train.count, of: given[train], "train", "training \(whole.noun)s")
          session.noteShortage(loaded.dataset.test.count, of: keepsTest, "test", "test \(whole.noun)s")
          loaded.selection = DataSelection(
            classes: given[classes]?.map(SettingValue.init(class:)), train: given[train], test: keepsTest,
            options: asked.isEmpty ? nil : asked)
          session.made(.dataset(loaded))
          return .object(loaded)
        } catch let error as DataError {
          if error == .stopped { throw Lang.Interrupt() }
          var problem = Problem.from(error).naming(place)
          problem.argument = options.argument(of: error, given)
          throw problem
        }
      }
    }
  }

  static var describe: Command {
    Command(
      "describe",
      "Say what a value is: for data, how many images each class has; for a network, its layers.", topic: Topic.data,
      examples: ["describe fashion", "describe lenet on: fashion"],
      details: """
        For a table of features it also shows the features in their own units: the range and the mean of the training part. \
        Of an architecture, the data decides the shapes: with on:, they are shown beside what each layer learns and costs.
        """
    ) { signature in
      let subject = signature.subject("value", .any, "what to describe")
      let on = signature.optional(
        "on", .object(DatasetValue.self), "the data that an architecture is to be shown for", shown: "no shapes")
      return { session, given -> Value in
        switch given[subject] {
        case .object(let data as DatasetValue):
          let parts = [data.dataset.train, data.dataset.validation, data.dataset.test].compactMap { $0 }
          let features = data.dataset.featureTable.map { Value.table($0) }
          return .table(counts(parts, data.dataset.classes).with(preface: features ?? .none))
        case .object(let some as ImagesValue): return .table(counts([some.images], some.images.classes))
        case .object(let costs as CostsValue): return .table(costs.table)
        case .object(let object): return .table(try members(of: object))
        case .choice(let choice) where given[on] != nil && choice.declaration.family == Architectures.family.name:
          return try session.describe(choice, on: given[on]!)
        case .choice(let choice): return .table(Command.settings(of: choice))
        case let value:
          session.output.show(.text("\(value.typePhrase): \(Block.summarized(value))"))
          return .none
        }
      }
    }
  }

  private static func counts(_ parts: [Images], _ classes: [String]) -> Table {
    let tallies = parts.map { images in
      images.labels.reduce(into: [Int](repeating: 0, count: classes.count)) { $0[$1] += 1 }
    }
    let names = parts.count == 1 ? ["\(parts[0].dataset.noun)s"] : parts.map(\.part.rawValue)
    return Table(
      columns: [.init("number"), .init("class")] + names.map { .init($0, .count) },
      rows: classes.indices.map { number in
        [.integer(number), .string(classes[number])] + tallies.map { .integer($0[number]) }
      })
  }

  private static func members(of object: any Object) throws -> Table {
    let rows = object.allMembers.map { member -> [Value] in
      // What this object does not have, such as images that were not kept, is none.
      [.string(member.name), (try? member.value(of: object)) ?? .none, .string(member.summary)]
    }
    return Table(columns: [.init("member"), .init("value"), .init("meaning")], rows: rows)
  }
}

extension Problem {
  /// The same with a path as it was typed where the message has what it stands for, `/home/ada/people.csv`.
  fileprivate func naming(_ typed: String) -> Problem {
    let whole = URL(fileURLWithPath: typed).standardizedFileURL.path
    guard !typed.isEmpty, !typed.hasPrefix("/"), whole != "/" else { return self }
    let short = typed.hasSuffix("/") ? String(typed.dropLast()) : typed
    var problem = self
    problem.message = message.replacingOccurrences(of: whole, with: short)
    problem.help = help.map { $0.replacingOccurrences(of: whole, with: short) }
    return problem
  }
}

extension Session {
  /// The layers of an architecture for some data, and what they come to.
  fileprivate func describe(_ choice: Choice, on data: DatasetValue) throws -> Value {
    let network = try translatingErrors {
      try Architectures.family.make(choice.spec).network(for: data.dataset.shape, classes: data.dataset.classes.count)
    }
    return .table(network.table.with(preface: .string(network.summary)))
  }

  /// Reads a data set on another thread, and something of it there too.
  fileprivate func loading<Result>(
    _ place: String, _ options: LoadOptions, _ then: @escaping (Dataset) -> Result
  ) throws -> Result {
    let progress = Progress(terminal: terminal, quiet: isQuiet)
    defer { progress.finish() }
    let work = LoadWork(stop: Stop { Interrupt.isRequested }) { progress.update($0, fraction: $1) }
    return try Interrupt.runDetached { then(try Dataset.load(place, options: options, work: work)) }
  }

  /// Says how the data was read, and what is unusual about it.
  fileprivate func note(_ warnings: [DataWarning], of data: Dataset) {
    for note in data.notes { remark(note) }
    for warning in warnings {
      self.note(
        Diagnostic(ShellCode.suspiciousData, warning.message, help: [warning.advice], severity: .warning))
    }
  }

  /// Says that there are fewer than were asked for.
  fileprivate func noteShortage(_ count: Int, of wanted: Int?, _ label: String, _ what: String) {
    guard let wanted, count < wanted else { return }
    remark("\(label): \(NumberText.count(wanted)), but there are only \(NumberText.count(count)) \(what)")
  }
}

extension Network {
  /// What its layers come to, in a line.
  var summary: String {
    let parameters = layers.reduce(0) { $0 + $1.parameters }
    let products = layers.reduce(0) { $0 + $1.multiplications }
    return "\(input) images, \(classes.of("class", "classes")): \(parameters.of("parameter")), "
      + "\(products.of("multiplication")) an image"
  }

  /// Its layers, one a row.
  var table: Table {
    Table(
      columns: [
        .init("number"), .init("layer"), .init("name"), .init("reads"), .init("shape"), .init("parameters", .count),
        .init("multiplications", .count),
      ],
      rows: layers.enumerated().map { number, layer in
        let reads = layer.reads.map { $0 == 0 ? "image" : "\($0)" }.joined(separator: ", ")
        return [
          .integer(number + 1), .string(layer.kind), .string(layer.name),
          .string(reads), .string("\(layer.shape)"), .integer(layer.parameters), .integer(layer.multiplications),
        ]
      })
  }
}

extension CostsValue {
  /// The matrix with its class names: a row for the truth, a column for each answer.
  var table: Table {
    Table(
      columns: [.init("true class")] + classes.map { .init($0) },
      rows: costs.rows.enumerated().map { y, row in [.string(classes[y])] + row.map { .number($0) } })
  }
}
