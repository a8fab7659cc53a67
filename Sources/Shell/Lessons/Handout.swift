import Lang

/// A lesson for students to fill in: its text without the answers and checks of its tasks.
enum Handout {
  static func text(of lesson: Lesson, in environment: Environment) -> String {
    let program = Program.reading(lesson.source, in: environment)
    let passages = program.passages
    var text = "", isInTask = false, hasChecks = false
    for (item, passage) in zip(program.items, passages.all) {
      let found = TaskComments(passage.before.leadingComments.comments)
      let isCheck = item.text.prefixMatch(of: /check\b/) != nil
      if found.hasHeading || hasChecks && !isCheck { (isInTask, hasChecks) = (false, false) }
      if found.task != nil {
        isInTask = true
        let above = text.isEmpty ? passage.before.trimmingCharacters(in: .newlines) : passage.before
        text += above + "# Your answer:\n"
      }
      guard isInTask else {
        text += passage.before + passage.text
        continue
      }
      hasChecks = hasChecks || isCheck
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
    var copy = self
    var isInTask = false, hasChecks = false
    copy.cells = cells.flatMap { cell -> [Cell] in
      let found = TaskComments(cell.before.leadingComments.comments)
      let isCheck = cell.source.prefixMatch(of: /check\b/) != nil
      if found.hasHeading || hasChecks && !isCheck { (isInTask, hasChecks) = (false, false) }
      isInTask = isInTask || found.task != nil
      guard isInTask else { return [cell] }
      hasChecks = hasChecks || isCheck
      guard found.task != nil else { return [] }
      let answer = Cell(before: "\n", source: "# Your answer:", blocks: [])
      return [Cell(before: cell.before, source: "", blocks: [])] + (isNotebook ? [answer] : [])
    }
    return copy
  }
}
