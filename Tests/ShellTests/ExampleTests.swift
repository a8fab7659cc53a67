import Foundation
import Lang
import Testing

@testable import Shell

/// Every example that help and the manual show is typed into the real program.
@Suite("Examples in help")
struct ExampleTests {
  /// What the examples speak of, made small.
  private static let before = """
    let fashion = load "fashion-mnist" train: 600 test: 12
    let cifar = fashion
    let normal = train lenet on: fashion epochs: 1
    let guard = costs fashion protect: ["Shirt"]
    let cse = defend normal with: minmax costs: guard epochs: 1
    let result = attack normal with: fgsm on: fashion.test keep: images
    export (select 1 as a) as: "others.csv"
    """

  /// These need what cannot be there: an interrupted training, and files of other tools.
  private static let leftOut = [
    "resume", "let normal = resume normal",
    "open \"resnet.onnx\" on: cifar mean: [0.491, 0.482, 0.447] std: 0.25",
    "open \"lenet.pt\" as: lenet on: fashion mean: 0.2862 std: 0.3204",
    "open \"other.pt\" as: lenet keys: {\"0\": \"conv1\", \"3\": \"conv2\"}",
  ]

  private static var examples: [String] {
    let commands = Commands.all.flatMap(\.declaration.examples).map(\.text)
    let choices = Vocabulary.choices.flatMap(\.examples).map(\.text)
    let functions = Vocabulary.environment().functions.values.map(\.example.text).sorted()
    // What `keep` writes, `open` reads; what `forget` forgets, no other example may need.
    let all = (commands + choices + functions).filter { !leftOut.contains($0) }
    let ordered = all.filter { !$0.hasPrefix("forget") } + all.filter { $0.hasPrefix("forget") }
    // `_` is the result of an attack where an example speaks of it.
    return ordered.map { $0.contains("(_)") ? "result\n" + $0 : $0 }
  }

  @Test func thoseOfSessionLinesRunToo() throws {
    for line in SessionLine.all where line.name != "quit" {
      let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: folder) }
      let run = try TranscriptFilesTests.ward(["--threads", "1", "-"], input: line.example + "\n", in: folder)
      #expect(run.status == 0, ":\(line.name): \(run.error)")
    }
  }

  /// All of `fashion` is there: how many images it has is part of what is shown.
  @Test func thoseThatSayWhatTheyShowDoSo() throws {
    let environment = Vocabulary.environment()
    let examples = Help.topics(in: environment).flatMap { Help.page(for: $0, in: environment)?.examples ?? [] }
      .filter { $0.result != nil }
    let lines = ["let fashion = load \"fashion-mnist\""] + examples.map { "print \"--\"\n\($0)" }
    let run = try TranscriptFilesTests.ward(["--threads", "1", "-"], input: lines.joined(separator: "\n") + "\n")
    #expect(run.status == 0, "\(run.error)")
    let shown = run.output.split(separator: "--\n", omittingEmptySubsequences: false).dropFirst()
    #expect(shown.count == examples.count)
    for (text, example) in zip(shown, examples) { #expect(text.dropLast() == example.result ?? "", "\(example)") }
  }

  /// Data of one's own: two tables, and pictures of two classes.
  private func writeData(_ folder: URL) throws {
    let cancer = (0..<20).map { "\($0 * 3),\($0 % 7),\($0 % 2 == 0 ? "B" : "M")\n" }.joined()
    try ("radius,texture,diagnosis\n" + cancer).write(
      to: folder.appendingPathComponent("cancer.csv"), atomically: true, encoding: .utf8)
    try "param a = 0.1\nprint(2 * a)\n".write(
      to: folder.appendingPathComponent("point.ward"), atomically: true, encoding: .utf8)
    let row = "," + (0..<784).map { String($0 % 200) }.joined(separator: ",") + "\n"
    let digits = (0..<510).map { "\($0 % 2)" + row }.joined()
    try digits.write(to: folder.appendingPathComponent("digits.csv"), atomically: true, encoding: .utf8)
    for (name, grey) in [("cat", UInt8(40)), ("dog", 200)] {
      let own = folder.appendingPathComponent("photos/\(name)")
      try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
      for number in 0..<5 {
        let bitmap = Bitmap(
          width: 4, height: 4, channels: 1, bytes: [UInt8](repeating: grey + UInt8(number), count: 16))
        try Data(PNG.file(bitmap)).write(to: own.appendingPathComponent("\(number).png"))
      }
    }
  }

  @Test func allRun() throws {
    let script = Self.before + "\n" + Self.examples.joined(separator: "\n") + "\n"
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try writeData(folder)
    let run = try TranscriptFilesTests.ward(["--threads", "1", "-"], input: script, in: folder)
    #expect(run.status == 0, "\(run.error)")
  }
}
