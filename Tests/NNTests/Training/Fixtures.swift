import Testing

@testable import NN

extension CostMatrix {
  /// A matrix that is known to be one.
  static func fixture(_ rows: [[Double]]) -> CostMatrix {
    do { return try CostMatrix(rows) } catch { preconditionFailure("\(error)") }
  }
}

/// Data sets small enough for debug builds.
enum SmallData {
  /// The 16 reference images, as bytes.
  static func golden(seed: Int) throws -> Dataset {
    let (golden, model, _, labels) = try Golden.leNet(seed: seed)
    let bytes = try golden["images_u8"].values.map { UInt8($0) }
    return try Dataset(
      name: "golden", classes: (0..<10).map { "class \($0)" }, shape: model.input,
      train: .init(bytes: bytes, labels: labels.map { UInt8($0) }), test: .init(bytes: [], labels: []))
  }

  /// Images whose class is where a bright square lies: any network can learn them.
  static func squares(
    _ count: Int, shape: ImageShape = ImageShape(channels: 1, height: 12, width: 12), seed: Int = 1
  ) throws -> Dataset {
    func part(_ count: Int, _ stream: Int) -> Dataset.Examples {
      var random = Random(seed: seed, stream: stream)
      var bytes: [UInt8] = []
      var labels: [UInt8] = []
      for _ in 0..<count {
        let label = random.index(below: 4)
        let (top, left) = (label / 2 * shape.height / 2, label % 2 * shape.width / 2)
        for _ in 0..<shape.channels {
          for y in 0..<shape.height {
            for x in 0..<shape.width {
              let inside = (top..<top + shape.height / 2).contains(y) && (left..<left + shape.width / 2).contains(x)
              bytes.append(UInt8((inside ? 150 : 20) + random.index(below: 60)))
            }
          }
        }
        labels.append(UInt8(label))
      }
      return .init(bytes: bytes, labels: labels)
    }
    return try Dataset(
      name: "squares", classes: ["a", "b", "c", "d"], shape: shape, train: part(count, 1), test: part(64, 2))
  }
}
