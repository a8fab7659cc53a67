extension Program {
  /// A program of one of its items, with its place in the text kept: what a transcript runs.
  public func only(_ item: Item) -> Program {
    Program(
      source: source, items: [item], diagnostics: [], closures: closures, namesInClosures: namesInClosures)
  }
}
