import Foundation
import Testing

@testable import NN

/// What becomes of single operators, and of files that are none of Ward's.
@Suite struct ONNXImportTests {
  private static func noise(_ count: Int, seed: Int) -> [Float] {
    var random = Random(seed: seed, stream: 9)
    return (0..<count).map { _ in random.uniform(-1, 1) }
  }

  /// A file whose last steps flatten what `before` makes out of the image `x` and choose between three classes.
  private func file(_ before: (inout SmallONNX) -> Void, from last: String = "h", count: Int) -> SmallONNX {
    var file = SmallONNX()
    before(&file)
    file.floats.append(("fc.weight", [3, count], Self.noise(3 * count, seed: 1)))
    file.add("Flatten", [last], "flat")
    file.add("Gemm", ["flat", "fc.weight"], "y", ["transB": .integer(1)])
    return file
  }

  private func logits(_ opened: OpenedModel, _ image: [Float]) -> [Float] {
    let shape = opened.model.input
    return Workspace(opened.model).logits(
      Tensor(shape: [1, shape.channels, shape.height, shape.width], values: image)
    ).values
  }

  /// Three sums of the values that should come before the last layer.
  private func expected(_ values: [Float]) -> [Float] {
    let weight = Self.noise(3 * values.count, seed: 1)
    return (0..<3).map { row in zip(values, weight[(row * values.count)...]).reduce(0) { $0 + $1.0 * $1.1 } }
  }

  private func check(
    _ file: SmallONNX, _ image: [Float], _ hidden: [Float], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let found = logits(try file.opened(), image)
    #expect(excess(found, expected(hidden), relative: 1e-4, absolute: 1e-5) <= 1, sourceLocation: sourceLocation)
  }

  private let image: [Float] = (0..<16).map { Float($0) / 10 }

  @Test func transposedValuesReachTheDenseLayerInTheirOwnOrder() throws {
    let turned = file({ $0.add("Transpose", ["x"], "h", ["perm": .integers([0, 3, 2, 1])]) }, count: 16)
    try check(turned, image, (0..<4).flatMap { column in (0..<4).map { image[$0 * 4 + column] } })
    let folded = file(
      {
        $0.integers.append(("extents", [0, 2, 8, 1]))
        $0.add("Reshape", ["x", "extents"], "r")
        $0.add("Transpose", ["r"], "h", ["perm": .integers([0, 2, 1, 3])])
      }, count: 16)
    try check(folded, image, (0..<8).flatMap { [image[$0], image[8 + $0]] })
  }

  @Test func slicesSplitsAndConcatenationsKeepTheirPlaces() throws {
    let cut = file(
      {
        $0.integers += [("from", [1, -3]), ("to", [Int.max, 4]), ("axes", [2, 3]), ("steps", [2, 1])]
        $0.add("Slice", ["x", "from", "to", "axes", "steps"], "h")
      }, count: 6)
    try check(cut, image, [5, 6, 7, 13, 14, 15].map { image[$0] })
    let parts = file(
      {
        $0.nodes.append(
          .init(op: "Split", inputs: ["x"], outputs: ["a", "b"], attributes: ["axis": .integer(2)]))
        $0.add("Concat", ["b", "a"], "h", ["axis": .integer(2)])
      }, count: 16)
    try check(parts, image, Array(image[8...] + image[..<8]))
  }

  @Test func constantsAreAddedWhereTheyBelong() throws {
    let scaled = file(
      {
        $0.floats += [("factors", [4], [1, 2, 3, 4]), ("shift", [], [0.5])]
        $0.add("Relu", ["x"], "r")
        $0.add("Mul", ["r", "factors"], "m")
        $0.add("Sub", ["shift", "m"], "h")
      }, count: 16)
    try check(scaled, image, image.enumerated().map { 0.5 - $1 * Float($0 % 4 + 1) })
  }

