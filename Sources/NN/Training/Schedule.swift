import Foundation

/// How the step length changes: a factor for every step of a training.
public protocol Schedule: Sendable {
  /// The one declaration: name, summary, paper, settings.
  static var entry: Entry<any Schedule> { get }
  /// The factor of the optimiser's rate.
  func factor(at place: TrainingPosition) -> Double
}

extension Schedule {
  /// The name that a person types.
  public var name: String { Self.entry.name }
}

/// Where in a training a step lies.
public struct TrainingPosition: Sendable, Equatable {
  /// Steps taken before.
  public let step: Int
  /// Steps to an epoch.
  public let stepsPerEpoch: Int
  /// Epochs of the whole training.
  public let epochs: Int

  /// See the properties.
  public init(step: Int, stepsPerEpoch: Int, epochs: Int) {
    self.step = step
    self.stepsPerEpoch = max(1, stepsPerEpoch)
    self.epochs = max(1, epochs)
  }

  /// Whole epochs before.
  public var epoch: Int { step / stepsPerEpoch }
  /// The share of the training already done: 0 at the first step, below 1 at the last.
  public var progress: Double { Double(step) / Double(stepsPerEpoch * epochs) }
}

/// The same rate throughout.
public struct Constant: Schedule {
  /// No settings.
  public init() {}
  /// `constant`.
  public static let entry: Entry<any Schedule> = Entry(Constant(), "constant", "the same rate throughout") { $0 }
  /// See `Schedule`.
  public func factor(at place: TrainingPosition) -> Double { 1 }
}

/// Multiplied by a factor after each epoch.
public struct Exponential: Schedule {
  /// The factor.
  public var factor = 0.95
  /// The reference's 0.95.
  public init() {}
  /// `exponential`.
  public static let entry: Entry<any Schedule> = Entry(
    Exponential(), "exponential", "multiplied by a factor after each epoch",
    example: "train lenet on: fashion schedule: exponential(factor: 0.9)",
    settings
  ) { $0 }

  private static let settings: [Setting<Exponential>] = [
    Setting("factor", \.factor, in: 0.001...1, "what an epoch leaves of the rate")
  ]
  /// See `Schedule`.
  public func factor(at place: TrainingPosition) -> Double { pow(factor, Double(place.epoch)) }
}

/// Multiplied by a factor after every few epochs.
public struct StepSchedule: Schedule {
  /// Epochs between drops.
  public var every = 10
  /// The factor.
  public var factor = 0.1
  /// A tenth every ten epochs.
  public init() {}
  /// `stepwise`.
  public static let entry: Entry<any Schedule> = Entry(
    StepSchedule(), "stepwise", "multiplied by a factor after every few epochs",
    example: "train lenet on: fashion schedule: stepwise(every: 5, factor: 0.5)",
    settings
  ) { $0 }

  private static let settings: [Setting<StepSchedule>] = [
    Setting("every", \.every, in: 1...10_000, "epochs between drops", unit: "epochs"),
    Setting("factor", \.factor, in: 0.001...1, "what a drop leaves of the rate"),
  ]
  /// See `Schedule`.
  public func factor(at place: TrainingPosition) -> Double { pow(factor, Double(place.epoch / every)) }
}

/// Cosine decay, after an optional linear warm-up. Loshchilov & Hutter, ICLR 2017, without restarts.
public struct Cosine: Schedule {
  /// Epochs of linear growth from nothing.
  public var warmup = 0.0
  /// Share of the rate that is left at the end.
  public var floor = 0.0
  /// No warm-up, down to zero.
  public init() {}
  /// `cosine`.
  public static let entry: Entry<any Schedule> = Entry(
    Cosine(), "cosine", "down along half a cosine, after a warm-up if asked", paper: "arXiv:1608.03983",
    example: "train resnet8 on: cifar schedule: cosine(warmup: 1)",
    settings
  ) { $0 }

  private static let settings: [Setting<Cosine>] = [
    Setting("warmup", \.warmup, in: 0...1000, "linear growth at the start", unit: "epochs"),
    Setting("floor", \.floor, in: 0...1, "share of the rate left at the end"),
  ]
  /// See `Schedule`.
  public func factor(at place: TrainingPosition) -> Double {
    let warm = min(1, warmup / Double(place.epochs))
    if place.progress < warm { return grown(place, over: warmup) }
    let share = warm < 1 ? (place.progress - warm) / (1 - warm) : 1
    return floor + (1 - floor) * 0.5 * (1 + cos(Double.pi * share))
  }
}

/// Linear growth over the first epochs, then constant.
public struct WarmUp: Schedule {
  /// Epochs of growth.
  public var epochs = 1.0
  /// One epoch.
  public init() {}
  /// `warmup`.
  public static let entry: Entry<any Schedule> = Entry(
    WarmUp(), "warmup", "linear growth over the first epochs, then constant", paper: "arXiv:1706.02677",
    settings
  ) { $0 }

  private static let settings: [Setting<WarmUp>] = [
    Setting("epochs", \.epochs, in: 0...1000, "length of the growth", unit: "epochs")
  ]
  /// See `Schedule`.
  public func factor(at place: TrainingPosition) -> Double { grown(place, over: epochs) }
}

/// Up, then down to almost nothing, along half cosines. Smith & Topin, 2018; PyTorch's `OneCycleLR` shape.
public struct OneCycle: Schedule {
  /// Share of the training spent on the way up.
  public var up = 0.3
  /// The peak rate divided by the first.
  public var divisor = 25.0
  /// The first rate divided by the last.
  public var finalDivisor = 1e4
  /// PyTorch's settings; the optimiser's rate is the peak.
  public init() {}
  /// `onecycle`.
  public static let entry: Entry<any Schedule> = Entry(
    OneCycle(), "onecycle", "up, then down to almost nothing", paper: "arXiv:1708.07120",
    example: "train lenet on: fashion schedule: onecycle(up: 0.4)",
    settings
  ) { $0 }

  private static let settings: [Setting<OneCycle>] = [
    Setting("up", \.up, in: 0.01...0.99, "share of the training on the way up"),
    Setting("divisor", \.divisor, in: 1...1e6, "peak rate over first rate"),
    Setting("final_divisor", \.finalDivisor, in: 1...1e9, "first rate over last rate"),
  ]
  /// See `Schedule`.
  public func factor(at place: TrainingPosition) -> Double {
    func between(_ from: Double, _ to: Double, _ share: Double) -> Double {
      to + (from - to) * 0.5 * (1 + cos(Double.pi * share))
    }
    if place.progress < up { return between(1 / divisor, 1, place.progress / up) }
    return between(1, 1 / divisor / finalDivisor, (place.progress - up) / (1 - up))
  }
}

private func grown(_ place: TrainingPosition, over epochs: Double) -> Double {
  let steps = epochs * Double(place.stepsPerEpoch)
  return steps > 0 ? min(1, Double(place.step + 1) / steps) : 1
}

/// All schedules by name.
public enum Schedules {
  /// In the order that help shows them.
  public static let all: [Entry<any Schedule>] = [
    Exponential.entry, Constant.entry, StepSchedule.entry, Cosine.entry, OneCycle.entry, WarmUp.entry,
  ]

  /// What makes them again out of what is written.
  public static let family = Family("schedule", all)
}
