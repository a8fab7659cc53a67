#!/usr/bin/env python3
"""Kills ward at random moments while it trains, attacks, stores and saves, and looks for anything lost or half done.

    python3 Tests/Prompt/kill_test.py .build/release/ward [ROUNDS]

What ward has shown, it has stored: every cell whose line came out before the kill must be whole in the store. Needs
the package dataset-fashion-mnist, and nothing but Python.
"""
import os
import random
import select
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

SCRIPT = """\
let fashion = load "fashion-mnist" train: 600 test: 200
let normal = train lenet on: fashion epochs: 2
let hit = attack normal with: fgsm on: fashion.test eps: 0.1
let again = attack normal with: fgsm on: fashion.test eps: 0.2
:save! "saved.ward"
:export! "saved.html"
"""
NAMES = ["fashion", "normal", "hit", "again"]


def count(shown):
    """How many of the cells are shown. Only whole lines count."""
    lines = shown.decode(errors="replace").split("\n")[:-1]
    return sum(any(line.startswith(name + " ") for line in lines) for name in NAMES)


def run(program, folder, seed, after=None, delay=0.0):
    """Runs the script, killed some time after so many of its cells are shown.

    Returns when each cell was shown, in seconds from the start."""
    script = os.path.join(folder, "work.ward")
    with open(script, "w") as file:
        file.write(SCRIPT.replace("saved", os.path.join(folder, "saved")))
    command = [program, script, "--seed", str(seed), "--store", os.path.join(folder, "ward.sqlite"), "--no-init",
               "--color", "never"]
    # A terminal, so that each line comes out when it is shown.
    master, slave = os.openpty()
    begun = time.monotonic()
    ward = subprocess.Popen(command, stdout=slave, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    os.close(slave)
    shown, times = bytearray(), []
    deadline = begun + delay if after == 0 else None
    while True:
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            ward.send_signal(signal.SIGKILL)
            deadline = None
            continue
        if not select.select([master], [], [], left)[0]:
            continue
        try:
            shown.extend(os.read(master, 65536))
        except OSError:
            break
        while len(times) < count(bytes(shown)):
            times.append(time.monotonic() - begun)
            if len(times) == after:
                deadline = time.monotonic() + delay
    ward.wait()
    os.close(master)
    return times


def half_saved(folder, seed):
    """What a save left that is neither whole nor absent."""
    for name, is_whole in (("saved.ward", lambda text: ("\n" + text).count("\nlet ") == 4 and text.endswith("images\n")),
                           ("saved.html", lambda text: text.endswith("</html>\n"))):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            with open(path) as file:
                if not is_whole(file.read()):
                    file.seek(0)
                    yield f"round {seed} left half of {name}: {file.read()[-200:]!r}"
            os.remove(path)


def problems(folder, shown):
    store = sqlite3.connect(os.path.join(folder, "ward.sqlite"))

    def ask(sql, *values):
        return store.execute(sql, values).fetchall()

    found = []
    verdict = ask("pragma integrity_check")
    if verdict != [("ok",)]:
        found.append(f"integrity: {verdict[:3]}")
    if ask("pragma foreign_key_check"):
        found.append("a row refers to a row that is missing")
    for row in ask("select id, images, (select count(*) from examples e where e.result = r.id) as n, "
                   "(select sum(images) from class_results c where c.result = r.id) as m from results r "
                   "where n <> images or m <> images"):
        found.append(f"half a result: {row}")
    for row in ask("select m.name, c.status from models m join cells c on c.id = m.cell_id where c.status = 'running'"):
        found.append(f"a model of a cell that has not ended: {row}")
    for seed, cells in shown.items():
        done = ask("select count(*) from cells c join sessions s on s.id = c.session where s.seed = ? and status = 'ok'",
                   seed)[0][0]
        models = ask("select count(*) from models where seed = ?", seed)[0][0]
        results = ask("select count(*) from results where seed = ?", seed)[0][0]
        if done < cells or models < (cells > 1) or results < cells - 2:
            found.append(f"round {seed} showed {cells} cells, stored {done}, {models} models, {results} results")
    return found


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    program = os.path.abspath(sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    if not os.path.isdir("/usr/share/datasets/fashion-mnist"):
        print("skipped: dataset-fashion-mnist is not installed")
        return
    with tempfile.TemporaryDirectory(prefix="ward-kill-") as folder:
        run(program, folder, 0)
        # The second run finds the data in the page cache, as the others will.
        times = run(program, folder, 0)
        if len(times) != len(NAMES):
            sys.exit(f"the script shows {len(times)} of {len(NAMES)} cells when nobody kills it")
        gaps = [end - start for start, end in zip([0.0] + times, times + [times[-1] + 0.02])]
        shown, halves = {0: len(times)}, list(half_saved(folder, 0))
        for seed in range(1, rounds + 1):
            after = seed % (len(NAMES) + 1)
            shown[seed] = len(run(program, folder, seed, after, random.uniform(0, 1.1 * gaps[after])))
            halves += half_saved(folder, seed)
        found = halves + problems(folder, shown)
        for problem in found:
            print(problem)
        spread = ", ".join(f"{list(shown.values()).count(n)} after {n}" for n in range(len(NAMES) + 1))
        print(f"{rounds} kills, cells shown before: {spread}; {len(found)} problems")
        sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
