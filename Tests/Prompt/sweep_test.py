#!/usr/bin/env python3
"""Sweeps, tried on the real program: what is done is not done again, whatever is killed, full, failed or changed.

    python3 Tests/Prompt/sweep_test.py .build/release/ward [POINTS]

POINTS (12 when not given) is how many small trainings the sweep has that is killed again and again.
"""
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

failures, done = [], 0

TRAINING = """param eps = 0.1 "the budget"
let data = load "fashion-mnist" train: 300 test: 100
let net = train mlp on: data epochs: 1
attack net with: fgsm on: data.test eps: eps
"""
SUM = "param a = 1\nparam word = \"one\"\nprint(a * 2)\n"
TABLE = """select p.params, r.robust, m.weights_sha256 from results r join points p on p.id = r.point
  join models m on m.id = r.model_id order by 1"""


def expect(condition, message):
    global done
    done += 1
    if not condition:
        failures.append(message)
        print("FAILED " + message)
    return condition


class Ward:
    def __init__(self, program, folder, store="main.sqlite"):
        self.program, self.folder = program, folder
        self.store = os.path.join(folder, store)

    def start(self, *arguments, before=None):
        environment = dict(os.environ, WARD_STORE=self.store, XDG_CONFIG_HOME=self.folder, HOME=self.folder)
        environment["PATH"] = self.folder + "/bin:" + environment["PATH"]
        return subprocess.Popen([self.program, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, cwd=self.folder, env=environment,
                                preexec_fn=before, start_new_session=True)

    def run(self, *arguments, before=None):
        ward = self.start(*arguments, before=before)
        output, errors = ward.communicate(timeout=600)
        return ward.returncode, output, errors

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w") as file:
            file.write(text)

    def ask(self, sql):
        base = sqlite3.connect(self.store, timeout=30)
        try:
            return base.execute(sql).fetchall()
        finally:
            base.close()

    def processes(self):
        """The points that are at work in this folder."""
        found = []
        for number in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{number}/cmdline", "rb") as file:
                    words = file.read().split(b"\0")
            except OSError:
                continue
            if b"point" in words and any(self.folder.encode() in word for word in words):
                found.append(int(number))
        return found


def eventually(condition, seconds=60):
    end = time.time() + seconds
    while time.time() < end:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def nothing_twice(ward):
    ward.write("sum.ward", SUM)
    status, output, errors = ward.run("sweep", "sum.ward", "--over", "a=1..3", "--over", "word=one,two")
    expect(status == 0 and "6 points: 6 done" in output, f"a sweep of six: {status} {output} {errors}")
    expect(len([line for line in errors.splitlines() if "done in" in line]) == 6, f"not a line a point: {errors}")
    status, output, errors = ward.run("sweep", "sum.ward", "--over", "a=1..3", "--over", "word=one,two")
    expect(status == 0 and "0 done, 6 done before" in output, f"the same again: {output}")
    # One more value, and the default of `word`, which is the same point as `word=one`.
    status, output, errors = ward.run("sweep", "sum.ward", "--over", "a=1..4")
    expect(status == 0 and "1 done, 3 done before" in output, f"one value more: {output} {errors}")
    status, output, errors = ward.run("sweep", "sum.ward", "--over", "a=1..4", "--again")
    expect(status == 0 and "4 done" in output and "before" not in output, f"--again: {output}")
    expect(ward.ask("select count(*) from points where sweep = 'sum' and status = 'done'") == [(7,)], "points are doubled")
    expect(ward.ask("select trim(shown, char(10)) from cells where source like 'print%' order by 1 limit 1") == [("2",)], "a point's cell is not kept")
    expect(ward.ask("select count(distinct machine) from points") == [(1,)], "points do not say their machine")
    ward.write("sum.ward", SUM + "print(\"more\")\n")
    status, output, errors = ward.run("sweep", "sum.ward", "--over", "a=1..2")
    expect("2 done" in output and "before" not in output and "has changed" in errors, f"a changed script: {output} {errors}")
    expect(ward.ask("select name, points from sweeps order by id") == [("sum@1", 7), ("sum", 2)],
           f"the sweep of before: {ward.ask('select name, points from sweeps')}")
    ward.write("other/sum.ward".replace("/", "-"), SUM)
    status, output, errors = ward.run("sweep", "other-sum.ward", "--over", "a=1..2", "--name", "sum")
    expect(status == 2 and "another script" in errors, f"two scripts of one name: {errors}")
    sessions = ward.ask("select count(*) from sessions")
    status, output, errors = ward.run("-c", ":store prune 0 days yes")
    expect(status == 0 and "removed" in output, f"a prune of points: {status} {output} {errors}")
    expect(ward.ask("select count(*) from sessions") < sessions, "a prune removes no session of a point")
    expect(ward.ask("select status from points") == [], "points that were pruned, or their plans, are left")


def chosen(ward):
    ward.write("chosen.ward", SUM)
    run = lambda *words: ward.run("sweep", "chosen.ward", *words)
    status, output, errors = run("--over", "a=1..5", "--over", "seed=0..3", "--where", "a > 3 or seed == 0")
    expect("11 points: 11 done" in output, f"--where: {output} {errors}")
    expect(ward.ask("""select count(*) from points p join sessions s on s.id = p.session
      where p.params ->> 'seed' <> s.seed""") == [(0,)], "the seed of a point is not that of its session")
    status, output, errors = run("--over", "a=0..0.3 by 0.1", "--name", "steps")
    expect(ward.ask("select params ->> 'a' from points where sweep = 'steps' order by 1") == [(0,), (0.1,), (0.2,), (0.3,)],
           "steps of a range")
    for words, said in [
        (["--over", "b=1"], "has no `param b`"), (["--over", "sed=1"], "did you mean `seed`?"), (["--over", "a=x"], "--a takes a number"),
        (["--over", "a"], "such as `seed=0..4`"), ([], "needs an axis: --over seed=0..4"), (["--over", "a=1,1"], "twice"),
        (["--over", "a=1", "--over", "a=2"], "given twice"), (["--over", "seed=0..1999999"], "2,000,000 points"),
        (["--over", "seed=0..99999"], "100,000 points"), (["--over", "a=1", "--where", "a"], "true or false"),
        (["--over", "a=1", "--where", "a > 1"], "no point meets"), (["--over", "seed=1.5"], "whole numbers"),
        (["--over", "a=1", "--name", "x/y"], "cannot be the name"), (["--over", "a=1", "--time", "3"], "--engine slurm"),
        (["--over", "a="], "has no values"),
    ]:
        status, output, errors = run(*words)
        expect(status == 2 and said in errors, f"{words}: {status} {errors}")
    ward.write("wrong.ward", "param a = 1\nprint(unknown)\n")
    status, output, errors = ward.run("sweep", "wrong.ward", "--over", "a=1..3")
    expect(status == 2 and "unknown" in errors and "wrong.ward:2" in errors, f"a script with a mistake: {status} {errors}")
    status, output, errors = run("--over", "a=1..40", "--dry-run", "--jobs", "1")
    expect("40 points, 35 to run, about" in output and "1 job" in output, f"--dry-run: {output} {errors}")


def failed(ward):
    ward.write("fails.ward", "param a = 1\nlet file = import \"{a}.csv\"\nprint(len(file))\n")
    ward.write("1.csv", "x\n1\n")
    status, output, errors = ward.run("sweep", "fails.ward", "--over", "a=1..3")
    expect(status == 1 and "1 done, 2 failed" in output and "2.csv" in errors, f"points that fail: {status} {output} {errors}")
    expect(ward.ask("select count(*) from points where status = 'failed' and problem like '%.csv%'") == [(2,)],
           "the diagnostic of a point is not stored")
    ward.write("2.csv", "x\n1\n2\n")
    status, output, errors = ward.run("sweep", "fails.ward", "--over", "a=1..3")
    expect(status == 1 and "0 done, 1 done before, 2 failed before" in output and "--retry" in errors, f"failed before: {output} {errors}")
    status, output, errors = ward.run("sweep", "fails.ward", "--over", "a=1..3", "--retry")
    expect("1 done, 1 failed, 1 done before" in output, f"--retry: {output} {errors}")
    expect(ward.ask("select params ->> 'a', status from points where sweep = 'fails' order by 1")
           == [(1, "done"), (2, "done"), (3, "failed")], "after --retry")
    # Other data under the same name: that point, and no other, is run again.
    time.sleep(1.1)
    ward.write("1.csv", "x\n1\n2\n3\n")
    status, output, errors = ward.run("sweep", "fails.ward", "--over", "a=1..2")
    expect("1 done, 1 done before" in output and "1.csv has changed" in errors, f"changed data: {output} {errors}")


def stopped(ward):
    ward.write("slow.ward", "param a = 1\nsleep 300\n")
    sweep = ward.start("sweep", "slow.ward", "--over", "a=1..4", "--jobs", "2")
    expect(eventually(lambda: len(ward.processes()) == 2), "two points are not at work")
    status, output, errors = ward.run("sweep", "slow.ward", "--over", "a=1..4")
    expect(status == 2 and "is being run already" in errors, f"two at once: {status} {errors}")
    status, output, errors = ward.run("sweep", "status", "slow")
    expect("0 of 4 points done, running (process" in output, f"status: {output} {errors}")
    began = time.time()
    sweep.send_signal(signal.SIGINT)
    output, errors = sweep.communicate(timeout=20)
    expect(sweep.returncode == 130 and "4 not run" in output and "goes on" in errors, f"Ctrl-C: {sweep.returncode} {output} {errors}")
    expect(time.time() - began < 3, f"Ctrl-C took {time.time() - began:.1f} s")
    expect(ward.processes() == [], "points are left after Ctrl-C")
    sweep = ward.start("sweep", "slow.ward", "--over", "a=1..4", "--jobs", "2")
    expect(eventually(lambda: len(ward.processes()) == 2), "two points are not at work")
    sweep.kill()
    sweep.communicate()
    expect(eventually(lambda: ward.processes() == [], 7), "points are left when their sweep is killed")
    sweep = ward.start("sweep", "slow.ward", "--over", "a=1..4", "--jobs", "2")
    expect(eventually(lambda: len(ward.processes()) == 2), "two points are not at work")
    status, output, errors = ward.run("sweep", "cancel", "slow")
    expect("cancelled" in output, f"cancel: {output} {errors}")
    sweep.communicate(timeout=20)
    expect(sweep.returncode == 130, f"a cancelled sweep ended with {sweep.returncode}")


def no_answer(ward):
    """Slurm's programs when the controller does not answer: Ctrl-C is heard all the same, and takes back what was submitted."""
    ward.write("slow.ward", "param a = 1\nsleep 300\n")
    log = os.path.join(ward.folder, "log")
    os.mkdir(os.path.join(ward.folder, "bin"))

    def slurm(**says):
        for name in ("scontrol", "sbatch", "squeue", "scancel"):
            # No answer: it waits, whatever it is told.
            answer = f"echo '{says[name]}'" if name in says else "trap '' INT TERM HUP; sleep 300"
            ward.write("bin/" + name, f"#!/bin/sh\necho {name} $* >> {log}\n{answer}\n")
            os.chmod(os.path.join(ward.folder, "bin", name), 0o755)
        open(log, "w").close()

    def asked(name):
        return [line for line in open(log).read().splitlines() if line.startswith(name)]

    def interrupted(name, *arguments):
        before = len(asked(name))
        sweep = ward.start("sweep", *arguments)
        expect(eventually(lambda: len(asked(name)) > before, 60), f"{name} is not asked")
        sweep.send_signal(signal.SIGINT)
        output, errors = sweep.communicate(timeout=60)
        return sweep.returncode, output, errors

    submit = ("slow.ward", "--over", "a=1..4", "--engine", "slurm")
    for says in ({}, {"scontrol": "MaxArraySize = 1001"}):
        slurm(**says)
        status, output, errors = interrupted("sbatch" if says else "scontrol", *submit)
        expect(status == 130 and not asked("scancel"), f"{says}: {status} {output} {errors}")
    slurm(scontrol="MaxArraySize = 1001", sbatch="17", scancel="")
    status, output, errors = interrupted("squeue", *submit)
    expect(status == 130 and asked("scancel") == ["scancel 17"], f"waiting: {status} {output} {errors}")
    slurm(scontrol="MaxArraySize = 1001", sbatch="18")
    status, output, errors = ward.run("sweep", *submit, "--detach")
    expect(status == 0 and "job 18" in errors, f"submitted: {status} {output} {errors}")
    for name, arguments in (("squeue", ("status", "slow")), ("scancel", ("cancel", "slow"))):
        status, output, errors = interrupted(name, *arguments)
        expect(status == 130, f"{arguments}: {status} {output} {errors}")
    status, output, errors = interrupted("squeue", *submit)
    expect("scancel does not answer" in errors and "`scancel 18`" in errors, f"no answer: {status} {output} {errors}")


def by_hand(ward):
    ward.write("list.ward", SUM)
    status, output, errors = ward.run("sweep", "list.ward", "--over", "a=1..4", "--engine", "list")
    commands = output.splitlines()
    expect(status == 0 and len(commands) == 4 and "ward sweep collect list" in errors, f"list: {output} {errors}")
    for command in commands[:3]:
        subprocess.run(["sh", "-c", command], cwd="/", capture_output=True)
    status, output, errors = ward.run("sweep", "status", "list")
    expect("0 of 4 points done, 3 to be merged" in output, f"status before collect: {output}")
    status, output, errors = ward.run("sweep", "collect", "list")
    expect("3 points merged; 3 of 4 done" in output, f"collect: {output} {errors}")
    status, output, errors = ward.run("sweep", "list.ward", "--over", "a=1..4")
    expect("1 done, 3 done before" in output, f"what the list left: {output}")
    # The same point twice, and once more after it was merged.
    subprocess.run(["sh", "-c", commands[0]], cwd="/", capture_output=True)
    ward.run("sweep", "collect", "list")
    expect(ward.ask("select count(*) from points where sweep = 'list' and status = 'done'") == [(4,)], "a point done twice")


def full(ward):
    """Files may have 2 MB: stores of points have room, then those that make large things do not."""
    if os.geteuid() != 0:
        return
    disk = os.path.join(ward.folder, "disk")
    os.mkdir(disk)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk], capture_output=True).returncode != 0:
        print("no tmpfs can be mounted: a full disk is not tried")
        return
    try:
        ward.write("room.ward", TRAINING)
        small = Ward(ward.program, ward.folder, "disk/main.sqlite")
        status, output, errors = small.run("sweep", "room.ward", "--over", "seed=0..7", "--over", "eps=0.05,0.1", "--jobs", "2")
        expect(status not in (0, -11) and "fatal" not in errors.lower(), f"a full disk: {status} {output} {errors[-400:]}")
        expect("room" in errors or "space" in errors, f"a full disk is not said: {output} {errors[-400:]}")
        subprocess.run(["mount", "-o", "remount,size=200m", disk], check=True)
        status, output, errors = small.run("sweep", "room.ward", "--over", "seed=0..7", "--over", "eps=0.05,0.1")
        expect(status == 0, f"after room was made: {status} {output} {errors[-400:]}")
        rows = small.ask("select count(*), count(distinct params) from points where status = 'done'")
        expect(rows == [(16, 16)], f"after room was made there are {rows}")
        expect(small.ask("select count(*) from results") == [(16,)], "results are lost or doubled")
    finally:
        subprocess.run(["umount", "-l", disk])


