import Lang
import NN

/// A cost matrix with the class names it is about: `guard`.
struct CostsValue: Object {
  static let type = ObjectType(
    "cost matrix", "What each mistake costs: guard[true class, answer].",
    members: [
      member("name", "the name it was first bound to") { .string($0.name) },
      member("classes", "the names of the classes") { .list($0.classes.map { .string($0) }) },
      member("protected", "the names of the classes it protects") { .list($0.protectedClasses.map { .string($0) }) },
      member("matrix", "its rows, one for each true class") {
        .list($0.costs.rows.map { .list($0.map { .number($0) }) })
      },
      member("transposed", "the same costs with truth and answer exchanged") { .object($0.with($0.costs.transposed)) },
    ])

  let costs: CostMatrix
  let classes: [String]
  let from: DatasetValue?
  var name = ""

  func named(_ name: String) -> any Object {
    guard self.name.isEmpty else { return self }
    var copy = self
    copy.name = name
    return copy
  }

  /// Other costs for the same classes; they have no name yet.
  private func with(_ costs: CostMatrix) -> CostsValue { CostsValue(costs: costs, classes: classes, from: from) }

  func element(at index: [Value]) throws -> Value {
    let (y, p) = try place(index)
    return .number(costs[true: y, answered: p])
  }

  func replacing(at index: [Value], with value: Value) throws -> any Object {
    let (y, p) = try place(index)
    guard let cost = value.asNumber else {
      throw Problem(code: ShellCode.badCosts, message: "a cost is a number, not \(value.typePhrase)")
    }
    do { return with(try costs.setting(true: y, answered: p, to: cost)) } catch {
      throw Problem.from(error, classes: classes)
    }
  }

  func combined(_ operation: Arithmetic, with other: Value, reversed: Bool) throws -> Value? {
    do {
      switch (operation, other) {
      case (.multiply, .number(let factor)): return .object(with(try costs * factor))
      case (.divide, .number(let factor)) where !reversed:
        guard factor != 0 else { throw Problem(code: ShellCode.badCosts, message: "costs cannot be divided by 0") }
        return .object(with(try costs * (1 / factor)))
      case (.add, _), (.subtract, _):
        guard let other = other.asObject(CostsValue.self) else { return nil }
        try other.check(areAbout: classes, argument: nil)
        let (a, b) = reversed ? (other.costs, costs) : (costs, other.costs)
        return .object(with(operation == .add ? try a + b : try a - b))
      default: return nil
      }
    } catch let error as CostMatrixError {
      throw Problem.from(error, classes: classes)
    }
  }

  /// Throws if the costs are about other classes than `names`, or the same in another order.
  func check(areAbout names: [String], argument: String? = "costs") throws {
    guard classes != names else { return }
    let title = name.isEmpty ? "the costs are" : "\(name) is"
    let (own, other) = classes.count == names.count ? zip(classes, names).first { $0 != $1 }! : ("", "")
    throw Problem(
      code: ShellCode.badCosts,
      message: classes.count == names.count
        ? "\(title) about other classes: \(own) where these have \(other)"
        : "\(title) about \(classes.count.of("class", "classes")), these are \(names.count)",
      help: ["`costs DATA …` makes a matrix for the classes of these data"], argument: argument)
  }

  /// True class first, then the answer, each by name or number.
  private func place(_ index: [Value]) throws -> (Int, Int) {
    guard index.count == 2 else {
      throw Problem(
        code: ShellCode.badIndex, message: "a cost has two indices: the true class, then the answer",
        help: ["for example guard[\"\(classes[0])\", \"\(classes[1])\"]"])
    }
    return (try classNumber(index[0]), try classNumber(index[1]))
  }

  private func classNumber(_ value: Value) throws -> Int {
    if let number = value.asInteger, classes.indices.contains(number) { return number }
    if let name = value.asString, let found = classes.firstIndex(where: { $0.lowercased() == name.lowercased() }) {
      return found
    }
    throw Problem(
      code: ShellCode.noSuchClass, message: "there is no class \(value.literal)",
      label: value.asString.map { Suggestions.hint(for: $0, in: classes) } ?? "",
      help: ["the classes are " + classes.joined(separator: ", ")])
  }

  var summary: String {
    let size = "\(classes.count)×\(classes.count) cost matrix"
    guard !costs.protected.isEmpty, let (weight, side) = weightAndSide else {
      return size + (costs.isSymmetric ? ", symmetric" : ", not symmetric")
        + (costs.protected.isEmpty ? "" : ", protects " + protectedNames)
    }
    let mistakes =
      switch side {
      case .both: "mistakes that involve \(protectedNames)"
      case .truth: "taking \(protectedNames) for another"
      case .answer: "taking another for \(protectedNames)"
      }
    return size + ": \(mistakes) \(side == .both ? "cost" : "costs") \(NumberText.exact(weight)), all others 1"
  }

  private var protectedClasses: [String] { costs.protected.map { classes[$0] } }

  /// `Shirt, Coat`; classes that are called by numbers are said to be classes, so that nobody takes `1 0.0 %` for a figure.
  var protectedNames: String {
    let names = protectedClasses.joined(separator: ", ")
    guard protectedClasses.allSatisfy({ Double($0) != nil }) else { return names }
    return (protectedClasses.count == 1 ? "class " : "classes ") + names
  }

  /// The weight and side, if this is a matrix of ones with the protected rows, columns or both at one weight.
  private var weightAndSide: (Double, CostMatrix.Side)? {
    guard let first = costs.protected.first, let other = classes.indices.first(where: { !costs.protected.contains($0) })
    else { return nil }
    for side in CostMatrix.Side.allCases {
      let weight =
        side == .answer ? costs[true: other, answered: first] : costs[true: first, answered: other]
      let made = try? CostMatrix.protect(costs.protected, weight: weight, side: side, classes: classes.count)
      if made == costs { return (weight, side) }
    }
    return nil
  }

  func isEqual(to other: any Object) -> Bool {
    guard let other = other as? CostsValue else { return false }
    return other.costs == costs && other.classes == classes
  }
}
