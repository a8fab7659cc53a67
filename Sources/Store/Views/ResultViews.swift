extension Views {
  static let results = View(
    name: "results", summary: "One row for each attack on a model, and for each proof about one.",
    columns: [
      .integer("id", "r.id", "What `result` of `class_results` and `examples` joins to."),
      .text("model", "(SELECT m.name FROM model m WHERE m.id = r.model)", "The name of the model."),
      .integer("model_id", "r.model", "The model, joins to `models.id`."),
      .text(
        "defense", "(SELECT m.defense FROM model m WHERE m.id = r.model)",
        "The defense the model was trained with; empty for plain training."),
      .text(
        "attack", "r.attack",
        "The attack, such as `pgd`, or the method of a proof; `none` for an evaluation without attack."),
      .text("norm", "r.norm", "The norm of the budget, such as `linf`."),
      .real("eps", "r.eps", "The budget in pixel units; pixels lie between 0 and 1."),
      .text(
        "goal", "r.goal",
        "What the attack tried to reach: `untargeted` for any wrong answer, or such as `target(class: \"Bag\")`; null for "
          + "an evaluation."),
      .text("settings", settings, "Every setting of the attack, as a JSON object."),
      .text("spec", "r.spec", "What ran, whole, as a JSON object: `repeat` reads this; null if unknown."),
      .text(
        "costs", "(SELECT k.name FROM cost k WHERE k.id = r.costs)",
        "The name of the cost matrix that measured it; null for none."),
      .integer("costs_id", "r.costs", "That cost matrix, joins to `costs.id`."),
      .text(
        "dataset", "(SELECT d.name FROM dataset d WHERE d.id = r.dataset)", "The name of the data the images came from."
      ),
      .integer("dataset_id", "r.dataset", "That data set, joins to `datasets.id`."),
      .text("selection", "r.selection", "Which images, such as `test` or `take(test, 500)`."),
      .integer("seed", "r.seed", "The seed of the attack."),
      .integer("images", "r.images", "How many images there were."),
      .integer("attacked", "r.attacked", "How many of them were attacked: right while clean, and not yet the goal."),
      .real("success", "r.success", "Share of the attacked on which the goal was reached; null when none was."),
      .real("clean", "r.clean", "Accuracy without the attack, from 0 to 1."),
      .real(
        "robust", "iif(r.certified IS NULL, r.robust, NULL)",
        "Accuracy under the attack, from 0 to 1; null for a proof of `certify`."),
      .real(
        "certified", "r.certified",
        "Share of images proved to be answered rightly whatever the change, from 0 to 1; null for an attack."),
      .real(
        "protected", "r.protected",
        "Accuracy under the attack, or what is proved of it, over the protected classes; null when none is."),
      .real(
        "mean_cost", "r.mean_cost",
        "Mean cost of the answers under the attack; without a cost matrix every mistake costs 1."),
      .integer("queries", "r.queries", "Questions asked of the model, over all images."),
      .real("seconds", "r.seconds", "Seconds it took."),
      .text(
        "version", "(SELECT s.version FROM cell c JOIN session s ON s.id = c.session WHERE c.id = r.cell)",
        "The version of Ward that ran it."),
      .integer("cell", "(SELECT c.number FROM cell c WHERE c.id = r.cell)", "The number of the cell that ran it."),
      .integer("cell_id", "r.cell", "That cell, joins to `cells.id`."),
      .integer(
        "session", "(SELECT c.session FROM cell c WHERE c.id = r.cell)",
        "The session of that cell, joins to `sessions.id`."),
      .integer(
        "point", point(ofCell: "r.cell"),
        "The point of a sweep that it belongs to, joins to `points.id`; null for none."),
    ],
    from: "result r")

  /// As `settings` always was: those of the attack, and flat beside them what else decided it.
  private static let settings = """
    CASE WHEN json_valid(r.spec) IS NOT 1 OR r.spec -> '$.attack' IS NULL THEN '{}'
    ELSE json_remove(
      json_set(
        (SELECT json(\(sound("a.value", "'{}'"))) FROM json_each(r.spec, '$.attack') a),
        '$.from', (SELECT m.name FROM model m WHERE m.id = r.spec ->> '$.attack.transfer.from.model'),
        '$.from_id', r.spec ->> '$.attack.transfer.from.model',
        '$.goal', iif(r.spec -> '$.every_costly_answer' = 'true', 'costly', r.goal),
        '$.radii', json(r.spec -> '$.radii')),
      iif(r.attack = 'transfer', '$.none', '$.from'), iif(r.attack = 'transfer', '$.none', '$.from_id'),
      iif(r.spec -> '$.radii' IS NULL, '$.radii', '$.none'))
    END
    """

  static let classResults = View(
    name: "class_results", summary: "One row for each result and class.",
    columns: [
      .integer("result", "x.result", "The result, joins to `results.id`."),
      .integer("class", "x.class", "The label of the class."),
      .text("name", "x.name", "The name of the class."),
      .integer("protected", "x.protected", "1 if the cost matrix protects the class, otherwise 0."),
      .integer("images", "x.images", "How many images of the class were attacked."),
      .real("clean", "x.clean", "Accuracy without the attack, from 0 to 1; null without images."),
      .real("robust", "x.robust", "Accuracy under the attack, from 0 to 1; null without images."),
      .real(
        "certified", "x.certified",
        "Share proved to be answered rightly, from 0 to 1; null for an attack, and without images."),
      .real("low", "x.low", "Lower end of the 95 % Wilson interval of `robust`, or of `certified`."),
      .real("high", "x.high", "Upper end of the 95 % Wilson interval of `robust`, or of `certified`."),
      .real(
        "mean_cost", "x.mean_cost",
        "Mean cost of the answers under the attack; without a cost matrix every mistake costs 1."),
      .text("most_taken_for", "x.most_taken_for", "The wrong answer given most often; empty when there was none."),
    ],
    from: "class_result x")

  static let examples = View(
    name: "examples", summary: "One row for each result and image.",
    columns: [
      .integer("result", "e.result", "The result, joins to `results.id`."),
      .integer("index", "e.image", "The place of the image in its data, from 0."),
      .integer("image", "e.image", "The same number."),
      .integer("label", "e.label", "The true label."),
      .integer(
        "clean_answer", "e.clean_answer",
        "The answer of the model without the attack; -1 if its logits were NaN or infinite."),
      .integer(
        "answer", "e.answer", "The answer of the model under the attack; -1 if its logits were NaN or infinite."),
      .integer("fooled", "e.fooled", "1 if the attack reached its goal, otherwise 0."),
      .real("linf", "e.linf", "The largest change of a pixel value."),
      .real("l2", "e.l2", "The Euclidean length of the change."),
      .real("l1", "e.l1", "The sum of the magnitudes of the change."),
      .integer("l0", "e.l0", "How many values changed."),
      .integer("queries", "e.queries", "Questions asked of the model for this image."),
      .integer("steps", "e.steps", "Steps until the attack was done with this image."),
    ],
    from: "example e")

  static let certificates = View(
    name: "certificates", summary: "One row for each proof and image.",
    columns: [
      .integer("result", "c.result", "The proof, joins to `results.id`."),
      .integer("image", "c.image", "The place of the image in its data, from 0."),
      .integer("label", "c.label", "The true label."),
      .integer(
        "clean_answer", "c.clean_answer",
        "The answer to the clean image; of smoothing that of the smoothed model, -1 where it abstains."),
      .integer("certified", "c.certified", "1 if no change within the radius can make the answer wrong, otherwise 0."),
      .real(
        "margin", "c.margin",
        "The smallest lower bound of the true logit less another, after what rounding may have added; of smoothing the "
          + "radius. Null where nothing is known."),
      .text("unproved", "c.unproved", "The wrong answers that are not proved impossible, as a JSON list."),
      .integer("in_band", "c.in_band", "1 if only what rounding may have added keeps it from being certified."),
    ],
    from: "certificate c")

  static let checks = View(
    name: "checks", summary: "One row for each audit and check: is the robustness of a model real?",
    columns: [
      .integer("audit", "a.id", "The number of the audit; its checks share it."),
      .text("model", "(SELECT m.name FROM model m WHERE m.id = a.model)", "The name of the model."),
      .integer("model_id", "a.model", "The model, joins to `models.id`."),
      .text("name", "x.name", "The name of the check."),
      .integer("passed", "x.passed", "1 if nothing suspicious was seen, 0 if something was; null if it was not asked."),
      .real("value", "x.value", "The number it looked at; null when it has none."),
      .text("meaning", "x.meaning", "What it means."),
      .text(
        "verdict", "x.verdict",
        "passed, doubtful, failed or skipped; empty for an audit of before Ward stored it."),
      .text(
        "settings", "coalesce(json_remove(\(sound("a.spec")), '$.seed', '$.images'), '{}')",
        "Every setting of the audit, as a JSON object."),
      .text("spec", "a.spec", "What ran, whole, as a JSON object; null if unknown."),
      .text("selection", "a.selection", "Which images were used."),
      .integer("seed", "a.seed", "The seed of the audit."),
      .real("seconds", "a.seconds", "Seconds the whole audit took."),
      .integer("cell", "(SELECT c.number FROM cell c WHERE c.id = a.cell)", "The number of the cell that ran it."),
      .integer("cell_id", "a.cell", "That cell, joins to `cells.id`."),
    ],
    from: "audit_check x JOIN audit a ON a.id = x.audit")
}
