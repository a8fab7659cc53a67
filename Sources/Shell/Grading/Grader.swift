import Foundation
import Lang

/// Grades files, each in a process of its own, some at a time.
final class Grader {
  struct Limits {
    /// Seconds that an answer, or a check, may take.
    var seconds = 120.0
    /// Memory that a process may take beyond what it starts with, in megabytes.
    var megabytes = 4096
    var jobs = 1
    var threads = 1
    var seed = 0
  }

  /// What became of a file.
  struct Grade {
    let file: String
    /// What each check of each task says; nil where it was not come to.
    var says: [[String?]]
    /// Whether the lesson's own statements did not run to their end: then the points say nothing about the file.
    var lessonFailed = false
    /// What is to be said about it.
    var remarks: [String] = []

    func points(_ tasks: [Lesson.Task]) -> Double {
      zip(tasks, says).reduce(0) { sum, pair in
        sum + zip(pair.0.checks, pair.1).reduce(0) { $0 + ($1.1 == "" ? $1.0.points : 0) }
      }
    }
  }

  let lesson: Lesson
  let limits: Limits
  let progress: Progress

  init(_ lesson: Lesson, limits: Limits, progress: Progress) {
    self.lesson = lesson
    self.limits = limits
    self.progress = progress
  }

  /// - Parameter files: the students' files; none for the model answers.
  /// - Throws: `Interrupt`, `Problem`.
  func grades(of files: [String?]) throws -> [Grade] {
    var waiting = Array(files.enumerated())[...]
    var workers: [(place: Int, worker: GradeWorker)] = []
    var grades: [Int: Grade] = [:]
    // The lesson and the answers are not there to be read by an answer.
    let hidden = Set(([lesson.source.name] + files.compactMap { $0 }).map { GradeFolder.whole($0) })
    defer {
      for (_, worker) in workers { worker.kill() }
      progress.finish()
    }
    while !waiting.isEmpty || !workers.isEmpty {
      if Interrupt.isRequested { throw Lang.Interrupt() }
      while workers.count < limits.jobs, let (place, file) = waiting.popFirst() {
        workers.append((place, try GradeWorker(file, lesson, limits, hidden: hidden)))
      }
      for index in workers.indices.reversed() where try workers[index].worker.isDone() {
        let (place, worker) = workers.remove(at: index)
        grades[place] = worker.grade
      }
      progress.update(
        "\(grades.count)/\(files.count.of("file"))", fraction: Double(grades.count) / Double(max(1, files.count)))
      usleep(20_000)
    }
    return files.indices.compactMap { grades[$0] }
  }
}

/// The process that grades a file; where an answer ends it, another one without that answer.
final class GradeWorker {
  private(set) var grade: Grader.Grade
  private let lesson: Lesson
  private let limits: Grader.Limits
  private let answers: String?
  private let folder: GradeFolder
  private var process = Process()
  private var input = Pipe()
  private var output = FileHandle.nullDevice
  private var leftOut: Set<Int> = []
  private var unread = ""
  /// What the process is at, and since when.
  private var begun: (task: Int, isAnswer: Bool, at: ContinuousClock.Instant)?
  private var isWhole = false
  private var isStopped = false

  init(_ file: String?, _ lesson: Lesson, _ limits: Grader.Limits, hidden: Set<String>) throws {
    self.lesson = lesson
    self.limits = limits
    answers = file
    grade = Grader.Grade(
      file: file ?? lesson.source.name, says: lesson.judged.map { [String?](repeating: nil, count: $0.checks.count) })
    folder = try GradeFolder(hiding: hidden)
    try start()
  }

