import Foundation
import Synchronization

/// A folder of pictures by class: `CLASS/*.png`, or that twice, under `train` and `test`. Hidden files are ignored.
struct PictureFolder {
  private let folder: URL
  private var parts: [(part: Dataset.Part, folder: URL)]
  /// The part that was taken for the test part although it is called otherwise.
  private var standsIn: String?

  private static let partNames: [(part: Dataset.Part, names: [String])] = [
    (.train, ["train", "training"]), (.test, ["test", "testing"]), (.validation, ["validation", "valid", "val"]),
  ]

  /// Nil if there are no folders of pictures in it.
  init?(_ folder: URL) {
    self.folder = folder
    let names = Listing(folder).folders
    parts = Self.partNames.compactMap { part, known in
      names.first { known.contains($0.lowercased()) }.map { (part, folder.appendingPathComponent($0)) }
    }
    if parts.first?.part == .train {
      // ImageNet's habit: what is judged by is called `val`.
      if parts.count == 2, parts[1].part == .validation {
        standsIn = parts[1].folder.lastPathComponent
        parts[1].part = .test
      }
    } else {
      parts = [(.train, folder)]
    }
    guard parts.contains(where: { part in Listing(part.folder).folders.contains { hasPictures(part.folder, $0) } })
    else { return nil }
  }

  private func hasPictures(_ folder: URL, _ name: String) -> Bool {
    !Listing(folder.appendingPathComponent(name)).pictures.isEmpty
  }

  /// What a folder holds, without what is hidden, in order.
  struct Listing {
    private(set) var folders: [String] = []
    private(set) var pictures: [String] = []
    private(set) var others: [String] = []

    init(_ folder: URL) {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
      for name in names.sorted() where !name.hasPrefix(".") && name != "__MACOSX" {
        let ending = name.lastIndex(of: ".").map { name[name.index(after: $0)...].lowercased() } ?? ""
        if ["png", "jpg", "jpeg"].contains(ending) {
          pictures.append(name)
        } else if ["Thumbs.db", "desktop.ini"].contains(name) {
          continue
        } else {
          var isFolder: ObjCBool = false
          _ = FileManager.default.fileExists(
            atPath: folder.appendingPathComponent(name).path, isDirectory: &isFolder)
          if isFolder.boolValue { folders.append(name) } else { others.append(name) }
        }
      }
    }
  }

  /// One picture to be read.
  private struct Entry: Sendable {
    let part: Dataset.Part
    let label: UInt8
    let path: String
    /// Its path inside the data set's folder.
    let name: String
  }

  /// One picture that was read.
  private struct Found: Sendable {
    let picture: DecodedPicture
    let sha256: String
    let wasScaled: Bool
  }

  /// Reads all pictures, on all processors.
  ///
  /// - Throws: `DataError`; the first picture in order that is broken, or of another size than those before it.
  func load(_ options: LoadOptions, _ work: LoadWork) throws(DataError) -> Dataset {
    var notes = DataNotes()
    let (classes, entries) = try listed(&notes)
    let found = try read(entries, options.size, work)
    let first = found[0].picture
    for (entry, one) in zip(entries, found)
    where one.picture.width != first.width || one.picture.height != first.height {
      throw .unexpected(
        place: entry.path,
        reason: "it has \(one.picture.height)×\(one.picture.width) pixels, others have \(first.height)×\(first.width)",
        taken: "size: \(min(first.width, first.height)) scales all pictures to one size")
    }
    let channels = found.map(\.picture.channels).max() ?? 1
    let grey = found.count { $0.picture.channels == 1 }
    if channels == 3, grey > 0 {
      notes.add("\(MessageText.count(grey, "grey picture")) among colour ones: given three equal channels")
    }
    let scaled = found.count(where: \.wasScaled)
    if scaled > 0 {
      notes.add(
        "\(scaled) of \(MessageText.count(found.count, "picture")) scaled to \(first.height)×\(first.width), by the mean of areas"
      )
    }
    let shape = ImageShape(channels: channels, height: first.height, width: first.width)
    try MemoryBound.check(shape.count * found.count, folder.path)
    func examples(_ part: Dataset.Part) -> Dataset.Examples {
      let own = entries.indices.filter { entries[$0].part == part }
      var bytes: [UInt8] = []
      bytes.reserveCapacity(own.count * shape.count)
      for index in own { bytes += found[index].picture.planes(channels) }
      return Dataset.Examples(bytes: bytes, labels: own.map { entries[$0].label })
    }
    let digest = Digest.sha256(
      of: zip(entries, found).map { "\($0.name)\n\($1.sha256)\n" }.joined().utf8.map { $0 })
    var data = try Dataset(
      name: folder.lastPathComponent, path: folder.path, classes: classes, shape: shape, train: examples(.train),
      test: examples(.test),
      validation: parts.contains { $0.part == .validation } ? examples(.validation) : nil,
      files: [Dataset.File(path: folder.path, sha256: digest)])
    data.notes = notes.lines
    return data
  }

