/// A model's values, and what the operations of a plan make of them before the passes. All threads read both.
///
/// Safety: whoever changes the values calls `prepare` afterwards, while no pass is on its way.
struct PreparedWeights: Sendable {
  let values: FloatStorage
  let prepared: FloatStorage
  private let plan: Plan

  /// Prepares the values as they are now.
  init(_ values: FloatStorage, for plan: Plan, kernels: Kernels) {
    self.values = values
    self.plan = plan
    prepared = FloatStorage(count: plan.prepared.count)
    prepare(kernels)
  }

  /// To be called after the values have changed.
  func prepare(_ kernels: Kernels) {
    for operation in plan.operations {
      operation.prepare(UnsafePointer(values.floats), prepared.floats, kernels)
    }
  }
}
