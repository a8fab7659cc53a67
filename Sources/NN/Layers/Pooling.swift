import CKernels

/// The largest value of each window; the first of equals in row-major order. Padding counts as minus infinity.
struct MaxPool: Layer {
  var kernel: (height: Int, width: Int)
  /// Nil for a stride of the window's own extents.
  var givenStride: (height: Int, width: Int)?
  var padding = (height: 0, width: 0)

  /// A square window; `stride` is the window's extent unless given.
  init(_ kernel: Int, stride: Int? = nil, padding: Int = 0) {
    self.kernel = (kernel, kernel)
    givenStride = stride.map { ($0, $0) }
    self.padding = (padding, padding)
  }

  var stride: (height: Int, width: Int) { givenStride ?? kernel }

  static let entry: Entry<any Layer> = Entry(
    MaxPool(2), "maxpool", "the largest value of each window", example: "maxpool(2)",
    settings
  ) { $0 }

  private static let settings: [Setting<MaxPool>] = [
    Setting("kernel", \.kernel, in: 1...255, "rows and columns of the window").unlabelled,
    Setting("stride", \.givenStride, in: 1...65_536, "pixels from one window to the next; none for the window's own"),
    Setting("padding", \.padding, in: 0...127, "pixels around the image"),
  ]

  func outputShape(of inputs: [ImageShape]) throws -> ImageShape {
    guard kernel.height * kernel.width < 256 else {  // the largest is remembered by its number, in a byte
      let detail = "a window of \(kernel.height)×\(kernel.width) has more than 255 pixels"
      throw NetworkError.mismatch(layer: "a pooling window", detail: detail)
    }
    return try pooledShape(of: inputs[0], kernel: kernel, stride: stride, padding: padding)
  }

  var bounding: Bounding? { .maximum(descriptor(kernel, stride, padding)) }

  func operation(_ wiring: inout Wiring) -> any Operation {
    return MaxPoolOperation(
      pool: descriptor(kernel, stride, padding), input: wiring.inputs[0], inputGradient: wiring.inputGradients[0],
      output: wiring.output, outputGradient: wiring.outputGradient, winners: wiring.layout.bytes(wiring.output.shape),
      canBeRounded: wiring.canTransform)
  }
}

/// The mean of each window.
struct AveragePool: Layer {
  var kernel: (height: Int, width: Int)
  /// Nil for a stride of the window's own extents.
  var givenStride: (height: Int, width: Int)?
  var padding = (height: 0, width: 0)
  /// Whether zeros outside the image count (PyTorch's `count_include_pad`).
  var countsPadding = true

  /// A square window; `stride` is the window's extent unless given.
  init(_ kernel: Int, stride: Int? = nil, padding: Int = 0) {
    self.kernel = (kernel, kernel)
    givenStride = stride.map { ($0, $0) }
    self.padding = (padding, padding)
  }

  var stride: (height: Int, width: Int) { givenStride ?? kernel }

  static let entry: Entry<any Layer> = Entry(
    AveragePool(2), "avgpool", "the mean of each window", example: "avgpool(2)",
    settings
  ) { $0 }

  private static let settings: [Setting<AveragePool>] = [
    Setting("kernel", \.kernel, in: 1...255, "rows and columns of the window").unlabelled,
    Setting("stride", \.givenStride, in: 1...65_536, "pixels from one window to the next; none for the window's own"),
    Setting("padding", \.padding, in: 0...127, "pixels around the image"),
    Setting("counts_padding", \.countsPadding, "divide by the whole window at the edge, too"),
  ]

  func outputShape(of inputs: [ImageShape]) throws -> ImageShape {
    try pooledShape(of: inputs[0], kernel: kernel, stride: stride, padding: padding)
  }

  var bounding: Bounding? { .affine(mixes: true) }

  func operation(_ wiring: inout Wiring) -> any Operation {
    AveragePoolOperation(
      pool: descriptor(kernel, stride, padding, countsPadding: countsPadding), input: wiring.inputs[0],
      inputGradient: wiring.inputGradients[0], output: wiring.output, outputGradient: wiring.outputGradient)
  }
}

/// The mean of each channel.
struct GlobalAveragePool: Layer {
  static let entry: Entry<any Layer> = Entry(
    GlobalAveragePool(), "global_avgpool", "the mean of each channel", paper: "arXiv:1312.4400",
    example: "global_avgpool"
  ) { $0 }

  func outputShape(of inputs: [ImageShape]) throws -> ImageShape {
    ImageShape(channels: inputs[0].channels, height: 1, width: 1)
  }

  var bounding: Bounding? { .affine(mixes: true) }