  /// The classes, and all pictures in order of their part, class and name.
  private func listed(_ notes: inout DataNotes) throws(DataError) -> (classes: [String], entries: [Entry]) {
    var classes: [String] = []
    var entries: [Entry] = []
    var others: [String] = []
    if let standsIn { notes.add("there is no folder test: \(standsIn) is the test part") }
    for (part, folder) in parts {
      let listing = Listing(folder)
      others += listing.others + listing.pictures
      let names = listing.folders.sorted(by: Self.isBefore)
      if part == .train { classes = names }
      for name in names {
        let inside = Listing(folder.appendingPathComponent(name))
        others += (inside.others + inside.folders).map { "\(name)/\($0)" }
        guard let label = classes.firstIndex(of: name) else {
          if inside.pictures.isEmpty { continue }
          throw .unexpected(
            place: folder.appendingPathComponent(name).path, reason: "no training image is of this class",
            taken: "each class needs a folder of pictures in \(parts[0].folder.path) too")
        }
        guard part != .train || !inside.pictures.isEmpty else {
          throw .unexpected(
            place: folder.appendingPathComponent(name).path, reason: "no training image is of this class",
            taken: "put PNG or JPEG pictures into it, or take the folder away")
        }
        for picture in inside.pictures {
          let path = folder.appendingPathComponent(name).appendingPathComponent(picture).path
          let short = parts.count == 1 ? "\(name)/\(picture)" : "\(part.rawValue)/\(name)/\(picture)"
          entries.append(Entry(part: part, label: UInt8(clamping: label), path: path, name: short))
        }
      }
    }
    guard classes.count >= 2 else {
      throw .unexpected(
        place: parts[0].folder.path, reason: "all pictures are of one class, \(classes.first ?? "none")",
        taken: "a data set has a folder of pictures for each of at least two classes")
    }
    guard classes.count <= 256 else {
      throw .unexpected(
        place: parts[0].folder.path, reason: "it has \(classes.count) folders of pictures",
        taken: "up to 256 classes are read")
    }
    if !others.isEmpty {
      notes.add("left out, as they are no PNG or JPEG pictures of a class: \(MessageText.names(others))")
    }
    return (classes, entries)
  }

  /// Numbers by size, words by letters.
  private static func isBefore(_ a: String, _ b: String) -> Bool {
    if let x = Int(a), let y = Int(b), x != y { return x < y }
    return a < b
  }

  /// Pictures to a piece of work for one thread.
  private static let chunk = 64

  private func read(_ entries: [Entry], _ size: Int?, _ work: LoadWork) throws(DataError) -> [Found] {
    let chunks = (entries.count + Self.chunk - 1) / Self.chunk
    let found = Mutex([[Found]](repeating: [], count: chunks))
    let failed = Mutex<(index: Int, error: DataError)?>(nil)
    let done = Atomic<Int>(0)
    // What all of it takes in memory is not known before; each piece is held against what is left.
    let taken = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: chunks) { number in
      // The first mistake in order is reported, whichever thread is quicker.
      if work.stop.isRequested || failed.withLock({ ($0?.index ?? .max) < number * Self.chunk }) { return }
      var own: [Found] = []
      for index in number * Self.chunk..<min(entries.count, (number + 1) * Self.chunk) {
        do throws(DataError) {
          let one = try Self.read(entries[index], size)
          own.append(one)
          try MemoryBound.check(
            taken.add(one.picture.bytes.count, ordering: .relaxed).newValue, folder.path)
        } catch {
          failed.withLock { if index < $0?.index ?? .max { $0 = (index, error) } }
          return
        }
      }
      found.withLock { $0[number] = own }
      let count = done.add(own.count, ordering: .relaxed).newValue
      work.progress("reading pictures", Double(count) / Double(entries.count))
    }
    if work.stop.isRequested { throw .stopped }
    if let failed = failed.withLock({ $0 }) { throw failed.error }
    return found.withLock { $0.flatMap { $0 } }
  }

  private static func read(_ entry: Entry, _ size: Int?) throws(DataError) -> Found {
    let file = try PlainFile(entry.path)
    try MemoryBound.check(file.size, entry.path)
    let bytes = try file.read(file.size, at: 0)
    let picture = try DecodedPicture(bytes, path: entry.path)
    let fitting = size.map { picture.scaled(width: $0, height: $0) } ?? picture
    return Found(
      picture: fitting, sha256: Digest.sha256(of: bytes),
      wasScaled: fitting.width != picture.width || fitting.height != picture.height)
  }
}
