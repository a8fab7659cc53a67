/// Help for the words of the language itself.
enum KeywordHelp {
  static var words: [String] { entries.map(\.word) }

  static func page(for word: String) -> HelpPage? {
    guard let entry = entries.first(where: { $0.word == word }) else { return nil }
    var page = HelpPage(name: word, kind: "word of the language", summary: entry.summary)
    page.usage = entry.usage
    page.examples = [entry.example]
    return page
  }

  private static let entries: [(word: String, summary: String, usage: String, example: Example)] = [
    (
      "let", "Gives a name a value in the current block.", "let NAME = VALUE",
      Example("let eps = 8/255", gives: "eps  0.03137254901960784")
    ),
    (
      "if", "Does something only when a condition is true; or chooses between two values.",
      "if CONDITION { … } else { … }   or   if CONDITION then A else B",
      Example("let size = if 3 > 2 then \"big\" else \"small\"", gives: "size  \"big\"")
    ),
    (
      "else", "What an `if` does otherwise; it stands on the line of the closing brace.",
      "if CONDITION { … } else { … }",
      Example("if 1 > 2 { print \"yes\" } else { print \"no\" }", gives: "no")
    ),
    (
      "for", "Repeats for every element of a list, range, table or record; the second name is the index.",
      "for NAME[, INDEX] in VALUES { … }", Example("for x, i in [5, 6] { print \"{i}: {x}\" }", gives: "0: 5\n1: 6")
    ),
    ("in", "Tells whether a value is among others.", "VALUE in VALUES", Example("2 in [1, 2, 3]", gives: "true")),
    (
      "while", "Repeats as long as a condition is true.", "while CONDITION { … }",
      "let n = 1; while n < 100 { n = n * 2 }"
    ),
    (
      "def", "Defines a function; parameters may have defaults.", "def NAME(PARAMETER, PARAMETER = DEFAULT) { … }",
      "def share(part, whole = 100) { return part / whole }"
    ),
    ("return", "Ends a function with a value.", "return [VALUE]", "def twice(x) { return 2 * x }"),
    ("break", "Leaves the innermost loop.", "break", "for i in 0..9 { if i == 3 { break } }"),
    (
      "continue", "Goes on with the next turn of the innermost loop.", "continue",
      "for i in 0..9 { if i mod 2 == 0 { continue } }"
    ),
    (
      "try", "Goes on after a mistake: `problem.code`, `.message` and `.line` say what happened.",
      "try { … } catch NAME { … }",
      Example("try { let x = 1 / 0 } catch problem { print problem.message }", gives: "1 cannot be divided by 0")
    ),
    (
      "catch", "What to do about a mistake inside `try`.", "try { … } catch NAME { … }",
      Example("try { let x = [1][5] } catch problem { print problem.code }", gives: "E0403")
    ),
    (
      "param", "Declares an option of a script: `ward FILE.ward --eps 4/255`.",
      "param NAME = DEFAULT [\"DESCRIPTION\"]",
      "param eps = 0.1 \"the budget\""
    ),
    (
      "check", "Fails with exit status 3 when a condition is false.", "check CONDITION [because: TEXT]",
      "check 1 + 1 == 2 because: \"sums work\""
    ),
    (
      "fn", "A function without a name.", "fn(PARAMETER, …) => VALUE",
      Example("map([1, 2, 3], fn(x) => x * x)", gives: "[1, 4, 9]")
    ),
    (
      "select", "SQL up to the end of the line; its value is a table. `:name` binds a variable.", "select … from …",
      Example(
        "select 1 as one",
        gives: """
          ┌─────┐
          │ one │
          ├─────┤
          │   1 │
          └─────┘
          """)
    ),
    (
      "explain", "How SQLite would answer a query: a row for each step.", "explain select …",
      "explain select 1 as one"
    ),
    ("mod", "The remainder of a division; it has the sign of the divisor.", "A mod B", Example("7 mod 3", gives: "1")),
    ("by", "The step of a range.", "START..END by STEP", "0..0.3 by 0.02"),
    ("and", "True when both conditions are.", "A and B", Example("1 < 2 and 2 < 3", gives: "true")),
    ("or", "True when one of two conditions is.", "A or B", Example("1 > 2 or 2 < 3", gives: "true")),
    ("not", "True when a condition is false.", "not A", Example("not 1 > 2", gives: "true")),
    ("true", "The truth value of what holds.", "true", Example("let strict = true", gives: "strict  true")),
    ("false", "The truth value of what does not hold.", "false", Example("let strict = false", gives: "strict  false")),
    ("none", "No value.", "none", Example("none == none", gives: "true")),
    (
      "then", "Stands between the condition and the value of an `if` that chooses.", "if CONDITION then A else B",
      Example("if 1 < 2 then \"yes\" else \"no\"", gives: "\"yes\"")
    ),
  ]
}
