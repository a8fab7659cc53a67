import Lang
import NN

/// A data set in the language: `fashion`.
struct DatasetValue: Object {
  static let type = ObjectType(
    "data set", "Labelled images in two parts, one to train on and one to test with.",
    members: [
      .init("name", "the name it was loaded by"),
      .init("train", "the training images"),
      .init("test", "the test images"),
      .init("images", "how many images it has, both parts together"),
      .init("classes", "the names of its classes, in the order of their numbers"),
    ])

  let dataset: Dataset
  /// How it was narrowed down, such as `train: 6000`; empty for all of it.
  var selection = ""

  func member(_ name: String) throws -> Value? {
    switch name {
    case "name": .string(dataset.name)
    case "train": .object(ImagesValue(images: dataset.train, from: self))
    case "test": .object(ImagesValue(images: dataset.test, from: self))
    case "images": .integer(dataset.train.count + dataset.test.count)
    case "classes": .list(dataset.classes.map { .string($0) })
    default: nil
    }
  }

  /// A data set of some classes alone, as `load … classes:` gives.
  func only(_ wanted: [Value]) throws -> DatasetValue {
    guard selection.isEmpty else {
      throw Problem(
        code: ShellCode.data, message: "\(dataset.name) was narrowed down already, by \(selection)",
        help: ["choose the classes as you load it: `load … classes: \(Value.list(wanted).literal)`"])
    }
    do {
      return DatasetValue(
        dataset: try dataset.only(try classNumbers(wanted, argument: "classes")),
        selection: "classes: \(Value.list(wanted).literal)")
    } catch let error as DataError { throw Problem.from(error) }
  }

  var summary: String {
    let shape = dataset.shape
    let color = shape.channels == 1 ? "" : "×\(shape.channels)"
    return "\(NumberText.count(dataset.train.count)) training and \(dataset.test.count.of("test image")), "
      + "\(shape.height)×\(shape.width)\(color), \(dataset.classes.count.of("class", "classes"))"
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
      .init("name", "the data set and the part they belong to"),
      .init("count", "how many there are"),
      .init("classes", "the names of the classes"),
      .init("labels", "the number of each image's class"),
      .init("data", "the data set they belong to"),
    ])

  let images: Images
  let from: DatasetValue

  init(images: Images, from dataset: DatasetValue) {
    self.images = images
    from = dataset
  }

  /// The same data set with other images of it.
  func with(_ images: Images) -> ImagesValue { ImagesValue(images: images, from: from) }

  func member(_ name: String) throws -> Value? {
    switch name {
    case "name": .string(images.name)
    case "count": .integer(images.count)
    case "classes": .list(images.classes.map { .string($0) })
    case "labels": .list(images.labels.map { .integer($0) })
    case "data": .object(from)
    default: nil
    }
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

  /// Whether they are a part of the data set, or a piece of one.
  var isRange: Bool {
    guard let first = images.indices.first, let last = images.indices.last else { return false }
    return last - first == images.indices.count - 1 && images.indices == Array(first...last)
  }

  /// Which images of the data set these are: `test`, `test[0..<500]`. Any other choice is known by its examples' indices.
  var described: String {
    let (part, indices) = (images.part.rawValue, images.indices)
    guard isRange, let first = indices.first, let last = indices.last else {
      return "\(part), \(NumberText.count(indices.count)) chosen image\(indices.count == 1 ? "" : "s")"
    }
    let whole = images.part == .train ? from.dataset.train.count : from.dataset.test.count
    return indices.count == whole ? part : "\(part)[\(first)..<\(last + 1)]"
  }

  var summary: String {
    guard images.count == 1 else { return "\(images.count.of("image")) of \(images.name)" }
    return "image \(images.indices[0]) of \(images.name), \(images.classes[images.label(at: 0)].withArticle)"
  }

  func isEqual(to other: any Object) -> Bool {
    guard let other = other as? ImagesValue else { return false }
    return other.images.part == images.part && other.images.indices == images.indices && from.isEqual(to: other.from)
  }
}
