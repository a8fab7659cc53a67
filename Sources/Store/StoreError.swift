import Foundation
import GRDB
import GRDBSQLite

/// A fact about the file that holds the store, said so that a user can act on it.
public enum StoreError: Error, Equatable, CustomStringConvertible {
  /// The file is something else than an SQLite database.
  case notADatabase(path: String)
  /// The file is an SQLite database of another program.
  case notAStore(path: String)
  /// The file is damaged.
  case corrupt(path: String, detail: String)
  /// The file or its folder cannot be written.
  case readOnly(path: String)
  /// A later Ward wrote the store; `unknown` are the changes this one does not know.
  case newer(path: String, unknown: [String])
  /// No room is left on the disk.
  case full(path: String)
  /// The user's share of the disk is used up.
  case quota(path: String)
  /// The file has the size that files may have here.
  case limit(path: String)
  /// Another program held the store for too long.
  case locked(path: String)
  /// The user ended the waiting for another program that holds the store.
  case stopped(path: String)
  /// A backup would take the place of a file.
  case exists(path: String)
  /// The file cannot be opened for another reason.
  case cannotOpen(path: String, reason: String)
  /// SQLite refused something this program asked for.
  case failed(path: String, detail: String)

  /// What is wrong, as one sentence.
  public var description: String {
    switch self {
    case .notADatabase(let path): "\(path) is not a store: it is not an SQLite database"
    case .notAStore(let path): "\(path) is an SQLite database, but not one that Ward made"
    case .corrupt(let path, let detail): "the store \(path) is damaged (\(detail))"
    case .readOnly(let path): "the store \(path) cannot be written: the file or its folder is read-only"
    case .newer(let path, let unknown):
      "the store \(path) was written by a later version of Ward (it has \(unknown.joined(separator: ", ")))"
    case .full(let path): "no room is left on the disk of the store \(path)"
    case .quota(let path): "no room is left for the store \(path): your disk quota is used up"
    case .limit(let path): "the store \(path) cannot grow: it is as large as a file may be here (`ulimit -f`)"
    case .locked(let path): "another program has kept the store \(path) locked for too long"
    case .stopped(let path): "another program keeps the store \(path) locked, and the waiting for it was stopped"
    case .exists(let path): "there is a file \(path) already, and a backup takes the place of none"
    case .cannotOpen(let path, let reason):
      "the store \(path.utf8.count > 300 ? path.prefix(100) + "…" : path[...]) cannot be opened: \(reason)"
    case .failed(let path, let detail): "the store \(path) failed: \(detail)"
    }
  }

  /// What to try.
  public var hint: String {
    switch self {
    case .notADatabase, .notAStore: "nothing was changed; name another file with --store or WARD_STORE"
    case .corrupt: "nothing was changed; restore a backup, or `sqlite3 FILE .recover` saves what can be read"
    case .readOnly, .cannotOpen: "name another file with --store or WARD_STORE"
    case .exists: "name another file, or remove that one first"
    case .newer: "nothing was changed; use that version, or another file with --store or WARD_STORE"
    case .full, .quota: "make room and run the cell again; what was stored before is safe"
    case .limit: "raise the limit, or name another file with --store or WARD_STORE; what was stored before is safe"
    case .locked, .stopped, .failed: "run the cell again; what was stored before is safe"
    }
  }
}

extension StoreError {
  /// The sentence for an error of GRDB, or the error itself when it is already ours.
  ///
  /// - Parameter number: What the system said of the connection's last failed call, 0 where it is not known.
  static func from(_ error: any Error, path: String, number: Int32 = 0) -> any Error {
    guard let error = error as? DatabaseError else { return error }
    return from(sqlite: error.resultCode.rawValue, path: path, number: number)
  }

  /// The sentence for a result code of SQLite, whose own texts are for programmers.
  static func from(sqlite code: Int32, path: String, number: Int32 = 0) -> StoreError {
    switch code & 0xff {
    case SQLITE_NOTADB: .notADatabase(path: path)
    case SQLITE_CORRUPT: .corrupt(path: path, detail: "its pages do not fit together")
    case SQLITE_READONLY, SQLITE_PERM: .readOnly(path: path)
    case SQLITE_FULL: .full(path: path)
    case SQLITE_BUSY, SQLITE_LOCKED: .locked(path: path)
    case SQLITE_CANTOPEN: .cannotOpen(path: path, reason: "it or a file beside it cannot be opened")
    case SQLITE_IOERR: refused(number, path: path)
    case SQLITE_NOMEM: .failed(path: path, detail: "there is not enough memory")
    case SQLITE_TOOBIG: .failed(path: path, detail: "what is to be stored is larger than 1 GB")
    default: .failed(path: path, detail: "SQLite reports the error \(code)")
    }
  }

  /// The sentence for a file that was open and could not be read or written. SQLite tells a full disk, not a used-up quota.
  private static func refused(_ number: Int32, path: String) -> StoreError {
    switch number {
    case ENOSPC: .full(path: path)
    case EDQUOT: .quota(path: path)
    case EFBIG: .limit(path: path)
    case 0: .failed(path: path, detail: "its file could not be read or written; is there room on its disk?")
    default:
      .failed(
        path: path, detail: "its file could not be read or written: \(String(cString: strerror(number)).lowercased())")
    }
  }
}
