import Testing

@testable import NN

/// Every layer by itself against PyTorch: values, gradient by input, gradients by parameters.
@Suite struct GoldenOperationTests {
  static let convolutions: [(String, @Sendable (Tensor) -> Convolution)] = [
    ("conv2d.0", { make($0) }),
    ("conv2d.1", { make($0) { $0.padding = (1, 1) } }),
    (
      "conv2d.2",
      {
        make($0) {
          $0.stride = (2, 2); $0.padding = (2, 2)
        }
      }
    ),
    (
      "conv2d.3",
      {
        make($0) {
          $0.padding = (2, 2); $0.dilation = (2, 2); $0.hasBias = false
        }
      }
    ),
    ("conv2d.4", { make($0) }),
    (
      "conv2d.5",
      {
        make($0) {
          $0.stride = (2, 1); $0.padding = (1, 2)
        }
      }
    ),
    ("conv2d.6", { make($0) { $0.padding = (2, 2) } }),
    ("conv2d.7", { make($0) }),
  ]

  private static func make(_ w: Tensor, _ change: (inout Convolution) -> Void = { _ in }) -> Convolution {
    var layer = Convolution(w.shape[0], kernel: w.shape[2])
    layer.kernel = (w.shape[2], w.shape[3])
    change(&layer)
    return layer
  }

  @Test(arguments: convolutions.indices, Kernels.all.map(\.name))
  func convolutionsAreThoseOfPyTorch(index: Int, level: String) throws {
    let golden = try Golden("golden/ops_seed11")
    let (name, make) = Self.convolutions[index]
    let layer = make(try golden[name + ".w"])
    let kernels = try #require(Kernels.named(level))
    let x = try golden[name + ".x"]
    if layer.form(from: ImageShape(channels: x.shape[1], height: x.shape[2], width: x.shape[3])) == .plain {
      try check(golden, name, [layer], at: kernels)
    } else {
      try checkByProducts(golden, name, layer, at: kernels)
    }
  }

  /// Where fewer products round more than the plain sums, against the magnitudes of what was added.
  private func checkByProducts(_ golden: Golden, _ name: String, _ layer: Convolution, at kernels: Kernels) throws {
    let (x, w, gy) = (try golden[name + ".x"], try golden[name + ".w"], try golden[name + ".gy"])
    let b = golden.file[name + ".b"]
    let run = try LayerRun([layer], at: kernels, x: x, parameters: [w] + (b.map { [$0] } ?? []), gy: gy)
    func sizes(_ tensor: Tensor) -> Planes { Planes(tensor.shape, magnitudes(tensor.values.map(Double.init))) }
    let (weights, bias) = (sizes(w).values, b.map { sizes($0).values } ?? [])
    let y = ReferenceLoops.convolution(layer, sizes(x), weights, bias, to: gy.shape)
    let back = ReferenceLoops.convolutionGradients(layer, sizes(x), weights, sizes(gy))
    func compare(_ found: Tensor, _ suffix: String, _ products: [Double]) throws {
      let expected = try golden[name + suffix].values.map(Double.init)
      #expect(share(found.values, expected, of: products) < 1e-5, "\(name)\(suffix)")
    }
    try compare(run.y, ".y", y.values)
    try compare(run.gx, ".g_x", back.gx.values)
    try compare(run.parameterGradients[0], ".g_w", back.gw)
    if b != nil { try compare(run.parameterGradients[1], ".g_b", back.gb) }
  }

