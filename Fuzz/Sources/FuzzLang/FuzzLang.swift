@testable import Lang

/// libFuzzer's main loop; it comes with `-sanitize=fuzzer`.
@_silgen_name("LLVMFuzzerRunDriver")
private func fuzz(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ test: @convention(c) (UnsafePointer<UInt8>, Int) -> CInt
) -> CInt

@main enum FuzzLang {
  static func main() {
    var count = CommandLine.argc
    var arguments = CommandLine.unsafeArgv
    _ = fuzz(&count, &arguments) { bytes, length in
      let text = String(decoding: UnsafeBufferPointer(start: bytes, count: length), as: UTF8.self)
      Trial(text).run()
      return 0
    }
  }
}

/// One text, read, checked and laid out. Whatever it is, nothing crashes, every range lies inside it, and the layout means
/// the same and does not change when it is laid out again.
struct Trial {
  // One thread fuzzes; nothing runs, so that no text leaves anything behind for the next.
  nonisolated(unsafe) private static let interpreter = Interpreter(environment: Names.environment, host: Nobody.host)
  private static var environment: Environment { interpreter.environment }
  private let source: Source

  init(_ text: String) { source = Source(name: "a.ward", text: text) }

  func run() {
    let program = Self.interpreter.parse(source)
    for item in program.items { demand(item.range, "an item") }
    for diagnostic in Self.interpreter.prepare(program).diagnostics {
      if let range = diagnostic.range { demand(range, "a diagnostic") }
      for label in diagnostic.labels { demand(label.range, "a label") }
      if diagnostic.render().isEmpty { fatalError("a diagnostic says nothing") }
    }
    _ = Continuation.depth(of: source.text)
    if program.diagnostics.isEmpty { layOut(program) }
  }

  private func layOut(_ program: Program) {
    let once = Formatter.layout(of: source, in: Self.environment)
    let again = Parser.parse(Source(name: "a.ward", text: once), environment: Self.environment)
    guard again.diagnostics.isEmpty, Formatter.same(program.items, again.items) else {
      fatalError("the layout means something else:\n\(once)")
    }
    let twice = Formatter.layout(of: Source(name: "a.ward", text: once), in: Self.environment)
    guard twice == once else { fatalError("the layout is not the last word:\n\(once)\nand then\n\(twice)") }
  }

  private func demand(_ range: SourceRange, _ what: String) {
    guard range.source === source, range.start >= 0, range.end <= source.text.utf8.count else {
      fatalError("\(what) lies outside of the text: \(range.start)..<\(range.end)")
    }
  }
}
