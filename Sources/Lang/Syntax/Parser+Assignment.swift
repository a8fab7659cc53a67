extension Parser {
  // place ( "=" | "+=" | "-=" ) pipeline | pipeline
  mutating func assignmentOrPipeline(_ start: Int) throws(Diagnostic) -> Statement {
    let left = try pipeline(atStatementStart: true)
    guard !endsLine, at(.assign) || at(.addAssign) || at(.subtractAssign) else {
      return try make(.evaluate(left), from: start, over: left.depth)
    }
    guard let place = place(from: left) else {
      throw Diagnostic(
        .notAPlace, "only a name, a field or an element can be assigned", at: range(left.start, left.end),
        help: ["`==` compares"])
    }
    let symbol = token.symbol
    try advance()
    let value = try pipeline()
    let depth = max(left.depth, value.depth)
    switch symbol {
    case .addAssign: return try make(.update(place, .add, value), from: start, over: depth)
    case .subtractAssign: return try make(.update(place, .subtract, value), from: start, over: depth)
    default: return try make(.assign(place, value), from: start, over: depth)
    }
  }

  // place = NAME { "." NAME | "[" expr { "," expr } "]" } ;
  mutating func place(from node: Node) -> Place? {
    var steps: [Place.Step] = []
    var current = node
    while true {
      switch current.kind {
      case .name(let text):
        if inClosure { namesInClosures.insert(text) }
        let name = Name(text: text, start: current.start, end: current.end)
        return Place(name: name, steps: steps.reversed(), end: node.end)
      case .member(let base, let name):
        steps.append(.member(name))
        current = base
      case .index(let base, let index):
        steps.append(.index(index))
        current = base
      default: return nil
      }
    }
  }
}
