/// What can be wrong with a data set on disk, or with a selection of its images.
///
/// `description` says what is wrong and with which file; `hint` says what to do about it.
public enum DataError: Error, Equatable {
  /// No folder that could hold the data set exists; `package` is the Debian package that brings it, if there is one.
  case missing(name: String, looked: [String], package: String?)
  /// The name is none that Ward knows, and there is nothing at that path.
  case unknown(name: String, known: [String])
  /// A folder that holds no data set in a format that Ward reads.
  case notADataset(path: String)
  /// A file that a data set needs is not in its folder.
  case missingFile(path: String)
  /// The operating system refused to open or read a file.
  case unreadable(path: String, reason: String)
  /// The file ends before the bytes that its header announces.
  case truncated(path: String, expected: Int, found: Int)
  /// The compressed stream or the structure of the file is damaged.
  case corrupt(path: String, reason: String)
  /// The file starts with another magic number than its format has.
  case wrongMagic(path: String, expected: UInt32, found: UInt32)
  /// The header announces more than a file of this size can hold; nothing was allocated.
  case tooLarge(path: String, announced: Int, possible: Int)
  /// More than half of the machine's memory would be needed; nothing was allocated.
  case tooMuchMemory(path: String, needed: Int, available: Int)
  /// More bytes follow than the header announces.
  case trailingBytes(path: String, expected: Int)
  /// There are not as many labels as images.
  case countMismatch(images: Int, imagesPath: String, labels: Int, labelsPath: String)
  /// Training and test images differ in shape.
  case shapeMismatch(train: ImageShape, test: ImageShape)
  /// A label that names no class.
  case labelOutOfRange(path: String, index: Int, label: Int, classes: Int)
  /// A class that no training image has, although a label names a later one.
  case emptyClass(path: String, index: Int, label: Int, missing: Int)
  /// The file is whole, but what is in it is nothing that Ward takes; `taken` says what is.
  case unexpected(place: String, reason: String, taken: String)
  /// A column that a table does not have.
  case noSuchColumn(path: String, name: String, columns: [String])
  /// The reading was stopped on request; nothing is wrong.
  case stopped
  /// A class that the data set does not have.
  case noSuchClass(name: String, classes: [String])
  /// A selection in which no image is left, or one that reaches past the end.
  case selection(String)
}

extension DataError: CustomStringConvertible {
  /// One sentence: what is wrong, and which file.
  public var description: String {
    switch self {
    case .missing(let name, let looked, _):
      "the data set \"\(name)\" is not on this machine (looked in \(looked.joined(separator: ", ")))"
    case .unknown(let name, _): "there is no data set \"\(name)\", and no folder or file of that name"
    case .notADataset(let path): "\(path) holds no data set that Ward can read"
    case .missingFile(let path): "\(path) is missing"
    case .unreadable(let path, let reason): "cannot read \(path): \(reason)"
    case .truncated(let path, let expected, let found):
      "\(path) is cut short: \(expected) bytes announced, \(found) found"
    case .corrupt(let path, let reason): "\(path) is damaged: \(reason)"
    case .wrongMagic(let path, let expected, let found):
      "\(path) starts with 0x\(String(found, radix: 16)), not with 0x\(String(expected, radix: 16))"
    case .tooLarge(let path, let announced, let possible):
      "\(path) announces \(announced) bytes, more than the \(possible) that a file of its size can hold"
    case .tooMuchMemory(let path, let needed, let available):
      "\(path) would take \(needed >> 20) MB of memory; half of this machine's is \(available >> 20) MB"
    case .trailingBytes(let path, let expected): "\(path) goes on after the \(expected) bytes that it announces"
    case .countMismatch(let images, let imagesPath, let labels, let labelsPath):
      "\(imagesPath) has \(MessageText.count(images, "image")), but \(labelsPath) has \(MessageText.count(labels, "label"))"
    case .shapeMismatch(let train, let test): "training images are \(train), test images \(test)"
    case .labelOutOfRange(let path, let index, let label, let classes):
      "\(path): image \(index) has label \(label), but there are \(MessageText.classes(classes)) (0 to \(classes - 1))"
    case .emptyClass(let path, let index, let label, let missing):
      "\(path): image \(index) has label \(label), but no training image has label \(missing)"
    case .unexpected(let place, let reason, _): "\(place): \(reason)"
    case .noSuchColumn(let path, let name, _): "\(path) has no column \"\(MessageText.text(name))\""
    case .stopped: "stopped"
    case .noSuchClass(let name, _): "there is no class \"\(name)\""
    case .selection(let reason): reason
    }
  }

  /// What to do about it, if there is something to say beyond `description`.
  public var hint: String? {
    switch self {
    case .missing(let name, _, let package):
      package.map { "install it with `apt install \($0)`, or give its folder: load \"PATH\"" }
        ?? "give its folder: load \"PATH\", or put it in $WARD_DATA/\(name)"
    case .unknown(_, let known):
      "one of: \(known.joined(separator: ", ")), or the path of a file or folder; `?load` lists the forms"
    case .notADataset:
      "Ward reads CSV, .npz, folders of PNG or JPEG files by class, of .npy, IDX or CIFAR files; `?load` lists the forms"
    case .missingFile: "a data set needs images and labels, for training and for testing"
    case .unreadable: nil
    case .truncated, .corrupt, .trailingBytes, .tooLarge: "fetch the file again: the copy is not whole"
    case .wrongMagic: "this is not the file that its name says; fetch it again"
    case .tooMuchMemory: "make a file of fewer images"
    case .countMismatch: "the two do not belong together"
    case .shapeMismatch: "both parts of a data set must have images of one shape"
    case .labelOutOfRange: "the labels do not belong to this data set"
    case .emptyClass: "classes are numbered without a gap, from 0 or from 1; is that label damaged?"
    case .unexpected(_, _, let taken): taken
    case .noSuchColumn(_, _, let columns): "its columns are \(MessageText.names(columns))"
    case .stopped: nil
    case .noSuchClass(_, let classes): "one of: \(classes.joined(separator: ", "))"
    case .selection: nil
    }
  }
}
