#!/usr/bin/env python3
"""Types at random, as cats and terminals do, and looks whether the prompt lives through it.

    python3 Tests/Prompt/fuzz_test.py .build/release/ward [SESSIONS] [FIRST_SEED]

Each session has a seed, and the same seed types the same keys. No key may end the program. After them Ctrl-C brings back a
prompt that works, and Ctrl-D leaves with status 0; a session whose prompt did not come back in time is counted as stuck. Needs
nothing but Python.
"""
import fcntl
import os
import pty
import random
import re
import select
import shutil
import signal
import struct
import sys
import tempfile
import termios
import time

CONTROLS = [bytes([code]) for code in range(32) if code not in (3, 4, 28)] + [b"\x7f"]
SEQUENCES = [b"\x1b" + rest for rest in (
    b"", b"[", b"O", b"[A", b"[B", b"[C", b"[D", b"OA", b"OB", b"[H", b"[F", b"[1~", b"[2~", b"[3~", b"[4~", b"[5~", b"[1;5C",
    b"[1;5D", b"[1;3A", b"[Z", b"[200~", b"[201~", b"[<0;10;10M", b"[M !!", b"[999999999999;1R", b"[?62;c", b"]0;title\x07",
    b"P1$r0m\x1b\\", b"[200~let a = 1\nlet b = (a\x1b[201~", b"[200~\xff\xc3\x1b[201~", b"[200~\x1b[20", b"\x1b", b"\n")]
LETTERS = ["a", "e", "(", ")", "]", "}", "{", '"', "'", " ", ".", "/", ":", "?", "!", "`", "\\", "\t", "_", "1", "9", "é", "ß", "ﬁ",
           "日", "本", "\u0301", "\u200d", "\u200b", "\u202e", "👩\u200d👧", "🇩🇪", "\ufffd", "\U0010ffff", "İ", "한", "\u00a0"]