  func operation(_ wiring: inout Wiring) -> any Operation {
    let whole = (height: Int(wiring.inputs[0].planes.height), width: Int(wiring.inputs[0].planes.width))
    return AveragePoolOperation(
      pool: descriptor(whole, whole, (0, 0)), input: wiring.inputs[0], inputGradient: wiring.inputGradients[0],
      output: wiring.output, outputGradient: wiring.outputGradient)
  }
}

/// The mean of windows spread evenly over the image, as many as are asked for: PyTorch's `AdaptiveAvgPool2d`.
struct AdaptiveAveragePool: Layer {
  var size = (height: 1, width: 1)

  static let entry: Entry<any Layer> = Entry(
    AdaptiveAveragePool(), "adaptive_avgpool", "the mean of windows spread evenly, whatever the image's size",
    example: "adaptive_avgpool(4)",
    [Setting("size", \.size, in: 1...4096, "rows and columns that come out").unlabelled]
  ) { $0 }

  func outputShape(of inputs: [ImageShape]) throws -> ImageShape {
    ImageShape(channels: inputs[0].channels, height: size.height, width: size.width)
  }

  var bounding: Bounding? { .affine(mixes: true) }

  func operation(_ wiring: inout Wiring) -> any Operation {
    AdaptiveAveragePoolOperation(
      input: wiring.inputs[0], inputGradient: wiring.inputGradients[0], output: wiring.output,
      outputGradient: wiring.outputGradient)
  }
}

private typealias Extent = (height: Int, width: Int)

private func pooledShape(of input: ImageShape, kernel: Extent, stride: Extent, padding: Extent) throws -> ImageShape {
  let height = input.height + 2 * padding.height - kernel.height
  let width = input.width + 2 * padding.width - kernel.width
  guard height >= 0, width >= 0, 2 * padding.height <= kernel.height, 2 * padding.width <= kernel.width else {
    throw NetworkError.tooSmall(
      layer: "a \(kernel.height)×\(kernel.width) pooling window", input: input, needed: "a whole window")
  }
  return ImageShape(channels: input.channels, height: height / stride.height + 1, width: width / stride.width + 1)
}

private func descriptor(_ kernel: Extent, _ stride: Extent, _ padding: Extent, countsPadding: Bool = true) -> ward_pool
{
  ward_pool(
    kernel_h: Int32(kernel.height), kernel_w: Int32(kernel.width), stride_h: Int32(stride.height),
    stride_w: Int32(stride.width), pad_h: Int32(padding.height), pad_w: Int32(padding.width),
    count_padding: countsPadding ? 1 : 0)
}

struct MaxPoolOperation: Operation {
  let pool: ward_pool
  let input: Slot
  let inputGradient: Slot
  let output: Slot
  let outputGradient: Slot
  let winners: Int
  /// Whether convolutions before it can go forward with fewer products.
  let canBeRounded: Bool

  func forward(_ f: Frame, phase: Int) {
    withUnsafePointer(to: pool) {
      f.call.max_pool_forward(
        $0, input.planes, f.at(input), output.planes, f.at(output), f.bytes(winners),
        canBeRounded && f.transforms ? 1 : 0)
    }
  }

  func backward(_ f: Frame, phase: Int) {
    withUnsafePointer(to: pool) {
      f.call.max_pool_backward(
        $0, outputGradient.planes, f.at(outputGradient), f.bytes(winners), inputGradient.planes, f.at(inputGradient))
    }
  }
}

struct AveragePoolOperation: Operation {
  let pool: ward_pool
  let input: Slot
  let inputGradient: Slot
  let output: Slot
  let outputGradient: Slot

  func forward(_ f: Frame, phase: Int) {
    withUnsafePointer(to: pool) {
      f.call.average_pool_forward($0, input.planes, f.at(input), output.planes, f.at(output))
    }
  }

  func backward(_ f: Frame, phase: Int) {
    withUnsafePointer(to: pool) {
      f.call.average_pool_backward(
        $0, outputGradient.planes, f.at(outputGradient), inputGradient.planes, f.at(inputGradient))
    }
  }
}

struct AdaptiveAveragePoolOperation: Operation {
  let input: Slot
  let inputGradient: Slot
  let output: Slot
  let outputGradient: Slot

  func forward(_ f: Frame, phase: Int) {
    f.call.adaptive_pool_forward(input.planes, f.at(input), output.planes, f.at(output))
  }

  func backward(_ f: Frame, phase: Int) {
    f.call.adaptive_pool_backward(
      outputGradient.planes, f.at(outputGradient), inputGradient.planes, f.at(inputGradient))
  }
}
