import Foundation
import Testing

/// What is written for readers holds together: tables are whole, and links lead somewhere.
@Suite("Documents")
struct DocumentsTests {
  private static let root = TranscriptFilesTests.root

  static let files: [String] = {
    let docs = (try? FileManager.default.subpathsOfDirectory(atPath: root.appendingPathComponent("docs").path)) ?? []
    let top = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
    return (top + docs.map { "docs/" + $0 }).filter { $0.hasSuffix(".md") }.sorted()
  }()

  private static func lines(_ file: String) throws -> [String] {
    try String(contentsOf: root.appendingPathComponent(file), encoding: .utf8).components(separatedBy: "\n")
  }

  @Test(arguments: files) func everyTableIsWhole(file: String) throws {
    for problem in Self.problems(inTablesOf: try Self.lines(file)) { Issue.record("\(file):\(problem)") }
  }

  @Test(arguments: files) func everyRelativeLinkLeadsSomewhere(file: String) throws {
    for problem in Self.deadLinks(of: try Self.lines(file), in: file) { Issue.record("\(file):\(problem)") }
  }

  /// `scripts/tables` puts them into the pages.
  @Test func everyTableOfAPageIsThatOfTheStoredResultsItNames() throws {
    var named: Set<String> = []
    for file in Self.files where file.hasPrefix("docs/") {
      let lines = try Self.lines(file)
      for (index, line) in lines.enumerated() {
        guard let name = line.wholeMatch(of: /<!-- (tables\/\S+\.md) -->/)?.output.1 else { continue }
        named.insert("docs/\(name)")
        let stored = try Self.lines("docs/\(name)").filter { !$0.isEmpty }
        let shown = lines[(index + 2)...].prefix { $0.hasPrefix("|") }
        #expect(!stored.isEmpty && Array(shown) == stored, "\(file):\(index + 1): scripts/tables writes it anew")
      }
    }
    #expect(named == Set(Self.files.filter { $0.hasPrefix("docs/tables/") }))
  }

  /// A message that is shown says the column that its mark stands under.
  @Test(arguments: files) func everyMessageMarksTheColumnItNames(file: String) throws {
    for problem in Self.wrongColumns(in: try Self.lines(file)) { Issue.record("\(file):\(problem)") }
  }

  /// The tests above would see what has happened once, and what is like it.
  @Test(arguments: [
    ["| a | b |", "|---|---|", "| 1 | 2 | | c | d |"], ["| a | b |", "| 1 | 2 |"],
    ["text", "| a | b |", "|---|---|", "| 1 | 2 |"],
    ["| a | b |", "|---|---|", "| 1 | 2 |", "text"], ["| a | b |", "|---|---|", "| 1 |"],
    ["| a | b |", "|---|---|", "| `x|y` | 2 |"],
    ["| a | b |", "|---|---|", "| 1 | 2 |", "|---|---|", "| 1 | 2 |"], ["```", "x", "", "| a | b |"],
  ]) func aTornTableIsSeen(lines: [String]) { #expect(!Self.problems(inTablesOf: lines).isEmpty) }

  @Test func aWholeTableIsLeftAlone() {
    #expect(Self.problems(inTablesOf: ["text", "", "| a | b |", "|:-:|--:|", "| `x\\|y` | 2 |", "", "text"]).isEmpty)
    #expect(Self.problems(inTablesOf: ["```", "| no table", "```"]).isEmpty)
    #expect(Self.deadLinks(of: ["[here](README.md), `[no](link)` and [there](docs/)"], in: "README.md").isEmpty)
    #expect(!Self.deadLinks(of: ["[gone](nowhere.md)"], in: "README.md").isEmpty)
    #expect(!Self.deadLinks(of: ["[gone](docs/paper.md#no-such-heading)"], in: "README.md").isEmpty)
  }

  @Test func aMarkUnderAnotherColumnIsSeen() {
    #expect(Self.wrongColumns(in: ["  --> a.ward:1:3", "  |", "1 | x y", "  |   ^"]).isEmpty)
    #expect(!Self.wrongColumns(in: ["  --> a.ward:1:4", "  |", "1 | x y", "  |   ^"]).isEmpty)
  }

  private static func wrongColumns(in lines: [String]) -> [String] {
    lines.indices.dropLast(3).compactMap { index in
      guard let place = lines[index].firstMatch(of: /^ *--> .*:\d+:(\d+)$/), let named = Int(place.output.1),
        let bar = lines[index + 3].firstIndex(of: "|"), let mark = lines[index + 3].firstIndex(of: "^")
      else { return nil }
      // Behind the bar comes a blank, and columns count from 1.
      let marked = lines[index + 3].distance(from: bar, to: mark) - 1
      return marked == named ? nil : "\(index + 1): the mark is in column \(marked)"
    }
  }

  /// Each problem begins with the number of its line.
  private static func problems(inTablesOf lines: [String]) -> [String] {
    var problems: [String] = [], table: [String] = [], isCode = false
    for (index, line) in (lines + [""]).enumerated() {
      if line.hasPrefix("```") { isCode.toggle() }
      let before = index == 0 ? "" : lines[index - 1]
      if !isCode, line.hasPrefix("|") {
        if table.isEmpty, !before.isEmpty { problems.append("\(index + 1): a table is glued to the text above it") }
        table.append(line)
      } else if !table.isEmpty {
        let first = index - table.count + 1
        if !line.isEmpty { problems.append("\(index + 1): a table is glued to the text below it") }
        let rules = table.indices.filter { table[$0].wholeMatch(of: /\|(\s*:?-+:?\s*\|)+\s*/) != nil }
        if rules != [1] { problems.append("\(first): the heading is not followed by the one rule of the table") }
        for (row, text) in table.enumerated() where cells(text) != cells(table[0]) || !text.hasSuffix("|") {
          problems.append("\(first + row): \(cells(text)) cells, where the heading has \(cells(table[0]))")
        }
        table = []
      }
    }
    return problems + (isCode ? ["\(lines.count): code that nothing closes"] : [])
  }

  /// A bar separates cells even in code; only `\|` does not.
  private static func cells(_ row: String) -> Int { row.replacing("\\|", with: "").count { $0 == "|" } - 1 }

  private static func deadLinks(of lines: [String], in file: String) -> [String] {
    let folder = root.appendingPathComponent(file).deletingLastPathComponent()
    var isCode = false
    return lines.enumerated().flatMap { index, line -> [String] in
      if line.hasPrefix("```") { isCode.toggle() }
      if isCode { return [] }
      return line.replacing(/`[^`]*`/, with: "").matches(of: /\]\(([^)\s]+)\)/).compactMap { match in
        let link = String(match.output.1), parts = link.split(separator: "#", omittingEmptySubsequences: false)
        if link.contains(":") { return nil }
        let target =
          parts[0].isEmpty ? root.appendingPathComponent(file) : folder.appendingPathComponent(String(parts[0]))
        guard FileManager.default.fileExists(atPath: target.path) else { return "\(index + 1): \(link) does not exist" }
        guard parts.count > 1, let text = try? String(contentsOf: target, encoding: .utf8) else { return nil }
        let headings = text.split(separator: "\n").filter { $0.hasPrefix("#") }.map(anchor)
        return headings.contains(String(parts[1])) ? nil : "\(index + 1): \(link) has no such heading"
      }
    }
  }

  /// What a heading can be linked by.
  private static func anchor(_ heading: Substring) -> String {
    let words = heading.drop { $0 == "#" || $0 == " " }.lowercased()
    return String(words.filter { $0.isLetter || $0.isNumber || " -_".contains($0) }.map { $0 == " " ? "-" : $0 })
  }
}