  @Test func normalisationBeforeEverythingBelongsToTheModel() throws {
    let normalised = file(
      {
        $0.floats += [("mean", [1], [0.25]), ("std", [1, 1, 1, 1], [0.5])]
        $0.add("Sub", ["x", "mean"], "c")
        $0.add("Div", ["c", "std"], "h")
      }, count: 16)
    try check(normalised, image, image.map { ($0 - 0.25) / 0.5 })
    let model = try normalised.opened().model
    #expect(model.normalisation == Normalisation(mean: [0.25], std: [0.5]))
    // Read twice, it must stay a step of the network.
    let twice = file(
      {
        $0.floats += [("mean", [1], [0.25])]
        $0.add("Sub", ["x", "mean"], "c")
        $0.add("Add", ["c", "x"], "h")
      }, count: 16)
    try check(twice, image, image.map { 2 * $0 - 0.25 })
    #expect(try twice.opened().model.normalisation == .none(channels: 1))
  }

  @Test func shapeArithmeticIsComputedBeforehand() throws {
    let viewed = file(
      {
        $0.integers += [("zero", [0]), ("rest", [-1])]
        $0.add("Shape", ["x"], "s")
        $0.add("Gather", ["s", "zero"], "n", ["axis": .integer(0)])
        $0.add("Concat", ["n", "rest"], "extents", ["axis": .integer(0)])
        $0.add("Reshape", ["x", "extents"], "h")
      }, count: 16)
    try check(viewed, image, image)
  }

  @Test func paddingOnOneSideAndAutomaticPaddingAreThoseOfONNX() throws {
    let ones = [Float](repeating: 1, count: 9)
    func sum(_ row: Int, _ column: Int, _ offset: Int) -> Float {
      var total: Float = 0
      for r in (row + offset)..<(row + offset + 3) where (0..<4).contains(r) {
        for c in (column + offset)..<(column + offset + 3) where (0..<4).contains(c) { total += image[r * 4 + c] }
      }
      return total
    }
    let places = [(0, 0), (0, 2), (2, 0), (2, 2)]
    for (padding, offset) in [("SAME_UPPER", 0), ("SAME_LOWER", -1)] {
      let same = file(
        {
          $0.floats.append(("conv1.weight", [1, 1, 3, 3], ones))
          $0.add(
            "Conv", ["x", "conv1.weight"], "h", ["auto_pad": .text(padding), "strides": .integers([2, 2])])
        }, count: 4)
      try check(same, image, places.map { sum($0.0, $0.1, offset) })
    }
  }

  @Test func averagesOverAnUnevenEdgeDivideByWhatIsThere() throws {
    // Windows of 3 by steps of 2, the last of which reach over the edge: ceil_mode.
    let pooled = file(
      {
        $0.add(
          "AveragePool", ["x"], "h",
          ["kernel_shape": .integers([3, 3]), "strides": .integers([2, 2]), "ceil_mode": .integer(1)])
      }, count: 4)
    func mean(_ row: Int, _ column: Int) -> Float {
      let values = (row..<min(row + 3, 4)).flatMap { r in (column..<min(column + 3, 4)).map { image[r * 4 + $0] } }
      return values.reduce(0, +) / Float(values.count)
    }
    try check(pooled, image, [mean(0, 0), mean(0, 2), mean(2, 0), mean(2, 2)])
    let largest = file(
      {
        $0.add(
          "MaxPool", ["x"], "h",
          ["kernel_shape": .integers([3, 3]), "strides": .integers([2, 2]), "ceil_mode": .integer(1)])
      }, count: 4)
    try check(largest, image, [image[10], image[11], image[14], image[15]])
  }

  /// Of the image as two channels, four rows and two columns.
  private func split(_ more: @escaping (inout SmallONNX) -> Void) -> (inout SmallONNX) -> Void {
    { file in
      file.integers.append(("extents", [0, 2, 4, 2]))
      file.add("Reshape", ["x", "extents"], "r")
      more(&file)
    }
  }

