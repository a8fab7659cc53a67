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
    case .store(let error): error.description
    }
  }
}
