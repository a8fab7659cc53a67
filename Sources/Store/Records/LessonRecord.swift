import Foundation

/// How far a lesson was gone through.
public struct LessonRecord: TableRow, Sendable, Equatable {
  /// What tells it from others: `01-first-attack` for one of Ward's own, the path of any other file.
  public var name: String
  /// Its title.
  public var title: String
  /// How many of its steps are done, so the number of the one to go on with, from 0.
  public var step: Int
  /// How many it has.
  public var steps: Int
  /// How many of these are tasks.
  public var tasks: Int
  /// The headings of the tasks that were solved, ever.
  public var solved: [String]
  /// Whether its end was reached, ever.
  public var done: Bool
  /// When it was gone on with last.
  public var changed: Date

  /// A lesson that is at a step.
  public init(
    name: String, title: String, step: Int, steps: Int, tasks: Int, solved: [String] = [], done: Bool = false,
    changed: Date = Date()
  ) {
    self.name = name
    self.title = title
    self.step = step
    self.steps = steps
    self.tasks = tasks
    self.solved = solved
    self.done = done
    self.changed = changed
  }
}
