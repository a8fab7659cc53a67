/// Sets recorded and shown lines beside each other so that as many as possible agree (a longest common subsequence).
///
/// Of tables only the rows are set beside each other: the rules of their boxes say nothing.
struct Alignment {
  typealias Line = Comparison.Line
  typealias Pattern = Comparison.Pattern

  /// Numbers of patterns and of shown lines.
  enum Step {
    case agree(Int, Int)
    /// `...` stands for the line.
    case covered(Int, Int)
    /// `...` stands for no more lines.
    case passed(Int)
    /// Recorded, and not shown.
    case missing(Int)
    /// Shown, and not recorded.
    case additional(Int)
  }

  private let patterns: [Pattern]
  private let lines: [Line]
  /// The numbers of those that are looked at.
  private let rows: [Int]
  private let columns: [Int]

  private init(_ patterns: [Pattern], _ lines: [Line], withRules: Bool) {
    (self.patterns, self.lines) = (patterns, lines)
    rows = patterns.indices.filter { withRules || !patterns[$0].line.isRule }
    columns = lines.indices.filter { withRules || !lines[$0].isRule }
  }

  /// The pairs of lines that do not agree.
  static func differences(_ patterns: [Pattern], _ lines: [Line]) -> [Comparison.Difference] {
    let rows = Alignment(patterns, lines, withRules: false).pairs
    // Boxes that differ in nothing but their rules.
    let pairs = rows.isEmpty ? Alignment(patterns, lines, withRules: true).pairs : rows
    return pairs.map { pair in
      .init(recorded: pair.pattern.map { patterns[$0].line.text }, shown: pair.line.map { lines[$0].text })
    }
  }

  /// What takes the place of each line when it is recorded.
  static func accepted(_ patterns: [Pattern], _ lines: [Line]) -> [[String]] {
    var accepted = lines.map { [Transcript.recorded($0.text)] }
    let alignment = Alignment(patterns, lines, withRules: false)
    for case .agree(let row, let column) in alignment.steps {
      let pattern = patterns[row]
      accepted[column] =
        pattern.line.tokens.contains(.anything) ? pattern.recorded : pattern.recorded.dropLast() + accepted[column]
    }
    for case (let row?, let column?) in alignment.pairs {
      accepted[column] = patterns[row].recorded.dropLast() + accepted[column]
    }
    var last: Int?
    for step in alignment.steps {
      switch step {
      case .agree(_, let column), .additional(let column): last = column
      case .covered(_, let column):
        accepted[column] = ["..."]
        last = column
      case .passed:
        if let last, accepted[last].last != "..." { accepted[last].append("...") }
      case .missing: break
      }
    }
    return accepted
  }

  /// What does not agree, paired in order between any two lines that do.
  private var pairs: [(pattern: Int?, line: Int?)] {
    var pairs: [(pattern: Int?, line: Int?)] = []
    var missing: [Int] = []
    var additional: [Int] = []
    func flush() {
      for index in 0..<max(missing.count, additional.count) {
        pairs.append(
          (index < missing.count ? missing[index] : nil, index < additional.count ? additional[index] : nil))
      }
      (missing, additional) = ([], [])
    }
    for step in steps {
      switch step {
      case .missing(let row): missing.append(row)
      case .additional(let column): additional.append(column)
      case .agree, .covered, .passed: flush()
      }
    }
    flush()
    return pairs
  }

  /// Past this many pairs of lines they are set beside each other by their place alone.
  private static let maxPairs = 4_000_000

  private var steps: [Step] {
    let (height, width) = (rows.count, columns.count)
    guard height * width <= Self.maxPairs else { return stepsByPlace }
    // `costs[i][j]`: how many lines have no counterpart among the patterns from i on and the lines from j on. What is missing
    // outweighs all that is additional, or a `...` would rather swallow lines than let them agree.
    let missing = width + 1
    var costs = [[Int]](repeating: [Int](repeating: 0, count: width + 1), count: height + 1)
    var agree = [[Bool]](repeating: [Bool](repeating: false, count: width), count: height)
    for j in 0...width { costs[height][j] = width - j }
    for i in (0..<height).reversed() {
      let pattern = patterns[rows[i]]
      let isOpen = pattern.tolerance == nil
      costs[i][width] = costs[i + 1][width] + (isOpen ? 0 : missing)
      for j in (0..<width).reversed() {
        if isOpen {
          costs[i][j] = min(costs[i + 1][j], costs[i][j + 1])
          continue
        }
        costs[i][j] = min(missing + costs[i + 1][j], 1 + costs[i][j + 1])
        agree[i][j] = pattern.agrees(with: lines[columns[j]])
        if agree[i][j] { costs[i][j] = min(costs[i][j], costs[i + 1][j + 1]) }
      }
    }
    var steps: [Step] = []
    var (i, j) = (0, 0)
    while i < height || j < width {
      if i == height {
        steps.append(.additional(columns[j]))
        j += 1
      } else if patterns[rows[i]].tolerance == nil {
        let covers = j < width && costs[i][j] == costs[i][j + 1]
        steps.append(covers ? .covered(rows[i], columns[j]) : .passed(rows[i]))
        if covers { j += 1 } else { i += 1 }
      } else if j < width, agree[i][j], costs[i][j] == costs[i + 1][j + 1] {
        steps.append(.agree(rows[i], columns[j]))
        (i, j) = (i + 1, j + 1)
      } else if costs[i][j] == missing + costs[i + 1][j] {
        steps.append(.missing(rows[i]))
        i += 1
      } else {
        steps.append(.additional(columns[j]))
        j += 1
      }
    }
    return steps
  }

  private var stepsByPlace: [Step] {
    (0..<max(rows.count, columns.count)).flatMap { place -> [Step] in
      guard place < rows.count else { return [.additional(columns[place])] }
      guard place < columns.count else { return [.missing(rows[place])] }
      let (row, column) = (rows[place], columns[place])
      return patterns[row].agrees(with: lines[column]) ? [.agree(row, column)] : [.missing(row), .additional(column)]
    }
  }
}
