import Foundation
import Lang
import NN

/// A data set in the language: `fashion`.
struct DatasetValue: Object {
  static let type = ObjectType(
    "data set", "Labelled images, or rows of features, in two parts: one to train on and one to test with.",
    members: [
      member("name", "the name it was loaded by") { .string($0.dataset.name) },
      member("train", "the training images") { .object(ImagesValue(images: $0.dataset.train, from: $0)) },
      member("test", "the test images") { .object(ImagesValue(images: $0.dataset.test, from: $0)) },
      member("validation", "the images set apart to choose settings by; none if there are none") { data in
        data.dataset.validation.map { .object(ImagesValue(images: $0, from: data)) } ?? .none
      },
      member("images", "how many images it has, all parts together") {
        .integer($0.dataset.train.count + $0.dataset.test.count + ($0.dataset.validation?.count ?? 0))
      },
      member("features", "its features, with the range of the training part; none for pictures") {
        $0.dataset.featureTable.map { .table($0) } ?? .none
      },
      member("classes", "the names of its classes, in the order of their numbers") {
        .list($0.dataset.classes.map { .string($0) })
      },
    ])

  let dataset: Dataset
  /// How it was narrowed down.
  var selection = DataSelection()

  /// A data set of some classes alone, as `load … classes:` gives.
  func only(_ wanted: [Value]) throws -> DatasetValue {
    guard !selection.isNarrowed else {
      throw Problem(
        code: ShellCode.data, message: "\(dataset.name) was narrowed down already, by \(selection.typed)",
        help: ["choose the classes as you load it: `load … classes: \(Value.list(wanted).literal)`"])
    }
    do {
      return DatasetValue(
        dataset: try dataset.only(try classNumbers(wanted, argument: "classes")),
        selection: DataSelection(classes: wanted.map(SettingValue.init(class:)), options: selection.options))
    } catch let error as DataError { throw Problem.from(error) }
  }

  /// Knows the names of its classes.
  var resolver: Resolver { Resolver(classNumber: { try classNumber(Value(class: $0)) }) }

  var summary: String {
    let shape = dataset.shape
    let color = shape.channels == 1 ? "" : "×\(shape.channels)"
    let parts = dataset.validation.map {
      "\(NumberText.count(dataset.train.count)) training, \(NumberText.count($0.count)) validation"
    }
    return "\(parts ?? "\(NumberText.count(dataset.train.count)) training") and "
      + "\(dataset.test.count.of("test \(dataset.noun)")), "
      + (dataset.features.map { $0.count.of("feature") } ?? "\(shape.height)×\(shape.width)\(color)")
      + ", \(dataset.classes.count.of("class", "classes"))"
  }

  func isEqual(to other: any Object) -> Bool {
    guard let other = other as? DatasetValue else { return false }
    return other.dataset.sha256 == dataset.sha256 && other.selection == selection && other.dataset.name == dataset.name
  }

  /// The numbers of classes that an argument gave by name or by number.
  func classNumbers(_ values: [Value], argument: String) throws -> [Int] {
    do { return try values.map { try classNumber($0) } } catch var problem as Problem {
      problem.argument = argument
      throw problem
    }
  }

  /// The number of a class that was given by name or by number.
  func classNumber(_ value: Value) throws -> Int {
    if let number = value.asInteger {
      guard dataset.classes.indices.contains(number) else {
        throw Problem(
          code: ShellCode.noSuchClass, message: "there is no class \(number)",
          help: ["classes are numbered 0 to \(dataset.classes.count - 1)"])
      }
      return number
    }
    guard let name = value.asString else {
      throw Problem(
        code: ShellCode.noSuchClass, message: "a class is given by name or number, not as \(value.typePhrase)")
    }
    do { return try dataset.number(ofClass: name) } catch { throw Problem.from(error) }
  }
}

/// A selection of images in the language: `fashion.test`, `take(fashion.test, 500)`, `fashion.test[0..<8]`.
struct ImagesValue: Object {
  static let type = ObjectType(
    "images", "Some images of a data set, with their labels.",
    members: [
      member("name", "the data set and the part they belong to") { .string($0.images.name) },
      member("count", "how many there are") { .integer($0.images.count) },
      member("classes", "the names of the classes") { .list($0.images.classes.map { .string($0) }) },
      member("labels", "the number of each image's class") { .list($0.images.labels.map { .integer($0) }) },
      member("data", "the data set they belong to") { .object($0.from) },
    ])

  let images: Images
  let from: DatasetValue
  /// The attack that changed them; nil for images as they are in the data set.
  let changed: ChangedImages?

  init(images: Images, from dataset: DatasetValue, changed: ChangedImages? = nil) {
    self.images = images
    from = dataset
    self.changed = changed
  }

  /// The same data set with other images of it.
  func with(_ images: Images) -> ImagesValue { ImagesValue(images: images, from: from, changed: changed) }

  var advice: String? {
    "`.data` is the whole data set; to train on fewer images load fewer: `load … train: \(max(images.count, 1))`"
  }

  /// One image by its number, several by a range.
  func element(at index: [Value]) throws -> Value {
    guard index.count == 1 else {
      throw Problem(code: ShellCode.badIndex, message: "images take one index, not \(index.count)")
    }
    switch index[0] {
    case .range(let range):
      guard range.step == 1, let first = Int(exactly: range.start) else {
        throw Problem(
          code: ShellCode.badIndex, message: "a slice of images is a range of whole numbers by 1, such as 0..<8")
      }
      return .object(with(try slice(first..<max(first, first + range.count))))
    case .number(let number):
      guard let position = Int(exactly: number) else {
        throw Problem(
          code: ShellCode.badIndex, message: "an image is taken by a whole number, not \(NumberText.exact(number))")
      }
      return .object(with(try slice(position..<position + 1)))
    default:
      throw Problem(
        code: ShellCode.badIndex, message: "images are taken by a number or a range, not by \(index[0].typePhrase)")
    }
  }

