#!/usr/bin/env python3
"""Goes through lessons at a terminal, every step of each, and grades a class of files with planted mistakes.

    python3 Tests/Prompt/lesson_test.py .build/release/ward [LESSON...]

Lessons 1 to 6 are gone through as they are, the first with the typos of a beginner; the others in copies with little data and few
epochs, whose `check`s about accuracies need not hold. Needs the package dataset-fashion-mnist, and nothing but Python.
"""
import csv
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

from prompt_test import ENTER, ESCAPES, Prompt, control

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
LESSONS = sorted(glob.glob(ROOT + "/examples/lessons/*.ward"))
AS_THEY_ARE = 6

failures = []


def expect(holds, what):
    if not holds:
        failures.append(what)
        print(f"MISSING  {what}", flush=True)


class Lesson(Prompt):
    """A prompt in which a line may be offered: what stands behind the prompt is the offer."""

    def __init__(self, program, home, command, columns=100):
        super().__init__(program, home, columns=columns, command=["--color", "never", *command] if command[:1] != ["lesson"]
                         else ["lesson", "--color", "never", *command[1:]])
        self.offer = ""

    def type(self, line, seconds=300.0):
        """Types a line in place of what is offered, and returns what came of it."""
        self.seen = ""
        self.send(line + ENTER)
        return self.answer(seconds)

    def enter(self, seconds=300.0):
        self.seen = ""
        self.send(ENTER)
        return self.answer(seconds)

    def answer(self, seconds):
        """What is shown until a prompt waits, after which nothing comes for a moment."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            before = len(self.seen)
            if not self.read(0.1):
                return ESCAPES.sub("", self.seen)
            if len(self.seen) > before:
                continue
            # readline takes pastes from here on, and no more once the line is done.
            if self.seen.rfind("\x1b[?2004h") <= self.seen.rfind("\x1b[?2004l"):
                continue
            text = ESCAPES.sub("", self.seen)
            prompts = re.split(r"(?:^|[\r\n])\[\d+\] ", text)
            if len(prompts) > 1:
                self.offer = prompts[-1]
                return text
        raise AssertionError(f"no prompt in {ESCAPES.sub('', self.seen)[-400:]!r}")


def steps_of(text):
    """The place that a step's header tells."""
    found = re.findall(r"· (\d+) of (\d+) ──", text)
    return (int(found[-1][0]), int(found[-1][1])) if found else None


def place(program, home, name):
    query = f"select step, steps, solved, tasks, done from lessons where name = '{name}'"
    run = subprocess.run([program, "sql", query, "--mode", "csv", "--store", home + "/store/ward.sqlite"], capture_output=True, text=True)
    return [int(number) for number in run.stdout.split("\n")[1].split(",")]


def shortened(text):
    """The lesson with so little to compute that a step takes a moment."""
    text = re.sub(r"epochs: \d+", "epochs: 1", text)
    text = re.sub(r'load "fashion-mnist"[^\n]*', 'load "fashion-mnist" train: 1000 test: 200', text)
    text = re.sub(r"take\(fashion\.test, \d+\)", "take(fashion.test, 20)", text)
    text = re.sub(r"steps: \d+", "steps: 2", text)
    text = re.sub(r"queries: \d+", "queries: 20", text)
    return text


def walk(program, home, opened, name, strict):
    """Presses Enter at each step to the end; answers tasks with the model answer. What was shown."""
    ward = Lesson(program, home, ["lesson", opened])
    shown = ward.answer(60)
    try:
        done, total, *_ = place(program, home, name)
        for _ in range(200):
            if done >= total - 1 and "That is all of it" in shown or done >= total:
                break
            if "It is judged" in shown or ":answer` shows" in shown:
                shown = ward.type(":answer")
            before = done
            shown = ward.enter()
            errors = [line for line in re.findall(r"error\[?E?\d*\]?: [^\r\n]*", shown)]
            wrong = [line for line in errors if strict or "the check failed" not in line]
            expect(not wrong, f"{name}, step {before + 1}: {wrong}")
            expect("✗" not in shown or not strict, f"{name}, step {before + 1}: the model answer fails: {shown[-300:]!r}")
            after = place(program, home, name)[0]
            done = after
            if after == before:
                if strict:
                    expect(False, f"{name}, step {before + 1} is not done by Enter: {shown[-400:]!r}")
                shown = ward.type(":skip")
                done = place(program, home, name)[0]
        step, steps, solved, tasks, done = place(program, home, name)
        expect(done == 1, f"{name}: the end is reached ({step} of {steps})")
        if strict:
            expect(solved == tasks, f"{name}: {solved} of {tasks} tasks are solved")
        ward.send(control("U") + ":stop" + ENTER)
        ward.ended()
        return total
    finally:
        ward.close()


