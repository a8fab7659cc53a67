/// What belongs to the cell that is running, and to no other: each begins with a new one.
struct CellRun {
  /// Its row in the store; nil where the store could not be written.
  var row: Int64?
  /// What it has made and the store does not have yet: nothing, unless the store cannot be written.
  var unstored: [Artifact] = []
  /// Whether the store refused something of it.
  var cannotKeep = false
  /// When the store was last told what it shows.
  var shownKept = ContinuousClock.now
  /// What `remark` has said.
  var remarks: Set<String> = []
  /// The name that the running statement gives by a `let`.
  var binding: String?
  /// How many trainings it has begun.
  var trainings = 0
  /// How many models it has made.
  var models = 0
  /// What an interrupted command says about where it was.
  var interruptDetail = ""
}
