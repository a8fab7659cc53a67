import Foundation

/// Which images of a data set that has one part become its test part: the same share of each class.
struct Split {
  /// In ascending order.
  let train: [Int]
  /// In ascending order.
  let test: [Int]
  /// As it was asked for.
  let seed: Int

  /// Chooses by seed. Every class keeps a training image, if it has any; a class of at least two has a test image, if the
  /// share allows for one a class.
  ///
  /// - Throws: `DataError.unexpected` if no share was asked for, or too many.
  init(_ labels: [UInt8], _ options: LoadOptions, place: String, noun: String) throws(DataError) {
    let total = labels.count
    guard options.share != nil || options.count != nil else {
      throw .unexpected(
        place: place, reason: "it has no test part",
        taken: "test: 20% sets a fifth of each class apart for testing, chosen by seed")
    }
    let wanted = options.count ?? Int((Double(total) * (options.share ?? 0)).rounded())
    guard wanted >= 1, wanted < total else {
      throw .unexpected(
        place: place, reason: "\(wanted) of \(MessageText.count(total, noun)) cannot be set apart for testing",
        taken: "at least one is needed to test with and one to train on")
    }
    self.init(labels, wanted: wanted, seed: options.seed ?? 0)
  }

  /// The same for so many images, at least one and fewer than there are.
  init(_ labels: [UInt8], wanted: Int, seed: Int) {
    let total = labels.count
    self.seed = seed
    var members = [[Int]](repeating: [], count: Int(labels.max() ?? 0) + 1)
    for (index, label) in labels.enumerated() { members[Int(label)].append(index) }
    let quotas = Self.quotas(members.map(\.count), wanted, total)
    var test: [Int] = []
    for (label, own) in members.enumerated() {
      // A stream for each class: what one class has does not change the choice in another.
      var random = Random(seed: seed, stream: 7701, label)
      test += random.permutation(own.count).prefix(quotas[label]).map { own[$0] }
    }
    self.test = test.sorted()
    let chosen = Set(test)
    train = labels.indices.filter { !chosen.contains($0) }
  }

  /// How many of each class: its share, rounded so that the sum is right, the largest remainders up.
  private static func quotas(_ counts: [Int], _ wanted: Int, _ total: Int) -> [Int] {
    let exact = counts.map { Double($0) * Double(wanted) / Double(total) }
    var quotas = zip(exact, counts).map { min(Int($0), max($1 - 1, 0)) }
    let order = counts.indices.sorted { a, b in
      // A class without a test image comes first.
      let keys = [a, b].map { (quotas[$0] == 0 && counts[$0] > 1 ? 1.0 : 0) + exact[$0] - Double(quotas[$0]) }
      return keys[0] == keys[1] ? a < b : keys[0] > keys[1]
    }
    var left = wanted - quotas.reduce(0, +)
    while left > 0 {
      let before = left
      for label in order where left > 0 && quotas[label] < counts[label] - 1 {
        quotas[label] += 1
        left -= 1
      }
      if left == before { break }
    }
    return quotas
  }

  /// What is said about it.
  var note: String { "the test part was split off by seed \(seed), class by class" }
}

extension Dataset {
  /// The data set with a test part, split off if it has none, and with the names of its classes that were given or stand in
  /// `classes.txt` beside the files.
  func finished(_ options: LoadOptions, namesBeside folder: String) throws(DataError) -> Dataset {
    var data = self
    let place = path.isEmpty ? name : path
    if test.isEmpty {
      if data.split == nil {
        let whole = parts[.train] ?? Examples(bytes: [], labels: [])
        let split = try Split(whole.labels, options, place: place, noun: noun)
        func examples(_ indices: [Int]) -> Examples {
          Examples(whole.values.picking(indices, of: shape.count), labels: indices.map { whole.labels[$0] })
        }
        data = try Dataset(
          name: name, path: path, classes: classes, shape: shape, train: examples(split.train),
          test: examples(split.test), validation: parts[.validation], features: features, files: files)
        data.notes = notes + [split.note]
        data.split = split.seed
      }
    } else if options.share != nil, split == nil {
      throw .unexpected(
        place: place, reason: "it has a test part of \(MessageText.count(test.count, noun)) already",
        taken: "test: with a whole number keeps only the first so many of them")
    }
    return try data.named(options, folder)
  }

  private func named(_ options: LoadOptions, _ folder: String) throws(DataError) -> Dataset {
    let file = folder + "/classes.txt"
    if let names = options.names { return try renamed(names, place: "names", file: nil) }
    guard let found = try? PlainFile(file), let bytes = try found.contents(atMost: 1 << 20) else { return self }
    let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
      .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    return try renamed(lines, place: file, file: File(path: file, sha256: try Digest.sha256(ofFile: file)))
  }

  private func renamed(_ names: [String], place: String, file: File?) throws(DataError) -> Dataset {
    let last = parts.values.compactMap { $0.labels.max() }.max().map(Int.init) ?? 0
    // Digits are named ten whether there are ten or not.
    guard names.count == classes.count || (names.count == last + 1 && classes == ClassNames.digits(classes.count))
    else {
      throw .unexpected(
        place: place, reason: "\(MessageText.count(names.count, "name")) for \(MessageText.classes(classes.count))",
        taken: "one for each class in order: \(MessageText.names(classes))")
    }
    if let twice = names.indices.first(where: { names[..<$0].contains(names[$0]) }) {
      throw .unexpected(
        place: place, reason: "two classes are called \"\(MessageText.text(names[twice]))\"",
        taken: "each class needs a name of its own")
    }
    var data = self
    data.classes = names
    data.files += file.map { [$0] } ?? []
    return data
  }
}
