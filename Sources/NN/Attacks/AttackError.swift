/// Why an attack cannot be run as asked. Known before anything runs.
public enum AttackError: Error, Equatable {
  /// A radius that is negative, NaN, or larger than any change of pixels from 0 to 1.
  case epsilon(Float, Norm, largest: Float)
  /// A radius in L0 that lets no pixel change.
  case lessThanAPixel(Float)
  /// A step that is longer than any change of pixels from 0 to 1.
  case step(Float, Norm, largest: Float)
  /// The attack has no form for this norm.
  case norm(attack: String, norm: Norm, supported: [Norm])
  /// The attack has no form for this goal.
  case goal(attack: String, goal: String, supported: [String])
  /// The class to reach is the true class of every image.
  case targetIsTrue(Int)
  /// A class to reach that the model does not have.
  case noSuchTarget(Int, classes: Int)
  /// `most_costly` without a cost matrix.
  case noCosts
  /// A cost matrix for another number of classes.
  case costsForOtherClasses(Int, classes: Int)
  /// A loss or an attack that needs more classes than the model has.
  case tooFewClasses(attack: String, needs: Int, classes: Int)
  /// No image to attack.
  case noImages
  /// Images of another shape than the model's.
  case shape(model: ImageShape, images: ImageShape)
  /// A data set with other classes than the model's.
  case classes(model: Int, images: Int)
  /// The attack needs a radius.
  case needsEpsilon(attack: String)
  /// What may change, said by this argument, does not fit the images, or is nothing.
  case mask(String, String)
  /// What may change, said by this argument, names a feature that the data does not have.
  case noSuchFeature(String, String, known: [String])
  /// A setting that this attack cannot use in this combination.
  case setting(attack: String, String)
}

extension AttackError: CustomStringConvertible {
  /// One sentence: what is not possible.
  public var description: String {
    switch self {
    case .epsilon(let value, let norm, let largest):
      value > largest
        ? "eps \(value.short) is larger than any change: \(norm.symbol) is at most \(largest.short) for pixels from 0 to 1"
        : "eps is a number from 0 on, not \(value.short)"
    case .lessThanAPixel(let value): "eps \(value.short) lets no pixel change: L0 counts the values that change"
    case .step(let value, let norm, let largest):
      "step \(value.short) goes farther than any change: \(norm.symbol) is at most \(largest.short) for pixels from 0 to 1"
    case .norm(let attack, let norm, _): "\(attack) has no \(norm.symbol) form"
    case .goal(let attack, let goal, _): "\(attack) cannot pursue the goal \(goal)"
    case .targetIsTrue(let target): "every image already is of class \(target), the class to reach"
    case .noSuchTarget(let target, let classes): "there is no class \(target); the model answers 0 to \(classes - 1)"
    case .noCosts: "an attack towards costly answers needs a cost matrix"
    case .costsForOtherClasses(let costs, let classes):
      "the cost matrix is for \(MessageText.classes(costs)), the model has \(classes)"
    case .tooFewClasses(let attack, let needs, let classes):
      "\(attack) needs at least \(MessageText.classes(needs)), the model has \(classes)"
    case .noImages: "there are no images: the selection is empty"
    case .shape(let model, let images): "the model takes images of \(model), these are \(images)"
    case .classes(let model, let images): "the model answers \(MessageText.classes(model)), the images have \(images)"
    case .needsEpsilon(let attack): "\(attack) needs a radius"
    case .mask(let argument, let reason): "\(argument): \(reason)"
    case .noSuchFeature(let argument, let name, _): "\(argument): the data has no feature `\(name)`"
    case .setting(let attack, let reason): "\(attack): \(reason)"
    }
  }

  /// What to try.
  public var hint: String? {
    switch self {
    case .epsilon(let value, let norm, let largest) where norm == .linf && value > largest && value <= 255:
      "pixels lie in [0, 1]: did you mean \(value == value.rounded() ? "\(Int(value))" : "\(value)")/255?"
    case .step(let value, .linf, _) where value > 1 && value <= 255:
      "pixels lie in [0, 1]: did you mean \(value.short)/255?"
    case .epsilon, .step: "distances are in pixel units, pixels lie in [0, 1]"
    case .lessThanAPixel: "give a number of pixels, such as eps: 10; \(Norm.usualEpsilons) are usual"
    case .norm(_, _, let supported): "it has: \(supported.map(\.rawValue).joined(separator: ", "))"
    case .goal(_, _, let supported): "it has: \(supported.joined(separator: ", "))"
    case .targetIsTrue: "choose another target, or other images"
    case .noCosts: "give one with costs:"
    case .tooFewClasses: "use cross-entropy or the margin instead"
    case .needsEpsilon: "give one with eps:"
    case .noSuchFeature(_, _, let known):
      "its features are \(known.prefix(30).joined(separator: ", "))\(known.count > 30 ? " and \(known.count - 30) more" : "")"
    default: nil
    }
  }
}

extension Float {
  /// Without a point where there is nothing behind it.
  var short: String { self == rounded() && abs(self) < 1e6 ? "\(Int(self))" : "\(self)" }
}
