import Foundation
import Testing

/// Runs the real program on the files of the repository, each with a store of its own.
@Suite("Files that run", .serialized)
struct TranscriptFilesTests {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// `$WARD_BINARY` (what `make test` sets), else the program built beside this test.
  static let binary: URL = {
    if let named = ProcessInfo.processInfo.environment["WARD_BINARY"] { return URL(fileURLWithPath: named) }
    return root.appendingPathComponent(".build/debug/ward")
  }()

  static func files(_ folder: String) -> [String] {
    let names = (try? FileManager.default.subpathsOfDirectory(atPath: root.appendingPathComponent(folder).path)) ?? []
    return names.filter { $0.hasSuffix(".ward") }.sorted().map { "\(folder)/\($0)" }
  }

  /// What a run of the program came to.
  struct Run {
    let status: Int32
    let output: String
    let error: String
  }

  static func ward(
    _ arguments: [String], store: URL? = nil, input: String? = nil, in working: URL = root
  ) throws -> Run {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let process = Process()
    process.executableURL = binary
    process.arguments = arguments
    process.currentDirectoryURL = working
    process.environment = ProcessInfo.processInfo.environment.merging([
      "WARD_STORE": (store ?? folder.appendingPathComponent("ward.sqlite")).path, "XDG_CONFIG_HOME": folder.path,
    ]) { $1 }
    let (output, error, typed) = (Pipe(), Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = error
    process.standardInput = typed
    try process.run()
    try typed.fileHandleForWriting.write(contentsOf: Data((input ?? "").utf8))
    try typed.fileHandleForWriting.close()
    // Standard error is read on another thread: a full pipe must not stop the program.
    nonisolated(unsafe) var errors = Data()
    let reader = Thread { errors = error.fileHandleForReading.readDataToEndOfFile() }
    reader.start()
    let shown = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    while !reader.isFinished { Thread.sleep(forTimeInterval: 0.001) }
    return Run(
      status: process.terminationStatus, output: String(decoding: shown, as: UTF8.self),
      error: String(decoding: errors, as: UTF8.self))
  }

  @Test(arguments: files("Tests/Transcripts")) func transcriptsShowWhatTheyRecord(file: String) throws {
    let run = try Self.ward(["replay", file, "--check"])
    #expect(run.status == 0, "\(run.output)\(run.error)")
  }

  @Test(arguments: files("history")) func recordedSessionsReplay(file: String) throws {
    let run = try Self.ward(["replay", file, "--check"])
    #expect(run.status == 0, "\(run.output)\(run.error)")
  }

  @Test(arguments: files("examples")) func examplesRunToTheirEnd(file: String) throws {
    let run = try Self.ward([file])
    #expect(run.status == 0, "\(run.output)\(run.error)")
    #expect(!run.output.isEmpty)
  }
}
