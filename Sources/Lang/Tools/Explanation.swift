/// What `ward explain CODE` says about a diagnostic: what it means, a text that shows it, and a text that is right.
public struct Explanation: Sendable, Equatable {
  /// The stable code.
  public let code: String
  /// The mistake in a few words.
  public let title: String
  /// What it means and why.
  public let text: String
  /// A text with the mistake.
  public let wrong: String
  /// The same without it.
  public let right: String

  /// An explanation; hosts add theirs for codes from E0600 on.
  public init(_ code: String, _ title: String, _ text: String, wrong: String, right: String) {
    self.code = code
    self.title = title
    self.text = text
    self.wrong = wrong
    self.right = right
  }

  init(_ code: Code, _ title: String, _ text: String, wrong: String, right: String) {
    self.init(code.rawValue, title, text, wrong: wrong, right: right)
  }

  /// The explanation of one of the language's codes, in any case of letters.
  public static func of(_ code: String) -> Explanation? { all.first { $0.code == code.uppercased() } }

  /// It as a page of help.
  public var page: HelpPage {
    var page = HelpPage(name: code, kind: "diagnostic", summary: title)
    page.details = text + "\n\nWrong:\n" + indented(wrong) + "\n\nRight:\n" + indented(right)
    return page
  }

  private func indented(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)" }.joined(separator: "\n")
  }

  /// Every code of the language, in order.
  public static let all: [Explanation] = reading + calls + names + values + running

  private static let reading = [
    Explanation(
      .unexpected, "a word or sign where something else must stand",
      "The text up to the mark makes sense; what is marked cannot follow it. Often a comma, a bracket or a line break is missing just before.",
      wrong: "let xs = [1 2]", right: "let xs = [1, 2]"),
    Explanation(
      .unfinishedString, "a string without its closing quote",
      "A string ends on the line it starts on. Inside double quotes, `\\n` is a line break, `\\\"` a quote and `\\{` a brace.",
      wrong: "print \"hello", right: "print \"hello\""),
    Explanation(
      .strangeCharacter, "a character that means nothing",
      "Quotes and minus signs copied from a web page or a document are often not the plain ones of the keyboard. The remainder of a division is `mod`; `%` only follows a number, as in 80%.",
      wrong: "let x = 5 % 3", right: "let x = 5 mod 3"),
    Explanation(
      .badNumber, "something that starts like a number but is not one",
      "A name starts with a letter, and a product is written with `*`. Numbers beyond about 1.8e308 are too large.",
      wrong: "let area = 3x", right: "let area = 3 * 2"),
    Explanation(
      .unclosed, "a bracket that is never closed",
      "At the prompt, another line is asked for. In a file, the text ends before the bracket that is marked is closed.",
      wrong: "let xs = [1, 2", right: "let xs = [1, 2]"),
    Explanation(
      .elseOnNewLine, "`else` or `catch` on a line of its own",
      "A line that could end a statement does end it: at the prompt, an `if` runs when its block is closed. So `else` and `catch` stand on the line of the closing brace.",
      wrong: "if 1 > 2 { print 1 }\nelse { print 2 }", right: "if 1 > 2 { print 1 } else { print 2 }"),
    Explanation(
      .chainedComparison, "comparisons in a chain",
      "A comparison gives true or false, which cannot be compared by size. Write both comparisons and join them with `and`.",
      wrong: "0 < 0.1 < 1", right: "0 < 0.1 and 0.1 < 1"),
    Explanation(
      .badEscape, "a backslash or brace that means nothing in a string",
      "In double quotes, a backslash starts an escape and a brace starts a value to insert. In single quotes both are plain text.",
      wrong: "print \"100\\%\"", right: "print \"100%\""),
    Explanation(
      .tooDeep, "brackets or operators too deep inside one another",
      "No text that a person writes nests so deeply. Give parts names with `let`.",
      wrong: String(repeating: "(", count: 300), right: "let part = (1 + 2) * 3"),
    Explanation(
      .misplacedSessionLine, "a session line inside something else",
      "Lines that begin with `:`, `?` or `!` speak to the session, not to the language. They stand alone, at the top level.",
      wrong: "if true {\n  :history\n}", right: "if true {\n  print 1\n}"),
    Explanation(
      .misplacedStatement, "a statement in a place where it has no meaning",
      "`return` belongs in a function, `break` and `continue` in a loop, `param` before the first command of a script, and `else` after an `if`.",
      wrong: "return 3", right: "def three() { return 3 }"),
    Explanation(
      .repeatedName, "one name for two things",
      "Fields of a record and parameters of a function need different names.",
      wrong: "let r = {eps: 0.1, eps: 0.2}", right: "let r = {eps: 0.1, steps: 20}"),
    Explanation(
      .singleEquals, "`=` where `==` is meant",
      "`=` gives a name a value and stands only in statements; `==` asks whether two values are equal.",
      wrong: "check (1 = 1)", right: "check (1 == 1)"),
    Explanation(
      .missingPart, "something is missing",
      "A value, a name, a bracket or a word must still come. A statement goes on in the next line only after an operator, `=`, `,`, `|`, a label or inside brackets.",
      wrong: "let x", right: "let x = 1"),
    Explanation(
      .notAPlace, "an assignment to something that cannot be changed",
      "A variable, a field of a record, an element of a list, and the elements of some objects can be assigned. To compare, write `==`.",
      wrong: "1 = 2", right: "let x = 2"),
    Explanation(
      .reservedWord, "a word of the language used as a name",
      "Words such as `if` and `in` cannot be names, and names start with a letter: `_` stands for the last value.",
      wrong: "let in = 1", right: "let inside = 1"),
    Explanation(
      .unclosedBlock, "a block that is never closed",
      "A `{` needs its `}`. At the prompt, more lines are asked for until it comes.",
      wrong: "while true { break", right: "while true { break }"),
  ]

  private static let calls = [
    Explanation(
      .missingArgument, "something that must be given is not",
      "`?NAME` shows what a command or function takes; what is in brackets there may be left out.",
      wrong: "sqrt()", right: "sqrt(2)"),
    Explanation(
      .repeatedArgument, "a label or parameter given twice",
      "Each is given once. A value passed on with `|` counts as the unlabelled one.",
      wrong: "round(1.25, digits: 1, digits: 2)", right: "round(1.25, digits: 1)"),
    Explanation(
      .unknownSetting, "a label that is not known here",
      "Beside a command's own labels stand the settings of the built-in it is given: with `with: pgd`, those that `options pgd` lists. The suggestion is chosen among what is valid in this very call.",
      wrong: "round(1.25, digit: 1)", right: "round(1.25, digits: 1)"),
    Explanation(
      .wrongType, "a value of the wrong kind",
      "Every parameter says what it takes, and what the text alone tells is checked before anything runs.",
      wrong: "sqrt(\"2\")", right: "sqrt(2)"),
    Explanation(
      .outOfRange, "a number outside its range",
      "Every parameter has the range in which it makes sense. Distances are in pixel units, where pixels lie from 0 to 1: write 8/255, not 8.",
      wrong: "head([1, 2, 3], -1)", right: "head([1, 2, 3], 1)"),
    Explanation(
      .tooManyArguments, "more values than are taken",
      "A command takes one value without a label at most; everything else has a label. The settings of a built-in have labels too, except the first where help shows it without one: `conv(16, kernel: 3)`.",
      wrong: "len([1], [2])", right: "len([1] + [2])"),
    Explanation(
      .ambiguousSetting, "a setting that several built-ins of this call have",
      "When two built-ins of one command have a setting of the same name, say which is meant by giving it in parentheses.",
      wrong: "train 3 optimizer: sgd schedule: cosine warmup: 2",
      right: "train 3 optimizer: sgd(warmup: 2) schedule: cosine"),
    Explanation(
      .cannotPipe, "`|` before something that takes no value",
      "After `|` comes a command or a function: the value becomes its first argument.",
      wrong: "[3, 1, 2] | 5", right: "[3, 1, 2] | sort"),
    Explanation(
      .notCallable, "parentheses after something that is not a function",
      "Functions, commands and built-ins can be called; other values cannot. A product is written with `*`.",
      wrong: "let x = 3\nx(2)", right: "let x = 3\nx * (2)"),
  ]

  private static let names = [
    Explanation(
      .unknownName, "a name that nothing has",
      "A name must be declared before it is used, in this block or one around it. Names of built-ins and variables near it are suggested.",
      wrong: "let norm = 2\nprint nrom", right: "let norm = 2\nprint norm"),
    Explanation(
      .undeclared, "an assignment to a variable that does not exist",
      "`x = …` changes a variable; `let x = …` makes one. So a misspelt name cannot silently become a new variable.",
      wrong: "count = 1", right: "let count = 1"),
    Explanation(
      .readOnly, "an assignment to something built in",
      "Built-in names are constants. `let` makes a variable of the same name, with a warning.",
      wrong: "len = 3", right: "let length = 3"),
    Explanation(
      .unknownMember, "a member that the value does not have",
      "`?NAME` lists the members of a value.",
      wrong: "let r = {eps: 0.1}\nr.epss", right: "let r = {eps: 0.1}\nr.eps"),
    Explanation(
      .commandAsValue, "a command where a value must stand",
      "A command stands at the start of a statement, or after `=`, `|`, `return` or `(`. In other places put it in parentheses.",
      wrong: "[print]", right: "[(print 1)]"),
    Explanation(
      .noValueYet, "a name whose value is gone or not there yet",
      "The name was forgotten, or the statement that declares it has not run.",
      wrong: "def f() { return later }\nf()\nlet later = 1", right: "let later = 1\ndef f() { return later }\nf()"),
  ]

  private static let values = [
    Explanation(
      .wrongOperands, "an operator between values it does not work on",
      "Numbers are computed with numbers, strings and lists are joined with their like. To put a value into a string, write it in braces: \"robust {r.robust}\".",
      wrong: "\"eps \" + 0.1", right: "\"eps {0.1}\""),
    Explanation(
      .notACondition, "a condition that is not true or false",
      "Numbers, strings and lists are not conditions: write what you want to know about them.",
      wrong: "if len([1]) { print 1 }", right: "if len([1]) > 0 { print 1 }"),
    Explanation(
      .outOfBounds, "an index outside its list",
      "Indices count from 0, and from -1 at the end.",
      wrong: "[1, 2][2]", right: "[1, 2][-1]"),
    Explanation(
      .notIndexable, "an index where there are no elements, or of the wrong kind",
      "Lists, tables and strings are indexed by whole numbers and ranges, records by strings.",
      wrong: "[1, 2][0.5]", right: "[1, 2][0]"),
    Explanation(
      .notIterable, "several values are needed, and this is one",
      "`for` runs over lists, ranges, tables, records and strings. To count, write a range.",
      wrong: "for i in 3 { print i }", right: "for i in 0..<3 { print i }"),
    Explanation(
      .undefinedResult, "a computation without a result",
      "Division by zero, the root of a negative number and the logarithm of zero have no result among the real numbers.",
      wrong: "1 / 0", right: "1 / 2"),
    Explanation(
      .badRange, "a range that goes nowhere",
      "A range goes from number to number by a step that is not zero.",
      wrong: "0..1 by 0", right: "0..1 by 0.1"),
    Explanation(
      .badArgument, "a value that the function cannot use",
      "The value is of the right kind, but the function has no answer for it.",
      wrong: "mean([])", right: "mean([1, 2])"),
    Explanation(
      .tooLarge, "a value that would take too much memory",
      "A value may take 200 MB, and all values together 2 GB. A text takes a byte a letter, a list 32 bytes an element, a record 64 bytes a field, each besides what stands in it; what stands in it twice counts twice. Lists and records may be nested 500 deep. Large things are worked on in parts, and `for` runs over a range without a list of it.",
      wrong: "let s = \"x\"\nwhile true { s = s + s }", right: "let s = \"x\"\nwhile len(s) < 1000 { s = s + s }"),
  ]

  private static let running = [
    Explanation(
      .checkFailed, "a check that does not hold",
      "`check` states what must be true at this point of a script. The script ends with status 3.",
      wrong: "check 1 + 1 == 3 because: \"sums\"", right: "check 1 + 1 == 2 because: \"sums\""),
    Explanation(
      .recursionTooDeep, "a function that calls itself without end",
      "A function that calls itself needs a case in which it does not.",
      wrong: "def f(n) { return f(n + 1) }\nf(0)", right: "def f(n) { return if n > 9 then n else f(n + 1) }\nf(0)"),
    Explanation(
      .hostFailure, "something outside the language went wrong",
      "A file, the disk or the system did not do what was asked. The message says what.",
      wrong: "fail \"x\"", right: "print \"x\""),
    Explanation(
      .shadowsBuiltIn, "a variable that hides something built in",
      "From here on in this block the name means the variable. This is a warning: old scripts keep working when a new built-in takes a name they use.",
      wrong: "let len = 3", right: "let length = 3"),
    Explanation(
      .ignoredOption, "a field of `options:` that this built-in does not have",
      "Another built-in of the same family has the setting, so one record can serve a loop over several. This is a note.",
      wrong: "attack 1 with: fgsm options: {steps: 20}", right: "attack 1 with: pgd options: {steps: 20}"),
  ]
}
