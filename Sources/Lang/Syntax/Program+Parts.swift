extension Program {
  /// Reads a text without an interpreter: enough for its parameters and its items.
  public static func reading(_ source: Source, in environment: Environment) -> Program {
    Parser.parse(source, environment: environment)
  }

  /// A program of one of its items, with its place in the text kept: what a transcript runs.
  public func only(_ item: Item) -> Program {
    Program(
      source: source, items: [item], diagnostics: [], closures: closures, namesInClosures: namesInClosures)
  }
}
