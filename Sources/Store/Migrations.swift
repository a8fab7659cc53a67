import GRDB

/// Every change to the tables, oldest first. Append only: a store of any earlier version becomes today's by running the
/// rest of them, so a change that has been released is never edited.
///
/// Users read the views of `Views`; the tables below may change, the views keep their columns.
enum Migrations {
  /// "Ward" in ASCII, the application id in the header of the file.
  static let applicationID = 0x5761_7264

  /// Runs what the store has not run yet, in the transaction that is open.
  static func run(_ db: Database) throws {
    try db.execute(sql: "CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID")
    let done = try applied(db)
    for migration in all where !done.contains(migration.name) {
      try db.execute(sql: migration.sql)
      try db.execute(sql: "INSERT INTO migration VALUES (?)", arguments: [migration.name])
    }
    if done.count < all.count { try db.execute(sql: "PRAGMA user_version = \(all.count)") }
  }

  /// The changes in this store that this version does not know, because a later one made them.
  static func unknown(_ db: Database) throws -> [String] {
    try applied(db).subtracting(all.map(\.name)).sorted()
  }

  private static func applied(_ db: Database) throws -> Set<String> {
    guard try db.tableExists("migration") else { return [] }
    return try Set(String.fetchAll(db, sql: "SELECT name FROM migration"))
  }

  static let all: [(name: String, sql: String)] = [
    ("1 first tables", firstTables), ("2 examples by class", examplesByClass), ("3 trainings to resume", trainings),
    ("4 rows by their cell", rowsByCell), ("5 trainings with their rows", trainingsWithRows),
    ("6 weights by epoch", weightsByEpoch), ("7 verdicts of checks, weights of every model", verdicts),
    ("8 goals and their success", goals), ("9 one written form", oneWrittenForm),
    ("10 sessions of notebooks", notebooks), ("11 comments of cells", comments), ("12 sweeps", sweeps),
    ("13 certificates", certificates), ("14 epochs by validation", validation), ("15 lessons", lessons),
  ]

