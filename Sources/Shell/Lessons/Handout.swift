import Lang

/// Where a walk over the statements of a lesson stands: inside of a task, or not. A task goes from its heading to its last check.
private struct TaskWalk {
  private var isInTask = false
  private var hasChecks = false

  enum Place {
    /// Outside of tasks.
    case outside
    /// The first statement of a task, below its heading.
    case beginning
    /// Another statement of its model answer, or a check.
    case inside
  }

  /// The place of the next statement.
  ///
  /// - Parameter comments: what stands above it.
  mutating func next(_ statement: String, below comments: String) -> Place {
    let found = TaskComments(comments)
    let isCheck = statement.prefixMatch(of: /check\b/) != nil
    if found.hasHeading || hasChecks && !isCheck { (isInTask, hasChecks) = (false, false) }
    isInTask = isInTask || found.task != nil
    guard isInTask else { return .outside }
    hasChecks = hasChecks || isCheck
    return found.task == nil ? .inside : .beginning
  }
}

/// A lesson for students to fill in: its text without the answers and checks of its tasks.
enum Handout {
  /// What stands where the answer is to be.
  fileprivate static let place = "# Your answer:"

  static func text(of lesson: Lesson, in environment: Environment) -> String {
    let program = Program.reading(lesson.source, in: environment)
    let passages = program.passages
    var (text, walk) = ("", TaskWalk())
    for (item, passage) in zip(program.items, passages.all) {
      switch walk.next(item.text, below: passage.before.leadingComments.comments) {
      case .outside: text += passage.before + passage.text
      case .beginning:
        text += (text.isEmpty ? passage.before.trimmingCharacters(in: .newlines) : passage.before) + place + "\n"
      case .inside: break
      }
    }
    text += passages.ending
    return text.hasSuffix("\n") ? text : text + "\n"
  }
}

extension ExportedSession {
  /// The page of a lesson for students: tasks are there without their answers and checks, and what those showed.
  ///
  /// - Parameter isNotebook: whether a cell for the student's own answer stands in their place.
  func handout(isNotebook: Bool) -> ExportedSession {
    var (copy, walk) = (self, TaskWalk())
    copy.cells = cells.flatMap { cell -> [Cell] in
      switch walk.next(cell.source, below: cell.before.leadingComments.comments) {
      case .outside: [cell]
      case .beginning:
        [Cell(before: cell.before, source: "", blocks: [])]
          + (isNotebook ? [Cell(before: "\n", source: Handout.place, blocks: [])] : [])
      case .inside: []
      }
    }
    return copy
  }
}
