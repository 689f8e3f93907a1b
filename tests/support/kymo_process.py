"""The real programs, started and stopped for a test. Debian's Python only."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

BIN = os.environ.get("KYMO_BIN", "build/release/bin")
PEERS = os.environ.get("KYMO_PEERS", "build/peers/usr/bin")
KYMO = os.path.join(BIN, "kymo")
DEADLINE_S = 30
# An end at once is promised within 1 s, and a busy machine takes longer. One that waited for a client would take 5.
PROMPT_S = 4


_STATE = tempfile.TemporaryDirectory(prefix="kymo-test-state-")


def clean_environment(**extra):
    """The environment without settings of kymo's, so that only those of a test count. A past goes to a folder of
    this test."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("KYMO_") and k != "NOTIFY_SOCKET"}
    return {**kept, "XDG_STATE_HOME": _STATE.name, **extra}


def run_kymo(*arguments, **environment):
    return subprocess.run(
        [KYMO, *arguments], capture_output=True, text=True, timeout=DEADLINE_S, env=clean_environment(**environment)
    )


def eventually(condition, what, process=None):
    """The first true value that `condition` gives; fails after a time that no working machine needs."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        value = condition()
        if value:
            return value
        if process is not None and process.poll() is not None:
            raise AssertionError(f"waiting for {what}: the process ended with {process.returncode}")
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {DEADLINE_S} s for {what}")
        time.sleep(0.01)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(url, tls=None, **headers):
    """Status, headers and body; status 0 where nobody answers. `tls`: an SSLContext for https."""
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=DEADLINE_S, context=tls) as response:
            return response.status, response.headers, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()
    except (urllib.error.URLError, ConnectionError):
        return 0, {}, b""


class Running:
    """A program that runs while the `with` block does; its output goes to files that can be read at any time."""

    def __init__(self, *command, **environment):
        self._out = tempfile.NamedTemporaryFile(prefix="kymo-test-out-")
        self._err = tempfile.NamedTemporaryFile(prefix="kymo-test-err-")
        self.process = subprocess.Popen(
            command, stdout=self._out, stderr=self._err, env=clean_environment(**environment)
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._out.close()
        self._err.close()

    def out(self):
        with open(self._out.name, encoding="utf-8") as file:
            return file.read()

    def err(self):
        with open(self._err.name, encoding="utf-8") as file:
            return file.read()

    def wait_for(self, condition, what):
        try:
            return eventually(condition, what, self.process)
        except AssertionError as error:
            raise AssertionError(f"{error}\nstdout: {self.out()}\nstderr: {self.err()}") from None

    def end(self, how=signal.SIGTERM):
        """Asks it to end; its exit code and how many seconds that took."""
        start = time.monotonic()
        self.process.send_signal(how)
        code = self.process.wait(DEADLINE_S)
        return code, time.monotonic() - start


class Serve(Running):
    """`kymo serve`, on a port of its own unless told otherwise."""

    def __init__(self, *arguments, listen="127.0.0.1:0", **environment):
        super().__init__(KYMO, "serve", "--listen", listen, *arguments, **environment)

    def url(self):
        """Its address, once it has told it."""
        found = self.wait_for(lambda: re.search(r"(https?://\S+)/metrics", self.out()), "the address")
        return found.group(1)

    def metrics(self, **headers):
        status, _, body = get(self.url() + "/metrics", **headers)
        if status != 200:
            raise AssertionError(f"/metrics gave {status}: {body!r}\n{self.err()}")
        return body.decode()


@contextlib.contextmanager
def listening_socket():
    """A port that somebody else holds."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder, "127.0.0.1:%d" % holder.getsockname()[1]
