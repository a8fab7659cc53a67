import Testing

@testable import NN

@Suite struct ScheduleTests {
  private func factors(_ schedule: any Schedule, epochs: Int = 10, stepsPerEpoch: Int = 4) -> [Double] {
    (0..<epochs * stepsPerEpoch).map {
      schedule.factor(at: TrainingPosition(step: $0, stepsPerEpoch: stepsPerEpoch, epochs: epochs))
    }
  }

  @Test func constantStays() { #expect(Set(factors(Constant())) == [1]) }

  @Test func exponentialDropsAfterEachEpoch() {
    let found = factors(Exponential())
    #expect(found[3] == 1 && found[4] == 0.95)
    #expect(abs(found[39] - 0.6302494097246091) < 1e-12)  // 0.95⁹
  }

  @Test func stepDropsAfterEveryFewEpochs() {
    var schedule = StepSchedule()
    schedule.every = 3
    let found = factors(schedule)
    #expect(found[11] == 1)
    #expect(abs(found[12] - 0.1) < 1e-12)
    #expect(abs(found[39] - 1e-3) < 1e-12)
  }

  @Test func cosineFallsFromOneToTheFloorAfterItsWarmUp() {
    let plain = factors(Cosine())
    #expect(plain[0] == 1)
    #expect(abs(plain[20] - 0.5) < 1e-12)
    #expect(zip(plain, plain.dropFirst()).allSatisfy { $0 >= $1 })
    var warm = Cosine()
    warm.warmup = 2
    warm.floor = 0.1
    let found = factors(warm)
    #expect(abs(found[0] - 1 / 8.0) < 1e-12)
    #expect(abs(found[7] - 1) < 1e-12)
    #expect(abs(found[8] - 1) < 1e-12)
    #expect(found[39] < 0.11 && found[39] > 0.1)
  }

  @Test func warmUpGrowsThenStays() {
    let found = factors(WarmUp())
    #expect(found[0..<4] == [0.25, 0.5, 0.75, 1])
    #expect(found[4...].allSatisfy { $0 == 1 })
  }

  @Test func oneCycleGoesUpAndDown() {
    let found = factors(OneCycle())
    #expect(abs(found[0] - 1 / 25.0) < 1e-12)
    #expect(abs(found[12] - 1) < 1e-12)  // 30 % of 40 steps
    #expect(found[39] < 0.01)
    #expect(found.allSatisfy { $0 > 0 && $0 <= 1 })
  }

  @Test(arguments: Schedules.all.map(\.name)) func everyDeclarationMakesItsDefault(name: String) throws {
    let entry = try #require(Schedules.family.named(name))
    let schedule = try entry.make()
    #expect(schedule.name == name)
    #expect(entry.values(of: schedule)?.count == entry.settings.count)
  }
}
