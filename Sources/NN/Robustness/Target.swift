/// A model as attacks and evaluations see it: what it takes, and how to ask it on a thread of one's own.
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

  /// Throws `AttackError` if there are no images, or if they are not for this model.
  func check(_ images: Images) throws(AttackError) {
    guard !images.isEmpty else { throw .noImages }
    guard images.shape == shape else { throw .shape(model: shape, images: images.shape) }
    guard images.classes.count == classes else { throw .classes(model: classes, images: images.classes.count) }
  }
}
