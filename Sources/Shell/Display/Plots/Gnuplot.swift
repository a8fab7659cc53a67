import Foundation

/// The program that draws charts for files. It gets everything on its standard input and gives the drawing back.
enum Gnuplot {
  /// Why there is no drawing.
  enum Failure: Error, CustomStringConvertible {
    case missing
    case refused(String)
    case tooSlow

    var description: String {
      switch self {
      case .missing: "gnuplot, which draws charts and the captions of pictures for files, is not on this machine"
      case .refused(let reason): "gnuplot did not draw this: \(reason)"
      case .tooSlow: "gnuplot did not finish within \(Gnuplot.timeout) seconds"
      }
    }

    var help: String {
      switch self {
      case .missing: "install it, for example with `apt-get install gnuplot-nox`"
      case .refused, .tooSlow: "try with fewer points or series"
      }
    }
  }

  private static let timeout = 60

  /// What gnuplot writes for a script.
  ///
  /// - Parameter script: built with `quoted` and `data`, so that nothing of the user's is ever run.
  static func run(_ script: String) throws -> Data {
    // Looked for each time, so that it can be installed while the notebook is open.
    guard let program = program(in: ProcessInfo.processInfo.environment["PATH"] ?? "") else { throw Failure.missing }
    let process = Process()
    process.executableURL = program
    // Without the user's own settings: the same chart looks the same for everyone.
    process.arguments = ["--default-settings", "-"]
    process.environment = ProcessInfo.processInfo.environment.merging(["LC_ALL": "C.UTF-8"]) { $1 }
    // Files without a name instead of pipes: neither side can block the other, and one that dies breaks no pipe.
    let (input, output, errors) = (try scratch(), try scratch(), try scratch())
    defer { for file in [input, output, errors] { try? file.close() } }
    do {
      try input.write(contentsOf: Data(script.utf8))
      try input.seek(toOffset: 0)
      (process.standardInput, process.standardOutput, process.standardError) = (input, output, errors)
      try process.run()
    } catch {
      throw Failure.refused("it cannot be started: \(error.inWords)")
    }
    let end = ContinuousClock.now + .seconds(timeout)
    while process.isRunning {
      if Interrupt.isRequested || ContinuousClock.now > end {
        // It has nothing to put away, and may not hear a request.
        kill(process.processIdentifier, SIGKILL)
        process.letGo()
        throw Interrupt.isRequested ? CancellationError() : Failure.tooSlow
      }
      Thread.sleep(forTimeInterval: 0.001)
    }
    process.letGo()
    let drawing = try contents(of: output)
    guard process.terminationStatus == 0, !drawing.isEmpty else {
      let said = String(decoding: try contents(of: errors), as: UTF8.self)
      let lines = said.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      throw Failure.refused(lines.last { !$0.isEmpty } ?? "it ended with status \(process.terminationStatus)")
    }
    return drawing
  }

  /// Where it is, in the folders of `PATH`.
  static func program(in path: String) -> URL? {
    path.split(separator: ":").map { URL(fileURLWithPath: String($0)).appendingPathComponent("gnuplot") }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
  }

  private static func scratch() throws -> FileHandle {
    let folder = FileManager.default.temporaryDirectory.path
    var name = Array((folder + "/ward-XXXXXX").utf8CString)
    let file = mkstemp(&name)
    guard file >= 0 else {
      throw Failure.refused("no temporary file can be made in \(folder): \(FileFailure(errno).reason)")
    }
    unlink(name)
    _ = fcntl(file, F_SETFD, FD_CLOEXEC)
    return FileHandle(fileDescriptor: file, closeOnDealloc: true)
  }

  private static func contents(of file: FileHandle) throws -> Data {
    try file.seek(toOffset: 0)
    return try file.readToEnd() ?? Data()
  }

  // MARK: - Writing scripts

  /// A text in double quotes. All that gnuplot could take for something else (quotes, escapes, commands, the marks of its
  /// enhanced texts) stands in it by its number, so that it runs nothing, expands nothing and loses nothing.
  static func quoted(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ").withVisibleControls
      .replacing("\t", with: " ")
    var text = "", endsInNumber = false
    for scalar in line.unicodeScalars {
      let isPlain = !scalar.isASCII || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
      // gnuplot reads on after three digits: a digit behind a number is written by its number too.
      let joins = endsInNumber && ("0"..."7").contains(scalar)
      endsInNumber = joins || !(isPlain || " .,:;()+-=/%".unicodeScalars.contains(scalar))
      text += endsInNumber ? String(format: "\\%03o", scalar.value) : String(scalar)
    }
    return "\"" + text + "\""
  }

  /// A text at a tic, where per cent signs would be a number's format.
  static func quotedTic(_ text: String) -> String { quoted(text.replacing("%", with: "%%")) }

  /// Rows of numbers under a name, to be plotted as `$name`. What is no finite number is left out.
  static func data(_ name: String, _ rows: [[Double]]) -> String {
    let lines = rows.map { row in
      row.map { $0.isFinite ? String(format: "%.9g", $0) : "NaN" }.joined(separator: " ")
    }
    return (["$\(name) << EOD"] + lines + ["EOD"]).joined(separator: "\n") + "\n"
  }
}
