import Testing

@testable import Lang

@Suite struct FormatterTests {
  let environment = TestDeclarations.environment()

  func format(_ text: String) throws -> String {
    try Formatter.format(Source(name: "a.ward", text: text), in: environment)
  }

  @Test(arguments: [
    ("let x=1+2*3", "let x = 1 + 2 * 3\n"), ("let  y  =  - 2 ^ - 3", "let y = -2^-3\n"), ("print -1", "print -1\n"),
    ("let z=1 -1", "let z = 1 - 1\n"), ("[ 1,2 , 3 ]", "[1, 2, 3]\n"), ("{ a:1 ,'b' :2 }", "{a: 1, 'b': 2}\n"),
    ("if 1<2{print 1}else{print 2}", "if 1 < 2 { print 1 } else { print 2 }\n"), ("0 .. 9  by 2", "0..9 by 2\n"),
    ("fn (x)=>x+1", "fn(x) => x + 1\n"), ("def f (a,b=2){return a}", "def f(a, b = 2) { return a }\n"),
    ("attack   1   with:pgd  eps:0.1", "attack 1 with: pgd eps: 0.1\n"), ("print (1+2)*3", "print (1 + 2) * 3\n"),
    ("print([1][0])", "print([1][0])\n"), ("print [1]", "print [1]\n"),
    ("let a=1;let b = 2 ;", "let a = 1; let b = 2;\n"),
    ("for i in 0..2 {\nprint i\n      print 2\n}", "for i in 0..2 {\n  print i\n  print 2\n}\n"),
    ("let r = {\na: [\n1,\n2],\n}", "let r = {\n  a: [\n    1,\n    2],\n}\n"),
    ("let x =\n1 +\n2", "let x =\n  1 +\n  2\n"),
    ("1\n\n\n\n2\n\n", "1\n\n2\n"), ("\n\n1", "1\n"), ("", ""),
    ("# one\n1   # two\n  # three\n", "# one\n1  # two\n# three\n"),
    ("if true {\n\n# in\nprint 1\n# end\n}", "if true {\n  # in\n  print 1\n  # end\n}\n"),
    ("#!/usr/bin/env ward\nprint  1", "#!/usr/bin/env ward\nprint 1\n"),
    ("print 1\n#>  1  \n  #> x", "print 1\n#>  1\n#> x\n"),
    ("select  a ,b from x   \n1", "select  a ,b from x\n1\n"),
    ("let t=(select 1\n  from x)", "let t = (select 1\n  from x)\n"),
    (":save   x.ward\n  ?attack", ":save   x.ward\n?attack\n"), ("\"{ 1+1 }\"", "\"{ 1+1 }\"\n"), ("x | sort", "E0301"),
    ("not(1==1)", "not (1 == 1)\n"), ("a.b[1] . c", "a.b[1].c\n"),
    ("[3,1]|sort( descending:true )", "[3, 1] | sort(descending: true)\n"),
    ("if true { }", "if true { }\n"), ("{ }", "{}\n"),
    ("let x = [for i in 0..<3=>i*i]", "let x = [for i in 0..<3 => i * i]\n"),
  ]) func aTextGetsItsCanonicalLayout(_ text: String, _ expected: String) throws {
    if expected.hasPrefix("E0") {
      #expect(try format(text) == text + "\n")
    } else {
      #expect(try format(text) == expected, "\(text)")
    }
  }

  @Test func formattingKeepsTheMeaningAndSettles() throws {
    for text in Samples.all {
      let once = try format(text)
      #expect(try format(once) == once, "\(text)")
      let before = Parser.parse(Source(name: "", text: text), environment: environment)
      let after = Parser.parse(Source(name: "", text: once), environment: environment)
      #expect(Formatter.same(before.items, after.items), "\(text)")
    }
  }

  @Test func aTextThatCannotBeReadIsNotFormatted() {
    #expect(throws: Diagnostic.self) { try format("let x = )") }
  }

  /// Laid out, they would be the option.
  @Test(arguments: ["attack -h", "attack- h", "attack - h", "attack --help", "attack - -\rhelp"])
  func aRequestForHelpIsOneHoweverItIsSpaced(_ text: String) {
    #expect(throws: Diagnostic.self) { try format(text) }
  }
}

/// Scripts that use every construct.
extension FormatterTests {
  @Test(arguments: [
    "select a from results -- and -- so - on\nlet x = 1-1\n":
      "select a from results -- and -- so - on\nlet x = 1 - 1\n",
    "# a note\r\nlet x=1 # two\r\nprint x\r\n": "# a note\nlet x = 1  # two\nprint x\n",
    "true(1)\nnone[0]": "true(1)\nnone[0]\n",
    "?attack\u{c}\nlet x=1": "?attack\nlet x = 1\n",
    // With blanks around it the star may not make the second line part of the query.
    "select n\nas*x": "select n\nas * x\n",
  ])
  func whatFuzzingFoundIsLaidOut(text: String, expected: String) throws {
    #expect(
      try Formatter.format(Source(name: "a.ward", text: text), in: Notebook().interpreter.environment) == expected)
  }
}

enum Samples {
  static let all = [
    """
    #!/usr/bin/env ward
    # A sweep over budgets.
    param eps = 8/255 "the budget"
    let budgets=[ 0.05,0.1 ,  eps ]   # three
    let options = {steps:20, "two words": true,
      nested: {a: [1, 2,], b: fn(x) => x ^ -2}}

    def worst(model, attacks = [pgd, fgsm]) {
      let best = none
      for hit, i in attacks {
        if hit == fgsm and i != 0 or not (i < 1) { continue } else if i > 9 { break }
        let r = attack model with: hit options: {steps: 20} eps:
          0.1
        best = if best == none then r.eps else min(best, r.eps)
      }
      return best
    }
    let r = worst(1); let s = "robust {r} at {"{eps}"} \\{ok\\} \\u{e9}"
    budgets[0] += 1 ; options.nested.a[1] = -3
    try { check r == 0.1 because: "budget {r}" } catch problem { print problem.message }
    let t = (select model,
               max(robust) as r -- comment ; )
             from results where eps = :eps)
    select * from results where name = 'it''s ; #1' and eps in (1, 2)
    while false { print 'raw {x}' }
    [3, 1, 2] | sort(descending: true) | map(fn(x) => x * 2)
    :save "x.ward"
    ?attack
    !ls -l | wc
    let sweep = 0..0.3 by 0.02; 5 in sweep
    compare [1, 2] with: [pgd(steps: 3), fgsm]
    help for
    """,
    "let f = fn() => [for x in [1,\n2] => {k: x}]\nf()[0].k",
    "if true {\n\n\n  print 1; print 2\n}\n\n\n\nelse_ = 3",
    "let x = (1\n+ 2\n* 3)\nlet y = [\n[1, 2],\n[3, 4]\n]\ny[1,0]",
    "print(1)(2)",
  ]
}
