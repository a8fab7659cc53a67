/// Labels name the classes 0 to k - 1, and a class without images is the mark of a damaged label: one byte of 255 would
/// make a data set of 256 classes. Class 0 may be empty, since some count from 1, as EMNIST's letters do.
enum LabelGaps {
  /// Refuses labels that leave a class without training images.
  ///
  /// - Parameters:
  ///   - known: How many classes there are in any case, with images or without.
  ///   - places: The files or arrays of the labels, for the message.
  static func check(
    train: [UInt8], test: [UInt8], known: Int = 0, places: (train: String, test: String)
  ) throws(DataError) {
    let last = max(train.max() ?? 0, test.max() ?? 0)
    let seen = Set(train)
    guard last >= known, let missing = (1...max(last, 1)).first(where: { $0 <= last && !seen.contains($0) }) else {
      return
    }
    let (labels, place) = train.contains(last) ? (train, places.train) : (test, places.test)
    throw .emptyClass(path: place, index: labels.firstIndex(of: last) ?? 0, label: Int(last), missing: Int(missing))
  }
}
