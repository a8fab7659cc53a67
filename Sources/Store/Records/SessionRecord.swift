import Foundation

/// One start of Ward. Its number is the `id` of the row, counted from 1 and never used twice.
public struct SessionRecord: TableRow, Sendable, Equatable {
  /// The version of the program that ran it.
  public var version: String
  /// The seed the session started with.
  public var seed: Int64
  /// The working folder.
  public var folder: String
  /// When it started.
  public var started: Date
  /// `jupyter` where cells come from a notebook, `sweep` for a point of a sweep; nil for the prompt and for scripts.
  public var frontend: String?
  /// The notebook's file, where it is known.
  public var notebook: String?
  /// What tells the session from all others, in this store and in those that it is merged into.
  public var origin: String
  /// The name of the machine it ran on; nil for sessions of before it was stored.
  public var machine: String?

  /// A session about to start.
  public init(
    version: String, seed: Int64 = 0, folder: String = "", started: Date = Date(), frontend: String? = nil,
    notebook: String? = nil, origin: String = UUID().uuidString, machine: String? = nil
  ) {
    self.version = version
    self.seed = seed
    self.folder = folder
    self.started = started
    self.frontend = frontend
    self.notebook = notebook
    self.origin = origin
    self.machine = machine
  }
}

/// What became of a cell.
public enum CellStatus: String, Sendable, CaseIterable {
  /// Its row is written and it has not ended; of a session whose process is gone, it never will.
  case running
  /// It ended and everything it made is stored.
  case ok
  /// It ended with an error.
  case failed
  /// Ctrl-C, or the end of the process, stopped it.
  case interrupted
}

/// One cell as typed, written before it runs.
public struct CellRecord: TableRow, Sendable, Equatable {
  /// The session it belongs to.
  public var session: Int64
  /// Its number within the session, as the prompt shows it.
  public var number: Int
  /// Its text.
  public var source: String
  /// The comments that stood before it, as they were written; empty for none.
  public var comments: String
  /// The session seed when it started.
  public var seed: Int64
  /// When it started.
  public var started: Date

  /// A cell about to run.
  public init(
    session: Int64, number: Int, source: String, comments: String = "", seed: Int64 = 0, started: Date = Date()
  ) {
    self.session = session
    self.number = number
    self.source = source
    self.comments = comments
    self.seed = seed
    self.started = started
  }
}

/// A cell read back.
public struct StoredCell: Sendable, Equatable {
  /// The row's id; `cells.id` in SQL.
  public var id: Int64
  /// What was known before it ran.
  public var record: CellRecord
  /// What became of it.
  public var status: CellStatus
  /// How long it ran; nil while it runs, or if the process died.
  public var seconds: Double?
  /// What it showed, as plain text.
  public var shown: String
  /// What it showed, as JSON blocks that an export renders again; empty when there was none.
  public var output: String
}