  @Test func meansAreOverAnyAxes() throws {
    func mean(_ places: [Int]) -> Float { places.reduce(0) { $0 + image[$1] } / Float(places.count) }
    func checkMean(_ axes: [Int], keeps: Bool, _ hidden: [Float]) throws {
      let before = split {
        $0.add("ReduceMean", ["r"], "h", ["axes": .integers(axes), "keepdims": .integer(keeps ? 1 : 0)])
      }
      try check(file(before, count: hidden.count), image, hidden)
    }
    let overChannels = (0..<8).map { mean([$0, 8 + $0]) }
    try checkMean([1], keeps: true, overChannels)
    try checkMean([-3], keeps: false, overChannels)
    try checkMean([2], keeps: false, [0, 1, 8, 9].map { first in mean((0..<4).map { first + 2 * $0 }) })
    try checkMean([1, 3], keeps: true, (0..<4).map { mean([2 * $0, 2 * $0 + 1, 8 + 2 * $0, 9 + 2 * $0]) })
    try checkMean([2, 3], keeps: false, [mean(Array(0..<8)), mean(Array(8..<16))])
    try checkMean([1, 2, 3], keeps: true, [mean(Array(0..<16))])
    // Of a list, and of what was turned before.
    let list = file(
      {
        $0.add("Flatten", ["x"], "f")
        $0.add("ReduceMean", ["f"], "h", ["axes": .integers([1])])
      }, count: 1)
    try check(list, image, [mean(Array(0..<16))])
    let turned = split {
      $0.add("Transpose", ["r"], "t", ["perm": .integers([0, 3, 1, 2])])
      $0.add("ReduceMean", ["t"], "h", ["axes": .integers([2]), "keepdims": .integer(0)])
    }
    try check(
      file(turned, count: 8), image, (0..<2).flatMap { c in (0..<4).map { mean([2 * $0 + c, 8 + 2 * $0 + c]) } })
  }

  @Test func partsOfDifferentExtentsAreRepeatedToFit() throws {
    let less = split {
      $0.add("ReduceMean", ["r"], "m", ["axes": .integers([1])])
      $0.add("Sub", ["r", "m"], "h")
    }
    let halves = (0..<8).map { (image[$0] - image[8 + $0]) / 2 }
    try check(file(less, count: 16), image, halves + halves.map { -$0 })
    let product = split {
      $0.add("ReduceMean", ["r"], "m", ["axes": .integers([2])])
      $0.add("Mul", ["m", "r"], "h")
    }
    func mean(_ places: [Int]) -> Float { places.reduce(0) { $0 + image[$1] } / Float(places.count) }
    let means = [0, 1, 8, 9].map { first in mean((0..<4).map { first + 2 * $0 }) }
    try check(file(product, count: 16), image, (0..<16).map { image[$0] * means[$0 / 8 * 2 + $0 % 2] })
    let gate = split {
      $0.add("GlobalAveragePool", ["r"], "m")
      $0.add("Mul", ["m", "r"], "h")
    }
    let gates = [mean(Array(0..<8)), mean(Array(8..<16))]
    try check(file(gate, count: 16), image, (0..<16).map { image[$0] * gates[$0 / 8] })
    let repeated = split {
      $0.add("ReduceMean", ["r"], "m", ["axes": .integers([1, 2])])
      $0.integers.append(("wide", [1, 3, 1, 2]))
      $0.add("Expand", ["m", "wide"], "h")
    }
    let columns = [0, 1].map { column in mean((0..<8).map { 2 * $0 + column }) }
    try check(file(repeated, count: 6), image, columns + columns + columns)
    // More than is kept in memory.
    let vast = split {
      $0.add("ReduceMean", ["r"], "m", ["axes": .integers([1])])
      $0.integers.append(("wide", [1, 60_000, 4, 2]))
      $0.add("Expand", ["m", "wide"], "a")
      $0.integers.append(("wider", [60_000, 60_000, 4, 2]))
      $0.add("Expand", ["m", "wider"], "h")
    }
    #expect(throws: ModelFileError.self) { try file(vast, count: 6).opened() }
  }

