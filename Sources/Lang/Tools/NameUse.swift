/// Which names a statement gives and which it needs, so that a part of a session can be told to be whole.
public struct NameUse: Equatable, Sendable {
  /// Names that it gives a value: by `let`, `def`, `param` or an assignment.
  public internal(set) var gives: Set<String> = []
  /// Names that it mentions and does not give inside itself. Built-in ones are among them.
  public internal(set) var needs: Set<String> = []
  /// Cells whose values it mentions as `_3`; nil for `_`, the one before.
  public internal(set) var cells: Set<Int?> = []

  /// No names.
  public init() {}

  init(gives: Set<String>, needs: Set<String>, cells: Set<Int?>) {
    (self.gives, self.needs, self.cells) = (gives, needs, cells)
  }
}

extension Program {
  /// What its items give and need together. Names of loops, functions and `catch` count for nothing.
  public var names: NameUse {
    var walk = NameWalk()
    for item in items { if let statement = item.statement { walk.top(statement) } }
    return NameUse(gives: walk.given, needs: walk.needed, cells: walk.cells)
  }
}

/// A walk over the tree. A name that is local anywhere in an item counts as local in all of it.
private struct NameWalk {
  var given: Set<String> = []
  var needed: Set<String> = []
  var cells: Set<Int?> = []
  private var local: Set<String> = []

  mutating func top(_ statement: Statement) {
    var walk = NameWalk()
    walk.visit(statement)
    cells.formUnion(walk.cells)
    // What an earlier item of the same text gave need not come from outside.
    needed.formUnion(walk.needed.subtracting(walk.local).subtracting(given))
    if let name = statement.declaredName { given.insert(name.text) }
    given.formUnion(walk.given.subtracting(walk.local))
  }

  private mutating func visit(_ statement: Statement) {
    switch statement.kind {
    case .declare(_, let value), .param(_, let value, _): visit(value)
    case .define(_, let parameters, let body):
      for parameter in parameters {
        local.insert(parameter.name.text)
        if let fallback = parameter.fallback { visit(fallback) }
      }
      block(body)
    case .if(let branches, let otherwise):
      for branch in branches {
        visit(branch.condition)
        block(branch.body)
      }
      block(otherwise ?? [])
    case .for(let name, let index, let list, let body):
      local.formUnion([name.text] + (index.map { [$0.text] } ?? []))
      visit(list)
      block(body)
    case .while(let condition, let body):
      visit(condition)
      block(body)
    case .attempt(let body, let name, let rescue):
      local.insert(name.text)
      block(body)
      block(rescue)
    case .check(let condition, let because):
      visit(condition)
      if let because { visit(because) }
    case .return(let value): if let value { visit(value) }
    case .break, .continue: break
    case .assign(let place, let value):
      // `guard["Shirt", "Bag"] = 25` needs the old `guard`, and so does what is given no new name.
      needed.insert(place.name.text)
      given.insert(place.name.text)
      visit(place)
      visit(value)
    case .update(let place, _, let value):
      needed.insert(place.name.text)
      given.insert(place.name.text)
      visit(place)
      visit(value)
    case .evaluate(let value): visit(value)
    }
  }

  private mutating func block(_ body: [Statement]) {
    for statement in body {
      if let name = statement.declaredName { local.insert(name.text) }
      visit(statement)
    }
  }

  private mutating func visit(_ place: Place) {
    for case .index(let index) in place.steps { index.forEach { visit($0) } }
  }

  private mutating func visit(_ node: Node) {
    switch node.kind {
    case .none, .bool, .number, .string: break
    case .name(let name): needed.insert(name)
    case .last(let cell): cells.insert(cell)
    case .interpolation(let pieces): for case .value(let value) in pieces { visit(value) }
    case .list(let elements): elements.forEach { visit($0) }
    case .comprehension(let name, let list, let body):
      local.insert(name.text)
      visit(list)
      visit(body)
    case .record(let fields): fields.forEach { visit($0.value) }
    case .function(let names, let body):
      local.formUnion(names.map(\.text))
      visit(body)
    case .conditional(let a, let b, let c): [a, b, c].forEach { visit($0) }
    case .sql(let sql): needed.formUnion(sql.bindings.map(\.text))
    case .member(let value, _), .negate(let value), .not(let value), .group(let value): visit(value)
    case .index(let value, let index): ([value] + index).forEach { visit($0) }
    case .call(let function, let arguments):
      visit(function)
      arguments.forEach { visit($0.value) }
    case .command(let call):
      if let subject = call.subject { visit(subject) }
      call.labels.forEach { visit($0.value) }
    case .pipe(let a, let b), .and(let a, let b), .or(let a, let b), .arithmetic(_, let a, let b),
      .compare(_, let a, let b):
      visit(a)
      visit(b)
    case .range(let a, let b, let step, _): ([a, b] + (step.map { [$0] } ?? [])).forEach { visit($0) }
    }
  }
}
