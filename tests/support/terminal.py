"""A program on a terminal of its own, of which a test sees what a user would: pyte is Debian's python3-pyte."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time

import pyte

from kymo_process import DEADLINE_S, clean_environment


class Terminal:
    """A command in a pseudo-terminal, which ends with the `with` block."""

    def __init__(self, *command, columns=80, rows=24, **environment):
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.code = None
        kept = {k: v for k, v in clean_environment().items() if k != "NO_COLOR" and not k.startswith("LC_")}
        settings = {**kept, "TERM": "xterm-256color", "LANG": "C.UTF-8", "TZ": "UTC", **environment}
        self.descriptor, self._child_side = pty.openpty()
        self._set_size(columns, rows)
        self.before = termios.tcgetattr(self._child_side)
        self.pid = os.fork()
        if self.pid == 0:
            os.login_tty(self._child_side) if hasattr(os, "login_tty") else self._become_owner()
            os.execvpe(command[0], list(command), settings)

    def _become_owner(self):
        os.setsid()
        fcntl.ioctl(self._child_side, termios.TIOCSCTTY, 0)
        for target in (0, 1, 2):
            os.dup2(self._child_side, target)
        os.close(self.descriptor)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.descriptor)
        os.close(self._child_side)

    def _set_size(self, columns, rows):
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, columns, rows):
        self.screen.resize(rows, columns)
        self._set_size(columns, rows)  # which sends SIGWINCH, as a terminal emulator does
        os.kill(self.pid, signal.SIGWINCH)

    def settings_now(self):
        return termios.tcgetattr(self._child_side)

    def text(self):
        return "\n".join(line.rstrip() for line in self.screen.display)

    def press(self, keys):
        os.write(self.descriptor, keys.encode())

    def read(self, seconds=0.05):
        """Takes in what came; whether anything did."""
        ready, _, _ = select.select([self.descriptor], [], [], seconds)
        if not ready:
            return False
        data = os.read(self.descriptor, 65536)
        self.raw += data
        self._stream.feed(data)
        return True

    def wait_for(self, condition, what):
        """Reads until `condition` holds of the screen's text; gives what it gave."""
        deadline = time.monotonic() + DEADLINE_S
        while True:
            found = condition(self.text())
            if found:
                return found
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {DEADLINE_S} s for {what}; the screen:\n{self.text()}")
            if not self.read() and self.code is None:
                ended, status = os.waitpid(self.pid, os.WNOHANG)
                if ended:
                    self.code = os.waitstatus_to_exitcode(status)
                    raise AssertionError(f"waiting for {what}: it ended with {self.code}; the screen:\n{self.text()}")

    def wait_for_bytes(self, condition, what):
        """Reads until `condition` holds of all that came. The kernel hands on what a program wrote in its own time."""
        deadline = time.monotonic() + DEADLINE_S
        while not condition(self.raw):
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {DEADLINE_S} s for {what}; the last bytes: {self.raw[-200:]}")
            self.read()

    def wait_for_text(self, *texts):
        self.wait_for(lambda screen: all(text in screen for text in texts), f"{texts}")

    def wait_for_stop(self):
        """Until it is stopped by a signal."""
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            self.read()
            ended, status = os.waitpid(self.pid, os.WNOHANG | os.WUNTRACED)
            if ended:
                assert os.WIFSTOPPED(status), status
                return
        raise AssertionError("it was not stopped")

    def wait_for_end(self):
        """Its exit code."""
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            self.read()
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                while self.read(0):
                    pass
                self.code = os.waitstatus_to_exitcode(status)
                return self.code
        raise AssertionError(f"it did not end; the screen:\n{self.text()}")
