#!/usr/bin/env python3
"""Kills ward at random moments while it trains, attacks, stores and saves, and looks for anything lost or half done.

    python3 Tests/Prompt/kill_test.py .build/release/ward [ROUNDS]

What ward has shown, it has stored: every cell whose line came out before the kill must be whole in the store, and so
must each result and model of a loop, a function or `compare`, though their cell never ended. Needs the package dataset-fashion-mnist, and nothing but Python.
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
# Each line that is printed says that something was made before it.
LOOPS = """\
let fashion = load "fashion-mnist" train: 200 test: 40
let normal = train mlp on: fashion epochs: 1
let few = take(fashion.test, 10)
def under(hits) { for hit in hits { let got = attack normal with: hit on: few eps: 0.1; print "result {got.attack}" } }
for e in 1..12 { let got = attack normal with: fgsm on: few eps: e / 100; print "result {e}" }
under([fgsm, pgd, fgsm, pgd, fgsm])
for i in 1..3 { let net = train mlp on: fashion epochs: 1 seed: i; print "model {net.name}"; attack net with: fgsm on: few; print "result" }
"""
COMPARE = """\
let fashion = load "fashion-mnist" train: 200 test: 200
let normal = train mlp on: fashion epochs: 1
compare [normal] with: [fgsm, fgsm(clip: false), pgd(steps: 30000)] on: fashion.test
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
    for seed, cells in shown.items():
        done = ask("select count(*) from cells c join sessions s on s.id = c.session where s.seed = ? and status = 'ok'",
                   seed)[0][0]
        models = ask("select count(*) from models where seed = ?", seed)[0][0]
        results = ask("select count(*) from results where seed = ?", seed)[0][0]
        if done < cells or models < (cells > 1) or results < cells - 2:
            found.append(f"round {seed} showed {cells} cells, stored {done}, {models} models, {results} results")
    return found


def start(program, folder, text, *arguments):
    script = os.path.join(folder, "loop.ward")
    with open(script, "w") as file:
        file.write(text)
    return subprocess.Popen([program, script, "--store", os.path.join(folder, "ward.sqlite"), "--no-init", *arguments],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def count_rows(folder, sql):
    base = sqlite3.connect(os.path.join(folder, "ward.sqlite"), timeout=30)
    try:
        return base.execute(sql).fetchone()[0]
    except sqlite3.OperationalError:
        return 0
    finally:
        base.close()


def next_start(program, folder):
    """What the next start says of interrupted cells."""
    return subprocess.run([program, "-c", "1;", "--store", os.path.join(folder, "ward.sqlite"), "--no-init"],
                          capture_output=True, text=True).stderr


def loops(program, folder, rounds):
    """Kills at the moment when a line comes out; what it says must be there."""
    whole = start(program, folder, LOOPS, "--seed", "1000", "--quiet").communicate()[0]
    lines = [line for line in whole.splitlines() if line.startswith(("result", "model"))]
    if len(lines) != 23:
        yield f"the loops print {len(lines)} lines when nobody kills them"
        return
    for number in range(rounds):
        seed, wanted = 1001 + number, random.randint(1, len(lines))
        ward, seen = start(program, folder, LOOPS, "--seed", str(seed), "--quiet"), []
        while len(seen) < wanted:
            line = ward.stdout.readline()
            if not line:
                break
            seen.append(line)
        if number % 3 == 0:
            time.sleep(random.uniform(0, 0.02))
        ward.kill()
        seen += ward.communicate()[0].splitlines(True)
        results = sum(line.startswith("result") and line.endswith("\n") for line in seen)
        models = sum(line.startswith("model") and line.endswith("\n") for line in seen)
        session = f"(select max(id) from sessions where seed = {seed})"
        rows = count_rows(folder, f"select count(*) from results where session = {session}")
        named = count_rows(folder, "select count(*) from models where name = 'net' and cell_id in "
                                   f"(select id from cells where session = {session})")
        if rows < results or named < models:
            yield f"round {seed} printed {results} results and {models} models, stored {rows} and {named}"
        running = count_rows(folder, f"select count(*) from cells where status = 'running' and session = {session}")
        kept = count_rows(folder, "select count(*) from results where cell_id in "
                                  f"(select id from cells where status = 'running' and session = {session})")
        said = next_start(program, folder)
        if running and "ended in the middle of cell" not in said:
            yield f"round {seed}: the next start did not say what was interrupted: {said!r}"
        if kept and f"{kept} result" not in said:
            yield f"round {seed} kept {kept} results, of which the next start said {said!r}"


def comparing(program, folder):
    """Each cell of a comparison is stored when it is computed."""
    ward = start(program, folder, COMPARE, "--seed", "2000")
    rows = "select count(*) from results where session = (select max(id) from sessions where seed = 2000)"
    deadline = time.monotonic() + 120
    while count_rows(folder, rows) < 2 and ward.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    ended = ward.poll() is not None
    ward.kill()
    ward.communicate()
    if ended or count_rows(folder, rows) != 2:
        yield f"of a comparison {count_rows(folder, rows)} cells are stored before it ends ({'it ended' if ended else 'it runs'})"
    said = next_start(program, folder)
    if "of cell 3: compare" not in said or "2 results" not in said:
        yield f"the next start says of the comparison: {said!r}"


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
        found = list(loops(program, folder, max(5, rounds // 2))) + list(comparing(program, folder))
        found += halves + problems(folder, shown)
        for problem in found:
            print(problem)
        spread = ", ".join(f"{list(shown.values()).count(n)} after {n}" for n in range(len(NAMES) + 1))
        print(f"{rounds} kills, cells shown before: {spread}; {len(found)} problems")
        sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
