#!/usr/bin/env python3
"""Runs docs/python.md from its first line to its last, and compares what it prints.

    python_test.py WARD

Where Python lacks pandas, NumPy or safetensors, it says so and the blocks that need them are left out.
"""
import contextlib
import importlib.util
import io
import os
import re
import subprocess
import sys
import tempfile

PAGE = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "python.md")
failures = []


def blocks(text):
    """The fenced blocks of a page: line, language, text."""
    for match in re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        yield text[: match.start()].count("\n") + 1, match.group(1), match.group(2)


def fail(line, message):
    failures.append(line)
    print(f"docs/python.md:{line}: {message}")


def run_ward_block(line, text):
    """A script that is named by its first line is written; a cell that begins with %%script is run as IPython does."""
    first, rest = text.split("\n", 1)
    if first.startswith("# "):
        with open(first[2:], "w") as file:
            file.write(rest)
    elif importlib.util.find_spec("IPython"):
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config
        without_history = Config({"HistoryManager": {"enabled": False}})
        result = InteractiveShell.instance(config=without_history).run_cell(text)
        if not result.success:
            fail(line, f"the cell failed: {result.error_in_exec}")
    else:
        run_shell(line, first.removeprefix("%%script "), rest)


def run_shell(line, command, text=None):
    run = subprocess.run(["bash", "-ec", command], input=text, capture_output=True, text=True)
    if run.returncode != 0:
        fail(line, f"ended with {run.returncode}: {run.stdout}{run.stderr}")


def missing(text):
    """The modules that a block imports and that are not there."""
    names = re.findall(r"^(?:import|from) (\w+)", text, re.MULTILINE)
    return [name for name in names if importlib.util.find_spec(name) is None]


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    page = open(PAGE, encoding="utf-8").read()
    with tempfile.TemporaryDirectory(prefix="ward-python-") as folder:
        os.mkdir(os.path.join(folder, "bin"))
        os.symlink(os.path.abspath(sys.argv[1]), os.path.join(folder, "bin", "ward"))
        os.environ["PATH"] = os.path.join(folder, "bin") + ":" + os.environ["PATH"]
        os.environ["HOME"] = os.environ["XDG_DATA_HOME"] = os.environ["XDG_CONFIG_HOME"] = folder
        os.environ.pop("WARD_STORE", None)
        os.chdir(folder)
        names, lacking, printed, ran = {}, set(), None, 0
        for line, language, text in blocks(page):
            if language == "ward":
                run_ward_block(line, text)
            elif language == "sh":
                run_shell(line, text)
            elif language == "python":
                lacking |= set(missing(text))
                output = io.StringIO()
                try:
                    with contextlib.redirect_stdout(output):
                        exec(compile(text, f"docs/python.md:{line}", "exec"), names)
                    printed = output.getvalue()
                except Exception as error:
                    printed = None
                    # A block that uses what a missing module would have brought.
                    if not lacking:
                        fail(line, f"{type(error).__name__}: {error}")
            elif language == "text" and printed is not None and printed != text:
                fail(line, f"printed {printed!r}")
            ran += language != "text"
        if lacking:
            print(f"python_test.py: without {', '.join(sorted(lacking))} some lines of docs/python.md were not run")
        os.chdir("/")
    print(f"python_test.py: {'passed' if not failures else 'failed'}, {ran} blocks")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