def beginner(program, home):
    """Lesson 1 at the prompt, by somebody who mistypes."""
    ward = Lesson(program, home, ["--no-init"], columns=80)
    try:
        shown = ward.answer(60)
        expect(":lesson 1" in shown, "the first prompt leads to lesson 1")
        ward.type("let mine = 5")
        shown = ward.type(":lesson 1")
        expect("Lesson 1: the first attack" in shown and "1 of" in shown, f"the lesson begins: {shown[-300:]!r}")
        expect("load" in ward.offer, f"the statement stands in the line: {ward.offer!r}")
        expect(all(len(line) <= 80 for line in shown.split("\r\n")), "prose is wrapped at 80 columns")
        # A word typed at the end of what is offered takes its place.
        expect("nothing called `mine`" in ward.type("mine"), "the lesson's names are its own")
        expect("load" in ward.offer, "after a mistake the step is in the line again")
        shown = ward.type("let fashion = load \"fashion-mnits\"")
        expect("error" in shown and "load" in ward.offer, "a typo does not end the step")
        shown = ward.type("print 1 + 1")
        expect("later steps need `fashion`" in shown, f"what is aside does not end the step: {shown[-200:]!r}")
        expect(steps_of(ward.enter()) == (2, 31), "Enter runs the step and goes on")
        expect("no task" in ward.type(":hint"), "a step that is no task has no hint")
        expect(steps_of(ward.enter()) == (3, 31), "pictures are shown, and the next step comes")
        # The middle of a line is changed as at any prompt: two epochs instead of three.
        ward.seen = ""
        ward.send("\x7f2" + ENTER)
        shown = ward.answer(120)
        expect("2 epochs" in shown and steps_of(shown) == (4, 31), f"a changed step is the step: {shown[-300:]!r}")
        expect("of 100 pictures" in ward.enter(), "what is printed is shown")
        expect("it holds" in ward.enter(), "a check says that it holds")
        expect(steps_of(ward.type(":back")) == (5, 31), ":back goes back")
        ward.type(":next")
        expect("Who attacks?" in ward.type(":again"), ":again shows the step once more")
        expect("[" in ward.type(":skip"), ":skip goes on")
        # Ctrl-C empties the line.
        ward.seen = ""
        ward.send(control("C"))
        ward.answer(10)
        expect(ward.offer.strip() == "", f"after Ctrl-C the line is empty: {ward.offer!r}")
        shown = ward.type(":stop")
        expect("goes on there" in shown and "your own names are back" in shown, f":stop says so: {shown!r}")
        expect("5" in ward.type("mine"), "the session's names are back")
        step = place(program, home, "01-first-attack")[0]
        shown = ward.type(":lesson 1")
        expect(steps_of(shown) == (step + 1, 31), f"the lesson goes on where it was left: {step}, {shown[-300:]!r}")
        shown = ward.type(":lesson 1 28")
        expect("It is judged" in shown, f"a step can be named: {shown[-300:]!r}")
        expect("go lower" in ward.type("let edge = 0.2"), "a wrong answer is told what helps")
        expect("Hint 1 of 3" in ward.type(":hint") and "Hint 2 of 3" in ward.type(":hint"), "hints come one by one")
        expect("not done" not in ward.type(":next"), ":next judges")
        ward.type(":answer")
        expect("let edge" in ward.offer, f":answer puts the answer into the line: {ward.offer!r}")
        # The student's session is another network by now (two epochs); only that it is judged is asked here.
        shown = ward.enter()
        expect("solved" in shown or "✗" in shown, f"the answer is judged: {shown[-200:]!r}")
        ward.send(control("C") + control("D"))
        ward.expect(r"left at step")
        ward.ready()
        ward.leave()
    finally:
        ward.close()


BROKEN = """# A lesson with a mistake

let one = 1
let two = = 2
# It goes on.
let three = one + 2
print tree
# --- Task: four ---
# Make `four`.
let four = 4
check four == 4 because: "four is 4"
"""


