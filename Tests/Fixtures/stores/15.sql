PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT, model INTEGER NOT NULL REFERENCES model,
  dataset INTEGER REFERENCES dataset, selection TEXT NOT NULL, seed INTEGER NOT NULL,
  seconds REAL NOT NULL, cell INTEGER NOT NULL REFERENCES cell
, spec TEXT) STRICT;
INSERT INTO "audit" VALUES(1,1,1,'test',0,0.0,1,'{"seed":0,"images":{"part":"test"}}');
CREATE TABLE "audit_check" (
  audit INTEGER NOT NULL REFERENCES audit, position INTEGER NOT NULL, name TEXT NOT NULL, passed INTEGER,
  value REAL, meaning TEXT NOT NULL, verdict TEXT NOT NULL DEFAULT '', PRIMARY KEY (audit, position)
) STRICT, WITHOUT ROWID;
INSERT INTO "audit_check" VALUES(1,0,'masking',0,0.2,'gradients vanish','');
CREATE TABLE blob (
  id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, bytes BLOB NOT NULL
) STRICT;
INSERT INTO "blob" VALUES(1,'039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81',X'010203');
CREATE TABLE cell (
  id INTEGER PRIMARY KEY AUTOINCREMENT, session INTEGER NOT NULL REFERENCES session, number INTEGER NOT NULL,
  source TEXT NOT NULL, seed INTEGER NOT NULL, started TEXT NOT NULL, seconds REAL,
  status TEXT NOT NULL CHECK (status IN ('running', 'ok', 'failed', 'interrupted')),
  shown TEXT NOT NULL DEFAULT '', output TEXT NOT NULL DEFAULT '', comments TEXT NOT NULL DEFAULT '',
  UNIQUE (session, number)
) STRICT;
INSERT INTO "cell" VALUES(1,1,1,'let normal = train lenet on: fashion',0,'2026-11-23 02:11:23.626',14.1,'ok','normal  lenet','','');
INSERT INTO "cell" VALUES(2,1,2,'resume normal',0,'2026-11-23 02:11:23.628',NULL,'running','','','');
CREATE TABLE certificate (
  result INTEGER NOT NULL REFERENCES result, position INTEGER NOT NULL, image INTEGER NOT NULL,
  label INTEGER NOT NULL, clean_answer INTEGER NOT NULL, certified INTEGER NOT NULL, margin REAL,
  unproved TEXT NOT NULL, in_band INTEGER NOT NULL, PRIMARY KEY (result, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE class_result (
  result INTEGER NOT NULL REFERENCES result, class INTEGER NOT NULL, name TEXT NOT NULL,
  protected INTEGER NOT NULL, images INTEGER NOT NULL, clean REAL, robust REAL, low REAL, high REAL,
  mean_cost REAL, most_taken_for TEXT NOT NULL, certified REAL, PRIMARY KEY (result, class)
) STRICT, WITHOUT ROWID;
INSERT INTO "class_result" VALUES(1,1,'Shirt',1,2,1.0,0.5,0.1,0.9,5.0,'Top',NULL);
CREATE TABLE cost (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, class_names TEXT NOT NULL, protected TEXT NOT NULL,
  matrix TEXT NOT NULL, dataset INTEGER REFERENCES dataset, cell INTEGER NOT NULL REFERENCES cell,
  content TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO "cost" VALUES(1,'guard','["Top","Shirt"]','["Shirt"]','[[0,1],[10,0]]',1,1,'bc418420b4d454d3d5176dea22a91ab37d2bd148ecd1aa2747244c8716b47978');
CREATE TABLE dataset (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, path TEXT NOT NULL, sha256 TEXT NOT NULL, selection TEXT NOT NULL,
  train INTEGER NOT NULL, test INTEGER NOT NULL, class_names TEXT NOT NULL, shape TEXT NOT NULL,
  cell INTEGER NOT NULL REFERENCES cell, spec TEXT, UNIQUE (sha256, selection)
) STRICT;
INSERT INTO "dataset" VALUES(1,'fashion-mnist','/data','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','',60000,10000,'["Top","Shirt"]','[1,28,28]',1,'{}');
CREATE TABLE epoch (
  model INTEGER NOT NULL REFERENCES model, epoch INTEGER NOT NULL, loss REAL NOT NULL, train_accuracy REAL,
  test_accuracy REAL, seconds REAL NOT NULL, images_per_second REAL NOT NULL, validation_accuracy REAL, validation_balanced REAL, validation_robust REAL, validation_protected REAL, validation_cost REAL, one_step REAL, two_steps REAL, picked INTEGER, PRIMARY KEY (model, epoch)
) STRICT, WITHOUT ROWID;
INSERT INTO "epoch" VALUES(1,1,0.3,NULL,0.9,2.0,41200.0,0.75,0.74,0.5,0.25,1.5,0.6,0.5,1);
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
INSERT INTO "example" VALUES(1,0,0,0,0,1,1,0.1,1.0,30.0,700,40,40);
INSERT INTO "example" VALUES(1,1,1,1,1,2,0,0.1,1.01,30.0,700,40,40);
INSERT INTO "example" VALUES(1,2,2,2,2,3,0,0.1,1.02,30.0,700,40,40);
INSERT INTO "example" VALUES(1,3,3,3,3,4,1,0.1,1.03,30.0,700,40,40);
INSERT INTO "example" VALUES(1,4,4,4,4,5,0,0.1,1.04,30.0,700,40,40);
CREATE TABLE lesson (
  name TEXT PRIMARY KEY, title TEXT NOT NULL, step INTEGER NOT NULL, steps INTEGER NOT NULL,
  tasks INTEGER NOT NULL, solved TEXT NOT NULL, done INTEGER NOT NULL, changed TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE migration (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
INSERT INTO "migration" VALUES('1 first tables');
INSERT INTO "migration" VALUES('10 sessions of notebooks');
INSERT INTO "migration" VALUES('11 comments of cells');
INSERT INTO "migration" VALUES('12 sweeps');
INSERT INTO "migration" VALUES('13 certificates');
INSERT INTO "migration" VALUES('14 epochs by validation');
INSERT INTO "migration" VALUES('15 lessons');
INSERT INTO "migration" VALUES('2 examples by class');
INSERT INTO "migration" VALUES('3 trainings to resume');
INSERT INTO "migration" VALUES('4 rows by their cell');
INSERT INTO "migration" VALUES('5 trainings with their rows');
INSERT INTO "migration" VALUES('6 weights by epoch');
INSERT INTO "migration" VALUES('7 verdicts of checks, weights of every model');
INSERT INTO "migration" VALUES('8 goals and their success');
INSERT INTO "migration" VALUES('9 one written form');
CREATE TABLE model (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, architecture TEXT NOT NULL,
  parent INTEGER REFERENCES model, dataset INTEGER REFERENCES dataset, defense TEXT NOT NULL,
  costs INTEGER REFERENCES cost, seed INTEGER NOT NULL, parameters INTEGER NOT NULL,
  shape TEXT NOT NULL, normalisation TEXT NOT NULL, clean REAL, seconds REAL NOT NULL,
  weights INTEGER NOT NULL REFERENCES blob, cell INTEGER NOT NULL REFERENCES cell
, spec TEXT) STRICT;
INSERT INTO "model" VALUES(1,'normal','lenet',NULL,1,'',1,7,61706,'[1,28,28]','',0.893,14.1,1,1,'{"epochs":5,"batch":64,"optimizer":{"adam":{"rate":0.001}},"schedule":{"exponential":{"factor":0.95}},"defense":[{"standard":{}}],"seed":7}');
CREATE TABLE point (
  id INTEGER PRIMARY KEY, session INTEGER NOT NULL UNIQUE REFERENCES session, key TEXT NOT NULL,
  params TEXT NOT NULL, numerics INTEGER NOT NULL, inputs TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('done', 'failed')), problem TEXT NOT NULL, seconds REAL NOT NULL
) STRICT;
CREATE TABLE result (
  id INTEGER PRIMARY KEY AUTOINCREMENT, model INTEGER NOT NULL REFERENCES model, attack TEXT NOT NULL,
  norm TEXT NOT NULL, eps REAL NOT NULL, costs INTEGER REFERENCES cost,
  dataset INTEGER REFERENCES dataset, selection TEXT NOT NULL, seed INTEGER NOT NULL, images INTEGER NOT NULL,
  clean REAL NOT NULL, robust REAL NOT NULL, protected REAL, mean_cost REAL, queries INTEGER NOT NULL,
  seconds REAL NOT NULL, cell INTEGER NOT NULL REFERENCES cell
, goal TEXT, attacked INTEGER, success REAL, spec TEXT, certified REAL) STRICT;
INSERT INTO "result" VALUES(1,1,'pgd','linf',0.1,1,1,'test',0,2,1.0,0.5,0.25,1.9,80,21.0,1,'target(class: "Shirt")',4,0.5,'{"attack":{"pgd":{"steps":40}},"norm":"linf","eps":0.1,"goal":{"target":{"class":1}},"seed":0,"images":{"part":"test"}}',NULL);
CREATE TABLE session (
  id INTEGER PRIMARY KEY AUTOINCREMENT, version TEXT NOT NULL, seed INTEGER NOT NULL, folder TEXT NOT NULL,
  started TEXT NOT NULL, ended TEXT
, frontend TEXT, notebook TEXT, comments TEXT NOT NULL DEFAULT '', origin TEXT NOT NULL DEFAULT '', machine TEXT) STRICT;
INSERT INTO "session" VALUES(1,'0.1',0,'','2026-11-23 02:11:23.624',NULL,NULL,NULL,'','2026-11-23 02:11:23.624 1 ',NULL);
ANALYZE "sqlite_master";
INSERT INTO "sqlite_stat1" VALUES('example','example_class','1000000 10000 1000 500');
INSERT INTO "sqlite_stat1" VALUES('example','example','1000000 10000 1');
INSERT INTO "sqlite_stat1" VALUES('class_result','class_result','1000 10 1');
INSERT INTO "sqlite_stat1" VALUES('result','result_model','100 20');
INSERT INTO "sqlite_stat1" VALUES('model','model_name','5 1');
CREATE TABLE sweep (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, code TEXT NOT NULL, script TEXT NOT NULL, axes TEXT NOT NULL,
  condition TEXT, planned TEXT NOT NULL, UNIQUE (name, code)
) STRICT;
CREATE TABLE sweep_point (
  sweep INTEGER NOT NULL REFERENCES sweep, key TEXT NOT NULL, params TEXT NOT NULL, PRIMARY KEY (sweep, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE training (
  id INTEGER PRIMARY KEY AUTOINCREMENT, cell INTEGER NOT NULL REFERENCES cell, name TEXT NOT NULL,
  epoch INTEGER NOT NULL, epochs INTEGER NOT NULL, state BLOB NOT NULL, model INTEGER REFERENCES model,
  saved TEXT NOT NULL, dataset INTEGER REFERENCES dataset, costs INTEGER REFERENCES cost, parent INTEGER REFERENCES model, seed INTEGER NOT NULL DEFAULT 0, defense TEXT NOT NULL DEFAULT '', seconds REAL NOT NULL DEFAULT 0, spec TEXT, UNIQUE (cell, name)
) STRICT;
INSERT INTO "training" VALUES(1,1,'early',1,2,X'00',NULL,'2026-01-01 00:00:00.000',NULL,NULL,NULL,0,'',0.0,NULL);
CREATE TABLE "weight" (
  model INTEGER NOT NULL REFERENCES model, position INTEGER NOT NULL, layer TEXT NOT NULL,
  parameters INTEGER NOT NULL, l1 REAL, l2 REAL, max REAL, std REAL, near_zero REAL, kurtosis REAL, hoyer REAL,
  gini REAL, cell INTEGER NOT NULL REFERENCES cell, PRIMARY KEY (model, position)
) STRICT, WITHOUT ROWID;
INSERT INTO "weight" VALUES(1,0,'conv1',150,9.0,1.0,0.5,0.1,0.4,3.1,0.2,0.3,1);
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
CREATE UNIQUE INDEX session_origin ON session (origin);
CREATE INDEX point_key ON point (key);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('session',1);
INSERT INTO "sqlite_sequence" VALUES('cell',2);
INSERT INTO "sqlite_sequence" VALUES('model',1);
INSERT INTO "sqlite_sequence" VALUES('result',1);
INSERT INTO "sqlite_sequence" VALUES('audit',1);
INSERT INTO "sqlite_sequence" VALUES('training',1);
COMMIT;