  private func start() throws {
    let log = folder.path + ".log"
    guard FileManager.default.createFile(atPath: log, contents: nil), let writing = FileHandle(forWritingAtPath: log),
      let reading = FileHandle(forReadingAtPath: log)
    else {
      throw Problem(code: ShellCode.file, message: "cannot write \(log): \(FileFailure(errno).reason)")
    }
    (process, input, output) = (Process(), Pipe(), reading)
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe")
    var words: [String] = ["grade", absolute(lesson.source.name)]
    if let answers { words.append(absolute(answers)) }
    words += ["--time", "\(limits.seconds)", "--memory", "\(limits.megabytes)", "--threads", "\(limits.threads)"]
    words += ["--seed", "\(limits.seed)"]
    process.arguments = words
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    // A crash is told by its signal; nobody reads where our code is.
    process.environment = ProcessInfo.processInfo.environment.merging([
      "SWIFT_BACKTRACE": "enable=no",
      GradeCommand.leftOutVariable: leftOut.sorted().map(String.init).joined(separator: ","),
    ]) { $1 }
    process.standardInput = input
    process.standardOutput = writing
    process.standardError = FileHandle.nullDevice
    _ = fcntl(input.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
    do { try process.run() } catch {
      throw Problem(code: ShellCode.lesson, message: "a file cannot be graded: \(error.inWords)")
    }
    try? writing.close()
    try? input.fileHandleForReading.close()
    (begun, isWhole, unread) = (nil, false, "")
  }

  private func absolute(_ path: String) -> String {
    let path = Home.path(path)
    return path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
  }

  /// Takes what has come. Once the process has ended before its time, another one goes on.
  func isDone() throws -> Bool {
    let isRunning = process.isRunning
    read()
    if isRunning {
      // It ends itself; this is for what does not hear of it.
      if let begun, begun.at.duration(to: .now) > .seconds(limits.seconds + 10), !isStopped {
        isStopped = true
        Foundation.kill(process.processIdentifier, SIGKILL)
      }
      return false
    }
    letGo()
    if isWhole { return true }
    guard let begun, begun.isAnswer || !leftOut.contains(begun.task), answers != nil else {
      grade.lessonFailed = true
      grade.remarks.append("the lesson itself\(ending)")
      return true
    }
    grade.remarks.append("\(label(begun.task)): \(begun.isAnswer ? "the answer" : "a check")\(ending)")
    guard leftOut.insert(begun.task).inserted else { return true }
    isStopped = false
    try start()
    return false
  }

  private var ending: String {
    if isStopped { return " could not be stopped after \(NumberText.duration(limits.seconds))" }
    let memory = "ran out of memory (\(NumberText.bytes(limits.megabytes * 1_000_000)) are allowed)"
    guard process.terminationReason == .uncaughtSignal else {
      return " ended the program with status \(process.terminationStatus)"
    }
    switch process.terminationStatus {
    case SIGXFSZ: return " wrote too much to a file"
    case SIGKILL: return " was ended by the system, as happens when memory is short"
    case let signal: return " \(memory), or crashed (signal \(signal))"
    }
  }

  private func read() {
    unread += String(decoding: output.readDataToEndOfFile(), as: UTF8.self)
    var lines = unread.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    unread = lines.popLast() ?? ""
    for line in lines {
      guard let event = try? JSONDecoder().decode(GradedRun.Event.self, from: Data(line.utf8)) else { continue }
      take(event)
    }
  }

  private func take(_ event: GradedRun.Event) {
    switch event {
    case .began(let task, let isAnswer): begun = (task, isAnswer, .now)
    case .ended: begun = nil
    case .verdict(let task, let check, let says):
      if grade.says.indices.contains(task), grade.says[task].indices.contains(check) { grade.says[task][check] = says }
    case .problem(let task, let says): remark("\(label(task)): \(says)")
    case .lessonFailed(let says):
      grade.lessonFailed = true
      remark("the lesson itself fails: \(says)")
    case .done: isWhole = true
    }
  }

  /// A second process says again what the first has said.
  private func remark(_ text: String) { if !grade.remarks.contains(text) { grade.remarks.append(text) } }

  private func label(_ task: Int) -> String {
    let heading = lesson.judged.indices.contains(task) ? lesson.judged[task].heading : ""
    return heading.isEmpty ? "the answer" : heading
  }

  func kill() {
    Foundation.kill(process.processIdentifier, SIGKILL)
    letGo()
  }

  /// Frees what it holds of the system, of which a course with many files would otherwise run out.
  private func letGo() {
    process.letGo()
    try? input.fileHandleForWriting.close()
    try? output.close()
  }
}

/// The working folder of a graded file: what the grader's own has, as links, so that an answer reads the same data; what it
/// writes stays here, also where the grader has a file of that name, and goes.
final class GradeFolder {
  let path: String

  /// - Parameter hidden: files that are not there.
  init(hiding hidden: Set<String>) throws {
    let parent = ProcessInfo.processInfo.environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
    path = "\(parent)/ward-grade-\(UUID().uuidString)"
    do { try Self.link(FileManager.default.currentDirectoryPath, as: path, hiding: hidden) } catch {
      throw Problem(code: ShellCode.file, message: "no folder can be made in \(parent): \(error.inWords)")
    }
  }

  /// Makes a folder with links to all that is in another, down to the files that are hidden.
  private static func link(_ folder: String, as copy: String, hiding hidden: Set<String>) throws {
    try FileManager.default.createDirectory(
      atPath: copy, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
      let original = folder == "/" ? "/\(name)" : "\(folder)/\(name)"
      if hidden.contains(original) { continue }
      if hidden.contains(where: { $0.hasPrefix(original + "/") }) {
        try link(original, as: "\(copy)/\(name)", hiding: hidden)
      } else {
        symlink(original, "\(copy)/\(name)")
      }
    }
  }

  /// Puts a folder of links in the place of each link on the way to a file of the working folder, and takes away the last:
  /// the file can then be written without a trace in the grader's folder.
  static func unlink(_ file: String) {
    var parts = Home.path(file).split(separator: "/").map(String.init)
    guard !Home.path(file).hasPrefix("/"), !parts.contains(".."), let last = parts.popLast() else { return }
    var place = FileManager.default.currentDirectoryPath
    for part in parts {
      place += "/" + part
      guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: place) else { continue }
      Foundation.unlink(place)
      try? link(target, as: place, hiding: [])
    }
    if (try? FileManager.default.destinationOfSymbolicLink(atPath: place + "/" + last)) != nil {
      Foundation.unlink(place + "/" + last)
    }
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
    try? FileManager.default.removeItem(atPath: path + ".log")
  }

  /// A file's path from the root.
  static func whole(_ file: String) -> String {
    let path = Home.path(file)
    let folder = FileManager.default.currentDirectoryPath
    return URL(fileURLWithPath: path.hasPrefix("/") ? path : "\(folder)/\(path)").standardizedFileURL.path
  }
}
