import Lang

/// Parameters that several commands have, each with one name, one help and one default.
extension Signature {
  /// The model that a command is about.
  func model(_ summary: String = "the model") -> Parameter<ModelValue> {
    subject("model", .object(ModelValue.self), summary)
  }

  /// `on:`, where it may be left out; `ModelValue.testImages` gives the usual ones.
  func images() -> Parameter<ImagesValue?> {
    optional(
      "on", .object(ImagesValue.self), "the images", shown: "the test images of the data the model was trained on")
  }

  /// `costs:` of what looks at a model that there is.
  func costs() -> Parameter<CostsValue?> {
    optional("costs", .object(CostsValue.self), "what mistakes cost", shown: "the costs the model was trained with")
  }

  /// `seed:`; not given, it is `Session.seed`.
  func seed() -> Parameter<Int?> {
    optional("seed", .integer(in: .atLeast(0)), "decides every random choice", shown: "the session seed")
  }
}
