import Foundation
import Lang
import Store

/// What was typed, of all sessions of the store, as frontends ask for it.
enum KernelHistory {
  /// - Throws: `Problem` for another kind of question; `StoreError`.
  static func reply(to wanted: KernelContent.History, in session: Session) throws -> String {
    let most = max(0, min(wanted.n ?? 1000, 10_000))
    var cells: [StoredCell]
    switch wanted.kind {
    case "tail": cells = try session.store.typed(atMost: most)
    case "search":
      cells = try session.store.typed(atMost: most, like: wanted.pattern ?? "*", once: wanted.unique ?? false)
    case "range":
      // 0 is this session, -1 the one before it.
      let asked = Int64(wanted.session ?? 0)
      let number = asked > 0 ? asked : session.number + asked
      let (start, stop) = (wanted.start ?? 0, wanted.stop ?? .max)
      cells = try session.store.cells(session: number).filter { start <= $0.record.number && $0.record.number < stop }
    default:
      throw Problem(
        code: ShellCode.sessionLine,
        message: "history is asked as tail, range or search, not \(wanted.kind)")
    }
    let rows = cells.map { cell in
      let source = JSONText.string(cell.record.source)
      let typed =
        wanted.output ?? false
        ? KernelHelp.list([source, cell.shown.isEmpty ? "null" : JSONText.string(cell.shown)]) : source
      return KernelHelp.list(["\(cell.record.session)", "\(cell.record.number)", typed])
    }
    return Kernel.object([("history", KernelHelp.list(rows))])
  }
}
