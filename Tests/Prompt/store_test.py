#!/usr/bin/env python3
"""Bad days of a store, tried on the real program: full disks, damaged files, several Wards, hostile names, --safe.

    python3 Tests/Prompt/store_test.py .build/release/ward

Needs nothing but Python. As root it also tries a disk that is really full (a small tmpfs).
"""
import os
import pty
import resource
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time

from prompt_test import handles_interrupts

failures, done = [], 0


def expect(condition, message):
    global done
    done += 1
    if not condition:
        failures.append(message)
        print("FAILED " + message)
    return condition


def on_a_terminal(command, folder, environment, text):
    """What the prompt shows for some lines, and its status."""
    process_id, master = pty.fork()
    if process_id == 0:
        os.chdir(folder)
        os.execve(command[0], command, dict(environment, TERM="dumb"))
    shown, sent = b"", False
    while True:
        try:
            shown += os.read(master, 65536)
        except OSError:
            break
        if not sent and b"[1] " in shown:
            os.write(master, text.encode() + b"\n:quit\n")
            sent = True
    status = os.waitstatus_to_exitcode(os.waitpid(process_id, 0)[1])
    os.close(master)
    return status, shown.decode(errors="replace"), ""


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

    def prompt(self, text):
        environment = dict(os.environ, WARD_STORE=self.store, XDG_CONFIG_HOME=self.folder, HOME=self.folder)
        return on_a_terminal([self.program, "--no-init"], self.folder, environment, text)

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
    """No more is stored, the work goes on, and what was stored stays: on a disk that is full, and where files may not grow."""
    disk = os.path.join(folder, "disk")
    os.mkdir(disk)
    mounted = os.geteuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1200k", "tmpfs", disk], capture_output=True).returncode == 0

    def small_files():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))

    try:
        if mounted:
            no_more_room(Ward(program, folder, os.path.join(disk, "ward.sqlite")), "no room is left on the disk", None)
    finally:
        if mounted:
            subprocess.run(["umount", disk])
    no_more_room(Ward(program, folder, os.path.join(folder, "limited.sqlite")), "as large as a file may be", small_files)
    print(f"full disk: files of limited size{' and a tmpfs' if mounted else ''}")


def no_more_room(ward, reason, before):
    big = '"' + "x" * 100_000 + '"'
    text = "\n".join(["let before = 1"] + [f"len({big}) + {i}" for i in range(12)] + ["before + 41"]) + "\n"
    status, output, errors = ward.run("-", text=text, before=before)
    expect(status == 0 and output.rstrip().endswith("42"), f"no room ended the work: {status} {output[-80:]}")
    expect(reason in errors, f"that there is no room was not said: {errors[:300]}")
    expect(0 < errors.count("what was stored before is safe") < 4, f"no room, without help or with too much: {errors[:900]}")
    expect("fatal" not in errors.lower(), f"no room crashed it: {errors[-300:]}")
    status, output, errors = ward.run("-c", "1 + 1", before=before)
    # Where even the row of a session finds no room, nothing of a script would be kept.
    expect(status == 0 and "2" in output or status == 1 and "nothing was run" in errors,
           f"a session without room: {status} {output} {errors}")
    rows = ward.ask("select source from cells where status = 'ok' order by id limit 1")
    expect(rows == [("let before = 1",)], f"what was stored before there was no room: {rows}")
    expect(ward.ask("pragma integrity_check") == [("ok",)], "no room damaged the store")


