/// Which of the images on its way an attack returns, as the manual says it.
enum ReturnRule {
  /// Of an attack within a radius.
  static let best =
    "Returns the first image on its way that reaches the goal; of those that never do, the one of the highest loss."
  /// Of an attack that looks for the smallest change.
  static let smallest =
    "Returns the smallest change it found that reaches the goal, whatever eps; one larger than eps has withstood."
}

/// Every attack that Ward knows.
public enum Attacks {
  /// The declarations, in the order in which help lists them.
  public static let all: [Entry<any Attack>] = [
    FGSM.entry, BIM.entry, PGD.entry, MIFGSM.entry, APGD.entry, AutoAttack.entry,
    DeepFool.entry, CarliniWagner.entry, EAD.entry, DDN.entry, FMN.entry, FAB.entry, JSMA.entry,
    Square.entry, SPSA.entry, OnePixel.entry, Boundary.entry, HopSkipJump.entry, Universal.entry, Noise.entry,
    Transfer.entry,
  ]

  /// Recreates attacks from their written form.
  public static let family = Family(name, all)

  /// What one of them is called.
  static let name = "attack"
}
