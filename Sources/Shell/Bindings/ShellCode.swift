/// The codes of mistakes that the language itself cannot know of. Stable: scripts catch them, `ward explain` knows them.
enum ShellCode {
  static let data = "E0601"
  static let noSuchClass = "E0602"
  static let badCosts = "E0603"
  static let badIndex = "E0604"
  static let badTraining = "E0605"
  static let badAttack = "E0606"
  static let wrongModel = "E0607"
  static let sql = "E0609"
  static let file = "E0610"
  static let sessionLine = "E0611"
  static let diverged = "E0612"
  static let unsafe = "E0613"
  static let memory = "E0614"
  static let badCertificate = "E0615"
  static let store = "E0620"
  static let drawing = "E0630"
  static let sweep = "E0640"
  static let summary = "E0641"
  static let lesson = "E0650"
  static let integerDivision = "N0002"
  static let grownLoss = "W0002"
  static let doubtfulAttack = "W0005"
  static let overfitToOneStep = "W0006"
  static let suspiciousData = "W0003"
  static let noNormalisation = "W0004"

  /// What `ward explain CODE` prints.
  static let explanations: [String: String] = [
    data: """
    A data set cannot be read: it is not on this machine, one of its files is missing, cut short or damaged, or holds
    something else than its name says. The message names the file. Fashion-MNIST comes with Debian's package
    dataset-fashion-mnist; any folder with the IDX files of MNIST, or of a data set made like it, can be given by its path.
    """,
    noSuchClass: """
    A class was named that the data set does not have. Classes are given by name, upper and lower case alike, or by number
    from 0; `describe DATA` lists them.
    """,
    badCosts: """
    A cost matrix must have a row and a column for each class, with finite costs that are not negative, and nothing to pay
    for a right answer. `guard[true class, answer] = cost` sets one cost: the true class comes first.
    """,
    badIndex: """
    Images are taken by number or range (`data.test[0]`, `data.test[0..<8]`), a cost by two classes
    (`guard["Shirt", "Bag"]`).
    """,
    badTraining: """
    A training cannot be run as asked: the network does not fit the images, a defense needs something the network does not
    have, or a cost matrix is for other classes.
    """,
    badAttack: """
    An attack cannot be run as asked. eps and every distance are in pixel units, and pixels lie in [0, 1]: eight steps of a
    byte are 8/255, not 8.
    """,
    badCertificate: """
    Nothing can be proved as asked: no bounds are known for a layer of the network, the method has no form for the norm, or
    its settings prove nothing, such as noise of sigma 0 or a handful of samples. `options of certify` lists the methods.
    """,
    wrongModel:
      "The model cannot be used here: it takes other images, answers other classes, or was not trained in this session.",
    sql: """
    SQLite did not understand the query, or it would have done more than read. The store is asked, never changed: `tables`
    lists what there is, `schema results` the columns of one table. `:name` in a query stands for the variable `name`.
    """,
    file: "A file cannot be read or written.",
    lesson: """
    A lesson cannot be opened or gone on with as asked: there is none of that number or file, it has no such step, or no lesson
    is open. `:lesson` lists Ward's own lessons with what is done; any script is a lesson.
    """,
    summary: """
    A table cannot be summarised as asked. `summary TABLE by: "way" over: "seed"` needs a row for each run, a column that names
    its setting, one for its seed, and columns of numbers. Two settings are compared seed by seed, over the seeds that both have.
    """,
    sweep: """
    A sweep cannot be run as asked. `--over NAME=VALUES` names a `param` of the script, or `seed`, and its values:
    `seed=0..4`, `eps=0.1,0.2`, `defense=csa,minmax`. Each value must be one that `--NAME` takes when the script is run.
    """,
    sessionLine: "A line that begins with `:` is about the notebook. `:help` lists what there is.",
    diverged: """
    The loss of a training became NaN or infinite, so its weights mean nothing any more. A smaller rate, or
    smaller weights of a defense's penalties, usually help. The message says at which epoch and batch it happened.
    """,
    unsafe:
      "The session was started with --safe, which allows no `!command` and no writing outside the working folder.",
    memory: """
    The work would take more memory than this machine, or the group of processes that Ward runs in, can give: it would have
    been killed. Nothing was begun. A training with batch normalisation keeps the whole batch in memory, so that a smaller
    `batch:` helps; otherwise each thread keeps 16 images, so that fewer threads do (`ward --threads 1`).
    """,
    store: """
    The store cannot be used as asked. What was stored before is safe unless the message says that the file is damaged:
    then restore a backup (`:store backup FILE` makes one), or save with `sqlite3 FILE .recover` what can be read.
    """,
    drawing: """
    Something cannot be drawn: there is nothing to draw, the columns that were named are not numeric, or the program that
    draws charts and captions for files is missing (`apt-get install gnuplot-nox`). On a terminal Ward draws by itself.
    """,
    grownLoss: """
    The loss of a training ended far above any that means something: its steps were so long that they led away. The model
    is there and is stored, but it guesses. A smaller rate, or smaller weights of penalties and costs, usually help.
    """,
    doubtfulAttack: """
    What AutoAttack's own code warns of: the figure may be too kind to this model. A model that answers at random needs
    `autoattack(version: rand)`; answers that are probabilities go through softmax twice, which flattens every gradient;
    where gradients are zero, steps stand still; and where Square, which uses none, breaks what all others left, gradients
    mislead. `audit` looks closer.
    """,
    overfitToOneStep: """
    Training on images of one gradient step can learn to stand that step alone: the surface of the loss folds so that the step
    overshoots, and any attack of more steps, shorter ones too, breaks the model. It happens within an epoch, at large eps and
    long trainings first, and the accuracy under `fgsm` rises meanwhile. Ward attacks some training images after each epoch
    with the one step and with two of half its length; `epochs` keeps both figures as `one_step` and `two_steps`.
    """,
    suspiciousData: """
    The data set was read, but something about it is unusual enough that results may mean something else than they seem to:
    a class that no training or test image has, labels that count from 1, pixels that are nearly all black, or the same
    images in both parts. The message says what it is and what to do.
    """,
    noNormalisation: """
    A file of weights from elsewhere does not say how its images were normalised. Without `mean:` and `std:` pixels go in
    as they are, from 0 to 1, and a network that was trained on normalised ones answers worse, without any other sign. Give
    the two that were used in its training, for pixels from 0 to 1; `mean: 0 std: 1` says that there were none.
    """,
    integerDivision: """
    SQL divides whole numbers to a whole number: 8/255 is 0 there. Write 8.0/255, or pass a variable: `let eps = 8/255`,
    then `where eps = :eps`.
    """,
  ]
}
