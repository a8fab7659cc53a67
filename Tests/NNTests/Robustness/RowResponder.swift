@testable import NN

/// A model that answers image by image.
protocol RowResponder: Responder {
  func forward(_ images: [Pixels]) -> [[Float]]
  /// For the images of the last `forward`.
  func backward(_ gradients: [[Float]]) -> [Pixels]
}

extension RowResponder {
  func forward(_ images: Tensor, keeping: Bool) -> Tensor { Tensor(forward(images.eachRow)) }
  func backward(_ gradients: Tensor) -> Tensor { Tensor(backward(gradients.eachRow)) }
}
