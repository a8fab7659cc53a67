/// The loop that attacks by gradient steps have in common: ask for the gradient at each point, let go of the images that
/// are done with, move the others.
struct GradientSteps {
  /// What is climbed.
  let loss: AttackLoss
  let steps: Int

  /// The images that are still open: their rows in the batch, and their clean pixels, in one order.
  struct Open {
    var rows: [Int]
    var centers: Tensor
  }

  /// All steps, for the open images of a search.
  ///
  /// - Parameters:
  ///   - points: where they start, one row each, in the order of `search.open`.
  ///   - move: moves the points by one step, within the threat model.
  func run(
    _ search: inout SearchState, from points: [Pixels], in batch: Batch, against victim: Victim,
    move: (_ points: inout Tensor, _ gradient: Tensor, _ open: Open) -> Void
  ) throws {
    guard !search.open.isEmpty else { return }
    var points = Tensor(points)
    var open = Open(rows: search.open, centers: Tensor(search.open.map { batch.images[$0] }))
    for _ in 0..<steps where !search.open.isEmpty {
      victim.step(search.open)
      var found = try victim.evaluate(loss, at: points, towards: search.aims, of: search.open)
      let left = search.judge(points, found.logits, found.losses)
      if left.count < points.rows {
        points = points.rows(left)
        found.gradient = found.gradient.rows(left)
        open = Open(rows: left.map { open.rows[$0] }, centers: open.centers.rows(left))
      }
      search.settle()
      if !left.isEmpty { move(&points, found.gradient, open) }
    }
    try search.finish(points, loss, victim)
  }
}
