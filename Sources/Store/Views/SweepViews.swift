extension Views {
  static let sweeps = View(
    name: "sweeps", summary: "One row for each sweep: a script over a grid of values of its parameters.",
    columns: [
      .integer("id", "w.id", "What `sweep_id` of `points` joins to."),
      .text("name", nameOfSweep, "Its name; `NAME@1`, `NAME@2`, … for what it was before its script changed."),
      .text("script", "w.script", "The script's file."),
      .text("code_sha256", "w.code", "SHA-256 of the script with the scripts it runs."),
      .text("axes", "w.axes", "A JSON object: for each parameter of the grid, the list of its values."),
      .text("condition", "w.condition", "The expression that chose among the points; null for all."),
      .text("planned", "w.planned", "When it was planned last, in UTC."),
      .integer("points", "(SELECT count(*) FROM sweep_point x WHERE x.sweep = w.id)", "How many points it has."),
      .integer("done", count("done"), "How many of them are done."),
      .integer(
        "failed",
        "(\(count("failed"))) - (SELECT count(*) FROM sweep_point x WHERE x.sweep = w.id AND "
          + "EXISTS (SELECT 1 FROM point p WHERE p.key = x.key AND p.status = 'failed') AND "
          + "EXISTS (SELECT 1 FROM point p WHERE p.key = x.key AND p.status = 'done'))",
        "How many of them failed, and were not done since."),
    ],
    from: "sweep w")

  private static func count(_ status: String) -> String {
    "(SELECT count(*) FROM sweep_point x WHERE x.sweep = w.id AND "
      + "EXISTS (SELECT 1 FROM point p WHERE p.key = x.key AND p.status = '\(status)'))"
  }

  /// The plan made last has the name itself: what a script gave before it was changed is another sweep.
  private static let nameOfSweep = """
    iif(EXISTS (SELECT 1 FROM sweep v WHERE v.name = w.name AND (v.planned, v.id) > (w.planned, w.id)),
      w.name || '@' || (SELECT count(*) FROM sweep v WHERE v.name = w.name AND v.id <= w.id), w.name)
    """

  static let points = View(
    name: "points", summary: "One row for each point of a sweep: one run of its script.",
    columns: [
      .integer("id", "p.id", "What `point` of `results` and `models` joins to; null where it has not run."),
      .text("sweep", nameOfSweep, "The sweep's name; `NAME@1`, `NAME@2`, … for what it was before its script changed."),
      .integer("sweep_id", "w.id", "That sweep, joins to `sweeps.id`."),
      .text("params", "x.params", "A JSON object, the value of each parameter: `params ->> 'eps'` is one of them."),
      .text(
        "status", "coalesce(p.status, 'waiting')", "`done`, `failed`, or `waiting` where it has not run to its end."),
      .text("problem", "p.problem", "What went wrong; empty where nothing did, null where it has not run."),
      .real("seconds", "p.seconds", "Seconds it took; null where it has not run."),
      .text("inputs", "p.inputs", "A JSON object: each file or folder it read, with the SHA-256 of the contents."),
      .integer("numerics", "p.numerics", "Equal numbers: equal seeds give equal bits."),
      .text(
        "machine", "(SELECT s.machine FROM session s WHERE s.id = p.session)", "The name of the machine that ran it."),
      .text("version", "(SELECT s.version FROM session s WHERE s.id = p.session)", "The version of Ward that ran it."),
      .integer("session", "p.session", "The session that ran it, joins to `sessions.id`."),
      .text("key", "x.key", "Its identity: equal for points that are the same run."),
    ],
    from: """
      sweep_point x JOIN sweep w ON w.id = x.sweep
      LEFT JOIN point p ON p.id = (
        SELECT q.id FROM point q WHERE q.key = x.key ORDER BY q.status = 'done' DESC, q.id DESC LIMIT 1)
      """)

  /// The point of a sweep in whose session a cell ran.
  static func point(ofCell cell: String) -> String {
    "(SELECT p.id FROM cell c JOIN point p ON p.session = c.session WHERE c.id = \(cell))"
  }
}
