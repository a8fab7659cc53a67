import Foundation
import Lang
import NN

/// Images on their way to a file of NumPy's, or to a folder of pictures; the name says which.
struct ImageFiles {
  /// How they are written.
  enum Form {
    case archive, array, folder
  }

  let file: String
  let form: Form

  init(_ file: String) throws {
    self.file = file
    switch URL(fileURLWithPath: file).pathExtension.lowercased() {
    case "npz": form = .archive
    case "npy": form = .array
    case _ where file.hasSuffix("/"), "": form = .folder
    case let ending:
      throw Problem(
        code: ShellCode.file, message: "images are not written as .\(ending)",
        help: [
          "end the name with .npz (pixels and labels, for NumPy and for `load`), .npy (pixels alone), or / (a folder of PNG "
            + "files)" + (ending == "png" ? "; `show IMAGES save: \"x.png\"` draws them in one picture" : "")
        ], argument: "as")
    }
  }

  /// Writes them; what was written, in a line.
  func write(_ value: ImagesValue, _ session: Session) throws -> String {
    let images = value.images
    guard !images.isEmpty else {
      throw Problem(code: ShellCode.file, message: "there is no image to write", argument: "images")
    }
    switch form {
    case .archive:
      let (bytes, names) = try archive(value)
      try WrittenFile.write(bytes, to: file, argument: "as")
      return "\(Self.what(images)): \(names.joined(separator: ", "))"
    case .array:
      try WrittenFile.write(Self.pixels(of: images).bytes, to: file, argument: "as")
      return Self.what(images)
    case .folder: return try folder(value, session)
    }
  }

  /// `60 images of 1×28×28`, `114 rows of 30 features`.
  private static func what(_ images: Images) -> String {
    images.counted + " of "
      + (images.dataset.features.map { $0.count.of("feature") } ?? "\(images.shape)")
  }

  /// `[n, channels, height, width]`, from 0 to 1; of features `[n, features]`.
  private static func pixels(of images: Images, _ pixels: (Int) -> Pixels) -> NumPyFile {
    let shape = images.shape
    return NumPyFile(
      (0..<images.count).flatMap(pixels),
      shape: images.dataset.features == nil
        ? [images.count, shape.channels, shape.height, shape.width] : [images.count, shape.count])
  }

  private static func pixels(of images: Images) -> NumPyFile { pixels(of: images, images.pixels(at:)) }

  // MARK: .npz

  private func archive(_ value: ImagesValue) throws -> (bytes: Data, names: [String]) {
    let images = value.images
    // Before anything is made: the arrays, and the archive they are put into.
    let needed = images.count * images.shape.count * 4 * (value.changed == nil ? 1 : 2)
    guard needed < NumPyArchive.most else { throw tooLarge }
    var arrays = [("x", Self.pixels(of: images)), ("y", NumPyFile(images.labels))]
    if let changed = value.changed {
      let numbers = images.indices
      arrays += [
        ("x_clean", Self.pixels(of: images) { changed.clean(numbers[$0]) }),
        ("predictions", NumPyFile(numbers.map(changed.answer))),
        ("predictions_clean", NumPyFile(numbers.map { changed.outcome($0).cleanAnswer })),
        ("indices", NumPyFile(numbers.map { changed.outcome($0).index })),
        ("settings", NumPyFile(changed.settings)),
      ]
    } else {
      arrays.append(("indices", NumPyFile(images.indices)))
    }
    arrays.append(("class_names", NumPyFile(images.classes)))
    if let features = images.dataset.features {
      arrays += [
        ("feature_names", NumPyFile(features.map(\.name))),
        ("feature_ranges", NumPyFile(doubles: features.flatMap { [$0.lower, $0.upper] }, shape: [features.count, 2])),
      ]
    }
    var archive = NumPyArchive()
    for (name, array) in arrays { archive.add(name, array) }
    guard let bytes = archive.bytes else { throw tooLarge }
    return (bytes, arrays.map(\.0))
  }

  private var tooLarge: Problem {
    Problem(
      code: ShellCode.file, message: "\(file) would be larger than \(NumberText.bytes(NumPyArchive.most))",
      help: ["write the images in parts: `take(…)`, or slices such as [0..<1000]"], argument: "as")
  }

