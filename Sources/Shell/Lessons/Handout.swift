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
