import Foundation
import Lang
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

  /// Where the prompt keeps what was typed: `history` beside the usual store, and beside any other a file named after it,
  /// since a folder `history/` is where a project keeps its saved sessions.
  static func historyFile(of store: String?) -> String {
    let usual = Home.path(path(option: nil))
    guard let store, place(of: store) != place(of: usual) else {
      return URL(fileURLWithPath: usual).deletingLastPathComponent().appendingPathComponent("history").path
    }
    return Home.path(store) + "-history"
  }

  private static func place(of path: String) -> String {
    URL(fileURLWithPath: Home.path(path)).resolvingSymlinksInPath().path
  }

  /// Opens the store and begins a session in it; or in a store in memory, and says why.
  static func begin(
    _ session: SessionRecord, in path: String?
  ) throws -> (store: StoreFile, number: Int64, problem: StoreError?) {
    do {
      let store =
        try path.map { try StoreFile.open(at: Home.path($0), stop: { Interrupt.isRequested }) } ?? StoreFile.inMemory()
      return (store, try store.beginSession(session), nil)
    } catch StoreError.stopped {
      throw Lang.Interrupt()
    } catch let error as StoreError {
      let store = try StoreFile.inMemory()
      return (store, try store.beginSession(session), error)
    }
  }
}
