/// What a stored audit was made with.
public struct AuditSpec: WrittenForm, Sendable, Equatable {
  /// How a change is measured.
  public var norm: String
  /// The radius that was claimed, in units of the norm.
  public var eps: Double
  /// How much was tried.
  public var form: String
  /// Every random choice follows from it.
  public var seed: Int
  /// Which images of its data set.
  public var images: ImageSelection

  /// What an audit was.
  public init(_ audit: Audit, images: ImageSelection) {
    (norm, eps, form) = (audit.threat.norm.rawValue, audit.threat.bound, audit.form.rawValue)
    (seed, self.images) = (audit.seed, images)
  }
}
