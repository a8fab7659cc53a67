/// Turns the tree into closures: names become slots and cells, calls are checked against their declarations.
///
/// Mistakes are collected in `diagnostics`; the code that goes on behind a mistake is never run.
final class Compiler {
  let program: Program
  let environment: Environment
  /// The names that the top level has at this point.
  var declared: Set<String>
  /// The names that any statement of the program declares at the top level: function bodies may use them.
  let declaredAnywhere: Set<String>
  /// Whether a session line before this point may have declared names that cannot be known yet.
  var isLenient = false
  var diagnostics: [Diagnostic] = []
  var scope: Scope
  /// What may stand where an argument is being compiled: suggestions come from there first.
  var expected: (type: ValueType, recipient: ValueType.Recipient, node: Node)?
  lazy var stackFloor = StackBounds.floor()
  private let namesInClosures: Set<String>

  init(_ program: Program, environment: Environment) {
    self.program = program
    self.environment = environment
    declared = Set(environment.variables.map(\.name))
    if !program.diagnostics.isEmpty { declared.formUnion(Self.declaredNames(in: program.source)) }
    declaredAnywhere = Set(program.items.compactMap { $0.statement?.declaredName?.text })
    namesInClosures = program.namesInClosures
    scope = Scope(parent: nil, hasClosures: false)
  }

  /// The names after `let`, `def` and `param` in a text with mistakes: a statement that could not be read must not make
  /// its name unknown everywhere else.
  private static func declaredNames(in source: Source) -> [String] {
    var lexer = Lexer(source), names: [String] = [], declares = false
    while true {
      let token = lexer.nextValid()
      guard token.kind != .end else { return names }
      let word = token.kind == .name ? source.text(from: token.start, to: token.end) : ""
      if declares, !word.isEmpty { names.append(word) }
      declares = ["let", "def", "param"].contains(word)
    }
  }

  func range(_ start: Int, _ end: Int) -> SourceRange { SourceRange(source: program.source, start: start, end: end) }
  func range(_ node: Node) -> SourceRange { range(node.start, node.end) }
  func range(_ name: Name) -> SourceRange { range(name.start, name.end) }

  /// Notes a mistake; the code in its place is never run.
  func fail(_ diagnostic: Diagnostic) -> Compiled {
    diagnostics.append(diagnostic)
    return Compiled { _ in throw diagnostic }
  }

  // MARK: items

  /// A top-level statement, compiled.
  struct Unit {
    let run: Exec
    let slotCount: Int, cellCount: Int
    /// The slot that holds the statement's value afterwards.
    let result: Int
  }

  /// Compiles a top-level statement and declares its name for those that follow.
  func unit(_ statement: Statement) -> Unit {
    scope = Scope(parent: nil, hasClosures: hasClosures(statement.start, statement.end))
    let result = scope.temporary()
    let run = topLevel(statement, result: result)
    return Unit(run: run, slotCount: scope.slotCount, cellCount: scope.cellCount, result: result)
  }

  private func topLevel(_ statement: Statement, result: Int) -> Exec {
    switch statement.kind {
    case .declare(let name, let node):
      let value = named(expression(node).eval, name.text)
      return bindGlobal(name, result: result, value)
    case .param(let name, let node, _):
      return bindGlobal(name, result: result, expression(node).eval)
    case .define(let name, let parameters, let body):
      declareGlobal(name)
      let make = function(name.text, parameters, body, range(statement.start, statement.end))
      return bindGlobal(name, result: result, make)
    case .evaluate(let node):
      let value = expression(node).eval
      return { frame in
        frame.slots[result] = try value(frame)
        return .normal
      }
    case .assign(let place, _), .update(let place, _, _):
      let run = self.statement(statement)
      guard let read = lookUp(place.name.text).map(reader) else { return run }
      return { frame in
        let flow = try run(frame)
        frame.slots[result] = try read(frame)
        return flow
      }
    default: return self.statement(statement)
    }
  }