  /// Less the mean and by the deviation over each of some lists of places, with an ε of 0.25; times weights, plus biases.
  private func normal(_ groups: [[Int]], weight: [Float], bias: [Float]) -> [Float] {
    var result = image
    for places in groups {
      let mean = places.reduce(0) { $0 + image[$1] } / Float(places.count)
      let variance = places.reduce(0) { $0 + (image[$1] - mean) * (image[$1] - mean) } / Float(places.count)
      for (i, place) in places.enumerated() {
        let number = (image[place] - mean) / (variance + 0.25).squareRoot()
        result[place] = number * weight[i % weight.count] + bias[i % bias.count]
      }
    }
    return result
  }

  @Test func layerNormalisationIsOverTheLastAxes() throws {
    let (weight, bias): ([Float], [Float]) = ([2, 3, -1, 0.5], [1, 0, 2, -1])
    func layer(axis: Int, extents: [Int]) -> SmallONNX {
      file(
        {
          let count = extents.reduce(1, *)
          $0.floats += [
            ("w", extents, (0..<count).map { weight[$0 % 4] }), ("b", extents, (0..<count).map { bias[$0 % 4] }),
          ]
          $0.add("LayerNormalization", ["x", "w", "b"], "h", ["axis": .integer(axis), "epsilon": .float(0.25)])
        }, count: 16)
    }
    let rows = (0..<4).map { row in (0..<4).map { 4 * row + $0 } }
    try check(layer(axis: -1, extents: [4]), image, normal(rows, weight: weight, bias: bias))
    try check(layer(axis: 2, extents: [4, 4]), image, normal([Array(0..<16)], weight: weight, bias: bias))
    // Over channels, with the image turned before and back again, as ConvNeXt has it.
    let turned = split {
      $0.floats += [("w", [2], [2, 3]), ("b", [2], [1, 0])]
      $0.add("Transpose", ["r"], "t", ["perm": .integers([0, 2, 3, 1])])
      $0.add("LayerNormalization", ["t", "w", "b"], "n", ["epsilon": .float(0.25)])
      $0.add("Transpose", ["n"], "h", ["perm": .integers([0, 3, 1, 2])])
    }
    try check(file(turned, count: 16), image, normal((0..<8).map { [$0, 8 + $0] }, weight: [2, 3], bias: [1, 0]))
  }

  @Test func layerNormalisationIsFoundWhereItIsWrittenOut() throws {
    func written(_ axes: [Int], square: Bool, epsilon: Float = 0.25) -> SmallONNX {
      file(
        split {
          $0.floats += [("two", [], [2]), ("e", [], [epsilon])]
          $0.add("ReduceMean", ["r"], "m", ["axes": .integers(axes)])
          $0.add("Sub", ["r", "m"], "c")
          $0.add(square ? "Mul" : "Pow", ["c", square ? "c" : "two"], "s")
          $0.add("ReduceMean", ["s"], "v", ["axes": .integers(axes)])
          $0.add("Add", ["v", "e"], "a")
          $0.add("Sqrt", ["a"], "d")
          $0.add("Div", ["c", "d"], "h")
        }, count: 16)
    }
    let pairs = (0..<8).map { [2 * $0, 2 * $0 + 1] }
    try check(written([-1], square: false), image, normal(pairs, weight: [1], bias: [0]))
    try check(written([1], square: true), image, normal((0..<8).map { [$0, 8 + $0] }, weight: [1], bias: [0]))
    let columns = [0, 1, 8, 9].map { first in (0..<4).map { first + 2 * $0 } }
    try check(written([2], square: false), image, normal(columns, weight: [1], bias: [0]))
    try check(written([1, 2, 3], square: true), image, normal([Array(0..<16)], weight: [1], bias: [0]))
    // The numbers of the normalisation itself are not learnt.
    let opened = try written([-1], square: false).opened().model
    #expect(opened.layout.filter(\.isTrained).map(\.name) == ["fc.weight"])
  }

