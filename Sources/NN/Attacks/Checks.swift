// What cannot be attacked, or not within such a radius.

extension ThreatModel {
  /// Checks the radius; without a shape only for what no shape allows.
  ///
  /// - Throws: `AttackError.epsilon` for a negative radius, a NaN, or one beyond what the norm can
  ///   mean for pixels from 0 to 1 (8 is probably 8/255); `AttackError.lessThanAPixel` for one in L0 that lets no pixel
  ///   change (0.1 is meant for L∞).
  public func check(_ shape: ImageShape?) throws(AttackError) {
    guard !epsilon.isNaN, epsilon >= 0 else { throw .epsilon(epsilon, norm, largest: largest(shape)) }
    if norm == .l0, epsilon > 0, epsilon < 1 { throw .lessThanAPixel(epsilon) }
    guard epsilon.isFinite else { return }
    guard epsilon <= largest(shape) else { throw .epsilon(epsilon, norm, largest: largest(shape)) }
  }

  /// Checks a step length beside the radius: one that is longer than any change there is was meant on the scale 0–255.
  ///
  /// - Throws: `AttackError.step`.
  public func check(step: Float, _ shape: ImageShape?) throws(AttackError) {
    let largest = largest(shape)
    guard norm == .linf ? step < 1 : step <= largest else { throw .step(step, norm, largest: largest) }
  }
}

extension Target {
  /// Throws `AttackError` if there are no images, or if they are not for this model.
  func check(_ images: Images) throws(AttackError) {
    guard !images.isEmpty else { throw .noImages }
    guard images.shape == shape else { throw .shape(model: shape, images: images.shape) }
    guard images.classes.count == classes else { throw .classes(model: classes, images: images.classes.count) }
  }
}
