/// A value that goes into a user's query or comes out of it.
public enum SQLValue: Sendable, Hashable, CustomStringConvertible {
  /// No value.
  case null
  /// A whole number.
  case integer(Int64)
  /// A real number.
  case real(Double)
  /// A text.
  case text(String)
  /// Bytes.
  case blob([UInt8])

  /// SQLite has no truth values: true is 1 and false is 0.
  public static func bool(_ value: Bool) -> SQLValue { .integer(value ? 1 : 0) }

  /// As plain text; empty for null, and the size in place of bytes.
  public var description: String {
    switch self {
    case .null: ""
    case .integer(let value): "\(value)"
    case .real(let value): "\(value)"
    case .text(let value): value
    case .blob(let bytes): "<\(bytes.count) bytes>"
    }
  }
}

extension SQLValue {
  /// Roughly how many bytes it takes.
  var size: Int {
    switch self {
    case .text(let text): 40 + text.utf8.count
    case .blob(let bytes): 40 + bytes.count
    default: 40
    }
  }
}

/// A remark on a query that ran.
public struct SQLNote: Sendable, Equatable {
  /// What it says.
  public var message: String
  /// The bytes of the query it is about.
  public var place: Range<Int>
}

/// The answer to a query.
public struct SQLTable: Sendable, Equatable {
  /// Column names in order; two may be alike.
  public var columns: [String]
  /// Rows, each with one value for each column.
  public var rows: [[SQLValue]]
  /// Remarks for the reader, such as that `8/255` divides whole numbers.
  public var notes: [SQLNote] = []
}

/// Why a query gave no answer.
public enum SQLError: Error, Equatable, CustomStringConvertible {
  /// SQLite does not understand it. `offset` counts bytes from the start of the query; `suggestions` are near names.
  case wrong(message: String, offset: Int?, suggestions: [String])
  /// It would do more than read.
  case refused(what: String)
  /// It is empty: nothing but white space and comments.
  case empty
  /// A second statement follows at this byte.
  case secondStatement(offset: Int)
  /// It names a parameter, without its `:`, that has no value.
  case missingParameter(name: String)
  /// It has a parameter without a name, such as `?`.
  case unnamedParameter
  /// It was stopped by Ctrl-C.
  case interrupted
  /// It ran longer than allowed.
  case timedOut(seconds: Double)
  /// It made a text or blob longer than a query may, or one of the store is; `most` is in bytes.
  case tooLong(most: Int)
  /// It took more memory than a query may, in bytes.
  case tooLarge(most: Int)
  /// A number of its answer is infinite.
  case notFinite(column: String, row: Int)
  /// The store could not be read.
  case store(StoreError)

  /// What is wrong, as one sentence.
  public var description: String {
    switch self {
    case .wrong(let message, _, let suggestions):
      message + (suggestions.first.map { ", did you mean `\($0)`?" } ?? "")
    case .refused(let what): "a query may only read the store: \(what)"
    case .empty: "there is no query"
    case .secondStatement: "one query at a time: a second statement follows"
    case .missingParameter(let name): "there is no variable `\(name)` for the parameter `:\(name)`"
    case .unnamedParameter: "a parameter needs a name, such as `:eps`"
    case .interrupted: "the query was stopped"
    case .timedOut(let seconds): "the query was stopped after \(seconds) seconds"
    case .tooLong(let most):
      "a text or blob is longer than \(most / 1_000_000) MB, which is the most a query may handle"
    case .tooLarge(let most): "it needs more than \(most / 1_000_000) MB of memory, which is the most a query may take"
    case .notFinite(let column, let row): "`\(column)` of row \(row) is too large for a number"
    case .store(let error): error.description
    }
  }
}
