import Lang
import NN

/// The functions Ward adds to the library of the language: those that take two things, or are asked inside expressions.
enum Functions {
  static let all: [LibraryFunction] = [take, only, classes, confusion]

  private static let take = LibraryFunction(
    "take", "The first images of a selection, or elements of a list; all where there are fewer.", topic: Topic.data,
    [.init("images"), .init("count", .integer(in: .atLeast(1)))],
    example: Example("take(fashion.test, 500)", gives: "500 images of fashion-mnist.test")
  ) { _, given in
    let count = given[1].asInteger ?? 1
    switch given[0] {
    case .object(let some as ImagesValue): return .object(some.with(some.images.take(count)))
    case .object(let data as DatasetValue):
      throw Problem(
        message: "take needs images, and \(data.dataset.name) has two parts",
        help: [
          "say take(data.test, \(count)) or take(data.train, \(count)); to train on fewer images load fewer: "
            + "`load … train: \(count)`"
        ],
        argument: "images")
    case .list(let elements): return .list(Array(elements.elements.prefix(count)))
    case .table(let table): return .table(table.with(rows: Array(table.rows.prefix(count))))
    default: throw Problem(message: "take needs images or a list, not \(given[0].typePhrase)", argument: "images")
    }
  }

  private static let only = LibraryFunction(
    "only", "The images of some classes, by name or number; of a data set, a data set of these classes.",
    topic: Topic.data,
    [
      .init("images", .either([.object(ImagesValue.self), .object(DatasetValue.self)])),
      .init("classes", .oneOrMore(.either([.string, .integer()]))),
    ],
    example: Example(
      "only(fashion.test, [\"Shirt\", \"Coat\"])", gives: "2,000 images of fashion-mnist.test")
  ) { _, given in
    let wanted = given[1].asList ?? [given[1]]
    if let data = given[0].asObject(DatasetValue.self) { return .object(try data.only(wanted)) }
    guard case .object(let some as ImagesValue) = given[0] else { return .none }
    let numbers = try some.from.classNumbers(wanted, argument: "classes")
    do throws(DataError) { return .object(some.with(try some.images.only(numbers))) } catch {
      throw Problem.from(error)
    }
  }

  private static let classes = LibraryFunction(
    "classes", "A result class by class; several results of one selection side by side.", topic: Topic.looking,
    [.init("result", .either([.oneOrMore(.object(ResultValue.self)), .object(CertificationValue.self)]))],
    example: "classes(_)"
  ) { _, given in
    if let proof = given[0].asObject(CertificationValue.self) { return .table(proof.classTable) }
    let results = (given[0].asList ?? [given[0]]).compactMap { $0.asObject(ResultValue.self) }
    guard results.allSatisfy({ $0.evaluation.classNames == results[0].evaluation.classNames }) else {
      throw Problem(message: "these results are about different classes", argument: "result")
    }
    return .table(ResultValue.classTable(of: results))
  }

  private static let confusion = LibraryFunction(
    "confusion", "What each class was taken for: a row for the truth, a column for each answer.", topic: Topic.looking,
    [.init("result", .object(ResultValue.self))], example: "confusion(_)"
  ) { _, given in
    guard let result = given[0].asObject(ResultValue.self) else { return .none }
    return .table(result.confusionTable)
  }
}
