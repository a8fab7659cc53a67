PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT, model INTEGER NOT NULL REFERENCES model,
  dataset INTEGER REFERENCES dataset, selection TEXT NOT NULL, settings TEXT NOT NULL, seed INTEGER NOT NULL,
  seconds REAL NOT NULL, cell INTEGER NOT NULL REFERENCES cell
) STRICT;
INSERT INTO audit VALUES(1,1,1,'test','{}',0,0.0,1);
CREATE TABLE blob (
  id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, bytes BLOB NOT NULL
) STRICT;
INSERT INTO blob VALUES(1,'039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81',X'010203');
CREATE TABLE cell (
  id INTEGER PRIMARY KEY AUTOINCREMENT, session INTEGER NOT NULL REFERENCES session, number INTEGER NOT NULL,
  source TEXT NOT NULL, seed INTEGER NOT NULL, started TEXT NOT NULL, seconds REAL,
  status TEXT NOT NULL CHECK (status IN ('running', 'ok', 'failed', 'interrupted')),
  shown TEXT NOT NULL DEFAULT '', output TEXT NOT NULL DEFAULT '',
  UNIQUE (session, number)
) STRICT;
INSERT INTO cell VALUES(1,1,1,'let normal = train lenet on: fashion',0,'2026-11-23 02:11:23.626',14.099999999999999645,'ok','normal  lenet','');
INSERT INTO cell VALUES(2,1,2,'resume normal',0,'2026-11-23 02:11:23.628',NULL,'running','','');
CREATE TABLE class_result (
  result INTEGER NOT NULL REFERENCES result, class INTEGER NOT NULL, name TEXT NOT NULL,
  protected INTEGER NOT NULL, images INTEGER NOT NULL, clean REAL, robust REAL, low REAL, high REAL,
  mean_cost REAL, most_taken_for TEXT NOT NULL, PRIMARY KEY (result, class)
) STRICT, WITHOUT ROWID;
INSERT INTO class_result VALUES(1,1,'Shirt',1,2,1.0,0.5,0.10000000000000000555,0.9000000000000000222,5.0,'Top');
CREATE TABLE cost (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, class_names TEXT NOT NULL, protected TEXT NOT NULL,
  matrix TEXT NOT NULL, dataset INTEGER REFERENCES dataset, cell INTEGER NOT NULL REFERENCES cell,
  content TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO cost VALUES(1,'guard','["Top","Shirt"]','["Shirt"]','[[0,1],[10,0]]',1,1,'bc418420b4d454d3d5176dea22a91ab37d2bd148ecd1aa2747244c8716b47978');
CREATE TABLE dataset (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, path TEXT NOT NULL, sha256 TEXT NOT NULL, selection TEXT NOT NULL,
  train INTEGER NOT NULL, test INTEGER NOT NULL, class_names TEXT NOT NULL, shape TEXT NOT NULL,
  cell INTEGER NOT NULL REFERENCES cell, UNIQUE (sha256, selection)
) STRICT;
INSERT INTO dataset VALUES(1,'fashion-mnist','/data','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','',60000,10000,'["Top","Shirt"]','[1,28,28]',1);
CREATE TABLE epoch (
  model INTEGER NOT NULL REFERENCES model, epoch INTEGER NOT NULL, loss REAL NOT NULL, train_accuracy REAL,
  test_accuracy REAL, seconds REAL NOT NULL, images_per_second REAL NOT NULL, PRIMARY KEY (model, epoch)
) STRICT, WITHOUT ROWID;
INSERT INTO epoch VALUES(1,1,0.29999999999999998889,NULL,0.9000000000000000222,2.0,41200.0);
CREATE TABLE epoch_weight (
  model INTEGER NOT NULL REFERENCES model, epoch INTEGER NOT NULL, position INTEGER NOT NULL, layer TEXT NOT NULL,
  parameters INTEGER NOT NULL, l1 REAL NOT NULL, l2 REAL NOT NULL, max REAL NOT NULL, std REAL NOT NULL,
  near_zero REAL NOT NULL, kurtosis REAL, hoyer REAL, gini REAL, PRIMARY KEY (model, epoch, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE example (
  result INTEGER NOT NULL REFERENCES result, position INTEGER NOT NULL, image INTEGER NOT NULL,
  label INTEGER NOT NULL, clean_answer INTEGER NOT NULL, answer INTEGER NOT NULL, fooled INTEGER NOT NULL,
  linf REAL NOT NULL, l2 REAL NOT NULL, l1 REAL NOT NULL, l0 INTEGER NOT NULL, queries INTEGER NOT NULL,
  steps INTEGER NOT NULL, PRIMARY KEY (result, position)
) STRICT, WITHOUT ROWID;
INSERT INTO example VALUES(1,0,0,0,0,1,1,0.10000000000000000555,1.0,30.0,700,40,40);
INSERT INTO example VALUES(1,1,1,1,1,2,0,0.10000000000000000555,1.0100000000000000088,30.0,700,40,40);
INSERT INTO example VALUES(1,2,2,2,2,3,0,0.10000000000000000555,1.0200000000000000177,30.0,700,40,40);
INSERT INTO example VALUES(1,3,3,3,3,4,1,0.10000000000000000555,1.0300000000000000266,30.0,700,40,40);
INSERT INTO example VALUES(1,4,4,4,4,5,0,0.10000000000000000555,1.0400000000000000355,30.0,700,40,40);
CREATE TABLE migration (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
INSERT INTO migration VALUES('1 first tables');
INSERT INTO migration VALUES('2 examples by class');
INSERT INTO migration VALUES('3 trainings to resume');
INSERT INTO migration VALUES('4 rows by their cell');
INSERT INTO migration VALUES('5 trainings with their rows');
INSERT INTO migration VALUES('6 weights by epoch');
INSERT INTO migration VALUES('7 verdicts of checks, weights of every model');
CREATE TABLE model (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, architecture TEXT NOT NULL,
  parent INTEGER REFERENCES model, dataset INTEGER REFERENCES dataset, defense TEXT NOT NULL,
  settings TEXT NOT NULL, costs INTEGER REFERENCES cost, seed INTEGER NOT NULL, parameters INTEGER NOT NULL,
  shape TEXT NOT NULL, normalisation TEXT NOT NULL, clean REAL, seconds REAL NOT NULL,
  weights INTEGER NOT NULL REFERENCES blob, cell INTEGER NOT NULL REFERENCES cell
) STRICT;
INSERT INTO model VALUES(1,'normal','lenet',NULL,1,'','{"epochs": 5}',1,7,61706,'[1,28,28]','',0.89300000000000001598,14.099999999999999645,1,1);
CREATE TABLE result (
  id INTEGER PRIMARY KEY AUTOINCREMENT, model INTEGER NOT NULL REFERENCES model, attack TEXT NOT NULL,
  norm TEXT NOT NULL, eps REAL NOT NULL, settings TEXT NOT NULL, costs INTEGER REFERENCES cost,
  dataset INTEGER REFERENCES dataset, selection TEXT NOT NULL, seed INTEGER NOT NULL, images INTEGER NOT NULL,
  clean REAL NOT NULL, robust REAL NOT NULL, protected REAL, mean_cost REAL, queries INTEGER NOT NULL,
  seconds REAL NOT NULL, cell INTEGER NOT NULL REFERENCES cell
) STRICT;
INSERT INTO result VALUES(1,1,'pgd','linf',0.10000000000000000555,'{"steps": 40}',1,1,'test',0,2,1.0,0.5,0.25,1.8999999999999999111,80,21.0,1);
CREATE TABLE session (
  id INTEGER PRIMARY KEY AUTOINCREMENT, version TEXT NOT NULL, seed INTEGER NOT NULL, folder TEXT NOT NULL,
  started TEXT NOT NULL, ended TEXT
) STRICT;
INSERT INTO session VALUES(1,'0.1',0,'','2026-11-23 02:11:23.624',NULL);
ANALYZE sqlite_schema;
INSERT INTO sqlite_stat1 VALUES('example','example_class','1000000 10000 1000 500');
INSERT INTO sqlite_stat1 VALUES('example','example','1000000 10000 1');
INSERT INTO sqlite_stat1 VALUES('class_result','class_result','1000 10 1');
INSERT INTO sqlite_stat1 VALUES('result','result_model','100 20');
INSERT INTO sqlite_stat1 VALUES('model','model_name','5 1');
CREATE TABLE training (
  id INTEGER PRIMARY KEY AUTOINCREMENT, cell INTEGER NOT NULL REFERENCES cell, name TEXT NOT NULL,
  epoch INTEGER NOT NULL, epochs INTEGER NOT NULL, state BLOB NOT NULL, model INTEGER REFERENCES model,
  saved TEXT NOT NULL, dataset INTEGER REFERENCES dataset, costs INTEGER REFERENCES cost, parent INTEGER REFERENCES model, seed INTEGER NOT NULL DEFAULT 0, defense TEXT NOT NULL DEFAULT '', settings TEXT NOT NULL DEFAULT '{}', seconds REAL NOT NULL DEFAULT 0, UNIQUE (cell, name)
) STRICT;
INSERT INTO training VALUES(1,1,'early',1,2,X'00',NULL,'2026-01-01 00:00:00.000',NULL,NULL,NULL,0,'','{}',0.0);
CREATE TABLE IF NOT EXISTS "weight" (
  model INTEGER NOT NULL REFERENCES model, position INTEGER NOT NULL, layer TEXT NOT NULL,
  parameters INTEGER NOT NULL, l1 REAL, l2 REAL, max REAL, std REAL, near_zero REAL, kurtosis REAL, hoyer REAL,
  gini REAL, cell INTEGER NOT NULL REFERENCES cell, PRIMARY KEY (model, position)
) STRICT, WITHOUT ROWID;
INSERT INTO weight VALUES(1,0,'conv1',150,9.0,1.0,0.5,0.10000000000000000555,0.4000000000000000222,3.1000000000000000888,0.2000000000000000111,0.29999999999999998889,1);
CREATE TABLE IF NOT EXISTS "audit_check" (
  audit INTEGER NOT NULL REFERENCES audit, position INTEGER NOT NULL, name TEXT NOT NULL, passed INTEGER,
  value REAL, meaning TEXT NOT NULL, verdict TEXT NOT NULL DEFAULT '', PRIMARY KEY (audit, position)
) STRICT, WITHOUT ROWID;
INSERT INTO audit_check VALUES(1,0,'masking',0,0.2000000000000000111,'gradients vanish','');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('session',1);
INSERT INTO sqlite_sequence VALUES('cell',2);
INSERT INTO sqlite_sequence VALUES('model',1);
INSERT INTO sqlite_sequence VALUES('result',1);
INSERT INTO sqlite_sequence VALUES('audit',1);
INSERT INTO sqlite_sequence VALUES('training',1);
CREATE INDEX cell_running ON cell (session) WHERE status = 'running';
CREATE INDEX model_name ON model (name);
CREATE INDEX result_model ON result (model);
CREATE INDEX example_class ON example (result, label, fooled);
CREATE INDEX training_model ON training (model);
CREATE INDEX dataset_cell ON dataset (cell);
CREATE INDEX cost_cell ON cost (cell);
CREATE INDEX model_cell ON model (cell);
CREATE INDEX model_parent ON model (parent);
CREATE INDEX model_weights ON model (weights);
CREATE INDEX result_cell ON result (cell);
CREATE INDEX audit_cell ON audit (cell);
CREATE INDEX audit_model ON audit (model);
CREATE INDEX weight_cell ON weight (cell);
CREATE VIEW "sessions" AS SELECT s.id AS "id", s.started AS "started", s.ended AS "ended", s.seed AS "seed", s.version AS "version", s.folder AS "folder", (SELECT count(*) FROM cell c WHERE c.session = s.id) AS "cells" FROM session s;
CREATE VIEW "cells" AS SELECT c.id AS "id", c.session AS "session", c.number AS "number", c.source AS "source", c.shown AS "shown", c.output AS "output", c.started AS "started", c.seconds AS "seconds", c.status AS "status", c.seed AS "seed" FROM cell c;
CREATE VIEW "datasets" AS SELECT d.id AS "id", d.name AS "name", d.path AS "path", d.sha256 AS "sha256", d.selection AS "selection", d.train + d.test AS "images", d.train AS "train", d.test AS "test", json_array_length(d.class_names) AS "classes", d.class_names AS "class_names", d.shape AS "shape", (SELECT c.number FROM cell c WHERE c.id = d.cell) AS "cell", d.cell AS "cell_id" FROM dataset d;
CREATE VIEW "costs" AS SELECT k.id AS "id", k.name AS "name", json_array_length(k.class_names) AS "classes", k.class_names AS "class_names", k.protected AS "protected", k.matrix AS "matrix", (SELECT d.name FROM dataset d WHERE d.id = k.dataset) AS "dataset", k.dataset AS "dataset_id", (SELECT c.number FROM cell c WHERE c.id = k.cell) AS "cell", k.cell AS "cell_id" FROM cost k;
CREATE VIEW "models" AS SELECT m.id AS "id", m.name AS "name", m.architecture AS "architecture", (SELECT p.name FROM model p WHERE p.id = m.parent) AS "parent", m.parent AS "parent_id", (SELECT d.name FROM dataset d WHERE d.id = m.dataset) AS "dataset", m.dataset AS "dataset_id", m.defense AS "defense", m.settings AS "settings", (SELECT k.name FROM cost k WHERE k.id = m.costs) AS "costs", m.costs AS "costs_id", m.seed AS "seed", m.parameters AS "parameters", m.shape AS "shape", m.normalisation AS "normalisation", m.clean AS "clean", m.seconds AS "seconds", (SELECT count(*) FROM epoch e WHERE e.model = m.id) AS "epochs", (SELECT b.sha256 FROM blob b WHERE b.id = m.weights) AS "weights_sha256", (SELECT c.number FROM cell c WHERE c.id = m.cell) AS "cell", m.cell AS "cell_id", (SELECT c.session FROM cell c WHERE c.id = m.cell) AS "session" FROM model m;
CREATE VIEW "epochs" AS SELECT (SELECT m.name FROM model m WHERE m.id = e.model) AS "model", e.model AS "model_id", e.epoch AS "epoch", e.loss AS "loss", e.train_accuracy AS "train_accuracy", e.test_accuracy AS "test_accuracy", e.seconds AS "seconds", e.images_per_second AS "images_per_second" FROM epoch e;
CREATE VIEW "results" AS SELECT r.id AS "id", (SELECT m.name FROM model m WHERE m.id = r.model) AS "model", r.model AS "model_id", (SELECT m.defense FROM model m WHERE m.id = r.model) AS "defense", r.attack AS "attack", r.norm AS "norm", r.eps AS "eps", r.settings AS "settings", (SELECT k.name FROM cost k WHERE k.id = r.costs) AS "costs", r.costs AS "costs_id", (SELECT d.name FROM dataset d WHERE d.id = r.dataset) AS "dataset", r.dataset AS "dataset_id", r.selection AS "selection", r.seed AS "seed", r.images AS "images", r.clean AS "clean", r.robust AS "robust", r.protected AS "protected", r.mean_cost AS "mean_cost", r.queries AS "queries", r.seconds AS "seconds", (SELECT s.version FROM cell c JOIN session s ON s.id = c.session WHERE c.id = r.cell) AS "version", (SELECT c.number FROM cell c WHERE c.id = r.cell) AS "cell", r.cell AS "cell_id", (SELECT c.session FROM cell c WHERE c.id = r.cell) AS "session" FROM result r;
CREATE VIEW "class_results" AS SELECT x.result AS "result", x.class AS "class", x.name AS "name", x.protected AS "protected", x.images AS "images", x.clean AS "clean", x.robust AS "robust", x.low AS "low", x.high AS "high", x.mean_cost AS "mean_cost", x.most_taken_for AS "most_taken_for" FROM class_result x;
CREATE VIEW "examples" AS SELECT e.result AS "result", e.image AS "index", e.image AS "image", e.label AS "label", e.clean_answer AS "clean_answer", e.answer AS "answer", e.fooled AS "fooled", e.linf AS "linf", e.l2 AS "l2", e.l1 AS "l1", e.l0 AS "l0", e.queries AS "queries", e.steps AS "steps" FROM example e;
CREATE VIEW "weights" AS SELECT (SELECT m.name FROM model m WHERE m.id = w.model) AS "model", w.model AS "model_id", w.layer AS "layer", w.parameters AS "parameters", w.l1 AS "l1", w.l2 AS "l2", w.max AS "max", w.std AS "std", w.near_zero AS "near_zero", w.kurtosis AS "kurtosis", w.hoyer AS "hoyer", w.gini AS "gini", w.cell AS "cell_id" FROM weight w;
CREATE VIEW "epoch_weights" AS SELECT (SELECT m.name FROM model m WHERE m.id = v.model) AS "model", v.model AS "model_id", v.epoch AS "epoch", v.layer AS "layer", v.parameters AS "parameters", v.l1 AS "l1", v.l2 AS "l2", v.max AS "max", v.std AS "std", v.near_zero AS "near_zero", v.kurtosis AS "kurtosis", v.hoyer AS "hoyer", v.gini AS "gini" FROM epoch_weight v;
CREATE VIEW "checks" AS SELECT a.id AS "audit", (SELECT m.name FROM model m WHERE m.id = a.model) AS "model", a.model AS "model_id", x.name AS "name", x.passed AS "passed", x.value AS "value", x.meaning AS "meaning", x.verdict AS "verdict", a.settings AS "settings", a.selection AS "selection", a.seed AS "seed", a.seconds AS "seconds", (SELECT c.number FROM cell c WHERE c.id = a.cell) AS "cell", a.cell AS "cell_id" FROM audit_check x JOIN audit a ON a.id = x.audit;
COMMIT;
