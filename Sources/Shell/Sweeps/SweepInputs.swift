import Foundation
import Lang
import NN

/// What points read, by its contents: a point whose data have changed since is not the same point any more.
struct SweepInputs {
  private var known: [String: String?] = [:]

  /// SHA-256 of a file; of a folder that of the names and contents of all files in it. Nil for what is not there or cannot be
  /// read. Each place is read once.
  mutating func fingerprint(of path: String) throws -> String? {
    if let known = known[path] { return known }
    let print = try Self.read(path)
    known[path] = .some(print)
    return print
  }

  private static func read(_ path: String) throws -> String? {
    if Interrupt.isRequested { throw Lang.Interrupt() }
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    guard status.st_mode & S_IFMT == S_IFDIR else { return try? Digest.sha256(ofFile: path) }
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else { return nil }
    var sums = ""
    for name in names.sorted() where !name.hasPrefix(".") {
      sums += "\(name)\n\(try read(path + "/" + name) ?? "")\n"
    }
    return Digest.sha256(of: Array(sums.utf8))
  }

  /// What this process read since a moment, as a JSON object; of many files in one folder the folder. What was written since
  /// is its own.
  mutating func json(ofFilesReadSince start: Date) throws -> String {
    let files = PlainFile.opened.filter { path in
      var status = stat()
      guard stat(path, &status) == 0 else { return false }
      let changed = Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) * 1e-9
      return changed < start.timeIntervalSince1970
    }
    let folders = Dictionary(grouping: files) { Home.folder(of: $0) }
    let paths = folders.flatMap { folder, files in files.count > 32 ? [folder] : files }.sorted()
    return JSONText.object(try paths.map { ($0, try fingerprint(of: $0).map(JSONText.string) ?? "null") })
  }

  /// The first place whose contents are not what they were; nil where none is. What is not on this machine is taken to be.
  mutating func changed(since json: String) throws -> String? {
    let recorded = (try? JSONDecoder().decode([String: String?].self, from: Data(json.utf8))) ?? [:]
    for (path, sum) in recorded.sorted(by: { $0.key < $1.key }) {
      if let sum, let now = try fingerprint(of: path), now != sum { return path }
    }
    return nil
  }
}
