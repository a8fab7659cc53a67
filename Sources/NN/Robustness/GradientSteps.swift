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

  /// All steps, for the open images of a hunt.
  ///
  /// - Parameters:
  ///   - points: where they start, one row each, in the order of `hunt.open`.
  ///   - move: moves the points by one step, within the threat model.
  func run(
    _ hunt: inout Hunt, from points: [Pixels], in batch: Batch, against victim: Victim,
    move: (_ points: inout Tensor, _ gradient: Tensor, _ open: Open) -> Void
  ) throws {
    guard !hunt.open.isEmpty else { return }
    var points = Tensor(points)
    var open = Open(rows: hunt.open, centers: Tensor(hunt.open.map { batch.images[$0] }))
    for _ in 0..<steps where !hunt.open.isEmpty {
      victim.step(hunt.open)
      var found = try victim.climb(loss, at: points, towards: hunt.aims, of: hunt.open)
      let left = hunt.judge(points, found)
      if left.count < points.rows {
        points = points.rows(left)
        found.gradient = found.gradient.rows(left)
        open = Open(rows: left.map { open.rows[$0] }, centers: open.centers.rows(left))
      }
      hunt.settle()
      if !left.isEmpty { move(&points, found.gradient, open) }
    }
    try hunt.finish(points.eachRow, loss, victim)
  }
}
