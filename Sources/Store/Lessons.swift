import Foundation
import GRDB

extension StoreFile {
  /// How far the lesson of that name was gone through; nil if it never was.
  public func lesson(named name: String) throws -> LessonRecord? {
    try read { db in
      try LessonRecord.fetchOne(db, sql: "SELECT * FROM lesson WHERE name = ?", arguments: [name])
    }
  }

  /// How far each lesson was gone through, by name.
  public func lessons() throws -> [String: LessonRecord] {
    let all = try read { db in try LessonRecord.fetchAll(db, sql: "SELECT * FROM lesson") }
    return Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
  }

  /// Writes how far a lesson was gone through, in place of what was written before.
  public func save(_ lesson: LessonRecord) throws {
    try write { db in _ = try db.insert(lesson, into: "lesson", orReplace: true) }
  }
}
