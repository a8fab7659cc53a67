/// A model as attacks and evaluations see it: its input shape, its classes, and a factory of per-thread responders.
public struct Target: Sendable {
  /// The number of answers.
  public let classes: Int
  /// The images it takes.
  public let shape: ImageShape
  /// Bytes that a responder takes for each 16 images it is asked about at once.
  let groupBytes: Int
  /// A new responder, to be used by one thread.
  let makeResponder: @Sendable () -> any Responder

  /// A target that is asked through responders made by `makeResponder`.
  public init(
    classes: Int, shape: ImageShape, groupBytes: Int = 0, _ makeResponder: @escaping @Sendable () -> any Responder
  ) {
    (self.classes, self.shape, self.groupBytes, self.makeResponder) = (classes, shape, groupBytes, makeResponder)
  }
}
