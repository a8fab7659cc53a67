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

  /// A network, images, and points between two of these whose answers differ, on either side of where the answer does.
  private func edge(_ number: Int) throws -> (workspace: Workspace, some: Tensor, edge: Tensor) {
    let some = images(64)
    let workspace = Workspace(try model(Self.networks[number], for: some))
    let answers = workspace.logits(some).answers
    let others = (1..<some.rows).filter { answers[$0] != answers[0] }
    // Halved until both ends are neighbours: the two logits then differ by their rounding.
    var (near, far) = (some.rows(others.map { _ in 0 }), some.rows(others))
    for _ in 0..<40 {
      let middle = Tensor(shape: near.shape, values: zip(near.values, far.values).map { ($0 + $1) / 2 })
      for (row, answer) in workspace.logits(middle).answers.enumerated() {
        if answer == answers[0] { near[row: row] = middle[row: row] } else { far[row: row] = middle[row: row] }
      }
    }
    try #require(others.count >= 4)
    return (workspace, some, Tensor(shape: [2 * others.count, 1, 28, 28], values: near.values + far.values))
  }

  @Test(arguments: networks.indices)
  func atTheEdgeBetweenTwoClassesItsAnswersAreThoseOfPlainSums(number: Int) throws {
    let (workspace, _, points) = try edge(number)
    #expect(ascent(workspace, points).logits.answers == workspace.logits(points).answers)
  }

  /// As after each epoch of a training, and for a model that was opened.
  @Test(arguments: networks.indices)
  func theAnswersToManyImagesOnTheEdgeAreThoseOfPlainSums(number: Int) throws {
    let (workspace, some, edge) = try edge(number)
    let points = Tensor(shape: [64 + edge.rows, 1, 28, 28], values: some.values + edge.values)
      .rows((0..<600).map { $0 % (64 + edge.rows) })
    let images = try Dataset(
      name: "edge", classes: (0..<10).map { "\($0)" }, shape: workspace.shape, train: .init(bytes: [], labels: []),
      test: .init(floats: points.values, labels: Array(repeating: 0, count: 600))
    ).test
    let plain = workspace.logits(points).answers
    for threads in [1, 2] {
      #expect(try Engine(threads: threads).answers(of: workspace.model, to: images) == plain)
    }
  }

  /// Groups with such points wait for each other: for one group, for several, for more than one more group can hold.
  @Test(arguments: networks.indices)
  func pointsOnTheEdgeInManyGroupsHaveTheBitsThatTheyHaveAlone(number: Int) throws {
    let (workspace, some, edge) = try edge(number)
    // Of the rows of six groups: none, one, all, three, ten and half of a last one that is not full.
    let onEdge = [17] + Array(32..<48) + [48, 55, 63] + Array(64..<74) + Array(80..<84)
    let places = (0..<88).map { onEdge.contains($0) ? 64 + $0 % edge.rows : $0 % 64 }
    let points = Tensor(shape: [64 + edge.rows, 1, 28, 28], values: some.values + edge.values).rows(places)
    var asked = [Int](repeating: 0, count: points.rows)
    let found = workspace.ascend(points) { logits, rows in
      for row in rows { asked[row] += 1 }
      return logits
    }
    #expect(asked == Array(repeating: 1, count: points.rows))
    for row in 0..<points.rows {
      let alone = ascent(workspace, points.rows([row]))
      #expect(found.logits[row: row] == alone.logits[row: 0], "row \(row)")
      #expect(found.gradient[row: row] == alone.gradient[row: 0], "row \(row)")
    }
    let loss = CrossEntropy()
    let labels = points.eachRow.indices.map { $0 % 10 }
    let losses = workspace.inputGradient(of: loss, at: points, labels: labels)
    #expect(losses.losses == loss.evaluate(losses.logits, labels: labels).values)
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
