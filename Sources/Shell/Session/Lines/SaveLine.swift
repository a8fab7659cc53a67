import Foundation
import Lang

extension SessionLine {
  static var save: SessionLine {
    SessionLine(
      name: "save", arguments: "FILE", summary: "write this session's cells, with what they showed, as a script"
    ) { session, file in
      try write(session, to: file)
    }
  }

  /// Failed and interrupted cells are left out: the script is to run through.
  private static func write(_ session: Session, to file: String) throws {
    guard !file.isEmpty else {
      throw Problem(
        code: ShellCode.sessionLine, message: ":save needs a file name", help: ["for example :save first-look.ward"])
    }
    try session.checkMayWrite(file)
    let cells = try session.store.cells(session: session.number)
    let kept = cells.filter { $0.status == .ok }
    var transcript = Transcript("")
    transcript.parts = kept.map { cell in
      let shown = cell.shown.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
      return Transcript.Part(source: cell.record.source, line: 1, shown: shown)
    }
    do {
      try ScriptFile.write(transcript.text, to: file)
    } catch {
      throw Problem(code: ShellCode.file, message: "cannot write \(file): \(error.localizedDescription)")
    }
    let left = cells.count - kept.count
    session.output.show(
      .text(
        "\(file)  \(kept.count) cell\(kept.count == 1 ? "" : "s")" + (left == 0 ? "" : ", \(left) that failed left out")
      ))
  }
}
