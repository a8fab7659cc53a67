import Lang
import Store

/// Ward's own lessons with what is done of each.
enum LessonList {
  static func blocks(_ records: [String: LessonRecord], in environment: Environment) -> [Block] {
    let files = LessonFiles.all
    guard !files.isEmpty else {
      return [.text("The lessons are not installed beside this program. `:lesson FILE` opens a script as a lesson.")]
    }
    let rows = files.map { file -> [Value] in
      let name = LessonFiles.name(of: file)
      let lesson = (try? ScriptFile.read(file)).map {
        Lesson(Source(name: file, text: $0), name: name, in: environment)
      }
      let record = records[name]
      return [
        .string(LessonFiles.number(of: file).map(String.init) ?? name), .string(lesson?.title ?? name),
        .string(record.map(place) ?? ""), .string(lesson.map { tasks($0, record) } ?? ""),
      ]
    }
    let columns = ["lesson", "title", "place", "tasks"].map { Table.Column($0) }
    let next = files.first { records[LessonFiles.name(of: $0)]?.done != true } ?? files[0]
    let word = LessonFiles.number(of: next).map(String.init) ?? LessonFiles.name(of: next)
    return [
      .table(Table(columns: columns, rows: rows)),
      .text("`ward lesson \(word)` opens one, or `:lesson \(word)` at the prompt"),
    ]
  }

  private static func place(_ record: LessonRecord) -> String {
    let isUnderWay = record.step > 0 && record.step < record.steps - 1
    let step = isUnderWay ? "step \(record.step + 1) of \(record.steps)" : ""
    return record.done ? (step.isEmpty ? "done" : "done, again at \(step)") : step.isEmpty ? "begun" : step
  }

  private static func tasks(_ lesson: Lesson, _ record: LessonRecord?) -> String {
    let all = lesson.tasks.map(\.heading)
    if all.isEmpty { return "" }
    return "\(all.count { record?.solved.contains($0) == true }) of \(all.count)"
  }
}
