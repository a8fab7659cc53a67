import ArgumentParser
import Foundation
import Lang
import Store

/// `ward store merge A.sqlite B.sqlite`.
struct StoreCommand: ParsableCommand {
  enum Action: String, CaseIterable, ExpressibleByArgument { case merge }

  static let configuration = CommandConfiguration(
    commandName: "store", abstract: "Merge other stores into the store.",
    discussion: """
      ACTION is merge: all that the named stores have, and the store has not, is added to it: sessions with their cells, \
      models, results and sweeps. They are not changed. What is equal is stored once, and a merge that is repeated adds \
      nothing. A store of an earlier version is read through a copy.
      """)

  @Option(help: ArgumentHelp("The file of the store that is added to.", valueName: "file"))
  var store: String?

  @OptionGroup var diagnosticOptions: DiagnosticOptions

  @Argument(help: "What to do: merge.")
  var action: Action

  @Argument(help: ArgumentHelp("The stores to merge.", valueName: "files"))
  var files: [String]

  func run() throws {
    Interrupt.install()
    let notices = Notices(diagnosticOptions.diagnostics)
    var hasFailed = false
    do {
      let store = try StoreFile.open(at: Home.path(StoreChoice.path(option: store)), stop: { Interrupt.isRequested })
      for file in files {
        do {
          let merged = try store.merge(storeAt: Home.path(file))
          print("\(file): \(Self.said(merged))".withVisibleControls)
          if merged.running > 0 {
            let isOne = merged.running == 1
            notices.report(
              .note, "\(merged.running.of("session")) of \(file) \(isOne ? "is" : "are") still running",
              help: ["merge it again when \(isOne ? "it has" : "they have") ended"])
          }
        } catch StoreError.stopped { throw StoreError.stopped(path: file) } catch let error as StoreError {
          // The others are merged all the same.
          notices.report(.error, "\(error)", help: [Self.hint(error)])
          hasFailed = true
        }
      }
    } catch StoreError.stopped {
      throw Lang.Interrupt()
    } catch let error as StoreError {
      notices.report(.error, "\(error)", help: [error.hint])
      throw Exit(.failed)
    }
    if hasFailed { throw Exit(.failed) }
  }

  /// Those of `StoreError` are about the store that a session opens.
  private static func hint(_ error: StoreError) -> String {
    switch error {
    case .full, .quota: "make room and merge again; nothing of it was merged"
    default: "nothing of it was merged"
    }
  }

  private static func said(_ merged: Merged) -> String {
    let parts = [
      (merged.sessions, "session"), (merged.cells, "cell"), (merged.models, "model"), (merged.results, "result"),
    ].filter { $0.0 > 0 }.map { $0.0.of($0.1) }
    return parts.isEmpty ? "nothing new" : parts.joined(separator: ", ") + " added"
  }
}