  // MARK: a folder

  /// `CLASS/00012.png`, rounded to 8 bits.
  private func folder(_ value: ImagesValue, _ session: Session) throws -> String {
    let (images, shape) = (value.images, value.images.shape)
    guard images.dataset.features == nil, shape.channels == 1 || shape.channels == 3 else {
      throw Problem(
        code: ShellCode.file,
        message: images.dataset.features == nil
          ? "images of \(shape.channels) channels cannot be PNG files" : "rows of features are no pictures",
        help: ["end the name with .npz" + (images.dataset.features == nil ? "" : " or .csv")], argument: "as")
    }
    let rounded: Images
    do { rounded = try images.rounded() } catch { throw Problem.from(error) }
    let names = Self.folderNames(images.classes)
    let numbers = value.changed.map { changed in images.indices.map { changed.outcome($0).index } } ?? images.indices
    try WrittenFile.writeFolder(file, argument: "as") { write in
      for position in 0..<images.count {
        if position % 64 == 0 { try session.poll() }
        let bitmap = Bitmap(
          planes: rounded.pixels(at: position), width: shape.width, height: shape.height, channels: shape.channels)
        let png = try session.drawing { try PNG.file(bitmap) }
        let number = String(format: "%05d", numbers[position])
        try write("\(names[images.label(at: position)])/\(number).png", Data(png))
      }
    }
    let files =
      "\(images.count.of("PNG file")) in \(Set(images.labels).count.of("folder")), one a class, 8 bits a pixel"
    guard let changed = value.changed else { return files }
    let answers = try session.answeringInterrupts {
      try changed.result.model.model.target.logits(of: rounded, engine: session.engine, stop: session.stop)
        .map { Prediction($0).answer }
    }
    let outcomes = images.indices.map(changed.outcome)
    let fooling = outcomes.indices.filter { outcomes[$0].fooled }
    let still = fooling.count { i in
      outcomes[i].target.map { $0 == answers[i] } ?? (answers[i] != outcomes[i].label)
    }
    return "\(files): \(still) of the \(NumberText.count(fooling.count)) that fool "
      + "\(changed.result.model.identity.name) still do when rounded so"
  }

  /// Class names as folders can be called; numbered where two would be the same.
  private static func folderNames(_ classes: [String]) -> [String] {
    var names: [String] = []
    for (number, name) in classes.enumerated() {
      let safe = String(name.map { $0 == "/" || $0 == "\\" || $0 == "\0" || $0.isNewline ? "_" : $0 }.prefix(60))
      let isTaken = safe.isEmpty || safe.hasPrefix(".") || names.contains(safe)
      names.append(isTaken ? "class\(number)\(safe.hasPrefix(".") ? "" : safe)" : safe)
    }
    return names
  }
}

extension ImagesValue {
  /// Rows of features in their own units, with their class and, where an attack changed them, what they are taken for; nil for
  /// pictures.
  var ownUnits: Table? {
    guard let features = images.dataset.features else { return nil }
    return Table(
      columns: features.map { .init($0.name) } + [.init("class")] + (changed == nil ? [] : [.init("taken_for")]),
      rows: (0..<images.count).map { position in
        let values = images.pixels(at: position)
        let taken = changed.map { $0.result.evaluation.name(of: $0.answer(images.indices[position])) }
        return features.indices.map { .number(features[$0].shown(values[$0])) }
          + [.string(images.classes[images.label(at: position)])] + (taken.map { [.string($0)] } ?? [])
      })
  }
}

extension ChangedImages {
  /// What made them, as one JSON object.
  var settings: String {
    let data = result.images
    var fields = [
      ("ward", JSONText.value(.string(wardVersion))), ("model", JSONText.value(.string(result.model.identity.name))),
      ("images", JSONText.value(.string(data.images.name))),
      ("data_sha256", JSONText.value(.string(data.from.dataset.sha256))),
    ]
    if let run = result.run, let spec = AttackSpec(run) { fields.append(("attack", spec.json)) }
    if let id = result.identity.storeID { fields.append(("result", "\(id)")) }
    return JSONText.object(fields)
  }
}