def broken(program, home):
    with open(home + "/broken.ward", "w") as file:
        file.write(BROKEN)
    ward = Lesson(program, home, ["lesson", "broken.ward"])
    try:
        shown = ward.answer(30)
        expect("expected a value" in shown and "mistake in it" in shown, f"the mistake is told: {shown[-300:]!r}")
        ward.enter()
        expect("two = = 2" in ward.offer, f"the mistake stands in the line: {ward.offer!r}")
        expect("error" in ward.enter(), "and is one when it runs")
        ward.type(":skip")
        ward.enter()
        expect("print tree" in ward.offer, f"the lesson goes on: {ward.offer!r}")
        expect("error" in ward.enter(), "a name that there is not is told")
        shown = ward.type(":skip")
        expect("Make `four`" in shown, f"the task comes: {shown[-200:]!r}")
        ward.seen = ""
        ward.send("for i in 1..1 { print('be' + 'gun'); while true { } }" + ENTER)
        ward.expect("begun")
        ward.send(control("C"))
        expect("interrupted" in ward.answer(20), "Ctrl-C stops an answer without end")
        expect("solved" in ward.type("let four = 4"), "the task can still be solved")
    finally:
        ward.close()


WEEK = """# Week 1

let three = 1 + 2
let some = [1, 2, 3]
def twice(x) {
  return 2 * x
}

# --- Task 1: the double ---
# Call the double of `three` by the name `double`.
let double = 2 * three
check double == twice(three) because: "the double of three is another number"  # 2 points
check abs(double) > 5 because: "too small"

# Needs it:
let after = double + 1

# --- Task 2: a list ---
let squares = map(some, fn(x) => x * x)
check squares == [1, 4, 9] because: "not the squares"
check len(squares) == len(some) because: "one for each, please"

# --- Task 3: a function ---
def next_one(x) {
  return x + 1
}
let last = next_one(after)
check next_one(41) == 42 because: "next_one(41) is to be 42"
check last == after + 1 because: "`last` is to be next_one(after)"  # 0.5 points
"""
ONE, TWO, THREE = "# --- Task 1: the double ---", "# --- Task 2: a list ---", "# --- Task 3: a function ---"
SQUARES = "let squares = [1, 4, 9]"
NEXT = "def next_one(x) { return x + 1 }\nlet last = 8"
GROW = 'let s = "x"\nfor i in 0..26 { s = s + s }\nlet many = []\nfor i in 0..100 { many = many + [s + "{i}"] }'
# A student's file, the points of each check, and what the remarks say.
CLASS = {
    "right": ([ONE, "let double = 6", TWO, SQUARES, THREE, NEXT], "2 1 1 1 1 0.5", ""),
    "wrong": ([ONE, "let double = 5", TWO, "let squares = [1, 4]", THREE, NEXT.replace("+ 1", "+ 2").replace("8", "9")],
              "0 0 0 0 0 0", ""),
    "loops": ([ONE, "while true { }", "let double = 6", TWO, SQUARES], "0 0 1 1 0 0", "longer than"),
    "memory": ([ONE, GROW, TWO, SQUARES, THREE, NEXT], "0 0 1 1 1 0.5", "ran out of memory"),
    "shell": ([ONE, "!rm -rf x", "let double = 6", TWO, SQUARES], "2 1 1 1 0 0", "`!` is off"),
    "cheats": ([ONE, "def twice(x) { return 0 }\ndef abs(x) { return 9 }\nlet double = 0", TWO, "let some = []\nlet squares = []"],
               "0 0 0 0 0 0", ""),
    "syntax": ([ONE, "let double = = 6", TWO, SQUARES, THREE, "def next_one(x) { while true { } }\nlet last = 8"],
               "0 0 1 1 0 0.5", "expected a value"),
    "headless": (["let double = 6", SQUARES], "2 1 1 1 0 0", ""),
    "deep": ([ONE, TWO, THREE, "def next_one(x) { return next_one(x) }\nlet last = 8"], "0 0 0 0 0 0.5", ""),
    "writes": ([ONE, 'export (select 1 as a) as: "week.csv"', 'export (select 1 as a) as: "mine/week.csv"',
                'export (select 1 as a) as: "../out.csv"', "let double = 6",
                "check double == 7", TWO, ":run right.ward", "let squares = [9, 4, 1]"], "2 1 0 1 0 0", "outside the working folder"),
}


