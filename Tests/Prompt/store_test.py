#!/usr/bin/env python3
"""Bad days of a store, tried on the real program: full disks, damaged files, several Wards, hostile names, --safe.

    python3 Tests/Prompt/store_test.py .build/release/ward

Needs nothing but Python. As root it also tries a disk that is really full (a small tmpfs).
"""
import os
import resource
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile

failures, done = [], 0


def expect(condition, message):
    global done
    done += 1
    if not condition:
        failures.append(message)
        print("FAILED " + message)
    return condition


class Ward:
    def __init__(self, program, folder, store=None):
        self.program, self.folder = program, folder
        self.store = store or os.path.join(folder, "ward.sqlite")

    def start(self, *arguments, before=None, home=None):
        environment = dict(os.environ, WARD_STORE=self.store, XDG_CONFIG_HOME=self.folder, HOME=home or self.folder)
        return subprocess.Popen([self.program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, cwd=self.folder, env=environment, preexec_fn=before)

    def run(self, *arguments, text="", before=None, home=None):
        ward = self.start(*arguments, before=before, home=home)
        output, errors = ward.communicate(text, timeout=300)
        return ward.returncode, output, errors

    def ask(self, sql):
        base = sqlite3.connect(self.store, timeout=30)
        try:
            return base.execute(sql).fetchall()
        finally:
            base.close()


def several_at_once(ward):
    lines = "\n".join(f'select {i} as i, count(*) as n from cells' for i in range(60))
    wards = [ward.start("-", "--quiet") for _ in range(4)]
    for one in wards:
        one.stdin.write(lines)
        one.stdin.close()
        one.stdin = None
    for one in wards:
        output, errors = one.communicate(timeout=300)
        expect(one.returncode == 0, f"one of four Wards ended with {one.returncode}: {errors}")
        expect("lock" not in errors.lower(), f"one of four Wards spoke of locks: {errors}")
    rows = ward.ask("select session, count(*), count(distinct number) from cells where status = 'ok' group by session")
    expect(sorted(r[1:] for r in rows) == [(60, 60)] * 4, f"four Wards stored {rows}")


def full_disk(program, folder):
    disk = os.path.join(folder, "disk")
    os.mkdir(disk)
    mounted = os.geteuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1200k", "tmpfs", disk], capture_output=True).returncode == 0

    def small_files():
        # Without a disk of its own: files that cannot grow.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))

    try:
        ward = Ward(program, folder, os.path.join(disk, "ward.sqlite"))
        big = '"' + "x" * 100_000 + '"'
        text = "\n".join(["let before = 1"] + [f"len({big}) + {i}" for i in range(12)] + ["before + 41"]) + "\n"
        before = None if mounted else small_files
        status, output, errors = ward.run("-", text=text, before=before)
        expect(status == 0 and output.rstrip().endswith("42"), f"a full disk ended the work: {status} {output[-80:]}")
        expect("no room is left" in errors if mounted else "warning" in errors, f"a full disk was not said: {errors[:300]}")
        expect("help:" in errors, "a full disk was said without help")
        expect("fatal" not in errors.lower(), f"a full disk crashed it: {errors[-300:]}")
        status, output, errors = ward.run("-c", "1 + 1", before=before)
        expect(status == 0 and "2" in output, f"a session on a full disk: {status} {output} {errors}")
        rows = ward.ask("select source from cells where status = 'ok' order by id limit 1")
        expect(rows == [("let before = 1",)], f"what was stored before the disk was full: {rows}")
        expect(ward.ask("pragma integrity_check") == [("ok",)], "a full disk damaged the store")
    finally:
        if mounted:
            subprocess.run(["umount", disk])
    print(f"full disk: {'a tmpfs' if mounted else 'files of limited size'}")


def bad_files(program, folder):
    ward = Ward(program, folder, os.path.join(folder, "bad.sqlite"))
    with open(ward.store, "w") as file:
        file.write("Dear diary, today I trained a network. It was fun.\n" * 100)
    status, output, errors = ward.run("-c", "1 + 1")
    expect(status == 0 and "2" in output, f"a file that is no store ended the work: {status}")
    expect("not an SQLite database" in errors and "memory only" in errors, f"a file that is no store: {errors}")
    expect(open(ward.store).read().startswith("Dear diary"), "a file that is no store was changed")
    os.remove(ward.store)

    ward.run("-c", "1 + 1")
    base = sqlite3.connect(ward.store)
    base.execute("insert into migration values ('99 holograms')")
    base.commit()
    base.close()
    status, output, errors = ward.run("-c", "1 + 1")
    expect(status == 0 and "later version" in errors, f"a newer store: {errors}")
    status, output, errors = ward.run("sql", "select 1 as one")
    expect("later version" in errors or "one" in output, f"a newer store, asked: {status} {errors}")
    base = sqlite3.connect(ward.store)
    base.execute("pragma user_version = 99")
    base.close()
    status, output, errors = ward.run("sql", "select 1 as one")
    expect("one" in output and "later version" in errors, f"a newer store, asked: {status} {errors}")
    os.remove(ward.store)

    status, output, errors = Ward(program, folder, "/proc/none/ward.sqlite").run("-c", "1 + 1")
    expect(status == 0 and "2" in output and "memory only" in errors, f"a folder that cannot be made: {errors}")
    if os.geteuid() != 0:
        locked = os.path.join(folder, "locked")
        os.mkdir(locked, 0o500)
        status, output, errors = Ward(program, folder, locked + "/ward.sqlite").run("-c", "1 + 1")
        expect(status == 0 and "memory only" in errors, f"a read-only folder: {errors}")


def safe(program, folder):
    home, outside, inside = (os.path.join(folder, name) for name in ("home", "outside", "inside"))
    for each in (home, outside, inside):
        os.mkdir(each)
    ward = Ward(program, inside, os.path.join(folder, "safe.sqlite"))
    os.symlink(outside, os.path.join(inside, "link"))
    os.symlink(os.path.join(outside, "direct.ward"), os.path.join(inside, "direct.ward"))
    os.symlink(os.path.join(outside, "direct.html"), os.path.join(inside, "direct.html"))
    os.symlink(outside, os.path.join(inside, "page-files"))
    places = ["../outside/a.ward", "link/b.ward", "link/new/c.ward", "direct.ward", outside + "/d.ward", "~/e.ward",
              "nothing/../../outside/f.ward", "./../outside/g.ward"]
    lines = ["1 + 1", "!touch " + outside + "/shell"]
    for place in places:
        lines += [f':save "{place}"', f':store backup "{place}"', f':export "{place[:-5]}.html"']
    # A mistake ends a script, so each line is one of its own.
    for line in lines[1:]:
        status, output, errors = ward.run("--safe", "-", text="1 + 1\n" + line + "\n", home=home)
        expect("E0613" in errors, f"--safe allowed {line}: {errors}")
    for each in (outside, home):
        expect(os.listdir(each) == [], f"--safe let {os.listdir(each)} be written")
    ward.run("--safe", "-", text='1 + 1\n:save "in/side.ward"\n', home=home)
    os.mkdir(os.path.join(inside, "in"))
    status, output, errors = ward.run("--safe", "-", text='1 + 1\n:save "in/side.ward"\n', home=home)
    expect(status == 0 and os.path.exists(inside + "/in/side.ward"), f"--safe refused the working folder: {errors}")
    mode = stat.S_IMODE(os.stat(inside + "/in/side.ward").st_mode)
    expect(mode == 0o640, f"a saved session is not as the umask has it: {oct(mode)}")
    for ending in ("", "-wal", "-shm", ".lock"):
        if os.path.exists(ward.store + ending):
            mode = stat.S_IMODE(os.stat(ward.store + ending).st_mode)
            expect(mode == 0o600, f"ward.sqlite{ending} can be read by others: {oct(mode)}")


def escapes(ward):
    """What would take over a terminal is shown instead: from SQL, from strings, from names of files."""
    nasty = "\\u{1b}]0;owned\\u{7}\\u{1b}[2J"
    text = f'let x = "{nasty}"\nprint x\nx\n[x]\n{{a: x}}\nselect :x as y\nprint "{{x}}"\n'
    status, output, errors = ward.run("-", text=text)
    expect(status == 0 and "owned" in output, f"escapes: {status} {errors}")
    expect("\x1b" not in output + errors, "an escape was sent to the terminal")
    for line in ('load "\x1b[31mred"', ':run "\x1b[31mred"', "\x1b[31mred", 'check false because: "\x1b[31mred"'):
        status, output, errors = ward.run("-c", line)
        expect("\x1b" not in output + errors, f"an escape of a mistake was sent to the terminal: {line!r}: {errors!r}")
    status, output, errors = ward.run("sql", "select char(27) || '[31m' as e")
    expect("\x1b" not in output + errors, "ward sql sent an escape")


def streaming(ward):
    """A million rows take no more memory than a thousand."""
    ward.run("-c", "1")

    def peak(rows):
        query = f"with recursive c(i) as (select 1 union all select i + 1 from c limit {rows}) " \
                "select i, i * 0.5 as half, 'row ' || i as name from c"
        process = subprocess.Popen([ward.program, "sql", query, "--mode", "csv", "--store", ward.store],
                                   stdout=subprocess.PIPE)
        count = sum(chunk.count(b"\n") for chunk in iter(lambda: process.stdout.read(1 << 16), b""))
        _, status, usage = os.wait4(process.pid, 0)
        expect(status == 0 and count == rows + 1, f"{rows} rows came out as {count} lines")
        return usage.ru_maxrss / 1024
    few, many = peak(1_000), peak(1_000_000)
    print(f"ward sql --mode csv: {few:.1f} MB for 1,000 rows, {many:.1f} MB for 1,000,000")
    expect(many < few + 10, f"a million rows took {many:.0f} MB, a thousand {few:.0f} MB")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    program = os.path.abspath(sys.argv[1])
    os.umask(0o027)
    folder = tempfile.mkdtemp(prefix="ward-store-")
    try:
        several_at_once(Ward(program, folder))
        full_disk(program, folder)
        bad_files(program, folder)
        safe(program, folder)
        escapes(Ward(program, folder))
        streaming(Ward(program, folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{done - len(failures)} passed, {len(failures)} failed")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
