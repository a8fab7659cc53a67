import Lang
import NN

/// What `load` takes besides the path, for data of one's own.
struct LoadParameters {
  private let target: Parameter<Value?>
  private let missing: Parameter<String?>
  private let without: Parameter<[String]?>
  private let shape: Parameter<[Int]?>
  private let white: Parameter<Double?>
  private let size: Parameter<Int?>
  private let names: Parameter<[String]?>
  private let seed: Parameter<Int?>

  init(_ signature: Signature) {
    target = signature.optional(
      "target", .either(.string, .integer(in: .atLeast(1))),
      "the column of a table that is the class, by name or number",
      shown: "the label of images")
    missing = signature.optional(
      "missing", .oneOf(["mean"]), "fill missing values of features with the mean of the training part",
      shown: "refused")
    without = signature.optional("without", .oneOrMore(.string), "columns of a table to leave out", shown: "none")
    shape = signature.optional(
      "shape", .list(of: .integer(in: .atLeast(1))),
      "rows and columns of images that are written as one row of numbers; a 3 before or behind them is for colours",
      shown: "a square")
    white = signature.optional(
      "white", .number(in: .above(0)), "the number that a white pixel has, where images are written as numbers",
      shown: "255, or 1 of floats")
    size = signature.optional(
      "size", .integer(in: 1...1024), "scale pictures to so many rows and columns", shown: "as they are")
    names = signature.optional(
      "names", .list(of: .string), "the names of the classes, in order", shown: "from the files")
    seed = signature.optional(
      "seed", .integer(in: .atLeast(0)), "decides what test: sets apart", shown: "the session seed")
  }

  /// What was asked for; `test` as a count or, below 1, as a share.
  func read(_ given: Arguments, test: Double?, _ session: Session) throws -> LoadOptions {
    var options = LoadOptions()
    if let test {
      if test < 1 {
        options.share = test
      } else if let count = Int(exactly: test) {
        options.count = count
      } else {
        throw Problem(
          code: ShellCode.data, message: "\(NumberText.exact(test)) is no number of images",
          help: ["a whole number, or a share below 1 such as 20%"], argument: "test")
      }
    }
    options.seed = given[seed] ?? session.seed
    options.target = given[target].map { $0.asInteger.map(String.init) ?? $0.asString ?? "" }
    (options.missing, options.without) = (given[missing], given[without])
    (options.shape, options.size, options.names) = (given[shape], given[size], given[names])
    options.white = given[white]
    return options
  }

  /// Says that a seed that was given decided nothing.
  func noteUnused(_ given: Arguments, _ data: Dataset, _ session: Session) {
    guard given[seed] != nil, data.split == nil else { return }
    session.remark("seed: decides what is set apart for testing, but \(data.name) has a test part")
  }

  /// The argument that a mistake is about.
  func argument(of error: DataError, _ given: Arguments) -> String {
    switch error {
    case .noSuchColumn(_, let name, _): given[without]?.contains(name) == true ? "without" : "target"
    case .unexpected("names", _, _): "names"
    case .unexpected(_, let reason, _) where reason.hasSuffix(":"):
      // "… which has no use for size:"
      String(reason.dropLast().split(separator: " ").last ?? "name")
    default: "name"
    }
  }
}

/// The forms of data that `load` reads, for help.
enum LoadForms {
  static let text = """
    Fashion-MNIST comes with Debian's package dataset-fashion-mnist; mnist, cifar-10 and cifar-100 are looked for in \
    $WARD_DATA. Pixels are numbers from 0 to 1. A path may be:

    Pictures: a folder with a folder of PNG or JPEG files for each class, load "photos" test: 20%, or that twice, in train \
    and test. `size: 32` scales them, by the mean of areas; without it all must be of one size. Hidden files are ignored, \
    transparency becomes black.

    Tables of features: load "cancer.csv" target: "diagnosis" test: 20%. Numbers become shares of their range in the \
    training part, words a feature each; eps is a share of that range, and what is shown is in the features' own units. \
    Commas, semicolons or tabs; a header names the columns, else they are numbered from 1. The files that scikit-learn brings \
    name their classes in the first line: load "breast_cancer.csv" test: 20%.

    Tables of images: load "digits.csv" test: 20%, or a folder with x_train.csv and x_test.csv. A label, first or last, and \
    the pixels, from 0 to 255; `shape: [28, 28]` where they are no square, `white: 16` where 16 is white.

    NumPy: load "data.npz" with x_train, y_train, x_test, y_test, or MedMNIST's train_images, val_images and so on, or one \
    x and y; a folder of x_train.npy and so on; Kuzushiji-MNIST's folder. Labels are numbers, texts, or rows with a 1. \
    Floats that are no bytes stay floats.

    IDX: a folder with the four files of MNIST or of a data set made like it, gzipped or not, also torchvision's NAME/raw; \
    EMNIST under its own names, load "emnist/emnist-letters". CIFAR: a folder with its binary batches or its Python pickles.

    Classes are named by the folders, the column, class_names in the .npz, classes.txt beside the files (one a line), or \
    `names:`. What has no test part needs `test:`: that share of each class is set apart, chosen by `seed:`.
    """
}
