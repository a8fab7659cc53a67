#!/usr/bin/env python3
"""Kills ward in the middle of a training, resumes it from the store, and compares the weights with those of a training
that nobody stopped: to the bit.

    python3 Tests/Prompt/resume_test.py .build/release/ward

Needs the package dataset-fashion-mnist, and nothing but Python.
"""
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

BEFORE = """\
let fashion = load "fashion-mnist" classes: ["Shirt", "T-shirt/top", "Bag"] train: 3000 test: 200
let start = train lenet on: fashion epochs: 1 seed: 3
let guard = costs fashion protect: ["Shirt"]
guard["Shirt", "Bag"] = 25
"""
TRAININGS = {
    "standard": "let model = train lenet on: fashion epochs: 6 optimizer: sgd rate: 0.01 seed: 5",
    "another network": "let model = train cnn on: fashion epochs: 4 batch: 32 schedule: cosine",
    "minmax": "let model = defend start with: minmax b: 2 costs: guard epochs: 6",
    "two defenses": "let model = defend start with: [minmax, adversarial(eps: 0.05)] costs: guard clip: 2 epochs: 4",
    "adversarial": "let model = train lenet on: fashion epochs: 4 defense: adversarial eps: 0.05 costs: guard",
}


class Run:
    def __init__(self, program, folder):
        self.store = os.path.join(folder, "ward.sqlite")
        self.program = program
        self.script = os.path.join(folder, "work.ward")

    def start(self, text):
        with open(self.script, "w") as file:
            file.write(text)
        command = [self.program, self.script, "--store", self.store, "--no-init", "--quiet"]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def ask(self, sql):
        if not os.path.exists(self.store):
            return []
        base = sqlite3.connect(f"file:{self.store}?mode=ro", uri=True, timeout=30)
        try:
            return base.execute(sql).fetchall()
        except sqlite3.OperationalError:
            return []
        finally:
            base.close()

    def weights(self):
        return self.ask("select weights_sha256, epochs, settings, costs, parent, clean from models where name = 'model'")

    def finish(self, text):
        ward = self.start(text)
        output = ward.communicate()[0]
        if ward.returncode != 0:
            sys.exit(f"ward ended with {ward.returncode}: {output}")


def expect(condition, message):
    if not condition:
        print("FAILED " + message)
    return condition


def killed(run, training):
    """Kills the training some time after its second epoch; false if it was over by then."""
    ward = run.start(BEFORE + training)
    # The row that is waited for is written after the second whole epoch.
    while not run.ask("select 1 from training where name = 'model' and epoch >= 2"):
        if ward.poll() is not None:
            return False
        time.sleep(0.001)
    ward.send_signal(signal.SIGKILL)
    ward.wait()
    return not run.weights()


def check(program, name, training):
    with tempfile.TemporaryDirectory(prefix="ward-resume-") as folder:
        whole = Run(program, folder)
        whole.finish(BEFORE + training)
        expected = whole.weights()
    # On a busy machine the training may be over before we are told of its second epoch.
    for _ in range(10):
        with tempfile.TemporaryDirectory(prefix="ward-resume-") as folder:
            run = Run(program, folder)
            if not killed(run, training):
                continue
            [(epoch,)] = run.ask("select epoch from training where name = 'model'")
            run.finish("let model = resume model\nlet other = 1")
            ok = expect(run.weights() == expected, f"{name}: after {epoch} epochs, resumed to {run.weights()}\n  not {expected}")
            ok &= expect(run.ask("select count(*) from training") == [(0,)], f"{name}: the state is still kept")
            again = run.start("resume")
            output = again.communicate()[0]
            ok &= expect(again.returncode == 1 and "nothing to resume" in output, f"{name}: a second resume: {output}")
            if ok:
                print(f"{name}: killed after {epoch} epochs, resumed to the same bits")
            return ok
    return expect(False, f"{name}: no epoch was kept before the training ended")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    program = os.path.abspath(sys.argv[1])
    if not os.path.isdir("/usr/share/datasets/fashion-mnist"):
        print("skipped: dataset-fashion-mnist is not installed")
        return
    results = [check(program, name, training) for name, training in TRAININGS.items()]
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
