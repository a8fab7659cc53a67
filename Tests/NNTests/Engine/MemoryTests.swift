import Testing

@testable import NN

/// What does not fit is refused before anything is allocated.
@Suite struct MemoryTests {
  private func model(_ kind: any Architecture, _ channels: Int, _ side: Int) throws -> Model {
    try Model(kind, input: ImageShape(channels: channels, height: side, width: side), classes: 10)
  }

  @Test func networksOfMoreWeightsThanAnyMachineHoldsAreRefused() throws {
    var wide = MLP()
    wide.hidden = Array(repeating: 16_384, count: 20_000)
    let shortage = #expect(throws: MemoryShortage.self) { try model(wide, 1, 28) }
    #expect(shortage?.description.contains("images would take about 21.5 TB of memory") == true)
    #expect(shortage?.hint == "a smaller network, or smaller images")
    // Too many pixels for the kernels' 32 bits, whatever the memory; the product is none that fits into 64.
    #expect(throws: (any Error).self) { try model(MLP(), 65_536, 65_536) }
    #expect(throws: (any Error).self) { try model(ResNet8(), 1, 65_536) }
  }

  @Test func aTrainingThatDoesNotFitSaysWhatItWouldNeed() throws {
    let shape = ImageShape(channels: 3, height: 160, width: 160)
    let count = 800
    // One image that all rows show keeps the test itself small.
    let bytes = [UInt8](repeating: 9, count: shape.count)
    let data = try Dataset(
      name: "large", classes: ["a", "b"], shape: shape, train: .init(bytes: bytes, labels: [0]),
      test: .init(bytes: [], labels: []))
    let images = data.train.at(Array(repeating: 0, count: count))
    var trainer = Trainer()
    trainer.batch = count
    let network = try Model(ResNet20(), input: shape, classes: 2)
    let parts = 4 * Double(Plan(network.network, training: true).arena.count) * Double(count / 16)
    guard parts > Double(Memory.available) else { return }  // a machine on which it fits
    let shortage = #expect(throws: MemoryShortage.self) {
      try trainer.train(network, on: images, engine: Engine(threads: 2))
    }
    #expect(shortage?.description.contains("training resnet20 with 800 images to a step would take about") == true)
    #expect(shortage?.hint.contains("`batch:`") == true)
  }

  @Test func theTightestLimitCounts() {
    #expect(Memory.field("MemAvailable:", in: "MemTotal: 9 kB\nMemAvailable:    1234 kB\n") == 1234)
    let second = [
      "/sys/fs/cgroup/a/b/memory.max": "max\n", "/sys/fs/cgroup/a/b/memory.current": "5\n",
      "/sys/fs/cgroup/a/memory.max": "1000\n", "/sys/fs/cgroup/a/memory.current": "600\n",
      "/sys/fs/cgroup/a/memory.stat": "anon 1\ninactive_file 100\n",
    ]
    #expect(Memory.group("0::/a/b\n") { second[$0] } == 500)
    let first = [
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "70\n", "/sys/fs/cgroup/memory/memory.usage_in_bytes": "30\n",
    ]
    #expect(Memory.group("3:cpu:/x\n4:memory:/outside\n") { first[$0] } == 40)
    #expect(Memory.group("0::/\n") { _ in nil } == nil)
  }
}