  @Test func productsAlongTheLastAxisAreTheSameEverywhere() throws {
    let weight: [Float] = [1, -2, 0.5, 3, 0, 1]
    let before = split {
      $0.floats += [("w", [2, 3], weight), ("b", [3], [1, 2, 3])]
      $0.add("MatMul", ["r", "w"], "p")
      $0.add("Add", ["b", "p"], "h")
    }
    var hidden: [Float] = []
    for pair in 0..<8 {
      let (left, right) = (image[2 * pair], image[2 * pair + 1])
      for output in 0..<3 { hidden.append(left * weight[output] + right * weight[3 + output] + Float(output + 1)) }
    }
    try check(file(before, count: 24), image, hidden)
  }

  @Test func aSumAfterAProductIsItsBiasOnlyAlongTheSameAxis() throws {
    let (weight, added): ([Float], [Float]) = ([1, -2, 0.5, 3, 0, 1, -1, 2], [1, 2, 3, 4])
    func sum(extents: [Int]) -> SmallONNX {
      file(
        split {
          $0.floats += [("w", [2, 4], weight), ("b", extents, added)]
          $0.add("MatMul", ["r", "w"], "p")
          $0.add("Add", ["p", "b"], "h")
        }, count: 32)
    }
    func hidden(_ place: (_ row: Int, _ output: Int) -> Int) -> [Float] {
      (0..<32).map { index in
        let (pair, output) = (index / 4, index % 4)
        let product = image[2 * pair] * weight[output] + image[2 * pair + 1] * weight[4 + output]
        return product + added[place(pair % 4, output)]
      }
    }
    for extents in [[4], [1, 4], [1, 1, 4]] { try check(sum(extents: extents), image, hidden { $1 }) }
    for extents in [[4, 1], [1, 4, 1], [1, 1, 4, 1]] {
      try check(sum(extents: extents), image, hidden { row, _ in row })
    }
  }

  @Test func shuffledChannelsReachAConvolution() throws {
    let weight: [Float] = [1, 2, 3, 4]
    let before: (inout SmallONNX) -> Void = {
      $0.floats.append(("w", [1, 4, 1, 1], weight))
      $0.integers += [("apart", [0, 2, 2, 2, 2]), ("together", [0, 4, 2, 2])]
      $0.add("Reshape", ["x", "apart"], "a")
      $0.add("Transpose", ["a"], "t", ["perm": .integers([0, 2, 1, 3, 4])])
      $0.add("Reshape", ["t", "together"], "s")
      $0.add("Conv", ["s", "w"], "h")
    }
    let hidden = (0..<4).map { place in
      zip(weight, [0, 8, 4, 12]).reduce(Float(0)) { $0 + $1.0 * image[$1.1 + place] }
    }
    try check(file(before, count: 4), image, hidden)
  }

  @Test func softmaxAtTheEndIsLeftOutAndSaid() throws {
    var softened = file({ $0.add("Relu", ["x"], "h") }, count: 16)
    softened.nodes[softened.nodes.count - 1].outputs = ["z"]
    softened.add("Softmax", ["z"], "y", ["axis": .integer(1)])
    let opened = try softened.opened()
    #expect(opened.notes.contains { $0.contains("attacks see its logits") })
    #expect(excess(logits(opened, image), expected(image), relative: 1e-4, absolute: 1e-5) <= 1)
  }

