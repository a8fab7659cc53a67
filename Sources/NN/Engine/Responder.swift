/// What answers an attack's questions about one model, on one thread.
///
/// The engine's workspaces do; tests answer with models small enough to be solved by hand. Images and gradients are one
/// row an image, pixels from 0 to 1.
public protocol Responder: AnyObject {
  /// The number of logits.
  var classes: Int { get }
  /// The images it takes.
  var shape: ImageShape { get }
  /// The logits `[n, classes]` of images. Kept, if asked to, until the next question, so that `backward` can follow.
  func forward(_ images: Tensor, keeping: Bool) -> Tensor
  /// The gradient by each image of the last `forward` that was kept, given `[n, classes]` by its logits. May be called
  /// several times.
  func backward(_ gradients: Tensor) -> Tensor
  /// Logits, and gradients by the images for those by the logits that `gradient` gives for some rows: each once, in any order.
  func ascend(
    _ images: Tensor, _ gradient: (_ logits: Tensor, _ rows: Range<Int>) -> Tensor
  ) -> InputGradient
  /// From now on a question may break off when `stop` asks; its answers are worth nothing then, and whoever asked throws.
  func setStop(_ stop: Stop)
}

extension Responder {
  /// Answers every question whole.
  public func setStop(_ stop: Stop) {}

  /// Forward and backward one after the other.
  public func ascend(
    _ images: Tensor, _ gradient: (_ logits: Tensor, _ rows: Range<Int>) -> Tensor
  ) -> InputGradient {
    let logits = forward(images, keeping: true)
    return InputGradient(gradient: backward(gradient(logits, 0..<images.rows)), losses: [], logits: logits)
  }
}

/// Logits and a gradient by the images, of one pass.
public struct InputGradient: Sendable {
  /// Shape of the images; by each pixel, in units of loss per pixel value.
  public var gradient: Tensor
  /// One a row; empty where gradients by the logits were given.
  public var losses: [Float]
  /// `[n, classes]`.
  public var logits: Tensor
}

// MARK: Image by image, as most attacks work

extension Responder {
  /// The logits of each image.
  func forward(_ images: [Pixels], keeping: Bool = true) -> [[Float]] {
    images.isEmpty ? [] : forward(Tensor(images), keeping: keeping).eachRow
  }

  /// The gradient by each image of the last question that was kept.
  func backward(_ gradients: [[Float]]) -> [Pixels] {
    gradients.isEmpty ? [] : backward(Tensor(gradients)).eachRow
  }

  /// Logits and gradients, given the gradient by the logits of each image.
  func ascend(_ images: [Pixels], _ gradient: (_ position: Int, _ logits: [Float]) -> [Float]) -> [LogitsAndGradient] {
    if images.isEmpty { return [] }
    return ascend(Tensor(images)) { logits, rows in
      Tensor(zip(rows, logits.eachRow).map { gradient($0, $1) })
    }.eachImage
  }
}

extension InputGradient {
  /// What each image has of it.
  var eachImage: [LogitsAndGradient] {
    zip(logits.eachRow, gradient.eachRow).map { LogitsAndGradient(logits: $0, gradient: $1) }
  }
}

/// One image's logits, and a gradient with respect to its pixels.
public struct LogitsAndGradient: Sendable {
  /// Before softmax.
  public let logits: [Float]
  /// One value a pixel.
  public let gradient: Pixels
}
