/// Something about a data set that is allowed but usually a mistake.
public struct DataWarning: Sendable, Equatable {
  /// What is unusual, as one sentence.
  public let message: String
  /// What to do about it.
  public let advice: String
}

extension Dataset {
  /// What a person who trains on this data ought to know first; most data sets have none.
  public var warnings: [DataWarning] {
    [labelsFromOne ?? emptyClasses, singleClass, darkness, copies].compactMap { $0 }
  }

  private func counts(_ part: Part) -> [Int] {
    (parts[part]?.labels ?? []).reduce(into: Array(repeating: 0, count: classes.count)) { $0[Int($1)] += 1 }
  }

  /// Labels 1 to k make k + 1 classes, of which the first has no images.
  private var labelsFromOne: DataWarning? {
    let (train, test) = (counts(.train), counts(.test))
    guard classes.count > 2, train[0] == 0, test[0] == 0, train.dropFirst().allSatisfy({ $0 > 0 }) else { return nil }
    return DataWarning(
      message:
        "no image has label 0: the labels count from 1, and class \"\(classes[0])\" is one that nothing belongs to",
      advice: "leave it out, which numbers the others from 0: load … classes: 1..<\(classes.count)")
  }

  private var emptyClasses: DataWarning? {
    let parts = [("training", counts(.train)), ("test", counts(.test))]
    let missing = parts.map { part in part.1.indices.filter { part.1[$0] == 0 } }
    guard let at = missing.firstIndex(where: { !$0.isEmpty }), parts[at].1.contains(where: { $0 > 0 }) else {
      return nil
    }
    let names = missing[at].prefix(8).map { classes[$0] }.joined(separator: ", ")
    let more = missing[at].count > 8 ? " and \(missing[at].count - 8) more" : ""
    return DataWarning(
      message: "no \(parts[at].0) \(noun) is of class \(names)\(more)",
      advice: at == 0
        ? "a network cannot learn what it never sees: leave these classes out with classes:, or add \(noun)s"
        : "what is measured says nothing about these classes: leave them out with classes:, or add \(noun)s")
  }

  private var singleClass: DataWarning? {
    let counts = counts(.train)
    guard counts.count(where: { $0 > 0 }) == 1, let only = counts.firstIndex(where: { $0 > 0 }) else { return nil }
    return DataWarning(
      message: "all training \(noun)s are of class \(classes[only]): there is nothing to tell apart",
      advice: "are these the labels that belong to the \(noun)s?")
  }

  /// Numbers from 0 to 1, or from 0 to 16 as scikit-learn's digits, that became bytes: nearly black.
  private var darkness: DataWarning? {
    guard case .bytes(let bytes) = parts[.train]?.values, !bytes.contains(where: { $0 > 16 }),
      let brightest = bytes.max()
    else { return nil }
    return DataWarning(
      message: brightest == 0
        ? "all training images are black" : "no pixel is brighter than \(brightest) of 255: nearly black",
      advice: brightest <= 1
        ? "were numbers from 0 to 1 saved as bytes? multiply by 255 first"
        : "where \(brightest) stands for white, multiply by 255/\(brightest) first; tables and NumPy arrays take `white: \(brightest)`"
    )
  }

  /// Test images that are training images too, if they are more than one in a hundred: a few are in most data sets.
  private var copies: DataWarning? {
    guard let train = parts[.train], let test = parts[.test], !test.labels.isEmpty else { return nil }
    let twice: Int
    switch (train.values, test.values) {
    case (.bytes(let train), .bytes(let test)): twice = repeats(of: train, in: test)
    case (.floats(let train), .floats(let test)): twice = repeats(of: train, in: test)
    default: return nil
    }
    guard twice * 100 > test.labels.count else { return nil }
    return DataWarning(
      message: "\(twice) of the \(test.labels.count) test \(noun)s are among the training \(noun)s",
      advice: "accuracy on \(noun)s that were learnt by heart says little: make the two parts of different \(noun)s")
  }

  /// How many images of `test` are in `train` too.
  private func repeats<Value>(of train: [Value], in test: [Value]) -> Int {
    let seen = Set(hashes(train))
    return hashes(test).count { seen.contains($0) }
  }

  /// A 64-bit hash of each image.
  private func hashes<Value>(_ values: [Value]) -> [UInt64] {
    let each = shape.count * MemoryLayout<Value>.stride
    return values.withUnsafeBytes { all in
      (0..<all.count / max(each, 1)).map { image in
        var (hash, at) = (UInt64(each), image * each)
        let end = at + each
        func mix(_ word: UInt64) { hash = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15; hash ^= hash >> 29 }
        // Safety: eight bytes are read only where eight are left of the image.
        while at + 8 <= end {
          mix(all.loadUnaligned(fromByteOffset: at, as: UInt64.self))
          at += 8
        }
        while at < end {
          mix(UInt64(all[at]))
          at += 1
        }
        return hash
      }
    }
  }
}
