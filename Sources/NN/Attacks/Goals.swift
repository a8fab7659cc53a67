/// All goals by name.
public enum Goals {
  /// In the order that help shows them.
  public static let all: [Entry<Goal>] = [
    plain(.untargeted, "any wrong answer"),
    Entry<Goal>(
      TargetGoal(), "target", "one given answer",
      example: "attack normal with: pgd goal: target class: \"Bag\" on: fashion.test",
      [Setting(class: "class", \.number, "the class to reach, by name or number")]
    ) { .target($0.number ?? 0) },
    plain(.next, "the class after the true one"),
    plain(.leastLikely, "the class the model finds least likely without attack"),
    plain(.random, "a wrong class, drawn for each image"),
    plain(.mostCostly, "the wrong answer that costs most by the cost matrix"),
  ]

  /// What makes goals again out of what is written.
  public static let family = Family("goal", all)

  private static func plain(_ goal: Goal, _ summary: String) -> Entry<Goal> {
    Entry<Goal>(goal, goal.name, summary) { $0 }
  }
}

/// The one goal with a setting.
private struct TargetGoal {
  /// The class to reach; `Entry.make` refuses to leave it out.
  var number: Int?
}

extension Goal {
  /// The goal as it is written.
  public var spec: Spec {
    if case .target(let number) = self { Spec(name, ["class": .integer(number)]) } else { Spec(name) }
  }
}
