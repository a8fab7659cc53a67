import Foundation
import GRDBSQLite

/// What a user's query may do: read. SQLite asks before it compiles each part of a statement.
///
/// A read-only connection alone lets through `VACUUM INTO`, `ATTACH`, temporary tables and some PRAGMAs.
final class Authoriser {
  /// What the last statement was refused for, as a part of a sentence.
  private(set) var refusal: String?

  /// The table behind the views that the last statement named.
  private(set) var hiddenTable: String?
  /// The tables that only views may read: their names and columns are no one's to rely on, and differ from those of a
  /// view by one letter (`result.model` is a number where `results.model` is a name).
  var hidden: Set<String> = []

  func reset() { (refusal, hiddenTable) = (nil, nil) }

  /// `SQLITE_OK` or `SQLITE_DENY` for one action; the names are SQLite's, `view` the view that wants it.
  func decide(_ action: Int32, _ first: String?, _ second: String?, view: String?) -> Int32 {
    switch action {
    case SQLITE_READ:
      // Without a column it is counted only, and SQLite no longer says through which view.
      guard view == nil, second != "", let first, hidden.contains(first) else { return SQLITE_OK }
      hiddenTable = hiddenTable ?? first
      return SQLITE_DENY
    case SQLITE_SELECT, SQLITE_RECURSIVE: return SQLITE_OK
    case SQLITE_FUNCTION:
      let name = second?.lowercased() ?? ""
      // It compares each name with each other one, in one step that nothing can stop.
      if name == "json_patch" { return refuse("the function json_patch may take hours") }
      return Self.forbiddenFunctions.contains(name) ? refuse("the function \(name) reaches outside") : SQLITE_OK
    case SQLITE_PRAGMA:
      let name = first?.lowercased() ?? ""
      if Self.describing.contains(name) { return SQLITE_OK }
      if Self.counting.contains(name) && second == nil { return SQLITE_OK }
      return refuse("PRAGMA \(name) is not allowed")
    case SQLITE_ATTACH: return refuse("ATTACH would open another file")
    case SQLITE_DETACH: return refuse("DETACH is not allowed")
    case SQLITE_TRANSACTION, SQLITE_SAVEPOINT: return refuse("transactions are not for queries")
    // What json_each and pragma_table_info declare themselves with; a user's own UPDATE of it is refused as a write.
    case SQLITE_UPDATE where first == "sqlite_master": return SQLITE_OK
    case SQLITE_INSERT, SQLITE_UPDATE, SQLITE_DELETE: return refuse("it would change rows")
    default: return refuse("it would change the database")
    }
  }

  private func refuse(_ what: String) -> Int32 {
    if refusal == nil { refusal = what }
    return SQLITE_DENY
  }

  /// Functions that read or write files, load code or start programs, in whatever build of SQLite has them.
  private static let forbiddenFunctions: Set = [
    "load_extension", "readfile", "writefile", "edit", "fts3_tokenizer", "lsdir", "zipfile", "sqlar_compress",
  ]
  /// PRAGMAs that only describe; pragma_table_info('results') and its like are made of them.
  private static let describing: Set = [
    "table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo", "foreign_key_list",
    "function_list", "module_list", "pragma_list", "collation_list", "compile_options", "database_list",
  ]
  /// PRAGMAs that only describe while they have no argument.
  private static let counting: Set = [
    "page_count", "page_size", "freelist_count", "user_version", "application_id", "schema_version", "data_version",
    "encoding", "journal_mode",
  ]
}
