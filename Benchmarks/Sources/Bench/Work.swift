import Foundation
import NN

/// One row of the table: the same work for Ward and for PyTorch.
struct Work {
  let name: String
  /// What the PyTorch script calls it.
  let key: String
  /// Images (or multiply-add FLOP for single convolutions) that one call of `body` handles.
  let amount: Double
  let unit: String
  /// FLOP to an image, where a share of the peak makes sense.
  let flop: Double?
  /// Same-round ratios to reach on one thread and on two.
  let goals: (Double, Double)?
  let body: () throws -> Void
}

/// Images of noise: speed does not depend on what is on them.
func noise(_ count: Int, _ shape: ImageShape, classes: Int = 10) throws -> Dataset {
  var random = Random(seed: 1, stream: count)
  let bytes = (0..<count * shape.count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  let labels = (0..<count).map { _ in UInt8(random.index(below: classes)) }
  return try Dataset(
    name: "noise", classes: (0..<classes).map { "\($0)" }, shape: shape, train: .init(bytes: bytes, labels: labels),
    test: .init(bytes: [], labels: []))
}

/// All rows for one engine.
func works(_ engine: Engine) throws -> [Work] {
  let gray = ImageShape(channels: 1, height: 28, width: 28)
  let data = try noise(6400, gray).train
  let small = try noise(1280, gray).train
  let model = try Model(LeNet(), input: gray, classes: 10, normalisation: Normalisation(mean: [0.2862], std: [0.3204]))
  var trainer = Trainer()
  trainer.epochs = 1
  var adversarial = trainer
  adversarial.objective = .adversarial(epsilon: 0.096)
  let thousand = data.take(6000)
  let (pgd, attacked, target) = (try pgd(steps: 40), try answered(data.take(250), by: model, engine), model.target)
  var all = [
    Work(
      name: "LeNet training step, batch 64, Adam", key: "train", amount: 6400, unit: "img/s", flop: 2_263_920,
      goals: (6, 6.2)
    ) { _ = try trainer.train(model, on: data, engine: engine) },
    Work(
      name: "LeNet inference, batch 1,000", key: "infer", amount: 6000, unit: "img/s", flop: 833_040, goals: (5.8, 5.8)
    ) { _ = try engine.answers(of: model, to: thousand) },
    Work(
      name: "LeNet PGD step, 250 images, as `attack` runs it", key: "pgd", amount: 10_000, unit: "img/s",
      flop: 1_666_080,
      goals: (8.5, 9.5)
    ) { _ = try pgd.run(against: target, on: attacked, engine: engine) },
    Work(
      name: "FGSM-adversarial training step, batch 64", key: "adversarial", amount: 1280, unit: "img/s",
      flop: 2 * 2_263_920 + 1_666_080, goals: (7, 6)
    ) { _ = try adversarial.train(model, on: small, engine: engine) },
  ]
  let color = ImageShape(channels: 3, height: 32, width: 32)
  let cnn: [String: SettingValue] = ["channels": .integers([32, 64]), "hidden": .integer(256)]
  all += try network("resnet8", on: color, images: 2560, goal: 1.8, flop: 12_480_000, engine)
  all += try network("resnet20", on: color, images: 2560, goal: 1.8, flop: 40_810_000, engine)
  all += try network("vgg_small", on: color, images: 2560, attacked: 64, goal: 2, flop: 38_630_000, engine)
  all += try network(
    "cnn", cnn, called: "cnn(channels: [32, 64], hidden: 256)", on: gray, images: 2560, attacked: 128, goal: 2,
    flop: 4_640_000, engine)
  for (channels, extent) in [(16, 32), (32, 16), (64, 8), (128, 8)] {
    let convolution = Probe.Convolution3x3(channels: channels, extent: extent, batch: 64, engine: engine)
    let flop = Probe.Convolution3x3.work(channels: channels, extent: extent)
    for pass in Probe.Pass.allCases {
      all.append(
        Work(
          name: "3×3 convolution \(channels)→\(channels), \(extent)×\(extent), \(pass.rawValue)",
          key: "conv \(channels) \(extent) \(pass.rawValue)", amount: 64 * flop / 1e9, unit: "GFLOP/s", flop: 1e9,
          goals: pass == .forward ? (2.2, 2.2) : (2, 2)
        ) { convolution.run(pass) })
    }
  }
  return all
}

/// Steps in a ball so small that every image withstands, and none of them is spared its steps.
private func pgd(steps: Int) throws -> AttackRun {
  guard let entry = Attacks.family.named("pgd") else { throw CocoaError(.featureUnsupported) }
  return AttackRun(try entry.make(["steps": .integer(steps)]), within: ThreatModel(.linf, epsilon: 1e-6))
}

/// The same images, labelled as the model answers: an attack works only on those that are answered rightly.
private func answered(_ images: Images, by model: Model, _ engine: Engine) throws -> Images {
  let answers = try engine.answers(of: model, to: images)
  let bytes = images.tensor(0..<images.count).values.map { UInt8(($0 * 255).rounded()) }
  return try Dataset(
    name: "noise", classes: images.classes, shape: images.shape, train: .init(bytes: [], labels: []),
    test: .init(bytes: bytes, labels: answers.map { UInt8($0) })
  ).test
}

/// A network's training step, and its PGD step where images are to be attacked. `flop`: products forward, of one image.
private func network(
  _ name: String, _ settings: [String: SettingValue] = [:], called label: String? = nil, on shape: ImageShape,
  images: Int, attacked: Int = 0,
  goal: Double, flop: Double, _ engine: Engine
) throws -> [Work] {
  guard let entry = Architectures.family.named(name) else { return [] }
  let data = try noise(images, shape).train
  let model = try Model(try entry.make(settings), input: shape, classes: 10)
  let place = "\(label ?? name) on \(shape.channels)×\(shape.height)×\(shape.width)"
  var trainer = Trainer()
  trainer.epochs = 1
  var all = [
    Work(
      name: "\(place), training step, batch 64", key: "network \(name)", amount: Double(images), unit: "img/s",
      flop: 3 * 2 * flop, goals: (goal, goal)
    ) { _ = try trainer.train(model, on: data, engine: engine) }
  ]
  if attacked > 0 {
    let (target, chosen) = (model.target, try answered(data.take(attacked), by: model, engine))
    // The first as `attack` has it unless told otherwise. What it asks of the clean images and of those that it returns goes by
    // plain sums, and is a larger part of the second.
    for (steps, goals) in [(40, (goal, goal)), (10, nil)] as [(Int, (Double, Double)?)] {
      let run = try pgd(steps: steps)
      all.append(
        Work(
          name: "\(place), PGD step of \(steps), \(attacked) images", key: "attacked \(name) \(attacked)",
          amount: Double(attacked * steps), unit: "img/s", flop: 2 * 2 * flop, goals: goals
        ) { _ = try run.run(against: target, on: chosen, engine: engine) })
    }
  }
  return all
}