  static let plain: [(String, [any Layer])] = {
    var uncounted = AveragePool(3, stride: 2, padding: 1)
    uncounted.countsPadding = false
    return [
      ("maxpool2d.0", [MaxPool(2)]), ("maxpool2d.1", [MaxPool(3, stride: 2, padding: 1)]),
      ("maxpool2d.2", [MaxPool(2)]),
      ("maxpool2d.3", [MaxPool(3, stride: 1)]),
      ("avgpool2d.0", [AveragePool(2)]), ("avgpool2d.1", [AveragePool(3, stride: 2, padding: 1)]),
      ("avgpool2d.2", [uncounted]),
      ("linear.0", [Dense(0)]), ("linear.1", [Dense(0, bias: false)]),
      ("relu.0", [Activation(.relu)]), ("relu.1", [Activation(.relu)]),
      ("leaky_relu.0", [Activation(.leakyReLU(slope: 0.01))]), ("leaky_relu.1", [Activation(.leakyReLU(slope: 0.01))]),
      ("leaky_relu_0p2.0", [Activation(.leakyReLU(slope: 0.2))]),
      ("leaky_relu_0p2.1", [Activation(.leakyReLU(slope: 0.2))]),
      ("gelu_erf.0", [Activation(.gelu)]), ("gelu_erf.1", [Activation(.gelu)]),
      ("gelu_tanh.0", [Activation(.geluTanh)]), ("gelu_tanh.1", [Activation(.geluTanh)]),
      ("tanh.0", [Activation(.tanh)]), ("tanh.1", [Activation(.tanh)]),
      ("sigmoid.0", [Activation(.sigmoid)]), ("sigmoid.1", [Activation(.sigmoid)]),
      ("flatten.0", [Flatten()]), ("flatten.1", [Flatten()]),
    ]
  }()

  @Test(arguments: plain.indices, Kernels.all.map(\.name))
  func otherLayersAreThoseOfPyTorch(index: Int, level: String) throws {
    let golden = try Golden("golden/ops_seed11")
    var (name, layers) = Self.plain[index]
    if name.hasPrefix("linear") {
      let w = try golden[name + ".w"]
      layers = [Dense(w.shape[0], bias: name == "linear.0")]
    }
    try check(golden, name, layers, at: try #require(Kernels.named(level)))
  }

  @Test(arguments: [(0, Float(1e-5), Float(0.1)), (1, 1e-3, 0.3)], [true, false])
  func batchNormalisationIsThatOfPyTorch(settings: (Int, Float, Float), training: Bool) throws {
    let golden = try Golden("golden/ops_seed11")
    let name = (training ? "batchnorm2d_train." : "batchnorm2d_eval.") + "\(settings.0)"
    let before = "batchnorm2d_train.\(settings.0)."
    let run = try LayerRun(
      [BatchNorm(epsilon: settings.1, momentum: settings.2)], x: try golden[name + ".x"],
      parameters: [
        try golden[name + ".w"], try golden[name + ".b"], try golden[before + "running_mean_before"],
        try golden[before + "running_var_before"],
      ], gy: try golden[name + ".gy"], training: training)
    try compare(golden, name, run)
    if training {
      #expect(excess(run.state[2].values, try golden[before + "running_mean_after"].values) <= 1)
      #expect(excess(run.state[3].values, try golden[before + "running_var_after"].values) <= 1)
    }
  }

  private func check(_ golden: Golden, _ name: String, _ layers: [any Layer], at kernels: Kernels) throws {
    let parameters = ["w", "b"].compactMap { golden.file["\(name).\($0)"] }
    let x = four(try golden[name + ".x"])
    let gy = four(try golden[name + ".gy"])
    try compare(golden, name, LayerRun(layers, at: kernels, x: x, parameters: parameters, gy: gy))
  }

  private func compare(_ golden: Golden, _ name: String, _ run: LayerRun) throws {
    #expect(excess(run.y.values, try golden[name + ".y"].values) <= 1, "\(name), value")
    #expect(excess(run.gx.values, try golden[name + ".g_x"].values) <= 1, "\(name), gradient by input")
    for (suffix, found) in zip(["g_w", "g_b"], run.parameterGradients) {
      guard let expected = golden.file["\(name).\(suffix)"] else { continue }
      #expect(excess(found.values, expected.values) <= 1, "\(name).\(suffix)")
    }
  }

  /// Rows of numbers as images of single pixels.
  private func four(_ tensor: Tensor) -> Tensor {
    let shape = tensor.shape
    return shape.count == 4
      ? tensor : Tensor(shape: [shape[0], shape.dropFirst().reduce(1, *), 1, 1], values: tensor.values)
  }
}
