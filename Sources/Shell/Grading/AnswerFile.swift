import Lang

/// A student's file, cut at its headings: what answers which task.
///
/// It is a handout that was filled in, or a session of the lesson that was saved. What it has of the lesson itself is left
/// out: that part the lesson runs.
struct AnswerFile {
  /// The statements of an answer, by the key of the task's heading.
  private(set) var answers: [String: [String]] = [:]
  /// Whether none of the lesson's headings is there: then the whole file is one answer.
  private(set) var isWhole = false

  /// - Parameter split: cuts a text into statements; what cannot be read is one too.
  init(_ text: String, of lesson: Lesson, split: (String) -> [String]) {
    let keys = Set(lesson.tasks.map { TaskComments.key($0.heading) })
    let own = Set(lesson.steps.filter { $0.task == nil }.map { Self.normal($0.code) })
      .union(lesson.tasks.flatMap(\.checks).map { Self.normal($0.text) })
    func statements(_ text: String) -> [String] {
      split(text).filter { statement in
        let code = Self.normal(statement.leadingComments.rest)
        return !code.isEmpty && !own.contains(code) && !own.contains { code.hasPrefix($0 + " #") }
      }
    }
    var parts: [(key: String?, text: String)] = [(nil, "")]
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if let heading = TaskComments.heading(line) {
        let key = TaskComments.key(heading)
        parts.append((keys.contains(key) ? key : nil, ""))
      }
      parts[parts.count - 1].text += line + "\n"
    }
    guard parts.contains(where: { $0.key != nil }) else {
      isWhole = true
      let all = statements(text)
      for key in keys { answers[key] = [] }
      if let first = lesson.tasks.first { answers[TaskComments.key(first.heading)] = all } else { answers[""] = all }
      return
    }
    // What a student has of their own between the tasks belongs to the next one.
    var waiting: [String] = []
    for part in parts {
      waiting += statements(part.text)
      guard let key = part.key else { continue }
      answers[key, default: []] += waiting
      waiting = []
    }
  }

  /// The statements that answer a task; nil where there are none.
  func answer(to task: Lesson.Task) -> [String]? {
    let found = answers[TaskComments.key(task.heading)]
    return found.flatMap { $0.isEmpty && !isWhole ? nil : $0 }
  }

  /// Code without what does not matter, to be compared.
  private static func normal(_ code: String) -> String {
    code.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}