  private func slice(_ range: Range<Int>) throws -> Images {
    do { return try images.slice(range) } catch { throw Problem.from(error) }
  }

  /// `len(fashion.test)` counts them; a `for` sees one selection an image.
  var elements: [Value]? {
    images.indices.indices.compactMap { position in
      (try? images.slice(position..<position + 1)).map { .object(with($0)) }
    }
  }

  /// Which images of the data set they are, or of an attack's result, as it is stored.
  var selection: ImageSelection {
    var selection = ImageSelection(images)
    // A result that the store could not take has no id.
    if let changed { selection.result = changed.result.identity.storeID ?? 0 }
    return selection
  }

  /// The same for people: `test`, `test[0..<500]`, `test, 12 chosen images`, `changed in result 3[0..<50]`.
  var described: String {
    let selection = selection
    let part = selection.result.map { "changed in result \($0)" } ?? selection.part.rawValue
    if let chosen = selection.indices { return "\(part), \(chosen.count.of("chosen image"))" }
    guard let from = selection.from, let to = selection.to else { return part }
    return "\(part)[\(from)..<\(to)]"
  }

  var summary: String {
    let noun = images.dataset.noun
    guard images.count == 1 else { return "\(images.counted) of \(images.name)" }
    return "\(noun) \(images.indices[0]) of \(images.name), \(images.classes[images.label(at: 0)].withArticle)"
  }

  func isEqual(to other: any Object) -> Bool {
    guard let other = other as? ImagesValue else { return false }
    return other.images.part == images.part && other.images.indices == images.indices && from.isEqual(to: other.from)
      && other.changed?.result.identity === changed?.result.identity
  }
}

extension DataSelection {
  /// As `load` takes it: `classes: ["Shirt", "Bag"] train: 600 test: 200`; empty for all of it.
  var typed: String {
    let parts = [
      classes.map { "classes: \(Value.list($0.map(Value.init(class:))).literal)" }, train.map { "train: \($0)" },
      test.map { "test: \($0)" }, options?.typed,
    ]
    return parts.compactMap { $0 }.joined(separator: " ")
  }
}

extension LoadOptions {
  /// As `load` takes them: `target: "diagnosis" test: 20% seed: 0`.
  var typed: String {
    func texts(_ texts: [String]) -> String { Value.list(texts.map { .string($0) }).literal }
    let share = share.map { share -> String in
      let percent = (share * 1e9).rounded() / 1e7
      return percent == percent.rounded() ? "\(Int(percent))%" : NumberText.exact(share)
    }
    let parts = [
      target.map { "target: \(Value.string($0).literal)" }, (share ?? count.map { "\($0)" }).map { "test: \($0)" },
      seed.map { "seed: \($0)" }, missing.map { "missing: \($0)" }, without.map { "without: \(texts($0))" },
      shape.map { "shape: \($0)" }, size.map { "size: \($0)" }, names.map { "names: \(texts($0))" },
    ]
    return parts.compactMap { $0 }.joined(separator: " ")
  }
}

extension Dataset {
  /// Its features in their own units; nil for pictures.
  var featureTable: Table? {
    features.map { features in
      Table(
        columns: ["feature", "lowest", "highest", "mean"].map { .init($0) },
        rows: zip(features, mean).map { feature, mean in
          [.string(feature.name), .number(feature.lower), .number(feature.upper), .number(feature.shown(mean))]
        })
    }
  }
}

extension Feature {
  /// A share of the range in the feature's own unit, without digits that a share of 32 bits does not have.
  func shown(_ share: Float) -> Double {
    let value = value(of: share)
    let size = max(abs(lower), abs(upper), upper - lower)
    guard size > 0, size.isFinite else { return value }
    let step = pow(10, (log10(size) - 6).rounded(.down))
    return Double(String(format: "%.\(max(0, Int(-log10(step).rounded())))f", value)) ?? value
  }
}

extension ImagesValue {
  /// Rows of a table of features in the features' own units, one column a row, as many as can be looked at; nil for pictures.
  var featureTable: Table? {
    guard let features = images.dataset.features else { return nil }
    let shown = min(images.count, 8)
    let rows = (0..<shown).map { images.pixels(at: $0) }
    return Table(
      columns: [.init("feature")] + (0..<shown).map { .init("row \(images.indices[$0])") },
      rows: [[.string("class")] + (0..<shown).map { .string(images.classes[images.label(at: $0)]) }]
        + features.indices.map { number in
          [.string(features[number].name)] + rows.map { .number(features[number].shown($0[number])) }
        })
  }
}

extension SettingValue {
  /// A class by its name or number.
  init(class value: Value) { self = value.asInteger.map { .integer($0) } ?? .choice(value.asString ?? "") }
}

extension Value {
  /// A class by its name or number.
  init(class value: SettingValue) {
    switch value {
    case .integer(let number): self = .integer(number)
    case .choice(let name): self = .string(name)
    default: self = .none
    }
  }
}

extension Images {
  /// How many there are: `12 images`, or of a table `12 rows`.
  var counted: String { count.of(dataset.noun) }
}

extension Dataset {
  /// How its distances are measured: in pixel units, or in shares of its features' ranges.
  var distance: Table.Presentation { features == nil ? .distance : .featureDistance }
}

extension Table.Presentation {
  /// What numbers are measured in, as an axis says it in brackets; nil where it is not known.
  var unit: String? {
    switch self {
    case .distance: "pixel units"
    case .featureDistance: "shares of the features' ranges"
    case .plain, .share, .seconds, .count: nil
    }
  }
}