BROKEN = [b"\x94", b"\xff", b"\xfe", b"\xc3", b"\xe6\x97", b"\xf0\x9f\x91", b"\xc0\x80", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\x00"]
LINES = ["1 + 1", "let x = \"é日\"", "print \"日本\"", "for i in 0..2 {", "}", "x", "nowhere", "select 1 as a", "select", "tables", "?pgd",
         ":history", ":undo", ":mode mark", "attack x with: pgd ", "let y = load \"", "options pgd", "[1, [2", "\"{x", "# note", "",
         "help", "def f(n) {", "return n", "f(3)", "_", "x.", "?x.", ":save \"", "!echo", "let long = \"" + "ab" * 50]
SIZES = [(30, 100), (1, 1), (0, 0), (500, 500), (3, 2), (1, 80), (24, 2), (2, 7), (60, 200), (65535, 65535)]
SETTINGS = ["set editing-mode vi", "set completion-ignore-case on", "set show-all-if-ambiguous on", "TAB: menu-complete",
            "set horizontal-scroll-mode on", "set mark-modified-lines on", "set show-mode-in-prompt on", "set enable-active-region off",
            "set blink-matching-paren on", "set convert-meta on", "set revert-all-at-newline on", "set enable-bracketed-paste off",
            "set colored-completion-prefix on", "set input-meta off", "set keyseq-timeout 1", "set menu-complete-display-prefix on",
            "set page-completions on", "set completion-query-items 3", "set history-size 3", "set bell-style none"]
HISTORY = "\n".join(["\x01" + "1700000000\n" + line for line in (
    "let a = 1", "for i in 1..3 {\n  print i\n}", "x" * 3000, "print \"日本語\"", "1000 + 1", "attack m with: pgd")]) + "\n"


class Session:
    def __init__(self, program, seed):
        self.random = random.Random(seed)
        self.home = tempfile.mkdtemp(prefix="ward-fuzz-")
        self.typed, self.seen, self.status = [], b"", None
        os.makedirs(self.home + "/store")
        with open(self.home + "/store/history", "wb") as file:
            file.write(HISTORY.encode() + b"\x011700000000\nprint \"\xff\xc3\"\n")
        with open(self.home + "/.inputrc", "w") as file:
            file.write("\n".join(self.random.sample(SETTINGS, self.random.choice([0, 0, 1, 2, 4]))) + "\n")
        for name in (b"plain.csv", "grün.csv".encode(), b"br\xffken.csv", b"two words.csv", b"x" * 200):
            open(self.home.encode() + b"/" + name, "w").close()
        environment = {"HOME": self.home, "TERM": self.random.choice(["xterm"] * 4 + ["vt100", "dumb", "nothing"]),
                       "LANG": self.random.choice(["C.UTF-8", "C.UTF-8", "C"]), "PATH": os.environ["PATH"], "PAGER": "cat",
                       "WARD_STORE": self.home + "/store/ward.sqlite", "INPUTRC": self.home + "/.inputrc"}
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            os.chdir(self.home)
            for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)
            # What is typed may be a command: --safe runs none, and writes nowhere else.
            os.execve(program, [program, "--color", "never", "--safe", "--no-init"], environment)
        os.set_blocking(self.terminal, False)
        self.resize((30, 100))

    def resize(self, size):
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))

    def set_mode(self, change):
        """Changes the terminal while the program stands still, as a shell does between Ctrl-Z and `fg`."""
        if self.has_ended():
            return
        os.kill(self.child, signal.SIGSTOP)
        _, status = os.waitpid(self.child, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            self.status = os.waitstatus_to_exitcode(status)
            return
        try:
            termios.tcsetattr(self.terminal, termios.TCSANOW, change(termios.tcgetattr(self.terminal)))
        except termios.error:
            pass
        os.kill(self.child, signal.SIGCONT)

    def read(self, seconds):
        """Takes what has come; false once the program has let go of the terminal."""
        if not select.select([self.terminal], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.terminal, 65536)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.seen = (self.seen + data)[-20000:]
        return bool(data)

    def send(self, data, patience=10.0):
        self.typed.append(data)
        end = time.monotonic() + patience
        while data and time.monotonic() < end:
            readable, writable, _ = select.select([self.terminal], [self.terminal], [], 1)
            if readable and not self.read(0):
                return
            if writable:
                try:
                    data = data[os.write(self.terminal, data[:1000]):]
                except BlockingIOError:
                    pass
                except OSError:
                    return

    def has_ended(self):
        if self.status is None:
            done, status = os.waitpid(self.child, os.WNOHANG)
            if done:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None

    def expect(self, pattern, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if re.search(pattern, self.seen):
                return True
            if not self.read(0.05) and self.has_ended():
                return False
        return False

    def prompt(self, seconds=60.0):
        """Ctrl-C, until there is a new prompt and nothing more comes: keys typed before it was heard are forgotten.

        The terminal hears Ctrl-C only once no more than 4 kB wait before it, and a search takes 2 ms for each key of a flood.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.has_ended():
            self.seen = b""
            self.send(b"\x03")
            if self.expect(rb"\n[^\n]*\[\d+\] [^\n]*$", 2):
                while select.select([self.terminal], [], [], 0.03)[0] and self.read(0):
                    pass
                return True
        return False

    def works(self):
        """Whether a line typed after Ctrl-C is run. What was drawn before Ctrl-C was heard may look like a new prompt: so again."""
        # Ctrl-S during work holds output back, as everywhere, and behind a full buffer of keys the terminal hears no Ctrl-Q.
        self.set_mode(lambda mode: [mode[0] & ~termios.IXON] + mode[1:])
        for _ in range(4):
            if not self.prompt():
                return False
            self.seen = b""
            self.send(b"6 * 7\r")
            if self.expect(rb"\n(\x1b\[\?2004l\r)?\s*42\s", 3):
                return True
        return False

    def step(self):
        """One thing that somebody does."""
        pick, some = self.random, self.random.choice
        kind = pick.randrange(100)
        if kind < 22:
            self.send(some(CONTROLS) * some([1, 1, 1, 2, 5]))
        elif kind < 34:
            self.send("".join(some(LETTERS) for _ in range(pick.randrange(1, 8))).encode())
        elif kind < 42:
            self.send(some(BROKEN) + some([b"", b"\t", b"\t\t", b"a", b"\x7f"]))
        elif kind < 52:
            self.send(some(LINES).encode() + some([b"\r", b"\r", b"\t", b"\t\t", b""]))
        elif kind < 60:
            self.send(some(SEQUENCES))
        elif kind < 67:
            # Not Ctrl-\, which ends work at once: there may be some.
            self.send(b"\x1b" + bytes([some([code for code in range(1, 128) if code != 28])]))
        elif kind < 74:
            code = some([pick.randrange(256), *b"\x15\x18()eeuru\x07\x7f"])
            self.send(b"\x18" + bytes([code] if code != 28 else []))
        elif kind < 80:
            self.send(some([b"\x12", b"\x13", b"\x1bp", b"\x1bn"]) + some(["", "a", "1000", "日", "for"]).encode()
                      + some([b"", b"\x12", b"\x18", b"\x1b", b"\t", b"\x07", b"\x17", b"\x19", b"\xe6", b"\x1b[200~x"]))
        elif kind < 84:
            self.send(some([b"\x1b9\x1b9", b"\x1b-", b"\x1b3", b"\x1b-\x1b5", b"\x1b9" * 9, b"\x1b1\x1b0\x1b0"])
                      + some([b"x", b"\t", b"\x7f", b"\x0b", b"\x19", b"\x1b[A", b"(", b"\x18e", b"\x14", b"\x1bt", b"\x1f"]))
        elif kind < 87:
            text, length = some([("x", 10_000), ("日", 10_000), (" a", 3000), ("(", 1000), ("e\u0301", 500), ("\u0301", 500)])
            self.send(text.encode() * some([length // 10, length // 10, length]))
        elif kind < 92:
            self.resize(some(SIZES))
        elif kind < 94:
            self.set_mode(lambda mode: mode[:3] + [mode[3] | termios.ICANON | termios.ECHO] + mode[4:])
        elif kind < 96:
            self.send(b"\x03")
        else:
            # Emacs and vi by turns.
            self.send(some([b"\x1b\n", b"\x1bk", b"\x1bdw", b"\x1bcw", b"\x1bfa;", b"\x1bc%", b"\x1b/a\r", b"\x1br\xe6", b"\x1b5.", b"\x1bv"]))
        self.read(some([0, 0, 0, 0.002, 0.02]))

    def run(self):
        """What went wrong; nil if nothing did."""
        if not self.expect(rb"\[1\] ", 30):
            return "it did not start"
        for _ in range(self.random.randrange(10, 60)):
            self.step()
            if self.has_ended():
                break
        if not self.has_ended():
            self.resize((30, 100))
            if not self.works():
                return f"no prompt that works came back: {self.seen[-300:]!r}" if not self.has_ended() else f"it ended with {self.status}"
            self.expect(rb"\[\d+\] [^\n]*$", 20)
            self.send(b"\x04")
            end = time.monotonic() + 20
            while not self.has_ended() and time.monotonic() < end:
                self.read(0.02)
        if self.status != 0:
            return "Ctrl-D did not end it" if self.status is None else f"it ended with {self.status}"
        return None

    def close(self):
        if not self.has_ended():
            os.kill(self.child, signal.SIGKILL)
            os.waitpid(self.child, 0)
        os.close(self.terminal)
        shutil.rmtree(self.home, ignore_errors=True)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    program = os.path.abspath(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    failed = stuck = 0
    for seed in range(first, first + count):
        session = Session(program, seed)
        try:
            problem = session.run()
            is_over = session.has_ended()
        finally:
            session.close()
        if problem:
            failed += is_over
            stuck += not is_over
            print(f"{'FAILED' if is_over else 'stuck'}   seed {seed}: {problem}\n         the last keys: {session.typed[-6:]!r}"[:2000], flush=True)
    print(f"{count - failed - stuck} passed, {stuck} stuck, {failed} ended by a key: sessions of random keys, seeds {first} to {first + count - 1}")
    sys.exit(1 if failed or stuck else 0)


if __name__ == "__main__":
    main()