  /// Real numbers are REAL in STRICT tables, so that no view divides integers by accident.
  private static let firstTables = """
    CREATE TABLE session (
      id INTEGER PRIMARY KEY AUTOINCREMENT, version TEXT NOT NULL, seed INTEGER NOT NULL, folder TEXT NOT NULL,
      started TEXT NOT NULL, ended TEXT
    ) STRICT;
    CREATE TABLE cell (
      id INTEGER PRIMARY KEY AUTOINCREMENT, session INTEGER NOT NULL REFERENCES session, number INTEGER NOT NULL,
      source TEXT NOT NULL, seed INTEGER NOT NULL, started TEXT NOT NULL, seconds REAL,
      status TEXT NOT NULL CHECK (status IN ('running', 'ok', 'failed', 'interrupted')),
      shown TEXT NOT NULL DEFAULT '', output TEXT NOT NULL DEFAULT '',
      UNIQUE (session, number)
    ) STRICT;
    CREATE INDEX cell_running ON cell (session) WHERE status = 'running';

    CREATE TABLE dataset (
      id INTEGER PRIMARY KEY, name TEXT NOT NULL, path TEXT NOT NULL, sha256 TEXT NOT NULL, selection TEXT NOT NULL,
      train INTEGER NOT NULL, test INTEGER NOT NULL, class_names TEXT NOT NULL, shape TEXT NOT NULL,
      cell INTEGER NOT NULL REFERENCES cell, UNIQUE (sha256, selection)
    ) STRICT;
    CREATE TABLE cost (
      id INTEGER PRIMARY KEY, name TEXT NOT NULL, class_names TEXT NOT NULL, protected TEXT NOT NULL,
      matrix TEXT NOT NULL, dataset INTEGER REFERENCES dataset, cell INTEGER NOT NULL REFERENCES cell,
      content TEXT NOT NULL UNIQUE
    ) STRICT;

    CREATE TABLE blob (
      id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, bytes BLOB NOT NULL
    ) STRICT;
    CREATE TABLE model (
      id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, architecture TEXT NOT NULL,
      parent INTEGER REFERENCES model, dataset INTEGER REFERENCES dataset, defense TEXT NOT NULL,
      settings TEXT NOT NULL, costs INTEGER REFERENCES cost, seed INTEGER NOT NULL, parameters INTEGER NOT NULL,
      shape TEXT NOT NULL, normalisation TEXT NOT NULL, clean REAL, seconds REAL NOT NULL,
      weights INTEGER NOT NULL REFERENCES blob, cell INTEGER NOT NULL REFERENCES cell
    ) STRICT;
    CREATE INDEX model_name ON model (name);
    CREATE TABLE epoch (
      model INTEGER NOT NULL REFERENCES model, epoch INTEGER NOT NULL, loss REAL NOT NULL, train_accuracy REAL,
      test_accuracy REAL, seconds REAL NOT NULL, images_per_second REAL NOT NULL, PRIMARY KEY (model, epoch)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE weight (
      model INTEGER NOT NULL REFERENCES model, position INTEGER NOT NULL, layer TEXT NOT NULL,
      parameters INTEGER NOT NULL, l1 REAL NOT NULL, l2 REAL NOT NULL, max REAL NOT NULL, std REAL NOT NULL,
      near_zero REAL NOT NULL, kurtosis REAL NOT NULL, hoyer REAL NOT NULL, gini REAL NOT NULL,
      cell INTEGER NOT NULL REFERENCES cell, PRIMARY KEY (model, position)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE result (
      id INTEGER PRIMARY KEY AUTOINCREMENT, model INTEGER NOT NULL REFERENCES model, attack TEXT NOT NULL,
      norm TEXT NOT NULL, eps REAL NOT NULL, settings TEXT NOT NULL, costs INTEGER REFERENCES cost,
      dataset INTEGER REFERENCES dataset, selection TEXT NOT NULL, seed INTEGER NOT NULL, images INTEGER NOT NULL,
      clean REAL NOT NULL, robust REAL NOT NULL, protected REAL, mean_cost REAL, queries INTEGER NOT NULL,
      seconds REAL NOT NULL, cell INTEGER NOT NULL REFERENCES cell
    ) STRICT;
    CREATE INDEX result_model ON result (model);
    CREATE TABLE class_result (
      result INTEGER NOT NULL REFERENCES result, class INTEGER NOT NULL, name TEXT NOT NULL,
      protected INTEGER NOT NULL, images INTEGER NOT NULL, clean REAL, robust REAL, low REAL, high REAL,
      mean_cost REAL, most_taken_for TEXT NOT NULL, PRIMARY KEY (result, class)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE example (
      result INTEGER NOT NULL REFERENCES result, position INTEGER NOT NULL, image INTEGER NOT NULL,
      label INTEGER NOT NULL, clean_answer INTEGER NOT NULL, answer INTEGER NOT NULL, fooled INTEGER NOT NULL,
      linf REAL NOT NULL, l2 REAL NOT NULL, l1 REAL NOT NULL, l0 INTEGER NOT NULL, queries INTEGER NOT NULL,
      steps INTEGER NOT NULL, PRIMARY KEY (result, position)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE audit (
      id INTEGER PRIMARY KEY AUTOINCREMENT, model INTEGER NOT NULL REFERENCES model,
      dataset INTEGER REFERENCES dataset, selection TEXT NOT NULL, settings TEXT NOT NULL, seed INTEGER NOT NULL,
      seconds REAL NOT NULL, cell INTEGER NOT NULL REFERENCES cell
    ) STRICT;
    CREATE TABLE audit_check (
      audit INTEGER NOT NULL REFERENCES audit, position INTEGER NOT NULL, name TEXT NOT NULL,
      passed INTEGER NOT NULL, value REAL, meaning TEXT NOT NULL, PRIMARY KEY (audit, position)
    ) STRICT, WITHOUT ROWID;
    """

  /// Per-class questions over a million examples read this index alone.
  ///
  /// The planner is told the usual shape, ten thousand images of ten classes for each result, instead of being left to
  /// guess (it guesses small results) or to measure (`ANALYZE` reads a big store for seconds). With it, grouping a
  /// million examples by model or class takes under half a second, without it up to a second.
  private static let examplesByClass = """
    CREATE INDEX example_class ON example (result, label, fooled);
    ANALYZE sqlite_schema;
    INSERT INTO sqlite_stat1 VALUES
      ('example', 'example_class', '1000000 10000 1000 500'), ('example', 'example', '1000000 10000 1'),
      ('class_result', 'class_result', '1000 10 1'), ('result', 'result_model', '100 20'),
      ('model', 'model_name', '5 1');
    """

  /// A training's last whole epoch, written while its cell still runs; see `TrainingRecord`.
  private static let trainings = """
    CREATE TABLE training (
      id INTEGER PRIMARY KEY AUTOINCREMENT, cell INTEGER NOT NULL REFERENCES cell, name TEXT NOT NULL,
      epoch INTEGER NOT NULL, epochs INTEGER NOT NULL, state BLOB NOT NULL, model INTEGER REFERENCES model,
      saved TEXT NOT NULL, UNIQUE (cell, name)
    ) STRICT;
    CREATE INDEX training_model ON training (model);
    """

