extension Views {
  static let sessions = View(
    name: "sessions", summary: "One row for each start of Ward.",
    columns: [
      .integer("id", "s.id", "The number of the session, as the prompt shows it at the start."),
      .text("started", "s.started", "When it started, in UTC."),
      .text("ended", "s.ended", "When it ended, in UTC; null while it runs and if the process died."),
      .integer("seed", "s.seed", "The seed it started with."),
      .text("version", "s.version", "The version of Ward that ran it."),
      .text("folder", "s.folder", "The working folder."),
      .text(
        "frontend", "s.frontend",
        "`jupyter` where cells came from a notebook, `sweep` for a point of a sweep; otherwise null."),
      .text("notebook", "s.notebook", "The file of that notebook; null where it is not known."),
      .text("machine", "s.machine", "The name of the machine it ran on; null where it was not stored."),
      .integer("cells", "(SELECT count(*) FROM cell c WHERE c.session = s.id)", "How many cells were typed."),
      .text("comments", "s.comments", "The comments behind the last cell, as they were written."),
    ],
    from: "session s")

  static let cells = View(
    name: "cells", summary: "One row for each cell typed, written before it runs.",
    columns: [
      .integer("id", "c.id", "What `cell_id` of other views joins to."),
      .integer("session", "c.session", "The session, joins to `sessions.id`."),
      .integer("number", "c.number", "The number within the session, as the prompt shows it."),
      .text("source", "c.source", "The text of the cell."),
      .text("comments", "c.comments", "The comments that stood before it, as they were written; empty for none."),
      .text("shown", "c.shown", "What the cell showed, as plain text."),
      .text("output", "c.output", "What the cell showed, as JSON blocks; empty when there was none."),
      .text("started", "c.started", "When it started, in UTC."),
      .real("seconds", "c.seconds", "How long it ran; null while it runs and if the process died."),
      .text("status", "c.status", "`running`, `ok`, `failed` or `interrupted`."),
      .integer("seed", "c.seed", "The session seed when it started."),
    ],
    from: "cell c")

  static let datasets = View(
    name: "datasets", summary: "One row for each data set: the same bytes and the same selection are one row.",
    columns: [
      .integer("id", "d.id", "What `dataset_id` of other views joins to."),
      .text("name", "d.name", "The name it was loaded by."),
      .text("path", "d.path", "Where its files were."),
      .text("sha256", "d.sha256", "SHA-256 of the data, in hexadecimal."),
      .text("selection", "d.selection", "Which part was kept; empty for all of it."),
      .text("spec", "d.spec", "The same as a JSON object: `repeat` and `resume` read this; null if unknown."),
      .integer("images", "d.train + d.test", "How many images it has."),
      .integer("train", "d.train", "How many of them are for training."),
      .integer("test", "d.test", "How many of them are for testing."),
      .integer("classes", "json_array_length(d.class_names)", "How many classes it has."),
      .text("class_names", "d.class_names", "The class names in the order of their labels, as a JSON list."),
      .text("shape", "d.shape", "Channels, height and width of an image, as a JSON list."),
      .integer(
        "cell", "(SELECT c.number FROM cell c WHERE c.id = d.cell)", "The number of the cell that loaded it first."),
      .integer("cell_id", "d.cell", "That cell, joins to `cells.id`."),
    ],
    from: "dataset d")

  static let costs = View(
    name: "costs", summary: "One row for each cost matrix: the same name and the same numbers are one row.",
    columns: [
      .integer("id", "k.id", "What `costs_id` of other views joins to."),
      .text("name", "k.name", "The name it was bound to; empty when it had none."),
      .integer("classes", "json_array_length(k.class_names)", "How many classes it has."),
      .text("class_names", "k.class_names", "The class names in the order of the rows, as a JSON list."),
      .text("protected", "k.protected", "The names of the protected classes, as a JSON list."),
      .text("matrix", "k.matrix", "The costs as JSON, a list for each true class; in it a number for each answer."),
      .text(
        "dataset", "(SELECT d.name FROM dataset d WHERE d.id = k.dataset)",
        "The data set it was made for; null for none."),
      .integer("dataset_id", "k.dataset", "That data set, joins to `datasets.id`."),
      .integer(
        "cell", "(SELECT c.number FROM cell c WHERE c.id = k.cell)", "The number of the cell that made it first."),
      .integer("cell_id", "k.cell", "That cell, joins to `cells.id`."),
    ],
    from: "cost k")
}
