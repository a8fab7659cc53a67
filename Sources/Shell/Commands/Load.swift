import Lang
import NN

extension Command<Session> {
  static var load: Command {
    Command(
      "load", "Load a data set by name, or from a folder.", topic: Topic.data,
      examples: [
        Example(
          "load \"fashion-mnist\"", gives: "60,000 training and 10,000 test images, 28×28, 10 classes"),
        Example(
          "load \"fashion-mnist\" train: 6000 test: 1000",
          gives: "6,000 training and 1,000 test images, 28×28, 10 classes"),
      ],
      details: """
        Fashion-MNIST comes with Debian's package dataset-fashion-mnist. A folder may hold the four IDX files of MNIST or \
        of a data set made like it, gzipped or not. Pixels are numbers from 0 to 1.
        """
    ) { signature in
      let name = signature.subject("name", .file, "the name of a data set, or the path of its folder")
      let train = signature.optional(
        "train", .integer(in: .atLeast(1)), "keep only the first so many training images", shown: "all")
      let test = signature.optional(
        "test", .integer(in: .atLeast(1)), "keep only the first so many test images", shown: "all")
      let classes = signature.optional(
        "classes", .list(of: ParameterType.either(.string, .integer())), "keep only these classes, by name or number",
        shown: "all")
      return { session, given in
        do {
          let place = Home.path(given[name])
          let (whole, warnings) = try Interrupt.runDetached {
            let dataset = try Dataset.load(place)
            return (dataset, given[classes] == nil ? dataset.warnings : [])
          }
          var loaded = DatasetValue(dataset: whole)
          let selection = DataSelection(
            classes: given[classes]?.map(SettingValue.init(class:)), train: given[train], test: given[test])
          if let wanted = given[classes] {
            let numbers = try loaded.classNumbers(wanted, argument: "classes")
            loaded = DatasetValue(dataset: try Interrupt.runDetached { try whole.only(numbers) })
          }
          if given[train] != nil || given[test] != nil {
            let chosen = loaded.dataset
            loaded = DatasetValue(
              dataset: try Interrupt.runDetached { try chosen.first(train: given[train], test: given[test]) })
          }
          session.noteShortage(loaded.dataset.train.count, of: given[train], "train", "training images")
          session.noteShortage(loaded.dataset.test.count, of: given[test], "test", "test images")
          loaded.selection = selection
          for warning in warnings {
            session.note(
              Diagnostic(ShellCode.suspiciousData, warning.message, help: [warning.advice], severity: .warning))
          }
          session.made(.dataset(loaded))
          return .object(loaded)
        } catch let error as DataError {
          var problem = Problem.from(error)
          problem.argument = "name"
          throw problem
        }
      }
    }
  }

  static var describe: Command {
    Command(
      "describe", "Say what a value is: for data, how many images each class has; for a network, its layers.",
      topic: Topic.data,
      examples: ["describe fashion", "describe lenet on: fashion"],
      details:
        "Of an architecture, the data decides the shapes: with on:, they are shown beside what each layer learns and costs."
    ) { signature in
      let subject = signature.subject("value", .any, "what to describe")
      let on = signature.optional(
        "on", .object(DatasetValue.self), "the data that an architecture is to be shown for", shown: "no shapes")
      return { session, given -> Value in
        switch given[subject] {
        case .object(let data as DatasetValue):
          let parts = [data.dataset.train, data.dataset.validation, data.dataset.test].compactMap { $0 }
          return .table(counts(parts, data.dataset.classes))
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

extension Session {
  /// The layers of an architecture for some data, and what they come to.
  fileprivate func describe(_ choice: Choice, on data: DatasetValue) throws -> Value {
    let network = try translatingErrors {
      try Architectures.family.make(choice.spec).network(for: data.dataset.shape, classes: data.dataset.classes.count)
    }
    output.show(.text(network.summary))
    return .table(network.table)
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
