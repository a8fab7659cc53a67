/// Which images of a data set were used.
///
/// As JSON: `{"part":"test"}` for a whole part, `{"part":"test","from":0,"to":500}`, `{"part":"test","indices":[3,5]}`.
public struct ImageSelection: WrittenForm, Sendable, Equatable {
  /// The part they belong to.
  public var part: Dataset.Part
  /// The first image; nil for the part's first.
  public var from: Int?
  /// One after the last; nil for the part's end.
  public var to: Int?
  /// The images one by one, where they are not a piece of the part.
  public var indices: [Int]?
  /// The id of the attack's result whose changed images they are; nil for images of the data set. The numbers are then
  /// positions in that result.
  public var result: Int64?

  /// What a selection is.
  public init(_ images: Images) {
    part = images.part
    guard images.isRange, let first = images.indices.first, let last = images.indices.last else {
      indices = images.indices
      return
    }
    if images.count != images.dataset[images.part].count { (from, to) = (first, last + 1) }
  }

  /// The images of a part one by one, of which only a text for people is left; nil if there are none.
  public init?(indices: [Int], text: String) {
    guard let part = Dataset.Part.allCases.first(where: { text.hasPrefix($0.rawValue) }), !indices.isEmpty else {
      return nil
    }
    (self.part, self.indices) = (part, indices)
  }

  /// The images of a data set.
  ///
  /// - Throws: `DataError.selection` if it does not have them all.
  public func images(of dataset: Dataset) throws(DataError) -> Images {
    let all = dataset[part]
    if let indices {
      if let stranger = indices.first(where: { !(0..<all.count).contains($0) }) {
        throw .selection("\(all.name) has no image \(stranger): it has \(all.count)")
      }
      return all.at(indices)
    }
    let (first, end) = (from ?? 0, to ?? all.count)
    guard first >= 0, first <= end else { throw .selection("there are no images \(first) to \(end)") }
    return try all.slice(first..<end)
  }
}

extension Dataset.Part: Codable {}

extension Images {
  /// Whether they follow one another without a gap.
  public var isRange: Bool {
    guard let first = indices.first, let last = indices.last else { return false }
    return last - first == indices.count - 1 && indices == Array(first...last)
  }
}

/// How a data set was read, and narrowed down, when it was loaded.
///
/// As JSON: `{"classes":["Shirt",6],"options":{"share":0.2,"seed":0},"train":600,"test":200}`, each only where something
/// was said.
public struct DataSelection: WrittenForm, Sendable, Equatable {
  /// The classes that were kept, by name or number; nil for all.
  public var classes: [SettingValue]?
  /// The first so many training images were kept; nil for all.
  public var train: Int?
  /// The first so many test images were kept; nil for all.
  public var test: Int?
  /// How the files were read, where more was said than their path.
  public var options: LoadOptions?

  /// See the properties.
  public init(
    classes: [SettingValue]? = nil, train: Int? = nil, test: Int? = nil, options: LoadOptions? = nil
  ) {
    (self.classes, self.train, self.test, self.options) = (classes, train, test, options)
  }

  /// Whether nothing was said but the path.
  public var isEmpty: Bool { self == DataSelection() }
  /// Whether something was left out of what the files hold.
  public var isNarrowed: Bool { classes != nil || train != nil || test != nil }

  /// The part of a data set.
  ///
  /// - Throws: `DataError` for a class that it does not have.
  public func applied(to whole: Dataset) throws(DataError) -> Dataset {
    var dataset = whole
    if let classes {
      var numbers: [Int] = []
      for name in classes { numbers.append(try whole.number(of: name)) }
      dataset = try dataset.only(numbers)
    }
    if train != nil || test != nil { dataset = try dataset.first(train: train, test: test) }
    return dataset
  }
}

extension Dataset {
  /// The number of a class as a setting gives it, by name or number.
  public func number(of value: SettingValue) throws(DataError) -> Int {
    switch value {
    case .integer(let number) where classes.indices.contains(number): return number
    case .choice(let name): return try number(ofClass: name)
    default: throw .noSuchClass(name: "\(value)", classes: classes)
    }
  }
}
