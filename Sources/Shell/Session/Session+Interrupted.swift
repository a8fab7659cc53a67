import Lang
import Store

extension Session {
  /// The cells that were running when their process ended, each said once, with what they had made by then and how to go on.
  func interruptedCells() -> [(said: String, more: [String])] {
    do {
      let lost = try store.recoverInterrupted()
      let trainings = try store.unfinishedTrainings()
      return try lost.map { cell in
        let first = cell.record.source.split(separator: "\n").first.map(String.init) ?? ""
        let ending =
          "session \(cell.record.session) ended in the middle of cell \(cell.record.number): "
          + DisplayWidth.truncate(first.withVisibleControls, to: 60)
        let kept = Self.kept(try store.made(in: cell.id), of: cell)
        return (ending, kept + trainings.filter { $0.cell == cell.id }.map(Self.resumeHint))
      }
    } catch StoreError.stopped {
      return []
    } catch {
      notices.report(.warning, "\(error)")
      return []
    }
  }

  private static func kept(_ made: (models: Int, results: Int, audits: Int), of cell: StoredCell) -> [String] {
    func counted(_ count: Int, _ word: String) -> String? {
      count == 0 ? nil : "\(NumberText.count(count)) \(word)\(count == 1 ? "" : "s")"
    }
    let parts = [counted(made.results, "result"), counted(made.models, "model"), counted(made.audits, "audit")]
      .compactMap { $0 }
    guard let last = parts.last else { return [] }
    let all = parts.count > 1 ? parts.dropLast().joined(separator: ", ") + " and " + last : last
    let isOne = made.results + made.models + made.audits == 1
    let view = made.results > 0 ? "results" : made.models > 0 ? "models" : "checks"
    return ["\(all) of it \(isOne ? "is" : "are") kept: `select * from \(view) where cell_id = \(cell.id)`"]
  }

  private static func resumeHint(_ training: TrainingRecord) -> String {
    // A training without a `let` has a name such as `lenet.4`, which is none of a variable.
    let name = training.name
    let line = name.contains(".") ? "resume \"\(name)\"" : "let \(name) = resume \(name)"
    return "\(training.epoch) of \(training.epochs) epochs are kept: `\(line)` goes on from there"
  }
}
