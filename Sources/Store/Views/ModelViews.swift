extension Views {
  static let models = View(
    name: "models", summary: "One row for each trained or opened model.",
    columns: [
      .integer("id", "m.id", "What `model_id` of other views joins to."),
      .text("name", "m.name", "The name it was bound to; empty when it had none. A name may be used again: see `id`."),
      .text("architecture", "m.architecture", "Its architecture, such as `lenet`."),
      .text(
        "parent", "(SELECT p.name FROM model p WHERE p.id = m.parent)",
        "The name of the model whose weights it started from; null for none."),
      .integer("parent_id", "m.parent", "That model, joins to `models.id`."),
      .text(
        "dataset", "(SELECT d.name FROM dataset d WHERE d.id = m.dataset)",
        "The name of the data it was trained on; null if unknown."),
      .integer("dataset_id", "m.dataset", "That data set, joins to `datasets.id`."),
      .text("defense", "m.defense", "The defense, such as `minmax`; empty for plain training."),
      .text("settings", settings, "Every setting of training and defense, as a JSON object."),
      .text("spec", "m.spec", "What ran, whole, as a JSON object: `repeat` and `resume` read this; null if unknown."),
      .text(
        "costs", "(SELECT k.name FROM cost k WHERE k.id = m.costs)",
        "The name of the cost matrix it was trained with; null for none."),
      .integer("costs_id", "m.costs", "That cost matrix, joins to `costs.id`."),
      .integer("seed", "m.seed", "The seed of its training."),
      .integer("parameters", "m.parameters", "How many numbers are trained."),
      .text("shape", "m.shape", "Channels, height and width of an input, as a JSON list."),
      .text("normalisation", "m.normalisation", "Means and deviations of the first layer as JSON; empty for none."),
      .real("clean", "m.clean", "Accuracy on the test images, from 0 to 1; null when it was not measured."),
      .real("seconds", "m.seconds", "Seconds of training."),
      .integer("epochs", "(SELECT count(*) FROM epoch e WHERE e.model = m.id)", "How many epochs were finished."),
      .text(
        "weights_sha256", "(SELECT b.sha256 FROM blob b WHERE b.id = m.weights)",
        "SHA-256 of the weights: equal for models that are equal to the bit."),
      .integer("cell", "(SELECT c.number FROM cell c WHERE c.id = m.cell)", "The number of the cell that made it."),
      .integer("cell_id", "m.cell", "That cell, joins to `cells.id`."),
      .integer(
        "session", "(SELECT c.session FROM cell c WHERE c.id = m.cell)",
        "The session of that cell, joins to `sessions.id`."),
      .integer(
        "point", point(ofCell: "m.cell"),
        "The point of a sweep that it belongs to, joins to `points.id`; null for none."),
    ],
    from: "model m")

  /// As `settings` always was: the defenses as an object, and their order beside it. A row with a form that is none takes
  /// nothing from the others.
  private static let settings = """
    CASE WHEN json_valid(m.spec) IS NOT 1 OR m.spec -> '$.defense' IS NULL
      THEN coalesce(json_remove(\(sound("m.spec")), '$.seed'), '{}')
    ELSE json_set(
      json_remove(m.spec, '$.seed'),
      '$.defense', json((
        SELECT json_group_object(d.key, json(\(sound("d.value", "'null'")))) FROM json_each(m.spec, '$.defense') l,
          json_each(\(sound("l.value", "'{}'"))) d)),
      '$.order', json((
        SELECT json_group_array(d.key) FROM json_each(m.spec, '$.defense') l,
          json_each(\(sound("l.value", "'{}'"))) d)),
      '$.clip', json(coalesce(m.spec -> '$.clip', 'null')))
    END
    """

  /// An expression where it is JSON, else another.
  static func sound(_ expression: String, _ other: String = "NULL") -> String {
    "iif(json_valid(\(expression)), \(expression), \(other))"
  }

  static let epochs = View(
    name: "epochs", summary: "One row for each model and epoch of its training.",
    columns: [
      .text("model", "(SELECT m.name FROM model m WHERE m.id = e.model)", "The name of the model."),
      .integer("model_id", "e.model", "The model, joins to `models.id`."),
      .integer("epoch", "e.epoch", "The number of the epoch, from 1."),
      .real("loss", "e.loss", "The mean loss over the epoch."),
      .real(
        "train_accuracy", "e.train_accuracy", "Accuracy on the training images, from 0 to 1; null if not measured."),
      .real("test_accuracy", "e.test_accuracy", "Accuracy on the test images, from 0 to 1; null if not measured."),
      .real("seconds", "e.seconds", "Seconds it took."),
      .real("images_per_second", "e.images_per_second", "Training images per second."),
      .real(
        "validation_accuracy", "e.validation_accuracy",
        "Accuracy on the validation images, from 0 to 1; null without such images."),
      .real(
        "validation_balanced", "e.validation_balanced", "The same, each class counting alike; null without such images."
      ),
      .real(
        "validation_robust", "e.validation_robust",
        "Accuracy on the validation images under the attack of `watch:`; null without one."),
      .real(
        "validation_protected", "e.validation_protected",
        "The same over the protected classes; null without protected classes."),
      .real(
        "validation_cost", "e.validation_cost",
        "Mean cost of the answers on the validation images, under the attack of `watch:` if any; null without costs."),
      .real(
        "one_step", "e.one_step",
        "Of training on one-step images: the share of some training images that stand that step; else null."),
      .real("two_steps", "e.two_steps", "The share of them that stand two steps of half the length; else null."),
      .integer(
        "picked", "e.picked", "1 for the epoch whose weights the model has, 0 for others; null without `pick:`."),
    ],
    from: "epoch e")

  static let epochWeights = View(
    name: "epoch_weights",
    summary: "One row for each model, epoch and layer: its weights after the epoch, to follow the Min-Max property.",
    columns: [
      .text("model", "(SELECT m.name FROM model m WHERE m.id = v.model)", "The name of the model."),
      .integer("model_id", "v.model", "The model, joins to `models.id`."),
      .integer("epoch", "v.epoch", "The number of the epoch, from 1."),
      .text("layer", "v.layer", "The name of the layer, such as `conv1`."),
      .integer("parameters", "v.parameters", "How many weights the layer has."),
      .real("l1", "v.l1", "The sum of their magnitudes."),
      .real("l2", "v.l2", "Their Euclidean length."),
      .real("max", "v.max", "The largest magnitude."),
      .real("std", "v.std", "Their standard deviation."),
      .real("near_zero", "v.near_zero", "The share of weights below a hundredth of the largest, from 0 to 1."),
      .real("kurtosis", "v.kurtosis", "Their kurtosis, 3 for a normal distribution; null if all are equal."),
      .real("hoyer", "v.hoyer", "Hoyer sparsity, from 0 (all alike) to 1 (a single weight); null if all are 0."),
      .real("gini", "v.gini", "The Gini coefficient of the magnitudes, from 0 to 1; null if all are 0."),
    ],
    from: "epoch_weight v")

  static let weights = View(
    name: "weights", summary: "One row for each model and layer: statistics of its weights (the Min-Max table).",
    columns: [
      .text("model", "(SELECT m.name FROM model m WHERE m.id = w.model)", "The name of the model."),
      .integer("model_id", "w.model", "The model, joins to `models.id`."),
      .text("layer", "w.layer", "The name of the layer, such as `conv1`."),
      .integer("parameters", "w.parameters", "How many weights the layer has."),
      .real("l1", "w.l1", "The sum of their magnitudes."),
      .real("l2", "w.l2", "Their Euclidean length."),
      .real("max", "w.max", "The largest magnitude."),
      .real("std", "w.std", "Their standard deviation."),
      .real("near_zero", "w.near_zero", "The share of weights near zero, from 0 to 1."),
      .real("kurtosis", "w.kurtosis", "Their kurtosis, 3 for a normal distribution."),
      .real("hoyer", "w.hoyer", "Hoyer sparsity, from 0 (all alike) to 1 (a single weight)."),
      .real("gini", "w.gini", "The Gini coefficient of the magnitudes, from 0 to 1."),
      .integer("cell_id", "w.cell", "The cell that measured it, joins to `cells.id`."),
    ],
    from: "weight w")
}
