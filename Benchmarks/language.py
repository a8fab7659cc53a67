#!/usr/bin/env python3
"""Measures the language beside CPython, in turns in the same run, and how fast the prompt is there.

    python3 Benchmarks/language.py .build/release/ward [ROUNDS]

The Python that runs this is the one measured. Times are whole processes' processor seconds, so that others on the machine
disturb them little; those of an empty program are taken off. Prints a Markdown table of medians.
"""
import os
import platform
import pty
import resource
import select
import statistics
import subprocess
import sys
import tempfile
import time

LOOPS = [
    ("loop of 10,000,000 turns, a sum", 1.0,
     "let total = 0\nfor i in 0..<10000000 { total += i }",
     "total = 0\nfor i in range(10000000):\n    total += i"),
    ("the same inside a function", 1.0,
     "def f() {\n let total = 0\n for i in 0..<10000000 { total += i }\n return total }\nf();",
     "def f():\n    total = 0\n    for i in range(10000000):\n        total += i\n    return total\nf()"),
    ("while loop of 10,000,000 turns", 1.0,
     "let i = 0\nwhile i < 10000000 { i += 1 }",
     "i = 0\nwhile i < 10000000:\n    i += 1"),
    ("fib(30)", 1.8,
     "def fib(n) { if n < 2 { return n }; return fib(n - 1) + fib(n - 2) }\nfib(30);",
     "def fib(n):\n    if n < 2:\n        return n\n    return fib(n - 1) + fib(n - 2)\nfib(30)"),
    ("1,000,000 squares in a list", None,
     "let a = [for i in 0..<1000000 => i * i];",
     "a = [i * i for i in range(1000000)]"),
]


def seconds(command, environment):
    """The processor time of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def interleaved(commands, rounds, environment):
    """The median processor time of each command, all of them in turns."""
    times = [[] for _ in commands]
    for _ in range(rounds):
        for index, command in enumerate(commands):
            times[index].append(seconds(command, environment))
    return [statistics.median(one) for one in times]


def drawn(program, environment):
    """Wall seconds from the start of the program to its prompt."""
    begun = time.monotonic()
    child, terminal = pty.fork()
    if child == 0:
        os.execve(program, [program], environment)
    seen = b""
    while b"[1]" not in seen:
        select.select([terminal], [], [], 10)
        seen += os.read(terminal, 65536)
    taken = time.monotonic() - begun
    os.write(terminal, b"\x04")
    try:
        while os.read(terminal, 65536):
            pass
    except OSError:
        pass
    os.waitpid(child, 0)
    os.close(terminal)
    return taken


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    ward, rounds = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "WARD_STORE": folder + "/ward.sqlite", "TERM": "xterm",
                       "XDG_CONFIG_HOME": folder}
        python = [sys.executable, "-I", "-S"]
        print(f"| work | Ward | CPython {platform.python_version()} | Ward takes | goal |\n|---|--:|--:|--:|--:|")
        for name, goal, ours, theirs in LOOPS:
            times = interleaved(
                [[ward, "-c", ours], [ward, "-c", ""], python + ["-c", theirs], python + ["-c", ""]], rounds, environment)
            mine, other = times[0] - times[1], times[2] - times[3]
            limit = f"{goal:g}×" if goal else "–"
            print(f"| {name} | {mine:.3f} s | {other:.3f} s | {mine / other:.2f}× | {limit} |", flush=True)
        lines = folder + "/lines.ward"
        block = ["let a_1 = [1, 2.5, \"text {1 + 2}\"]", "def f_1(x, y = 2) { return x * y + 1 }", "for i in 0..9 { a_1[0] += i }",
                 "let r_1 = {eps: 8/255, steps: 20}", "check f_1(2) == 5 because: \"five\""]
        with open(lines, "w") as file:
            for number in range(2000):
                file.write("\n".join(block).replace("_1", f"_{number}") + "\n")
        with open(folder + "/empty.ward", "w") as file:
            file.write("")
        times = interleaved([[ward, "check", lines], [ward, "check", folder + "/empty.ward"]], rounds, environment)
        print(f"| reading and checking 10,000 lines | {1000 * (times[0] - times[1]):.0f} ms | | | 100 ms |")
        starts = [drawn(ward, environment) for _ in range(rounds + 1)][1:]
        print(f"| start to drawn prompt, wall, store open | {1000 * statistics.median(starts):.0f} ms | | | 25 ms |")


if __name__ == "__main__":
    main()
