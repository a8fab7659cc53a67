/// An expression of the tree. Positions are byte offsets in the program's source; equality ignores them.
struct Node: Equatable {
  let kind: Kind
  let start: Int, end: Int
  /// The longest way down to a leaf: bounded, so that walking the tree cannot exhaust the stack.
  let depth: Int

  static func == (a: Node, b: Node) -> Bool { a.kind == b.kind }

  indirect enum Kind: Equatable {
    case none
    case bool(Bool)
    case number(Double)
    case string(String)
    /// `"robust {r.robust}"`: fixed text and expressions by turns.
    case interpolation([Piece])
    case name(String)
    /// `_` is nil, `_3` is 3.
    case last(Int?)
    case list([Node])
    /// `[for x in list => x * x]`
    case comprehension(Name, Node, Node)
    case record([Field])
    /// `fn(x) => x * x`
    case function([Name], Node)
    /// `if a then b else c`
    case conditional(Node, Node, Node)
    case sql(SQL)
    case member(Node, Name)
    case index(Node, [Node])
    case call(Node, [Argument])
    case command(CommandCall)
    /// `x | f(a)`: the value comes first among the arguments.
    case pipe(Node, Node)
    case negate(Node)
    case not(Node)
    case and(Node, Node)
    case or(Node, Node)
    case arithmetic(Arithmetic, Node, Node)
    case compare(Comparison, Node, Node)
    case range(Node, Node, step: Node?, includesEnd: Bool)
    case group(Node)
  }

  /// The last stage of a pipeline.
  var lastStage: Node { if case .pipe(_, let stage) = kind { stage } else { self } }

  enum Piece: Equatable {
    case text(String)
    case value(Node)
  }

  struct Field: Equatable {
    let name: Name
    let value: Node
  }

  struct Argument: Equatable {
    let label: Name?
    let value: Node
  }
}

/// The comparison operators.
enum Comparison: String {
  case equal = "==", notEqual = "!=", less = "<", lessEqual = "<=", greater = ">", greaterEqual = ">=", isIn = "in"
}

/// A name and where it stands; equality ignores where.
struct Name: Equatable {
  let text: String
  let start: Int, end: Int
  static func == (a: Name, b: Name) -> Bool { a.text == b.text }
}

/// `attack normal with: pgd`, whether written so or as `attack(normal, with: pgd)`.
struct CommandCall: Equatable {
  let command: Name
  let subject: Node?
  let labels: [Node.Argument]
  /// A second unlabelled argument, which is always a mistake.
  var surplus: Node?
}

/// One SQL statement, as the user wrote it.
struct SQL: Equatable {
  let text: String
  /// `:name` occurrences, in order.
  let bindings: [Name]
}

/// One statement of a block or of the top level.
struct Statement: Equatable {
  let kind: Kind
  let start: Int, end: Int
  let depth: Int

  static func == (a: Statement, b: Statement) -> Bool { a.kind == b.kind }

  indirect enum Kind: Equatable {
    case declare(Name, Node)
    case param(Name, Node, doc: String?)
    case define(Name, [Parameter], [Statement])
    case `if`([Branch], otherwise: [Statement]?)
    case `for`(Name, index: Name?, Node, [Statement])
    case `while`(Node, [Statement])
    case attempt([Statement], Name, [Statement])
    case check(Node, because: Node?)
    case `return`(Node?)
    case `break`
    case `continue`
    case assign(Place, Node)
    case update(Place, Arithmetic, Node)
    case evaluate(Node)
  }

  /// The last stage of the pipeline that ends the statement, where a command may have been meant.
  var lastStage: Node? {
    switch kind {
    case .evaluate(let value), .declare(_, let value), .assign(_, let value), .return(let value?): value.lastStage
    default: nil
    }
  }

  /// Whether it is a query alone.
  var isQuery: Bool { if case .sql? = expression?.kind { true } else { false } }

  /// The expression that it is, if it is nothing but one.
  var expression: Node? { if case .evaluate(let value) = kind { value } else { nil } }

  struct Parameter: Equatable {
    let name: Name
    let fallback: Node?
  }

  struct Branch: Equatable {
    let condition: Node
    let body: [Statement]
  }
}

/// What an assignment changes: `name`, `name.field`, `name[i, j].field`.
struct Place: Equatable {
  enum Step: Equatable {
    case member(Name)
    case index([Node])
  }
  let name: Name
  let steps: [Step]
  let end: Int
  static func == (a: Place, b: Place) -> Bool { a.name == b.name && a.steps == b.steps }
}
