/// Memory for gradients, which take turns in it. One is needed only from the operation that writes it to the one that reads it,
/// and the way back visits these in order: so a pass needs far less memory, and what an operation reads was written a moment
/// ago and is still in the cache.
///
/// Only gradients of the same shape and halo share: the zeros around them have to stay.
struct GradientPool: Sendable {
  private struct Place {
    let slot: Slot
    let shape: ImageShape
    let halo: Halo
    /// The last step, in the order of the way forward, at which it is in use.
    var until: Int
  }

  /// Whether gradients take turns. They do not where someone looks at all of them when the pass is over.
  let isShared: Bool
  private var places: [Place] = []
  /// All memory that was given out.
  var slots: [Slot] { places.map(\.slot) }

  init(isShared: Bool) { self.isShared = isShared }

  /// Memory that nobody else uses from step `first` to step `last`, in the order of the way forward. `first` must not be less
  /// than in an earlier call.
  mutating func slot(
    _ shape: ImageShape, halo: Halo = .none, from first: Int, to last: Int, in layout: inout ArenaLayout
  ) -> Slot {
    if isShared, let free = places.firstIndex(where: { $0.until < first && $0.shape == shape && $0.halo == halo }) {
      places[free].until = last
      return places[free].slot
    }
    let slot = layout.slot(shape, halo: halo)
    places.append(Place(slot: slot, shape: shape, halo: halo, until: last))
    return slot
  }
}
