import Foundation
import Testing

@testable import NN

/// On the way of an attack sums have fewer products, which round more. What an attack is told must not change by it.
@Suite struct AscentTests {
  private static let networks: [any Architecture] = [LeNet(), CNN(), VGGSmall(), ResNet8()]

  /// With biases at which an untrained network's answers differ between images: its logits are then small differences of larger
  /// numbers, the hardest case.
  private func model(_ architecture: any Architecture, for images: Tensor) throws -> Model {
    var model = try Model(architecture, input: ImageShape(channels: 1, height: 28, width: 28), classes: 10, seed: 3)
    let logits = Workspace(model).logits(images)
    var values = model.values
    for (number, bias) in model.layout.last!.range.enumerated() {
      for row in 0..<images.rows { values[bias] -= logits[row: row].dropFirst(number).first! / Float(images.rows) }
    }
    model.setValues(values)
    return model
  }

  /// Stripes of all directions and widths, with flat corners.
  private func images(_ count: Int) -> Tensor {
    var random = Random(seed: 5, stream: 1)
    var images = Tensor(shape: [count, 1, 28, 28])
    for image in 0..<count {
      let (down, across, phase) = (2 * random.uniform(), 2 * random.uniform(), 6 * random.uniform())
      let (contrast, flat) = (random.uniform(), Int(20 * random.uniform()))
      for y in 0..<28 {
        for x in 0..<28 where x + y >= flat {
          let wave = sin(down * Float(y) + across * Float(x) + phase)
          images.values[(image * 28 + y) * 28 + x] = 0.5 + 0.5 * contrast * wave
        }
      }
    }
    return images
  }

  private func ascent(_ workspace: Workspace, _ images: Tensor) -> InputGradient {
    workspace.ascend(images) { logits, _ in logits }
  }

  @Test(arguments: networks.indices)
  func itsLogitsAreFiveTimesNearerThanWhatCountsAsATie(number: Int) throws {
    let images = images(64)
    let workspace = Workspace(try model(Self.networks[number], for: images))
    let (plain, found) = (workspace.logits(images), ascent(workspace, images).logits)
    var differ = 0
    for row in 0..<images.rows {
      let size = plain[row: row].map(abs).max()!
      for (a, b) in zip(plain[row: row], found[row: row]) {
        #expect(abs(a - b) <= 4e-5 * size)
        if a != b { differ += 1 }
      }
    }
    // Else nothing was tried.
    #expect(differ > 100)
  }

  @Test(arguments: networks.indices)
  func atTheEdgeBetweenTwoClassesItsAnswersAreThoseOfPlainSums(number: Int) throws {
    let some = images(64)
    let workspace = Workspace(try model(Self.networks[number], for: some))
    let answers = workspace.logits(some).answers
    var edge: [Pixels] = []
    for row in 1..<some.rows where answers[row] != answers[0] {
      // Halved until both ends are neighbours: the two logits then differ by their rounding.
      var (near, far) = (Pixels(some[row: 0]), Pixels(some[row: row]))
      for _ in 0..<40 {
        let middle = zip(near, far).map { ($0 + $1) / 2 }
        if workspace.logits(Tensor(shape: [1, 1, 28, 28], values: middle)).answers[0] == answers[0] {
          near = middle
        } else {
          far = middle
        }
      }
      edge += [near, far]
    }
    try #require(edge.count >= 8)
    let points = Tensor(shape: [edge.count, 1, 28, 28], values: edge.flatMap { $0 })
    #expect(ascent(workspace, points).logits.answers == workspace.logits(points).answers)
  }

  @Test func oneImageOnTheEdgeChangesNoBitOfTheOthers() throws {
    var images = images(16)
    let workspace = Workspace(try model(LeNet(), for: images))
    let before = ascent(workspace, images)
    // Not a number is always asked for again.
    for i in 0..<784 { images.values[i] = .nan }
    let after = ascent(workspace, images)
    #expect(after.logits.rows(1..<16) == before.logits.rows(1..<16))
    #expect(after.gradient.rows(1..<16) == before.gradient.rows(1..<16))
  }

  @Test(arguments: networks.indices)
  func imagesWithoutAGradientAloneOrInAWholeGroupChangeNoBitOfTheOthers(number: Int) throws {
    let images = images(40)
    let workspace = Workspace(try model(Self.networks[number], for: images))
    let flat = [3] + Array(16..<32)
    let whole = ascent(workspace, images)
    let found = workspace.ascend(images) { logits, rows in
      var given = logits
      for row in flat where rows.contains(row) {
        given[row: row - rows.lowerBound] = Pixels(repeating: 0, count: 10)[...]
      }
      return given
    }
    #expect(found.logits == whole.logits)
    for row in 0..<40 {
      let expected = flat.contains(row) ? Pixels(repeating: 0, count: 784)[...] : whole.gradient[row: row]
      #expect(found.gradient[row: row] == expected)
    }
  }

  @Test(arguments: networks.indices)
  func whatIsAskedWithoutAGradientHasTheLogitsOfTheWayAndCountsNone(number: Int) throws {
    let images = images(40)
    let workspace = Workspace(try model(Self.networks[number], for: images))
    let victim = Victim(workspace, count: 40, stop: .never)
    let logits = try victim.logitsOnTheWay(images, of: Array(0..<40))
    #expect(logits == ascent(workspace, images).logits)
    #expect(logits.answers == workspace.logits(images).answers)
    #expect(!victim.efforts.contains { $0.queries != 1 || $0.gradients != 0 })
  }
}
