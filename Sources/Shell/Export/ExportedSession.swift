import Foundation
import Lang
import NN
import Store

/// A session, or a saved one, ready to be written as a page: cells in their order, and where it all comes from.
struct ExportedSession {
  struct Cell {
    /// The number the prompt showed; `nil` in a saved session, whose cells are counted anew.
    var number: Int?
    /// The text between the source of the cell before and this one, without what that one showed: a line break, blank lines
    /// and comments.
    var before = ""
    var source: String
    var blocks: [StoredBlock]
    /// What it showed, line by line, as a saved session has it.
    var shown: [String] = []
    var status = CellStatus.ok
    var seconds: Double?

    /// The comments before it as running text.
    var prose: Prose { Prose(comments: before) }
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
  /// - Parameters:
  ///   - only: the cells to take; all of them for `nil`.
  ///   - ending: comments behind the last cell, of a session that goes on.
  init(
    number: Int64, of store: StoreFile, sql: UserSQL, only ranges: CellRanges? = nil, ending: String = ""
  ) throws {
    guard let (record, ended, comments) = try store.session(number) else {
      let last = try store.lastSession()
      throw Problem(
        code: ShellCode.sessionLine, message: "the store has no session \(number)",
        help: [last.map { "the newest is \($0); `select * from sessions` lists them" } ?? "it has none yet"])
    }
    let all = try store.cells(session: number)
    let cells = try ranges.map { try $0.pick(from: all) } ?? all
    title = "Session \(number)"
    self.cells = cells.enumerated().map { index, cell in
      Cell(
        number: cell.record.number, before: Self.before(cell.record.comments, isFirst: index == 0),
        source: cell.record.source,
        blocks: StoredBlock.of(json: cell.output, text: cell.shown),
        shown: cell.shown.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map {
          Transcript.recorded(String($0))
        }, status: cell.status, seconds: cell.seconds)
    }
    let last = ending.isEmpty ? comments : ending
    if ranges == nil, !last.isEmpty {
      self.cells.append(Cell(before: Self.before(last, isFirst: cells.isEmpty), source: "", blocks: []))
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

  /// Stored comments as they stand in a script.
  static func before(_ comments: String, isFirst: Bool) -> String {
    (isFirst ? "" : comments.isEmpty ? "\n" : "\n\n") + (comments.isEmpty ? "" : comments + "\n")
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
    // What stands above all source, such as a tolerance, goes before the first cell.
    let isHeaded = transcript.parts.first.map { $0.source.isEmpty && $0.line == 1 } ?? false
    let head = isHeaded ? Transcript(parts: [transcript.parts[0]]).text.dropLast() : ""
    cells = transcript.parts.dropFirst(isHeaded ? 1 : 0).enumerated().flatMap { index, part in
      var cells = Self.cells(of: part, environment)
      if !cells.isEmpty { cells[0].before = (index > 0 ? "\n" : isHeaded ? head + "\n" : "") + cells[0].before }
      return cells
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
    let program = Program.reading(Source(name: "", text: part.source), in: environment)
    let passages = program.passages
    var cells = passages.all.map { Cell(before: $0.before, source: $0.text, blocks: []) }
    var ending = passages.ending
    // A text with mistakes is one cell.
    if !program.diagnostics.isEmpty {
      let source = part.source.leadingComments.rest
      cells = [Cell(before: String(part.source.dropLast(source.count)), source: source, blocks: [])]
      ending = ""
    }
    if let last = cells.indices.last {
      cells[last].blocks = ShownText.blocks(of: part.shown.joined(separator: "\n"))
      cells[last].shown = part.shown
    }
    // So is a comment that nothing follows.
    if !ending.allSatisfy(\.isWhitespace) || cells.isEmpty {
      cells.append(Cell(before: ending, source: "", blocks: []))
    }
    return cells
  }
}