  /// Removing a row looks for rows that refer to it: a prune of 5,000 cells took 15 s without these.
  private static let rowsByCell = """
    CREATE INDEX dataset_cell ON dataset (cell);
    CREATE INDEX cost_cell ON cost (cell);
    CREATE INDEX model_cell ON model (cell);
    CREATE INDEX model_parent ON model (parent);
    CREATE INDEX model_weights ON model (weights);
    CREATE INDEX weight_cell ON weight (cell);
    CREATE INDEX result_cell ON result (cell);
    CREATE INDEX audit_cell ON audit (cell);
    CREATE INDEX audit_model ON audit (model);
    """

  /// What a training rests on, so that another session can go on with it from its row alone.
  private static let trainingsWithRows = """
    ALTER TABLE training ADD COLUMN dataset INTEGER REFERENCES dataset;
    ALTER TABLE training ADD COLUMN costs INTEGER REFERENCES cost;
    ALTER TABLE training ADD COLUMN parent INTEGER REFERENCES model;
    ALTER TABLE training ADD COLUMN seed INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE training ADD COLUMN defense TEXT NOT NULL DEFAULT '';
    ALTER TABLE training ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
    ALTER TABLE training ADD COLUMN seconds REAL NOT NULL DEFAULT 0;
    """

  /// A check that was not asked has not passed, and one that raises doubt has not failed. What was stored before has
  /// `passed` only, in which a skipped check counts as passed.
  ///
  /// Every model gets its `weights` when it is stored, and a layer whose weights are all alike has no kurtosis. The models
  /// of before get those of their last epoch. The views are made anew when the tables are ready.
  private static let verdicts = """
    DROP VIEW IF EXISTS checks;
    DROP VIEW IF EXISTS weights;
    CREATE TABLE weight_new (
      model INTEGER NOT NULL REFERENCES model, position INTEGER NOT NULL, layer TEXT NOT NULL,
      parameters INTEGER NOT NULL, l1 REAL, l2 REAL, max REAL, std REAL, near_zero REAL, kurtosis REAL, hoyer REAL,
      gini REAL, cell INTEGER NOT NULL REFERENCES cell, PRIMARY KEY (model, position)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO weight_new SELECT * FROM weight;
    INSERT OR IGNORE INTO weight_new
      SELECT e.model, e.position, e.layer, e.parameters, e.l1, e.l2, e.max, e.std, e.near_zero, e.kurtosis, e.hoyer,
        e.gini, m.cell
      FROM epoch_weight e JOIN model m ON m.id = e.model
      WHERE e.epoch = (SELECT max(x.epoch) FROM epoch_weight x WHERE x.model = e.model);
    DROP TABLE weight;
    ALTER TABLE weight_new RENAME TO weight;
    CREATE INDEX weight_cell ON weight (cell);
    CREATE TABLE audit_check_new (
      audit INTEGER NOT NULL REFERENCES audit, position INTEGER NOT NULL, name TEXT NOT NULL, passed INTEGER,
      value REAL, meaning TEXT NOT NULL, verdict TEXT NOT NULL DEFAULT '', PRIMARY KEY (audit, position)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO audit_check_new (audit, position, name, passed, value, meaning)
      SELECT audit, position, name, passed, value, meaning FROM audit_check;
    DROP TABLE audit_check;
    ALTER TABLE audit_check_new RENAME TO audit_check;
    """

  /// What an attack tried to reach stood among its settings, with a class by its number; how often it was reached follows
  /// from the examples. An image was attacked if it was right while clean and not of the class to reach.
  private static let goals = """
    ALTER TABLE result ADD COLUMN goal TEXT;
    ALTER TABLE result ADD COLUMN attacked INTEGER;
    ALTER TABLE result ADD COLUMN success REAL;
    UPDATE result SET goal = coalesce(json_extract(settings, '$.goal'), 'untargeted') WHERE attack <> 'none';
    UPDATE result SET (attacked, success) = (
        SELECT count(*), avg(e.fooled) FROM example e
        WHERE e.result = result.id AND e.clean_answer = e.label AND result.goal <> 'target(class: ' || e.label || ')')
      WHERE attack <> 'none' AND EXISTS (SELECT 1 FROM example e WHERE e.result = result.id);
    UPDATE result SET goal = coalesce((
        SELECT 'target(class: "' || replace(c.name, '"', '\\"') || '")' FROM class_result c
        WHERE c.result = result.id AND result.goal = 'target(class: ' || c.class || ')'), goal)
      WHERE goal LIKE 'target(%';
    """