  /// Gives a top-level name its value, once the value is there.
  private func bindGlobal(_ name: Name, result: Int, _ value: @escaping Eval) -> Exec {
    declareGlobal(name)
    let text = name.text
    return { frame in
      let bound = try value(frame)
      frame.slots[result] = bound
      frame.machine.environment.bind(text, to: bound)
      return .normal
    }
  }

  private func declareGlobal(_ name: Name) {
    warnIfShadowing(name)
    declared.insert(name.text)
  }

  /// Warns when a declaration hides something built in.
  func warnIfShadowing(_ name: Name) {
    guard environment.isBuiltIn(name.text), !declared.contains(name.text) else { return }
    let what =
      environment.commands[name.text] != nil
      ? "command" : environment.functions[name.text] != nil ? "function" : "built-in"
    diagnostics.append(
      Diagnostic(
        .shadowsBuiltIn, "`\(name.text)` now hides the \(what) of that name", at: range(name),
        help: ["`forget \(name.text)` brings it back"], severity: .warning))
  }

  /// Whether a function stands inside this stretch of the text. Asked for every statement, so it halves instead of looking
  /// at each.
  func hasClosures(_ start: Int, _ end: Int) -> Bool {
    let closures = program.closures
    var low = 0, high = closures.count
    while low < high {
      let middle = (low + high) / 2
      if closures[middle] < start { low = middle + 1 } else { high = middle }
    }
    return low < closures.count && closures[low] < end
  }

  // MARK: names

  /// Declares a local variable of the innermost block.
  func declareLocal(_ name: Name) -> Binding {
    scope.declare(name.text, inCell: scope.hasClosures && namesInClosures.contains(name.text))
  }

  /// The variable called `name`, nil when there is none.
  func lookUp(_ name: String) -> Binding? {
    if let local = scope.lookUp(name) { return local }
    if declared.contains(name) || scope.parent != nil && declaredAnywhere.contains(name) {
      return .global(environment.cell(for: name))
    }
    return nil
  }

  /// Compiles an argument of a known type.
  func expression(_ node: Node, expecting type: ValueType, for recipient: ValueType.Recipient) -> Compiled {
    let outer = expected
    defer { expected = outer }
    expected = (type, recipient, node)
    return expression(node)
  }

  /// Every name that has a value here.
  var namesInReach: [String] {
    scope.names + declared + environment.choices.keys + environment.functions.keys
      + (scope.parent == nil ? [] : Array(declaredAnywhere))
  }

  /// Reads a variable that is known to have a value, such as one just assigned.
  private func reader(_ binding: Binding) -> Eval {
    switch binding {
    case .slot(let slot): return { $0.slots[slot] }
    case .cell(let index): return { $0.cells[index]?.value ?? .none }
    case .global(let cell): return { _ in cell.value ?? .none }
    }
  }

  /// Lets an object that gets a name remember it.
  func named(_ value: @escaping Eval, _ name: String) -> Eval {
    { frame in
      let made = try value(frame)
      guard case .object(let object) = made else { return made }
      return .object(object.named(name))
    }
  }
}

extension Statement {
  /// The name that this statement declares in its block.
  var declaredName: Name? {
    switch kind {
    case .declare(let name, _), .param(let name, _, _), .define(let name, _, _): name
    default: nil
    }
  }
}

/// A compiled expression with what is known about it beforehand.
struct Compiled {
  /// What simple expressions are, so that operators can skip calls.
  enum Shape {
    case constant(Value)
    case slot(Int)
    case global(Cell)
    case other
  }
  let shape: Shape
  let eval: Eval

  init(_ shape: Shape = .other, _ eval: @escaping Eval) {
    self.shape = shape
    self.eval = eval
  }

  static func constant(_ value: Value) -> Compiled { Compiled(.constant(value)) { _ in value } }

  var constant: Value? { if case .constant(let value) = shape { value } else { nil } }
}
