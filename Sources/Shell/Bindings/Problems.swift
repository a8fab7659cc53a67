import Lang
import NN

extension Problem {
  /// A fact about data on disk, as the user's mistake it turns out to be.
  static func from(_ error: DataError) -> Problem {
    if case .noSuchClass(let name, let classes) = error {
      return Problem(
        code: ShellCode.noSuchClass, message: error.description, label: Suggestions.hint(for: name, in: classes),
        help: ["the classes are " + classes.joined(separator: ", ")])
    }
    if case .noSuchColumn(_, let name, let columns) = error {
      return Problem(
        code: ShellCode.data, message: error.description, label: Suggestions.hint(for: name, in: columns),
        help: error.hint.map { [$0] } ?? [])
    }
    if case .unknown(let name, let known) = error {
      return Problem(
        code: ShellCode.data, message: error.description, label: Suggestions.hint(for: name, in: known),
        help: error.hint.map { [$0] } ?? [])
    }
    return Problem(code: ShellCode.data, message: error.description, help: error.hint.map { [$0] } ?? [])
  }

  /// A refused cost matrix, its classes by name.
  static func from(_ error: CostMatrixError, classes: [String]) -> Problem {
    let message =
      switch error {
      case .negative(let y, let p, let cost):
        "the cost of answering \(classes[p]) for \(classes[y]) is \(NumberText.exact(cost)); costs are not negative"
      case .notFinite(let y, let p): "the cost of answering \(classes[p]) for \(classes[y]) is not a finite number"
      case .diagonal(let y, let cost):
        "a right answer costs nothing, but answering \(classes[y]) for \(classes[y]) would cost \(NumberText.exact(cost))"
      case .notSquare(let row, let length, let count):
        "the row of \(classes[row]) has \(length.of("cost")); \(count.of("class", "classes")) need \(count)"
      default: error.description
      }
    return Problem(code: ShellCode.badCosts, message: message)
  }
}
