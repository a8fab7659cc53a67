/// How the images of Ward, channels first, become the input that a graph asks for.
struct ONNXInput {
  let shape: ImageShape
  /// As the graph sees it, for one image.
  let extents: [Int]
  /// For each element its place among channels, rows and columns; nil where they are the same.
  let order: [Int32]?
  /// How many images the file was written for.
  let batch: Int
  private(set) var notes: [String] = []

  init(_ input: ONNXValue, file importer: ONNXImporter, shape given: ImageShape?) throws {
    let path = importer.path
    let name = MessageText.text(input.name)
    func refused(_ reason: String, _ help: String) -> ModelFileError {
      ModelFileError(path, "'\(path)' has the input '\(name)' \(reason)", help: [help])
    }
    guard ONNXTensor.isReal(input.type) || input.type == 0 else {
      throw refused("of another type than real numbers", "export it so that it takes pixels as real numbers")
    }
    guard let all = input.extents ?? given.map({ [nil, $0.channels, $0.height, $0.width] }) else {
      throw refused("of unknown shape", "say it with `shape:`, or give data with `on:`")
    }
    let isBatchless = Self.isBatchless(all)
    var rest = isBatchless ? all : Array(all.dropFirst())
    batch = isBatchless ? 1 : all.first.flatMap { $0 } ?? 1
    let written = "[" + all.map { $0.map(String.init) ?? "?" }.joined(separator: ", ") + "]"
    if rest.contains(where: { $0 == nil }) {
      guard let given, let filled = Self.filled(rest, given) else {
        throw refused(
          "of the shape \(written), in which more than the number of images is left open",
          "say it with `shape: [3, 32, 32]` (channels, rows, columns), or give data with `on:`")
      }
      rest = filled
    }
    let known = rest.compactMap { $0 }
    guard !known.isEmpty, known.count <= 6, known.allSatisfy({ (1...65_536).contains($0) }),
      let count = ONNXTensor.product(known), count <= ONNXImporter.mostValues
    else {
      throw refused("of the shape \(written), which is no image's", "Ward reads classifiers of images and of features")
    }
    let isSpread = known.filter { $0 > 1 }.count > 1
    guard known.count <= 3 || !isSpread else {
      throw refused("of the shape \(written), which is no image's", "Ward reads classifiers of images and of features")
    }
    let isLastChannels = known.count == 3 && isSpread && Self.hasChannelsLast(known, input.name, importer, given)
    let chosen: ImageShape
    if let given {
      guard given.count == count else {
        throw refused(
          "of the shape \(written), \(count) values for each image, and the images are \(given), \(given.count) values",
          "is this the right data for the model?")
      }
      chosen = given
      let wanted =
        isLastChannels
        ? [given.height, given.width, given.channels]
        : [given.channels, given.height, given.width]
      guard !isSpread || known.count < 2 || known == wanted || (known.count == 2 && known == Array(wanted.dropFirst()))
      else {
        throw refused("of the shape \(written), and the images are \(given)", "is this the right data for the model?")
      }
    } else if !isSpread {
      chosen = Self.listed(count)
      if chosen.height > 1 {
        notes.append("its input is a list of \(count) values, taken for images of \(chosen); `shape:` says otherwise")
      }
    } else if known.count == 2 {
      chosen = ImageShape(channels: 1, height: known[0], width: known[1])
    } else {
      chosen =
        isLastChannels
        ? ImageShape(channels: known[2], height: known[0], width: known[1])
        : ImageShape(channels: known[0], height: known[1], width: known[2])
    }
    shape = chosen
    extents = isBatchless ? known : [1] + known
    order =
      isLastChannels
      ? ONNXFolding.transposed([chosen.channels, chosen.height, chosen.width], [1, 2, 0]).places : nil
  }

  /// Whether there is no axis of images.
  private static func isBatchless(_ extents: [Int?]) -> Bool {
    switch extents.count {
    case 0, 1: true
    case 2: extents[1] == 1 && (extents[0] ?? 1) > 1
    case 3: extents[0] == 3
    default: false
    }
  }

  /// The open extents as those of the given images.
  private static func filled(_ extents: [Int?], _ given: ImageShape) -> [Int?]? {
    let ways = [
      [given.channels, given.height, given.width], [given.height, given.width, given.channels],
      [given.height, given.width], [given.count],
    ]
    return ways.first { way in
      way.count == extents.count && zip(way, extents).allSatisfy { $1 == nil || $0 == $1 }
    }
  }

  /// Whether the input is rows, columns, channels: TensorFlow's order.
  private static func hasChannelsLast(
    _ extents: [Int], _ name: String, _ importer: ONNXImporter, _ given: ImageShape?
  ) -> Bool {
    if let given, [given.channels, given.height, given.width] == extents { return false }
    if let given { return [given.height, given.width, given.channels] == extents }
    let readers = (importer.readers[name] ?? []).map { importer.file.nodes[$0] }
    if readers.contains(where: { $0.op == "Transpose" && $0.integers("perm") == [0, 3, 1, 2] }) { return true }
    return [1, 3, 4].contains(extents[2]) && ![1, 3, 4].contains(extents[0])
  }

  /// The images that a plain list of values stands for: those of MNIST and of CIFAR, or else features.
  private static func listed(_ count: Int) -> ImageShape {
    switch count {
    case 784: ImageShape(channels: 1, height: 28, width: 28)
    case 3072: ImageShape(channels: 3, height: 32, width: 32)
    default: ImageShape(channels: count, height: 1, width: 1)
    }
  }
}
