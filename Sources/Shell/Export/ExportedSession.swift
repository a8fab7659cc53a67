import Foundation
import Lang
import NN
import Store

/// A session, or a saved one, ready to be written as a page: cells in their order, and where it all comes from.
struct ExportedSession {
  struct Cell {
    /// The number the prompt showed; `nil` in a saved session, whose cells are counted anew.
    var number: Int?
    /// Comments that stood before the source, as running text.
    var prose: [String] = []
    var source: String
    var blocks: [StoredBlock]
    var status = CellStatus.ok
    var seconds: Double?
  }

  var title: String
  var cells: [Cell]
  /// Facts about where it comes from: what they are about, and what they say.
  var provenance: [(name: String, text: String)]
  /// The data sets and models that it used.
  var tables: [(caption: String, table: StoredTable)] = []
}

// MARK: - Out of the store

extension ExportedSession {
  /// A session of the store.
  ///
  /// - Parameter only: the cells to take; all of them for `nil`.
  init(number: Int64, of store: StoreFile, sql: UserSQL, only ranges: CellRanges? = nil) throws {
    guard let (record, ended) = try store.session(number) else {
      let last = try store.lastSession()
      throw Problem(
        code: ShellCode.sessionLine, message: "the store has no session \(number)",
        help: [last.map { "the newest is \($0); `select * from sessions` lists them" } ?? "it has none yet"])
    }
    let all = try store.cells(session: number)
    let cells = try ranges.map { try $0.pick(from: all) } ?? all
    title = "Session \(number)"
    self.cells = cells.map { cell in
      Cell(
        number: cell.record.number, source: cell.record.source,
        blocks: StoredBlock.of(json: cell.output, text: cell.shown), status: cell.status, seconds: cell.seconds)
    }
    provenance = [
      ("Program", "ward \(record.version)"), ("Session", "\(number) of \(store.path ?? "a store in memory")"),
      ("Folder", record.folder), ("Seed at the start", "\(record.seed)"), ("Started", Self.text(record.started)),
      ("Ended", ended.map(Self.text) ?? "not yet, when this was written"),
      ("Written", "\(Self.text(Date())) by ward \(wardVersion)"),
    ]
    for (caption, query) in Self.questions {
      let answer = try Query.table(of: query, from: sql, parameters: ["session": .integer(number)])
      if answer.count > 0 { tables.append((caption, StoredTable(answer))) }
    }
  }

  private static let questions = [
    (
      "Data sets",
      """
      select name, selection, train, test, replace(sha256, char(10), ' ') as sha256 from datasets
      where cell_id in (select id from cells where session = :session)
        or id in (select dataset_id from results where session = :session)
        or id in (select dataset_id from models where cell_id in (select id from cells where session = :session))
      order by id
      """
    ),
    (
      "Models",
      """
      select name, architecture, parent, defense, seed, epochs, weights_sha256 from models
      where cell_id in (select id from cells where session = :session)
        or id in (select model_id from results where session = :session) order by id
      """
    ),
  ]

  private static func text(_ date: Date) -> String {
    date.formatted(.iso8601.dateSeparator(.dash).dateTimeSeparator(.space).timeSeparator(.colon))
      .replacing("Z", with: " UTC")
  }
}

// MARK: - Out of a saved session

extension ExportedSession {
  /// A saved session or a script: what it says it showed, with the comments before a cell as running text.
  init(transcript: Transcript, file: String, environment: Environment) {
    title = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
    cells = transcript.parts.flatMap { part in
      Self.cells(of: part, environment)
    }
    let recorded = transcript.parts.contains { !$0.shown.isEmpty }
    provenance = [
      ("File", file),
      (
        "Output",
        recorded ? "as it was recorded in the file; nothing was run to write this" : "none is recorded in the file"
      ),
      ("Written", "\(Self.text(Date())) by ward \(wardVersion)"),
    ]
  }

  /// One cell for each statement; what the part showed stands below its last.
  private static func cells(of part: Transcript.Part, _ environment: Environment) -> [Cell] {
    if part.line == 1, part.source.isEmpty { return [] }
    let program = Program.reading(Source(name: "", text: part.source), in: environment)
    let blocks = ShownText.blocks(of: part.shown.joined(separator: "\n"))
    var cells: [Cell] = []
    var start = part.source.startIndex
    for item in program.items where program.diagnostics.isEmpty {
      guard let found = part.source.range(of: item.text, range: start..<part.source.endIndex) else { continue }
      var end = found.upperBound
      if let rest = part.source[end...].prefixMatch(of: /[ \t]*;?[ \t]*(#[^\n]*)?/) { end = rest.range.upperBound }
      cells.append(cell(of: String(part.source[start..<end])))
      start = end
    }
    // A text with mistakes is one cell, and so is a comment that nothing follows.
    let rest = String(part.source[start...])
    if !rest.allSatisfy(\.isWhitespace) || cells.isEmpty { cells.append(cell(of: rest)) }
    if let last = cells.lastIndex(where: { !$0.source.isEmpty }) ?? cells.indices.last { cells[last].blocks = blocks }
    return cells
  }

  private static func cell(of text: String) -> Cell {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
    var prose: [String] = []
    var paragraph: [String] = []
    while let line = lines.first, line.isEmpty || line.hasPrefix("#") {
      let words = line.drop { $0 == "#" }.trimmingCharacters(in: .whitespaces)
      if !line.hasPrefix("#!"), !words.isEmpty { paragraph.append(words) }
      if words.isEmpty, !paragraph.isEmpty {
        prose.append(paragraph.joined(separator: " "))
        paragraph = []
      }
      lines.removeFirst()
    }
    if !paragraph.isEmpty { prose.append(paragraph.joined(separator: " ")) }
    return Cell(prose: prose, source: lines.joined(separator: "\n").trimmingCharacters(in: .newlines), blocks: [])
  }
}
