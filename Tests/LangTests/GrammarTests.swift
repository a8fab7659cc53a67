import Testing

@testable import Lang

/// Every production of the grammar, right and wrong: what a text gives, or the code of what is wrong with it.
@Suite struct GrammarTests {
  @Test(arguments: [
    // numbers
    ("8/255 == 8 / 255", "true"), ("80%", "0.8"), ("1_000_000", "1000000"), ("1e-3", "0.001"), ("1.5e3", "1500"),
    ("12abc", "E0104"), ("1e999", "E0104"), ("5 % 2", "E0103"),
    // arithmetic
    ("1 + 2 * 3", "7"), ("(1 + 2) * 3", "9"), ("2^3^2", "512"), ("-2^2", "-4"), ("2^-1", "0.5"), ("7 mod 3", "1"),
    ("-1 mod 3", "2"), ("10 - 4 - 3", "3"), ("1 / 0", "E0406"), ("5 mod 0", "E0406"), ("(-1)^0.5", "E0406"),
    ("1 +", "E0114"), ("1 + \n 2", "3"), ("1\n+ 2", "E0101"), ("--1", "1"), ("1 + true", "E0401"),
    // conditions
    ("1 < 2 and not 2 < 1", "true"), ("1 == 1 or 1 / 0 == 1", "true"), ("1 < 2 < 3", "E0107"), ("1 and true", "E0402"),
    ("\"a\" < \"b\"", "true"), ("1 < \"b\"", "E0401"), ("2 in [1, 2]", "true"), ("\"x\" in {x: 1}", "true"),
    ("\"ell\" in \"hello\"", "true"), ("3 in 0..2", "false"), ("not true", "false"), ("1 != 2", "true"),
    // strings
    (#""a\tb\u{e9}\{\"" "#, #""a\tbé\{\"""#), (#"'raw {x} \n'"#, #""raw \{x} \\n""#),
    (#""{1 + 1} and {"in {2}"}""#, #""2 and in 2""#),
    (#""open"#, "E0102"), (#""bad \q""#, "E0108"), (#""{}""#, "E0108"), (#""{1""#, "E0102"), (#""a}b""#, "E0108"),
    (#""a" + "b""#, #""ab""#), (#""a" + 1"#, "E0401"),
    // lists, records, ranges
    ("[1, 2, 3,]", "[1, 2, 3]"), ("[1\n, 2]", "[1, 2]"), ("[1 2]", "E0101"), ("[1, 2", "E0105"), ("[]", "[]"),
    ("{a: 1, \"b c\": 2,}", "{a: 1, \"b c\": 2}"), ("{a: 1\n}", "{a: 1}"), ("{a: 1, a: 2}", "E0112"), ("{}", "{}"),
    ("{a: 1", "E0105"), ("{a}", "E0101"), ("0..3", "0..3"), ("[for i in 0..<3 => i * i]", "[0, 1, 4]"),
    ("0..0.3 by 0.1", "0..0.3 by 0.1"), ("0..1 by 0", "E0407"), ("0..\"x\"", "E0407"), ("len(0..<10)", "10"),
    ("[for x in 3 => x]", "E0405"), ("[1] + [2]", "[1, 2]"), ("[1] + 2", "E0401"),
    // postfix
    ("[1, 2, 3][1]", "2"), ("[1, 2, 3][-1]", "3"), ("[1, 2][2]", "E0403"), ("[1, 2, 3][0..<2]", "[1, 2]"),
    ("{a: {b: 2}}.a.b", "2"), ("{a: 1}.b", "E0304"), ("{a: 1}[\"a\"]", "1"), ("3[0]", "E0404"), ("[1][0.5]", "E0404"),
    ("[[1, 2], [3, 4]][1, 0]", "3"), ("\"hello\"[1]", "\"e\""), ("[1][]", "E0114"), ("{a: 1}.", "E0114"),
    ("3(1)", "E0210"),
    // fn, if-then-else
    ("(fn(x) => x + 1)(2)", "3"), ("(fn() => 3)()", "3"), ("if 1 < 2 then \"y\" else \"n\"", "\"y\""),
    ("let x = if false then 1 else 2\nx", "2"), ("if 1 then 2", "E0114"), ("fn(x, x) => 1", "E0112"),
    ("(fn(x) => x)()", "E0201"),
    ("(fn(x) => x)(1, 2)", "E0206"), ("fn(x)", "E0114"),
    // pipelines
    ("[3, 1] | sort", "[1, 3]"), ("[3, 1] | sort(descending: true)", "[3, 1]"),
    ("[1, 2] | map(fn(x) => x * 2) | sum", "6"),
    ("3 | fn(x) => x + 1", "4"), ("3 | 4", "E0209"), ("3 |", "E0114"), ("3 | attack with: fgsm | len", "4"),
    // let, assignment
    ("let a = 1\na = a + 1\na", "2"), ("let a = 1; let a = a + 1; a", "2"), ("b = 1", "E0302"),
    ("let a = 1\na += 2\na -= 1\na", "2"),
    ("let r = {a: 1}\nr.a = 5\nr.b = 6\nr", "{a: 5, b: 6}"),
    ("let l = [1, [2]]\nl[1, 0] = 9\nl[0] += 1\nl", "[2, [9]]"),
    ("let l = [1]\nlet m = l\nm[0] = 2\nl", "[1]"), ("let l = [1]\nl += [2]\nl", "[1, 2]"), ("1 = 2", "E0115"),
    ("let if = 1", "E0116"),
    ("let x", "E0114"), ("let = 3", "E0101"), ("let x = ", "E0114"), ("pgd = 3", "E0303"), ("len = 3", "E0303"),
    ("attack = 3", "E0303"),
    ("let _ = 3", "E0116"), ("let x = 3 4", "E0101"), ("let l = [1]\nl[5] = 2", "E0403"),
    ("let x = 3\nx.a = 1", "E0304"),
    // blocks
    ("let n = 0\nfor i in 0..4 { n += i }\nn", "10"), ("let n = 0\nfor x, i in [5, 6] { n += i * x }\nn", "6"),
    ("let n = 0\nwhile n < 5 { n += 1 }\nn", "5"), ("let n = 0\nwhile true { n += 1; if n == 3 { break } }\nn", "3"),
    ("let n = 0\nfor i in 0..9 { if i mod 2 == 0 { continue }\nn += i }\nn", "25"), ("break", "E0111"),
    ("return 1", "E0111"),
    ("let s = \"\"\nif false { s = \"a\" } else if true { s = \"b\" } else { s = \"c\" }\ns", "\"b\""),
    ("if true {\n}\nelse {\n}", "E0106"), ("if 1 { }", "E0402"), ("if true", "E0114"), ("for i in 3 { }", "E0405"),
    ("for in 3 { }", "E0116"),
    ("for i, i in [1] { }", "E0112"), ("if true { let y = 1 }\ny", "E0301"),
    ("let k = 1\nif true { let k = 2 }\nk", "1"),
    ("while true { break", "E0117"), ("}", "E0101"), ("else { }", "E0111"), ("for c in \"ab\" { print c }", "none"),
    // def
    ("def f(x, y = x + 1) { return x * y }\nf(2)", "6"), ("def f(x, y = 1) { return x - y }\nf(y: 2, x: 5)", "3"),
    ("def f(n) { if n < 2 { return n }\nreturn f(n - 1) + f(n - 2) }\nf(15)", "610"), ("def f() { }\nf()", "none"),
    ("def f(x) { return y }\nf(1)", "E0301"), ("def f(x, x) { }", "E0112"), ("def f(x) { return x }\nf(z: 1)", "E0203"),
    ("def f(x) { return x }\nf(1, x: 2)", "E0202"), ("def f(x { }", "E0101"),
    (
      "def even(n) { if n == 0 { return true }\nreturn odd(n - 1) }\ndef odd(n) { if n == 0 { return false }\nreturn even(n - 1) }\neven(10)",
      "true"
    ),
    ("def make() { let n = 0\nreturn fn() => n + 1 }\nmake()()", "1"),
    ("def counter() { let n = 0\ndef next() { n += 1\nreturn n }\nreturn next }\nlet c = counter()\nc()\nc()", "2"),
    ("let fs = [for i in 0..2 => fn() => i]\n[for f in fs => f()]", "[0, 1, 2]"),
    ("def f() { def g(n) { if n == 0 { return 0 }\nreturn g(n - 1) }\nreturn g(3) }\nf()", "0"),
    ("def f(n) { return f(n + 1) }\nf(0)", "E0502"),
    // try, check
    ("let m = \"\"\ntry { 1 / 0 } catch p { m = p.code + \" \" + string(p.line) }\nm", "\"E0406 2\""),
    ("try { } catch { }", "E0101"),
    ("try { }", "E0114"), ("try { }\ncatch p { }", "E0106"), ("check 1 + 1 == 2", "none"),
    ("check 1 == 2 because: \"sums\"", "E0501"),
    ("try { check false } catch p { print p.message }", "none"),
    // param
    ("param eps = 0.1 \"the budget\"\neps * 2", "0.2"), ("print 1\nparam eps = 0.1", "E0111"),
    ("if true { param x = 1 }", "E0111"),
    // names
    ("normla", "E0301"), ("attack", "E0201"), ("let x = [attack]", "E0305"), ("_", "E0601"), ("_9", "E0601"),
    ("_a", "E0116"),
    // separators, comments
    ("1; 2; 3", "3"), ("# only a comment", "none"), ("1 # one\n# two\n2", "2"), ("#!/usr/bin/env ward\n3", "3"),
    ("1 2", "E0101"), ("“a”", "E0103"),
    ("let a = (1 +\n 2)\na", "3"), ("print\n3", "E0201"),
    // SQL
    ("let t = (select model from results)\nt[0].r", "0.5"), ("select 1 from x; 4", "4"),
    ("with a as (select 1) select * from a\n5", "5"),
    ("(with a as (\n select 1\n) select * from a)[1].model", "\"b\""), ("select ( from x", "E0105"),
    ("select 'x", "E0102"),
    ("select :nope", "E0301"), ("select * from broken", "E0701"),
    ("let e = 0.1\nlen(select * from results where eps = :e)", "2"),
  ]) func aTextGivesItsValueOrItsDiagnostic(_ text: String, _ expected: String) {
    #expect(Notebook().run(text) == expected, "\(text)")
  }
}