def bad_files(program, folder):
    ward = Ward(program, folder, os.path.join(folder, "bad.sqlite"))
    with open(ward.store, "w") as file:
        file.write("Dear diary, today I trained a network. It was fun.\n" * 100)
    for arguments in (["-c", "print 1 + 1"], ["-"], ["script.ward"]):
        with open(os.path.join(folder, "script.ward"), "w") as file:
            file.write("print 1 + 1\n")
        status, output, errors = ward.run(*arguments, text="print 1 + 1\n")
        expect(status == 1 and output == "", f"a script ran without its store: {arguments} {status} {output}")
        expect("not an SQLite database" in errors and "nothing was run" in errors, f"a file that is no store: {errors}")
    # At the prompt work goes on.
    status, output, errors = ward.prompt("print 1 + 1")
    expect(status == 0 and "2" in output and "memory only" in output, f"a prompt without its store: {status} {output}")
    expect(open(ward.store).read().startswith("Dear diary"), "a file that is no store was changed")
    os.remove(ward.store)

    ward.run("-c", "1 + 1")
    base = sqlite3.connect(ward.store)
    base.execute("insert into migration values ('99 holograms')")
    base.commit()
    base.close()
    status, output, errors = ward.run("-c", "1 + 1")
    expect(status == 1 and "later version" in errors, f"a newer store: {errors}")
    status, output, errors = ward.run("sql", "select 1 as one")
    expect("later version" in errors or "one" in output, f"a newer store, asked: {status} {errors}")
    base = sqlite3.connect(ward.store)
    base.execute("pragma user_version = 99")
    base.close()
    status, output, errors = ward.run("sql", "select 1 as one")
    expect("one" in output and "later version" in errors, f"a newer store, asked: {status} {errors}")
    os.remove(ward.store)

    status, output, errors = Ward(program, folder, "/proc/none/ward.sqlite").run("-c", "1 + 1")
    expect(status == 1 and "its folder /proc/none cannot be made" in errors, f"a folder that cannot be made: {errors}")
    if os.geteuid() != 0:
        locked = os.path.join(folder, "locked")
        os.mkdir(locked, 0o500)
        status, output, errors = Ward(program, folder, locked + "/ward.sqlite").run("-c", "1 + 1")
        expect(status == 1 and "read-only" in errors, f"a read-only folder: {errors}")


def names_of_stores(program, folder):
    """No name of a store ends the program otherwise than with a word about it."""
    place = os.path.join(folder, "names")
    os.mkdir(place)
    for name in ("d", "ü", ":memory:", "file:x", "a b", "-x", "it's"):
        status, output, errors = Ward(program, place, name).run("-c", "print 1")
        expect((status, output) == (0, "1\n"), f"the store {name!r}: {status} {errors}")
        expect(os.path.isfile(os.path.join(place, name)), f"the store {name!r} was not made")
    os.mkfifo(os.path.join(place, "pipe"))
    for name in ("", ".", "..", "/", "x/", "names/", place, "~", "a" * 300, "a/" * 3000 + "x", "/dev/null", "/dev/full", "pipe",
                 "/proc/self/mem", "/proc/nothing/x"):
        status, output, errors = Ward(program, place).run("--store", name, "-c", "print 1")
        expect(status in (1, 2) and errors and "fatal" not in errors.lower(), f"the store {name[:20]!r}: {status} {errors[:300]}")
        expect("error 512" not in errors and "Domain" not in errors, f"the store {name[:20]!r}: {errors[:300]}")


def locked(ward):
    """Ctrl-C ends the waiting for a store that another program has locked: at the start, in a cell, in a line, in ward sql."""
    ward.run("-c", "1")
    folder = ward.folder
    with open(os.path.join(folder, "loop.ward"), "w") as file:
        file.write('print "begun"\nlet x = 1\nsleep 0.3\nlet y = 2\nprint "went on"\n')
    with open(os.path.join(folder, "line.ward"), "w") as file:
        file.write('print "begun"\n!sleep 0.3\n:store prune 1 days yes\nprint "went on"\n')

    def stopped(arguments, hold_after_begun, statement):
        base = sqlite3.connect(ward.store, timeout=30, isolation_level=None)
        if not hold_after_begun:
            base.execute(statement)
        process = ward.start(*arguments)
        if hold_after_begun:
            process.stdout.readline()
            base.execute(statement)
        handles_interrupts(process.pid)
        time.sleep(0.7)
        alive = process.poll() is None
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        try:
            output, errors = process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            output, errors = process.communicate()
        seconds = time.monotonic() - begun
        base.execute("rollback") if statement.startswith("begin") else None
        base.close()
        return alive, seconds, process.returncode, output, errors

    for name, arguments, after in (("at the start", ["-c", 'print "went on"'], False), ("in a cell", ["loop.ward"], True),
                                   ("in a line", ["line.ward"], True)):
        alive, seconds, status, output, errors = stopped(arguments, after, "begin immediate")
        expect(alive, f"{name}: it did not wait for the lock: {output} {errors}")
        # The goal is 0.2 s on an idle machine.
        expect(seconds < 2, f"{name}: Ctrl-C took {seconds:.1f} s")
        expect(status == 130 and "went on" not in output, f"{name}: {status} {output!r} {errors!r}")
    # A reader of a store in another program's exclusive hands.
    base = sqlite3.connect(ward.store, isolation_level=None)
    base.execute("pragma locking_mode = exclusive")
    base.execute("begin exclusive")
    process = ward.start("sql", "select count(*) from cells")
    time.sleep(0.5)
    alive, begun = process.poll() is None, time.monotonic()
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    seconds = time.monotonic() - begun
    expect(not alive or (seconds < 2 and process.returncode in (130, -signal.SIGINT)), f"ward sql: {seconds:.1f} s, {process.returncode} {errors}")
    base.execute("rollback")
    base.close()


