/// The book-keeping of an attack that tries point after point: who is still open, and the best point so far of each.
///
/// The best is the first that reaches the aim, else the one of highest loss.
struct SearchState {
  /// One image for each row of the batch: the clean one until something better is seen.
  private(set) var found: [Pixels]
  /// The rows that no point has settled yet.
  private(set) var open: [Int]
  /// Their aims.
  private(set) var aims: [Aim]
  private var highest: [Float]
  private var settled: [Bool]
  private let batch: Batch

  init(_ batch: Batch) {
    self.batch = batch
    found = batch.images
    open = Array(0..<batch.count)
    aims = batch.aims
    highest = Array(repeating: -.infinity, count: batch.count)
    settled = Array(repeating: false, count: batch.count)
  }

  /// The row of the batch that the open image at a position is.
  func row(of position: Int) -> Int { open[position] }

  /// Whether a row's aim has been reached.
  func isSettled(_ row: Int) -> Bool { settled[row] }

  /// Looks at one point for each open image, with its logits and loss. Returns the positions (in `open`) that stay
  /// open; they leave `open` itself with `settle()`.
  mutating func judge(_ points: [Pixels], _ seen: [(logits: [Float], loss: Float)]) -> [Int] {
    var left: [Int] = []
    for (position, row) in open.enumerated() {
      offer(row, points[position], seen[position].logits, loss: seen[position].loss)
      if !settled[row] { left.append(position) }
    }
    return left
  }

  /// The same for points in one piece, one row each.
  mutating func judge(_ points: Tensor, _ logits: Tensor, _ losses: [Float]) -> [Int] {
    var left: [Int] = []
    for (position, row) in open.enumerated() {
      offer(row, Array(logits[row: position]), loss: losses[position]) {
        // Most steps keep a point: its pixels go where those of the last are.
        $0.replaceSubrange($0.indices, with: points[row: position])
      }
      if !settled[row] { left.append(position) }
    }
    return left
  }

  /// Looks at one point of one row.
  mutating func offer(_ row: Int, _ point: Pixels, _ logits: [Float], loss: Float) {
    offer(row, logits, loss: loss) { $0 = point }
  }

  private mutating func offer(_ row: Int, _ logits: [Float], loss: Float, keep: (inout Pixels) -> Void) {
    if !batch.wantsStrongest, batch.aims[row].isReached(by: logits) {
      keep(&found[row])
      settled[row] = true
    } else if loss > highest[row] {
      highest[row] = loss
      keep(&found[row])
    }
  }

  /// Closes what has been settled.
  mutating func settle() {
    guard open.contains(where: { settled[$0] }) else { return }
    open.removeAll { settled[$0] }
    aims = open.map { batch.aims[$0] }
  }

  /// Looks at the last points of the open images, to which no gradient was needed any more; if the strongest are wanted
  /// they are taken as they are.
  mutating func finish(_ points: Tensor, _ loss: AttackLoss, _ victim: Victim) throws {
    guard !open.isEmpty else { return }
    if batch.wantsStrongest { return keepAll(points.eachRow) }
    let logits = try victim.logitsOnTheWay(points, of: open)
    let losses = zip(logits.eachRow, aims).map { loss.value($0, $1) }
    _ = judge(points, logits, losses)
    settle()
  }

  /// Takes these points for the open images, whatever their loss.
  mutating func keepAll(_ points: [Pixels]) {
    for (row, point) in zip(open, points) { found[row] = point }
  }
}