  @Test func geluIsFoundInEveryOrderInWhichItIsWritten() throws {
    let wanted = image.map { 0.5 * $0 * (1 + erf($0 / Float(2).squareRoot())) }
    for order in 0..<3 {
      let written = file(
        {
          $0.floats += [("root", [], [1.4142135]), ("one", [], [1]), ("half", [], [0.5])]
          $0.add("Div", ["x", "root"], "d")
          $0.add("Erf", ["d"], "e")
          $0.add("Add", ["e", "one"], "a")
          switch order {
          case 0:
            $0.add("Mul", ["x", "a"], "m")
            $0.add("Mul", ["m", "half"], "h")
          case 1:
            $0.add("Mul", ["half", "x"], "m")
            $0.add("Mul", ["m", "a"], "h")
          default:
            $0.add("Mul", ["a", "half"], "m")
            $0.add("Mul", ["x", "m"], "h")
          }
        }, count: 16)
      try check(written, image, wanted)
      #expect(try written.opened().model.network.nodes.contains { ($0.layer as? Activation)?.function == .gelu })
    }
  }

  /// PyTorch's newer exporter writes out where its softplus is the identity.
  @Test func softplusIsFoundWhereItsIdentityIsWrittenOut() throws {
    func written(_ bound: Float, than other: String = "x") -> SmallONNX {
      file(
        {
          $0.floats += [("twenty", [], [bound])]
          if other != "x" { $0.add("Relu", ["x"], other) }
          $0.add("Softplus", ["x"], "s")
          $0.add("Greater", ["x", "twenty"], "g")
          $0.add("Where", ["g", other, "s"], "h")
        }, count: 16)
    }
    try check(written(20), image, image.map { log1p(exp($0)) })
    // What is another function is not taken for this one.
    for wrong in [written(1), written(20, than: "r")] {
      let error = #expect(throws: ModelFileError.self) { try wrong.opened() }
      #expect(error?.description.contains("Greater") == true)
    }
  }

  @Test func inputsOfUnknownShapeTakeThatOfTheData() throws {
    var open = file({ $0.add("Relu", ["x"], "h") }, count: 16)
    open.inputs = [("x", [nil, nil, nil, nil])]
    let error = #expect(throws: ModelFileError.self) { try open.opened() }
    #expect(error?.description.contains("left open") == true && error?.help.joined().contains("shape:") == true)
    #expect(try open.opened(shape: ImageShape(channels: 1, height: 4, width: 4)).model.input.count == 16)
    var list = file({ $0.add("Relu", ["x"], "h") }, count: 16)
    list.inputs = [("x", [nil, 16])]
    #expect(try list.opened().model.input == ImageShape(channels: 16, height: 1, width: 1))
    let shape = ImageShape(channels: 1, height: 4, width: 4)
    #expect(try list.opened(shape: shape).model.input == shape)
    #expect(throws: ModelFileError.self) { try list.opened(shape: ImageShape(channels: 3, height: 4, width: 4)) }
  }

  @Test(arguments: [
    ("an operator nobody knows", "Magic", "reads Conv"), ("a loop", "Loop", "without loops"),
    ("a recurrent operator", "LSTM", "no recurrent networks"), ("a softmax in the middle", "Softmax", "at the end"),
    ("the number of the class", "ArgMax", "scores for all classes"), ("an Erf alone", "Erf", "part of a GELU"),
  ]) func whatIsNotReadIsNamed(what: String, op: String, words: String) {
    let wrong = file({ $0.add(op, ["x"], "h") }, count: 16)
    let error = #expect(throws: ModelFileError.self) { try wrong.opened() }
    #expect(error?.description.contains("\(op) \"\(op.lowercased())_node\"") == true, "\(error?.description ?? "")")
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
  }