def long_steps(ward):
    """A single step of SQLite that would take minutes or hours is ended by Ctrl-C, and texts have a longest length."""
    big = "zeroblob(15000000)"
    twice = ", ".join(["a0 as (select 1 x)"] + [f"a{i + 1} as (select * from a{i} union all select * from a{i})" for i in range(22)])
    for name, query in (("compiling", f"with {twice} select count(*) from a22"),
                        ("like", f"select hex({big[:-3]}00)) like '%' || hex(zeroblob(240)) || '1'".replace("zeroblob(1500000", "zeroblob(70000")),
                        ("instr", f"with recursive c(i) as (select 1 union all select i + 1 from c) select sum(instr({big}, {big} || x'01')) from c")):
        for arguments in (["sql", query], ["-c", query]):
            process = ward.start(*arguments)
            handles_interrupts(process.pid)
            time.sleep(1)
            begun = time.monotonic()
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=60)
            seconds = time.monotonic() - begun
            expect(process.returncode in (130, 2, 1, 0) and seconds < 2, f"{name} {arguments[0]}: {seconds:.1f} s, {process.returncode}")
    for query in ("select length(zeroblob(17000000))", "select hex(zeroblob(9000000))",
                  "select replace(hex(zeroblob(1000)), '0', hex(zeroblob(9000)))",
                  "with recursive c(i) as (select 1 union all select i + 1 from c limit 40) select group_concat(zeroblob(1000000)) from c"):
        status, output, errors = ward.run("sql", query)
        expect(status == 2 and "longer than 16 MB" in errors, f"{query[:60]}: {status} {errors}")
    for query in ("select 9e999 as far", "select -9e999", "select 1e308 * 10 as x"):
        for arguments in (["sql", query], ["sql", query, "--mode", "csv"], ["-c", query]):
            status, output, errors = ward.run(*arguments)
            expect(status in (1, 2) and "too large for a number" in errors, f"{arguments}: {status} {output} {errors}")
    status, output, errors = ward.run("-c", "select 9e999 as far")
    expect("`far` of row 1" in errors, f"which number is too large: {errors}")
    status, output, errors = ward.run("sql", "select 1 as a, 'x' as b", "--mode", "csv")
    expect(output == "a,b\n1,x\n", f"lines of CSV: {output!r}")


