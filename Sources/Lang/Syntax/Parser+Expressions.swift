extension Parser {
  // expr = conj { "or" conj } ;
  mutating func expression() throws(Diagnostic) -> Node {
    try descend()
    defer { level -= 1 }
    let start = token.start
    var left = try conjunction()
    while at(.or), !endsLine {
      try advance()
      let right = try conjunction()
      left = try node(.or(left, right), from: start, over: max(left.depth, right.depth))
    }
    return left
  }

  // conj = negation { "and" negation } ;
  private mutating func conjunction() throws(Diagnostic) -> Node {
    let start = token.start
    var left = try negation()
    while at(.and), !endsLine {
      try advance()
      let right = try negation()
      left = try node(.and(left, right), from: start, over: max(left.depth, right.depth))
    }
    return left
  }

  // negation = [ "not" ] comparison ;
  private mutating func negation() throws(Diagnostic) -> Node {
    guard at(.not) else { return try comparison() }
    let start = token.start
    try advance()
    let operand = try comparison()
    return try node(.not(operand), from: start, over: operand.depth)
  }

  // comparison = range [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" ) range ] ;
  private mutating func comparison() throws(Diagnostic) -> Node {
    let start = token.start
    let left = try rangeExpression()
    guard let comparison = comparisonHere else { return left }
    try advance()
    let right = try rangeExpression()
    guard comparisonHere == nil else {
      throw Diagnostic(
        .chainedComparison, "comparisons cannot be chained", at: here,
        help: ["write both: `a < b and b < c`"])
    }
    return try node(.compare(comparison, left, right), from: start, over: max(left.depth, right.depth))
  }

  private var comparisonHere: Comparison? {
    guard !endsLine else { return nil }
    if at(.in) { return .isIn }
    guard token.kind == .symbol else { return nil }
    return switch token.symbol {
    case .equal: .equal
    case .notEqual: .notEqual
    case .less: .less
    case .lessEqual: .lessEqual
    case .greater: .greater
    case .greaterEqual: .greaterEqual
    default: nil
    }
  }

  // range = sum [ ( ".." | "..<" ) sum [ "by" sum ] ] ;
  private mutating func rangeExpression() throws(Diagnostic) -> Node {
    let start = token.start
    let low = try sum()
    guard at(.range) || at(.halfOpenRange), !endsLine else { return low }
    let includesEnd = at(.range)
    try advance()
    let high = try sum()
    var step: Node?
    if at(.by), !endsLine {
      try advance()
      step = try sum()
    }
    return try node(
      .range(low, high, step: step, includesEnd: includesEnd), from: start,
      over: max(low.depth, high.depth, step?.depth ?? 0))
  }

  // sum = product { ( "+" | "-" ) product } ;
  private mutating func sum() throws(Diagnostic) -> Node {
    let start = token.start
    var left = try product()
    while at(.plus) || at(.minus), !endsLine {
      if at(.minus), let mistake = dashedLabel() { throw mistake }
      let operation: Arithmetic = at(.plus) ? .add : .subtract
      try advance()
      let right = try product()
      left = try node(.arithmetic(operation, left, right), from: start, over: max(left.depth, right.depth))
    }
    return left
  }

  // product = unary { ( "*" | "/" | "mod" ) unary } ;
  private mutating func product() throws(Diagnostic) -> Node {
    let start = token.start
    var left = try unary()
    while at(.star) || at(.slash) || at(.mod), !endsLine {
      let operation: Arithmetic = at(.star) ? .multiply : at(.slash) ? .divide : .remainder
      try advance()
      let right = try unary()
      left = try node(.arithmetic(operation, left, right), from: start, over: max(left.depth, right.depth))
    }
    return left
  }

  // unary = "-" unary | power ;
  private mutating func unary() throws(Diagnostic) -> Node {
    guard at(.minus) else { return try power() }
    try descend()
    defer { level -= 1 }
    let start = token.start
    negations.insert(start)
    try advance()
    let operand = try unary()
    return try node(.negate(operand), from: start, over: operand.depth)
  }

  // power = postfix [ "^" unary ] ;
  private mutating func power() throws(Diagnostic) -> Node {
    let start = token.start
    let base = try postfix()
    guard at(.caret), !endsLine else { return base }
    try descend()
    defer { level -= 1 }
    try advance()
    let exponent = try unary()
    return try node(.arithmetic(.power, base, exponent), from: start, over: max(base.depth, exponent.depth))
  }
}