def grading(program, folder):
    os.mkdir(folder)
    with open(folder + "/week.ward", "w") as file:
        file.write(WEEK)
    for name, (parts, _, _) in CLASS.items():
        with open(f"{folder}/{name}.ward", "w") as file:
            file.write("\n".join(parts) + "\n")
    # The grader has files of the names that an answer writes.
    os.mkdir(folder + "/mine")
    for name in ["week.csv", "mine/week.csv", "mine/more.csv"]:
        with open(f"{folder}/{name}", "w") as file:
            file.write("the grader's own\n")
    there = set(os.listdir(folder))
    def grade(*words):
        return subprocess.run([program, "grade", "week.ward", *words], cwd=folder, capture_output=True, text=True, timeout=120)
    run = grade()
    expect(run.returncode == 0 and "6.5 points in all" in run.stdout, f"the model answers get all points: {run.stdout}{run.stderr}")
    limits = ["--time", "2", "--memory", "300", "--csv", "grades.csv"]
    run = grade(*[name + ".ward" for name in CLASS], *limits)
    expect(run.returncode == 0, f"a class is graded: {run.stderr}")
    with open(folder + "/grades.csv") as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    for name, (_, points, remark) in CLASS.items():
        row = rows[name + ".ward"]
        got = " ".join(row[column] for column in ["1.1", "1.2", "2.1", "2.2", "3.1", "3.2"])
        expect(got == points, f"{name}: {got}, not {points}: {row}")
        expect(float(row["points"]) == sum(map(float, points.split())), f"{name}: the sum is {row['points']}")
        expect(remark in row["remarks"] and bool(remark) == bool(row["remarks"]), f"{name}: {row['remarks']!r}")
    expect("the double of three is another number" in rows["wrong.ward"]["failed"], "a failed check says its sentence")
    expect(set(os.listdir(folder)) == there | {"grades.csv"}, f"answers write nothing here: {os.listdir(folder)}")
    for name in ["week.csv", "mine/week.csv"]:
        with open(f"{folder}/{name}") as file:
            expect(file.read() == "the grader's own\n", f"{name} of the grader is as it was")
    expect(sorted(os.listdir(folder + "/mine")) == ["more.csv", "week.csv"], "and so are folders")
    # A lesson without tasks judges whole files.
    with open(folder + "/checks.ward", "w") as file:
        file.write('check double == 6 because: "no"\nlet more = double + 1\ncheck more == 7  # 3 points\n')
    run = subprocess.run([program, "grade", "checks.ward", "right.ward", "loops.ward", "--time", "2", "--csv", "c.csv"],
                         cwd=folder, capture_output=True, text=True)
    with open(folder + "/c.csv") as file:
        lines = file.read().split("\n")
    expect(lines[1].startswith("right.ward,1,3,4,4,") and lines[2].startswith("loops.ward,0,0,0,4,"), f"whole files: {lines}")
    # A lesson that fails is no student's fault.
    with open(folder + "/fails.ward", "w") as file:
        file.write('load "nowhere"\n# --- Task ---\nlet a = 1\ncheck a == 1\n')
    run = subprocess.run([program, "grade", "fails.ward", "right.ward"], cwd=folder, capture_output=True, text=True)
    expect(run.returncode == 1 and "the lesson itself fails: there is no data set" in run.stdout, f"a lesson that fails: {run}")
    # A handout has neither answers nor checks, and gets no points as it is.
    run = subprocess.run([program, "lesson", "week.ward", "--handout", "handout.ward"], cwd=folder, capture_output=True, text=True)
    with open(folder + "/handout.ward") as file:
        text = file.read()
    expect("let double" not in text and "check" not in text and ONE in text and "let some" in text, f"a handout: {text}")
    text = text.replace(TWO, "let double = 2 * three\n\n" + TWO)
    with open(folder + "/handout.ward", "w") as file:
        file.write(text)
    grade("handout.ward", "--csv", "h.csv")
    with open(folder + "/h.csv") as file:
        expect(file.read().split("\n")[1].startswith("handout.ward,2,1,0,0,0,0,3,6.5,"), "a handout that is filled in is graded")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    program = os.path.abspath(sys.argv[1])
    wanted = sys.argv[2:]
    unknown = [word for word in wanted if word not in map(str, range(1, len(LESSONS) + 1))]
    if unknown:
        sys.exit(f"there is no lesson {', '.join(unknown)}: they are numbers from 1 to {len(LESSONS)}")
    folder = tempfile.mkdtemp(prefix="ward-lesson-")
    def home(name):
        path = f"{folder}/{name}"
        os.mkdir(path)
        shutil.copytree(ROOT + "/examples/data", path + "/examples/data")
        return path
    try:
        if not wanted:
            grading(program, folder + "/class")
            broken(program, home("broken"))
            beginner(program, home("beginner"))
        for number, lesson in enumerate(LESSONS, 1):
            if wanted and str(number) not in wanted:
                continue
            own = home(f"lesson{number}")
            name = os.path.basename(lesson)[:-5]
            if number <= AS_THEY_ARE:
                steps = walk(program, own, str(number), name, strict=True)
            else:
                copy = f"{own}/{name}.ward"
                with open(lesson) as file, open(copy, "w") as target:
                    target.write(shortened(file.read()))
                steps = walk(program, own, copy, copy, strict=False)
            print(f"ok       {name}, {steps} steps", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("all is well" if not failures else f"{len(failures)} failures", *failures, sep="\n")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