def names_of_files(program, folder):
    """`~` is the same folder for the check and for the writing; what is no file is refused; no name reaches elsewhere."""
    place, home = os.path.join(folder, "files"), os.path.join(folder, "files", "home")
    os.makedirs(home)
    ward = Ward(program, place, os.path.join(folder, "files.sqlite"))
    model = 'let f = load "fashion-mnist" train: 20 test: 10\nlet m = train mlp on: f epochs: 1\n'
    has_data = os.path.isdir("/usr/share/datasets/fashion-mnist")
    os.mkfifo(os.path.join(place, "pipe.csv"))
    os.mkdir(os.path.join(place, "folder.csv"))
    os.symlink("/dev/full", os.path.join(place, "full.csv"))
    table = "export (select 1 as a) as: "
    lines = [table + '"pipe.csv"', table + '"folder.csv"', table + '"full.csv"', table + '"x\\u{0}y.csv"', table + '"none/x.csv"',
             ":store backup .", ":store backup none/x", ":save .", ":save none/x.ward", ":save pipe.csv", ":export none/x.html",
             'plot (select 1 as a, 2 as b) save: "none/x.png"', 'plot (select 1 as a, 2 as b) save: "x\\u{0}.png"',
             'import "x\\u{0}.csv"', 'load "fashion\\u{0}-mnist"', ":run x\0y.ward", ":save x\0y.ward"]
    if has_data:
        lines += [model + f"keep m as: {name}" for name in ('"."', '"folder.csv"', '"none/x"', '"pipe.csv"', '"/dev/full"', '"a\\u{0}b"')]
    for line in lines:
        status, output, errors = ward.run("-", text=line + "\n", home=home)
        expect(status in (1, 2) and "error" in errors, f"{line!r}: {status} {output} {errors}")
        for raw in ("NSCocoa", "Domain", "couldn’t", "The operation", "The file", "fatal", "Fatal"):
            expect(raw not in errors, f"{line!r}: {errors}")
    left = set(os.listdir(place)) - {"home", "pipe.csv", "folder.csv", "full.csv"}
    expect(not left, f"a writing that failed left {left}")
    expect(os.listdir(home) == [] and os.listdir(os.path.join(place, "folder.csv")) == [], "a refused writing wrote")
    status, output, errors = ward.run("-", text=":store backup ~/copy.sqlite\n", home=home)
    expect(status == 0 and os.path.exists(home + "/copy.sqlite"), f"~ is not $HOME: {errors}")
    # Output that finds no room is said, and does not end the work.
    with open("/dev/full", "w") as full:
        for arguments in (["-c", "print 1\nlet x = 1"], ["sql", "select 1"], ["sql", "select 1", "--mode", "csv"], ["--help"]):
            done = subprocess.run([program, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, cwd=place,
                                  env=dict(os.environ, WARD_STORE=ward.store))
            expect(done.returncode == 1 and "no space left" in done.stderr, f"{arguments} > /dev/full: {done.returncode} {done.stderr[:200]}")
    status, output, errors = ward.run("-", before=lambda: os.dup2(os.open("/tmp", os.O_RDONLY), 0))
    expect(status == 2 and "cannot read" in errors, f"a folder as standard input: {status} {errors[:200]}")
    # A stream that is closed: its number goes to no file of the program's own, which would be read as input or written over.
    for streams, arguments, status, said in (
            ("<&-", [], 0, ""), ("<&-", ["-"], 0, ""), ("<&-", ["sql", "select 1"], 0, ""),
            (">&-", ["-c", "print 1"], 1, "cannot be written"), ("<&- >&-", ["-c", "print 1"], 1, "cannot be written"),
            ("<&- >&-", ["sql", "select 1"], 1, "cannot be written"), ("2>&-", ["-c", "print 1"], 0, ""),
            ("<&- 2>&-", ["-c", "1 + x"], 2, ""), ("<&- >&- 2>&-", ["-c", "1 + x"], 2, "")):
        shut = subprocess.run(["sh", "-c", f'exec "$0" "$@" {streams}', program, *arguments], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=place,
                              env=dict(os.environ, WARD_STORE=ward.store), timeout=120)
        expect(shut.returncode == status and said in shut.stderr, f"{arguments} {streams}: {shut.returncode} {shut.stderr[:200]}")
        expect("2>" not in streams or not shut.stderr, f"{arguments} {streams}: {shut.stderr[:200]}")


def killed_writings(program, folder):
    """A kill in the middle of a writing leaves no file but whole ones."""
    place = os.path.join(folder, "killed")
    os.mkdir(place)
    ward = Ward(program, place, os.path.join(folder, "killed.sqlite"))
    script = "let t = (with recursive c(i) as (select 1 union all select i + 1 from c limit 60000) select i, hex(zeroblob(40)) as x from c)\n" \
             + 'print "begun"\n' + 'export t as: "t.csv"\n' * 20
    with open(os.path.join(folder, "killed.ward"), "w") as file:
        file.write(script)
    for number in range(8):
        process = ward.start(os.path.join(folder, "killed.ward"))
        process.stdout.readline()
        time.sleep(0.013 * number)
        process.kill()
        process.communicate()
        left = [name for name in os.listdir(place) if name != "t.csv"]
        expect(not left, f"a kill left {left}")
        if os.path.exists(place + "/t.csv"):
            expect(sum(1 for _ in open(place + "/t.csv")) == 60001, "a kill left half a file")
    # What a killed backup left is removed by the next one.
    part = place + "/copy.sqlite.part-8A6F5C2E-0B7D-4A55-9B8E-7B1C2D3E4F50"
    open(part, "w").close()
    ward.run("-c", ":store backup copy.sqlite")
    expect(not os.path.exists(part) and os.path.exists(place + "/copy.sqlite"), "a part of an old backup is left")


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
    with open(os.path.join(ward.folder, "red.ward"), "w") as file:
        file.write('param a = 1 "\x1b[31mred"\n')
    for arguments in (["red.ward", "--help"], ["red.ward", "--\x1b[31mx"], ["red.ward", "\x1b[31mx"], ["\x1b[31mno.ward"],
                      ["--seed", "\x1b[31m"], ["fmt", "\x1b[31m"], ["check", "\x1b[31m"], ["replay", "\x1b[31m"], ["--\x1b[31m"],
                      ["export", "\x1b[31m", "--to", "x.md"], ["sql", "\x1b[31m"], ["explain", "\x1b[31m"],
                      ["--store", "/proc/\x1b[31m", "-c", "1"], ["sql", "--store", "\x1b[31m", "select 1"]):
        status, output, errors = ward.run(*arguments)
        expect(output + errors and "\x1b" not in output + errors, f"{arguments} sent an escape: {output!r} {errors!r}")
    status, output, errors = ward.run("sql", "select char(27) || '[31m' as e")
    expect("\x1b" not in output + errors, "ward sql sent an escape")


def strange_specs(program, folder):
    """A model whose training cannot be read is a model all the same; what would run it again refuses."""
    ward = Ward(program, folder, os.path.join(folder, "specs.sqlite"))
    setting_up = 'let d = load "fashion-mnist" train: 64 test: 20\nlet m = train mlp(hidden: [8]) on: d epochs: 1\n' \
                 'attack m with: fgsm on: d.test eps: 0.1\n'
    status, _, errors = ward.run("-", text=setting_up)
    expect(status == 0, f"setting up: {errors}")
    for spec in ("{", "[1]", '{"defense":["x",{"y":"z"}],"attack":"x"}', '{"epochs":1,"batch":8,"optimizer":{"adamant":{}},"schedule":{"constant":{}},"defense":[],"seed":0}'):
        base = sqlite3.connect(ward.store)
        base.execute("update model set spec = ?", (spec,))
        base.execute("update result set spec = ?", (spec,))
        base.commit()
        base.close()
        status, output, errors = ward.run("-c", 'recall "m"')
        expect(status == 0 and "mlp" in output, f"recall with the spec {spec}: {output}{errors}")
        status, output, errors = ward.run("-c", "repeat 1")
        expect(status == 1 and "error" in errors, f"repeat with the spec {spec}: {status} {output}{errors}")
        for view in ("models", "results"):
            status, output, errors = ward.run("sql", f"select settings, spec from {view}")
            expect(status == 0, f"{view} with the spec {spec}: {errors}")


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
        names_of_stores(program, folder)
        locked(Ward(program, folder))
        long_steps(Ward(program, folder))
        safe(program, folder)
        names_of_files(program, folder)
        killed_writings(program, folder)
        escapes(Ward(program, folder))
        strange_specs(program, folder)
        streaming(Ward(program, folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{done - len(failures)} passed, {len(failures)} failed")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
