import Foundation
import Store

/// Which file is the store, and what becomes of work when that file cannot be used.
enum StoreChoice {
  /// `--store`, else `$WARD_STORE`, else `$XDG_DATA_HOME/ward/ward.sqlite` (LANGUAGE.md §8).
  static func path(option: String?, environment: [String: String] = ProcessInfo.processInfo.environment) -> String {
    if let option { return option }
    if let named = environment["WARD_STORE"], !named.isEmpty { return named }
    // A path that is not absolute is to be ignored (XDG Base Directory Specification).
    let data = environment["XDG_DATA_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
    return (data ?? Home.path("~/.local/share")) + "/ward/ward.sqlite"
  }

  /// Opens the store and begins a session in it; or in a store in memory, and says why: work goes on, and the user is told
  /// that it will not last.
  static func begin(
    _ session: SessionRecord, in path: String?
  ) throws -> (store: Store, number: Int64, problem: StoreError?) {
    do {
      let store = try path.map { try Store.open(at: $0) } ?? Store.inMemory()
      return (store, try store.beginSession(session), nil)
    } catch let error as StoreError {
      let store = try Store.inMemory()
      return (store, try store.beginSession(session), error)
    }
  }
}
