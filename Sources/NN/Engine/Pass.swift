import CKernels

/// One group of images on its way through a plan.
extension Plan {
  /// All operations, forward; the plan must not need the whole batch.
  func forward(_ frame: Frame) {
    for operation in operations {
      if frame.stop.isRequested { return }
      operation.forward(frame, phase: operation.forwardPhases - 1)
    }
  }

  /// All operations, backward, after the gradient of the logits was put in.
  func backward(_ frame: Frame) {
    for operation in operations.reversed() {
      if frame.stop.isRequested { return }
      operation.backward(frame, phase: operation.backwardPhases - 1)
    }
  }

  /// Pixels in [0, 1], one row an image, to normalised lanes.
  func load(_ rows: UnsafePointer<Float>, into frame: Frame, _ normalisation: Normalisation) {
    frame.call.load_floats(
      rows, Int32(frame.count), input.planes, normalisation.mean, normalisation.inverseStd, frame.at(input))
  }

  /// The same from bytes, where 255 is 1: one pointer an image.
  func load(_ rows: [UnsafePointer<UInt8>?], into frame: Frame, _ normalisation: Normalisation) {
    frame.call.load_bytes(
      rows, Int32(frame.count), input.planes, normalisation.mean, normalisation.inverseStd, frame.at(input))
  }

  /// Images of a data set, at some positions of a selection.
  func load(_ images: Images, at positions: [Int], into frame: Frame, _ normalisation: Normalisation) {
    switch images.values {
    case .bytes(let bytes):
      bytes.withUnsafeBufferPointer { bytes in  // Safety: every index is one of the part's, so its image lies inside
        let starts = positions.map { position in
          bytes.baseAddress.map { $0 + images.indices[position] * images.shape.count }
        }
        load(starts, into: frame, normalisation)
      }
    case .floats:
      images.tensor(at: positions).values.withUnsafeBufferPointer { rows in
        if let rows = rows.baseAddress { load(rows, into: frame, normalisation) }
      }
    }
  }

  /// The logits of the group's images, one row an image.
  func logits(of frame: Frame, into rows: UnsafeMutablePointer<Float>) {
    frame.call.store_rows(frame.at(output), output.planes, Int32(frame.count), nil, rows)
  }

  /// The gradients of the loss by the logits, one row an image; lanes without an image get none.
  func setOutputGradient(_ rows: UnsafePointer<Float>, of frame: Frame) {
    frame.call.load_rows(rows, Int32(frame.count), outputGradient.planes, frame.at(outputGradient))
  }

  /// The gradient by pixels, one row an image.
  func pixelGradient(of frame: Frame, into rows: UnsafeMutablePointer<Float>, _ normalisation: Normalisation) {
    frame.call.store_rows(
      frame.at(inputGradient), inputGradient.planes, Int32(frame.count), normalisation.inverseStd, rows)
  }
}
