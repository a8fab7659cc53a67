import CKernels
import Contract

/// Adam for the pixels of one image, or of several that step together (Kingma and Ba, ICLR 2015, Algorithm 1), with bias corrections in Double.
struct PixelAdam {
  private var mean: Pixels
  private var square: Pixels
  private var decays = (mean: 1.0, square: 1.0)
  let rate: Float

  init(_ count: Int, rate: Float) {
    mean = Pixels(repeating: 0, count: count)
    square = mean
    self.rate = rate
  }

  /// Takes one step against a gradient.
  mutating func move(_ point: inout Pixels, against gradient: Pixels) {
    let count = mean.count
    require(point.count == count && gradient.count == count, "\(point.count) and \(gradient.count) pixels for \(count)")
    decays = (decays.mean * 0.9, decays.square * 0.999)
    var step = ward_step()
    (step.rate, step.epsilon, step.scale) = (rate, 1e-8, 1)
    (step.beta1, step.one_minus_beta1) = (0.9, 0.1)
    (step.beta2, step.one_minus_beta2) = (0.999, 0.001)
    step.correction1 = Float(1 / (1 - decays.mean))
    step.correction2_root = Float(1 / (1 - decays.square).squareRoot())
    // Safety: four arrays of `count` elements, three of them held exclusively.
    point.withUnsafeMutableBufferPointer { point in
      mean.withUnsafeMutableBufferPointer { mean in
        square.withUnsafeMutableBufferPointer { square in
          Kernels.chosen.table.pointee.adam(
            &step, 0, Int64(count), gradient, 1, 0, nil, point.baseAddress, mean.baseAddress, square.baseAddress)
        }
      }
    }
  }
}