  /// Where the cells of a session come from.
  private static let notebooks = """
    ALTER TABLE session ADD COLUMN frontend TEXT;
    ALTER TABLE session ADD COLUMN notebook TEXT;
    """

  /// Comments belong to the cell that they stand before, and those behind the last to the session.
  private static let comments = """
    ALTER TABLE cell ADD COLUMN comments TEXT NOT NULL DEFAULT '';
    ALTER TABLE session ADD COLUMN comments TEXT NOT NULL DEFAULT '';
    """

  /// What is proved rather than attacked: a result like others, with a row for each image. `result.robust` must hold a
  /// number, and holds that of `certified`; the view shows none.
  private static let certificates = """
    ALTER TABLE result ADD COLUMN certified REAL;
    ALTER TABLE class_result ADD COLUMN certified REAL;
    CREATE TABLE certificate (
      result INTEGER NOT NULL REFERENCES result, position INTEGER NOT NULL, image INTEGER NOT NULL,
      label INTEGER NOT NULL, clean_answer INTEGER NOT NULL, certified INTEGER NOT NULL, margin REAL,
      unproved TEXT NOT NULL, in_band INTEGER NOT NULL, PRIMARY KEY (result, position)
    ) STRICT, WITHOUT ROWID;
    """

  /// A session is told by `origin` in whatever store it is, so that stores can be merged. One of before gets an origin made
  /// of what it is, the same in each copy of its store.
  ///
  /// What a sweep asked for (`sweep_point`) and what ran (`point`, one for each session that ran one) meet in the key, so
  /// that a point may belong to several sweeps.
  private static let sweeps = """
    ALTER TABLE session ADD COLUMN origin TEXT NOT NULL DEFAULT '';
    ALTER TABLE session ADD COLUMN machine TEXT;
    UPDATE session SET origin = started || ' ' || id || ' ' || folder;
    CREATE UNIQUE INDEX session_origin ON session (origin);
    CREATE TABLE sweep (
      id INTEGER PRIMARY KEY, name TEXT NOT NULL, code TEXT NOT NULL, script TEXT NOT NULL, axes TEXT NOT NULL,
      condition TEXT, planned TEXT NOT NULL, UNIQUE (name, code)
    ) STRICT;
    CREATE TABLE sweep_point (
      sweep INTEGER NOT NULL REFERENCES sweep, key TEXT NOT NULL, params TEXT NOT NULL, PRIMARY KEY (sweep, key)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE point (
      id INTEGER PRIMARY KEY, session INTEGER NOT NULL UNIQUE REFERENCES session, key TEXT NOT NULL,
      params TEXT NOT NULL, numerics INTEGER NOT NULL, inputs TEXT NOT NULL,
      status TEXT NOT NULL CHECK (status IN ('done', 'failed')), problem TEXT NOT NULL, seconds REAL NOT NULL
    ) STRICT;
    CREATE INDEX point_key ON point (key);
    """

  /// The Min-Max property followed over a training: a row for each epoch and layer.
  private static let weightsByEpoch = """
    CREATE TABLE epoch_weight (
      model INTEGER NOT NULL REFERENCES model, epoch INTEGER NOT NULL, position INTEGER NOT NULL, layer TEXT NOT NULL,
      parameters INTEGER NOT NULL, l1 REAL NOT NULL, l2 REAL NOT NULL, max REAL NOT NULL, std REAL NOT NULL,
      near_zero REAL NOT NULL, kurtosis REAL, hoyer REAL, gini REAL, PRIMARY KEY (model, epoch, position)
    ) STRICT, WITHOUT ROWID;
    """

  /// How each epoch did on images set apart, which of them was kept, and whether a training on one step overfits to it.
  private static let validation = """
    ALTER TABLE epoch ADD COLUMN validation_accuracy REAL;
    ALTER TABLE epoch ADD COLUMN validation_balanced REAL;
    ALTER TABLE epoch ADD COLUMN validation_robust REAL;
    ALTER TABLE epoch ADD COLUMN validation_protected REAL;
    ALTER TABLE epoch ADD COLUMN validation_cost REAL;
    ALTER TABLE epoch ADD COLUMN one_step REAL;
    ALTER TABLE epoch ADD COLUMN two_steps REAL;
    ALTER TABLE epoch ADD COLUMN picked INTEGER;
    """

  /// The place in a lesson. A row is replaced as a whole.
  private static let lessons = """
    CREATE TABLE lesson (
      name TEXT PRIMARY KEY, title TEXT NOT NULL, step INTEGER NOT NULL, steps INTEGER NOT NULL,
      tasks INTEGER NOT NULL, solved TEXT NOT NULL, done INTEGER NOT NULL, changed TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    """
}
