import Contract
import Lang
import NN

/// What images are that an attack changed: the result that they come from. Shared by all selections of them.
final class ChangedImages {
  /// The attack's result; positions in it are the numbers of the images.
  let result: ResultValue

  init(_ result: ResultValue) { self.result = result }

  /// What became of an image of a selection of them.
  func outcome(_ number: Int) -> NN.Outcome { result.evaluation.outcomes[number] }

  /// The clean image.
  func clean(_ number: Int) -> Pixels { result.images.images.pixels(at: number) }

  /// The answer to the image that the selection has.
  func answer(_ number: Int) -> Int { outcome(number).finalAnswer }

  /// Changed images in place of clean ones. A change beyond the radius, which the smallest change of some attacks may be, has
  /// not broken the image: it stays clean.
  static func images(
    _ clean: Images, _ outcomes: [NN.Outcome], _ changed: [Pixels], _ run: AttackRun, model: String
  ) throws -> Images {
    let pixels = outcomes.indices.map { outcomes[$0].withinBudget ? changed[$0] : clean.pixels(at: $0) }
    guard pixels.allSatisfy({ $0.allSatisfy { $0 >= 0 && $0 <= 1 } }) else {
      throw Problem(
        code: ShellCode.badAttack, message: "\(run.attack.name) left the range from 0 to 1, so these are no images",
        help: ["run it with clip: true"])
    }
    let name = "\(clean.name) changed by \(run.attack.name) against \(model), \(run.threat.text)\(run.maskText)"
    do { return try clean.changed(to: pixels, name: name) } catch { throw Problem.from(error) }
  }
}

extension ResultValue {
  /// The changed images.
  ///
  /// - Throws: `Problem` if they were not kept.
  func keptImages(for argument: String? = nil) throws -> [Pixels] {
    if let changed { return changed }
    let again = goal == nil && radii == nil
    throw Problem(
      code: ShellCode.drawing,
      message: again
        ? "this attack did not keep the images that it changed"
        : "this result has no images: it sums up several attacks",
      help: [
        "run \(again ? "it again" : "one attack") with keep: images, as in `attack \(model.identity.name) with: "
          + "\(choice?.name ?? "pgd") keep: images`"
      ], argument: argument)
  }

  /// The changed images as a selection, with their true labels.
  func adversarial() throws -> ImagesValue {
    let changed = try keptImages()
    guard let run else { unreachable("only attacks have adversarial images") }
    let all = try ChangedImages.images(
      images.images, evaluation.outcomes, changed, run, model: model.identity.name)
    return ImagesValue(images: all, from: images.from, changed: ChangedImages(self))
  }
}