def killed(ward, points):
    """A sweep of trainings, with something of it killed again and again, gives the table that it gives in peace."""
    ward.write("train.ward", TRAINING)
    words = ["sweep", "train.ward", "--over", f"seed=0..{points // 2 - 1}", "--over", "eps=0.05,0.1"]
    peace = Ward(ward.program, ward.folder, "peace.sqlite")
    status, output, errors = peace.run(*words)
    expect(status == 0, f"the sweep in peace: {status} {output} {errors[-300:]}")
    expected = peace.ask(TABLE)
    expect(len(expected) == points, f"{len(expected)} results of {points} points")
    random.seed(1)
    # What a point left that was killed while it wrote its store; by chance one of those below is, too.
    points_folder = os.path.join(ward.folder, "main-sweeps", "train", "points")
    os.makedirs(points_folder)
    ward.write(os.path.join(points_folder, "0123456789abcdef.sqlite.part-8A6F5C2E-0B7D-4A55-9B8E-7B1C2D3E4F50"), "")
    kills, runs, began = 0, 0, time.time()
    pause = 20 if points >= 100 else 0.7
    while True:
        runs += 1
        sweep = ward.start(*words)
        killed_at = time.time()
        while sweep.poll() is None:
            time.sleep(0.02)
            if time.time() - killed_at > pause * random.uniform(0.7, 1.3) and kills < 40:
                victims = ward.processes() + [sweep.pid]
                try:
                    os.kill(random.choice(victims), signal.SIGKILL)
                    kills += 1
                except ProcessLookupError:
                    pass
                killed_at = time.time()
        output, errors = sweep.communicate()
        if sweep.returncode == 0:
            break
        if time.time() - began > 1200:
            expect(False, f"it does not come to an end: {output} {errors[-300:]}")
            break
    got = ward.ask(TABLE)
    expect(kills > 2, f"only {kills} kills")
    expect(got == expected, f"killed {kills} times it gave another table: {len(got)} rows, {len(expected)} expected")
    expect(ward.ask("select count(*) from points") == [(points,)], "points are doubled")
    left = [name for _, _, files in os.walk(points_folder) for name in files]
    expect(left == [], f"files are left: {left}")
    checked = subprocess.run([ward.program, "-c", "1"], env=dict(os.environ, WARD_STORE=ward.store), capture_output=True, text=True)
    expect(checked.returncode == 0 and "interrupted" not in checked.stderr and "ended in the middle" not in checked.stderr,
           f"the store after it: {checked.stderr}")
    print(f"{points} points: {kills} kills, {runs} runs of the command, {time.time() - began:.0f} s")


def main():
    # What a shell starts in the background ignores Ctrl-C, and so would all that is started from here.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    program = os.path.abspath(sys.argv[1])
    points = int(sys.argv[2]) if len(sys.argv) > 2 else 12
    for scenario in [nothing_twice, chosen, failed, stopped, no_answer, by_hand, full, lambda ward: killed(ward, points)]:
        folder = tempfile.mkdtemp(prefix="ward-sweep-")
        try:
            scenario(Ward(program, folder))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"{done} checks" + (f", {len(failures)} failed" if failures else ", all is well"))
    sys.exit(1 if failures else 0)


main()