  @Test func otherShapesOfFilesAreRefusedInWords() {
    func refusal(_ change: (inout SmallONNX) -> Void) -> String {
      var wrong = file({ $0.add("Relu", ["x"], "h") }, count: 16)
      change(&wrong)
      do {
        _ = try wrong.opened()
        return ""
      } catch { return "\(error)" }
    }
    #expect(refusal { $0.inputs.append(("z", [nil, 3])) }.contains("2 inputs (x, z)"))
    #expect(refusal { $0.outputs.append("h") }.contains("2 outputs"))
    #expect(refusal { $0.opset = 6 }.contains("version 6"))
    #expect(refusal { $0.nodes[0].domain = "com.example" }.contains("com.example.Relu"))
    #expect(refusal { $0.nodes[0].inputs = ["nothing"] }.contains("'nothing', which nothing before it makes"))
    #expect(refusal { $0.floats[0].2[5] = .nan }.contains("nan"))
    #expect(refusal { $0.inputs = [("x", nil)] }.contains("unknown shape"))
    #expect(
      refusal { $0.floats[0] = ("fc.weight", [1, 16], Self.noise(16, seed: 1)) }.contains("1 number for each image"))
    #expect(refusal { $0.floats[0].1 = [3, 1_000_000_000_000] }.contains("impossible shape"))
  }

  @Test func weightsBesideTheFileAreReadFromItsOwnFolderOnly() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ward-onnx-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder.appendingPathComponent("in"), withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let weights = Self.noise(48, seed: 1)
    let bytes = weights.withUnsafeBytes { Data($0) }
    try (Data([1, 2, 3, 4]) + bytes).write(to: folder.appendingPathComponent("in/w.bin"))
    try bytes.write(to: folder.appendingPathComponent("outside.bin"))
    try FileManager.default.createSymbolicLink(
      atPath: folder.appendingPathComponent("in/link.bin").path,
      withDestinationPath: folder.appendingPathComponent("outside.bin").path)
    func open(_ location: String, offset: Int = 0, length: Int = 192) throws -> OpenedModel {
      var beside = SmallONNX()
      beside.external = [("fc.weight", [3, 16], location, offset, length)]
      beside.add("Flatten", ["x"], "flat")
      beside.add("Gemm", ["flat", "fc.weight"], "y", ["transB": .integer(1)])
      let path = folder.appendingPathComponent("in/m.onnx").path
      try Data(beside.bytes).write(to: URL(fileURLWithPath: path))
      return try OpenedModel(onnx: path)
    }
    #expect(excess(logits(try open("w.bin", offset: 4), image), expected(image), relative: 1e-5, absolute: 1e-6) <= 1)
    for location in ["../outside.bin", folder.path + "/outside.bin", "link.bin", "", "a/../../outside.bin"] {
      let error = #expect(throws: ModelFileError.self) { try open(location) }
      #expect(error?.description.contains("own folder") == true, "\(location): \(error?.description ?? "")")
    }
    #expect(throws: ModelFileError.self) { try open("nothing.bin") }
    #expect(throws: ModelFileError.self) { try open("w.bin", offset: 8) }
    #expect(throws: ModelFileError.self) { try open("w.bin", offset: 4, length: 100) }
  }

  @Test(arguments: Architectures.all.map(\.name)) func whatWardWritesItReadsAgain(name: String) throws {
    guard let kind = try? Architectures.family.named(name)?.make() else { return }
    let shape = ImageShape(channels: 3, height: 32, width: 32)
    let normalisation = Normalisation(mean: [0.1, 0.2, 0.3], std: [0.5, 0.25, 0.4])
    guard let model = try? Model(kind, input: shape, classes: 7, normalisation: normalisation, seed: 3) else { return }
    let source = WireSource(try model.onnx(), path: "x.onnx")
    let back = try OpenedModel(onnx: ONNXFile(source), path: "x.onnx").model
    let images = Tensor(shape: [2, 3, 32, 32], values: Self.noise(2 * shape.count, seed: 2))
    let (a, b) = (Workspace(model).logits(images), Workspace(back).logits(images))
    #expect(excess(a.values, b.values, relative: 1e-4, absolute: 1e-5) <= 1)
    #expect(back.layout.map(\.name) == model.layout.map(\.name))
    // And as a checkpoint, as the store keeps it.
    let kept = try Model(checkpoint: back.checkpoint, path: "x")
    #expect(Workspace(kept).logits(images) == b && kept.network.json == back.network.json)
  }

  @Test func everyLayerThatIsWrittenIsReadAgain() throws {
    let layers: [any Layer] = [
      Activation(.clip(low: -0.5, high: 2)), Activation(.clip(low: -.infinity, high: 2)), Activation(.softplus),
      Activation(.silu), Activation(.hardSigmoid(slope: 0.3, shift: 0.4)), Activation(.hardSwish),
      Activation(.elu(alpha: 0.7)), Activation(.gelu), Activation(.geluTanh), Activation(.tanh), Activation(.sigmoid),
      Activation(.leakyReLU(slope: 0.2)), Pad(rows: [1, 2], columns: [0, 3], channels: [2, 1], value: -0.5),
      Slice(channels: [1, 3], rows: [0, 5, 2], columns: [1, 4]), Scale(each: .image), Scale(), Scale(each: .value),
      Permute(order: [2, 0, 1]), ReduceMean(channels: true), ReduceMean(rows: true, columns: true), BatchNorm(),
      LayerNorm(), GroupNorm(groups: 2), GlobalAveragePool(),
      MaxPool(3, stride: 2, padding: 1),
      AveragePool(3, stride: 2, padding: 1), Dropout(0.5),
    ]
    for layer in layers {
      var network = Network(input: ImageShape(channels: 4, height: 6, width: 6), classes: 3)
      try network.add("first", Convolution(4, kernel: 3, padding: 1))
      try network.add("it", layer)
      try network.add("", Flatten())
      try network.add("fc", Dense())
      var model = try Model(network, label: Spec("x"), seed: 4)
      model.setValues(zip(model.values, Self.noise(model.values.count, seed: 5)).map { abs($0 + 0.1 * $1) })
      let back = try OpenedModel(onnx: ONNXFile(WireSource(try model.onnx(), path: "x")), path: "x").model
      let images = Tensor(shape: [2, 4, 6, 6], values: Self.noise(288, seed: 2))
      let (a, b) = (Workspace(model).logits(images), Workspace(back).logits(images))
      #expect(excess(a.values, b.values, relative: 1e-4, absolute: 1e-5) <= 1, "\(layer)")
    }
  }

  @Test func damagedFilesAreReadOrRefusedInWords() throws {
    var network = Network(input: ImageShape(channels: 2, height: 6, width: 6), classes: 3)
    try network.add("a", Convolution(3, kernel: 3, padding: 1))
    try network.add("b", BatchNorm())
    try network.add("", Activation(.gelu))
    try network.add("", AveragePool(2))
    try network.add("", Permute(order: [2, 0, 1]))
    try network.add("", Slice(rows: [0, 2], columns: [0, 3, 2]))
    try network.add("", Flatten())
    try network.add("fc", Dense())
    let written = try Model(network, label: Spec("x"), seed: 2).onnx()
    let viewed = file(
      {
        $0.integers += [("zero", [0]), ("rest", [-1]), ("from", [1]), ("to", [3]), ("axes", [3])]
        $0.add("Shape", ["x"], "s")
        $0.add("Gather", ["s", "zero"], "n", ["axis": .integer(0)])
        $0.add("Concat", ["n", "rest"], "extents", ["axis": .integer(0)])
        $0.add("Transpose", ["x"], "t", ["perm": .integers([0, 2, 3, 1])])
        $0.add("Slice", ["t", "from", "to", "axes"], "c")
        $0.add("Reshape", ["t", "extents"], "h")
      }, count: 16
    ).bytes
    var random = Random(seed: 7, stream: 3)
    for whole in [written, viewed] {
      for round in 0..<1500 {
        var bytes = whole
        for _ in 0...random.index(below: 3) {
          bytes[random.index(below: bytes.count)] = UInt8(random.index(below: 256))
        }
        if round % 5 == 0 { bytes.removeLast(random.index(below: bytes.count)) }
        do { _ = try OpenedModel(onnx: ONNXFile(WireSource(bytes, path: "x")), path: "x") } catch {
          #expect("\(error)".count < 4000 && !"\(error)".isEmpty, "round \(round): \(error)")
        }
      }
    }
  }
}
