"""A server under clients that want to keep others out: readers that never read, scrapers that never read, and heads
of thousands of names, each from five addresses. Health checks of others are answered, and memory is bounded.

As a test the attacks are small, and only counts are asserted. `--full` makes them as large as they were when they did
harm, and prints what health checks took; `--kymo` and `--many-series` name other programs, to compare.
"""

import argparse
import json
import multiprocessing
import os
import re
import resource
import select
import socket
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from kymo_process import BIN, DEADLINE_S, KYMO, Running, eventually  # noqa: E402

MIB = 1024 * 1024
ATTACKERS = [f"127.0.0.{i}" for i in range(2, 7)]
STYLES = "/assets/dashboard.css"
PROGRAMS = {"kymo": KYMO, "many_series": os.path.join(BIN, "many_series")}


def request(path):
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def long_head(names):
    """As many distinct names as there may be bytes for."""
    fields = "".join(f"{i:x}:\r\n" for i in range(names))
    return ("GET / HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n").encode()


class Attack:
    """Connections in a process of its own that send `payload`, never read, and come again once they are closed."""

    def __init__(self, port, payload, connections, per_second=None):
        self._stop = multiprocessing.Event()
        self._held = multiprocessing.Value("i", 0)
        arguments = (port, payload, connections, per_second, self._stop, self._held)
        self._process = multiprocessing.Process(target=attack, args=arguments, daemon=True)

    def __enter__(self):
        self._process.start()
        eventually(lambda: self._held.value > 0, "the first connection of the attack")
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._process.join(DEADLINE_S)
        self._process.kill()

    def made(self):
        """Connections so far."""
        return self._held.value


def attack(port, payload, connections, per_second, stop, made):
    poller = select.epoll()
    held = {}
    left = {}
    due = time.monotonic()
    while not stop.is_set():
        for _ in range(50):
            if len(held) >= connections or (per_second and time.monotonic() < due):
                break
            due += 1 / per_second if per_second else 0
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)  # the least that the kernel gives
            client.bind((ATTACKERS[made.value % len(ATTACKERS)], 0))
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
            held[client.fileno()] = client
            left[client.fileno()] = payload
            poller.register(client, select.EPOLLOUT | select.EPOLLRDHUP)
            made.value += 1
        for fd, events in poller.poll(0.01):
            if events & (select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR):
                held.pop(fd).close()  # which the poller sees
                continue
            try:
                left[fd] = left[fd][held[fd].send(left[fd]) :]
            except OSError:
                continue
            if not left[fd]:
                poller.modify(fd, select.EPOLLRDHUP)
    for client in held.values():
        client.close()


def check_health(port, path="/healthz"):
    """Seconds that one took on a connection of its own; nothing where it got no 200."""
    start = time.monotonic()
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S) as client:
            client.sendall(request(path))
            answer = client.recv(4096)
    except OSError:
        return None
    return time.monotonic() - start if answer.startswith(b"HTTP/1.1 200") else None


def health_checks(port, count, pause):
    times = []
    for i in range(count):
        times.append(check_health(port, "/readyz" if i % 2 else "/healthz"))
        time.sleep(pause)
    return times


def scrape(port):
    """Status, head and size of the body."""
    with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S) as client:
        client.sendall(request("/metrics").replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        answer = b"".join(iter(lambda: client.recv(MIB), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(answer.split()[1]) if answer else 0, head.decode(), len(body)


class Server(Running):
    def port(self):
        """Its port, once it serves and is ready."""
        found = self.wait_for(lambda: re.search(r"http://127.0.0.1:(\d+)/metrics", self.out()), "the address")
        port = int(found.group(1))
        self.wait_for(lambda: check_health(port, "/readyz"), "the first measurement")
        return port

    def most_memory(self):
        """Bytes that it had resident at most."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmHWM:\s*(\d+) kB", status.read()).group(1)) * 1024

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            user, system = stat.read().rsplit(")", 1)[1].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def serve(*arguments):
    return Server(PROGRAMS["kymo"], "serve", "--listen", "127.0.0.1:0", *arguments)


def serve_series(count, **environment):
    return Server(PROGRAMS["many_series"], str(count), **environment)


class SlowClients(unittest.TestCase):
    CHECKS = 100

    def expect_all_answered(self, port):
        times = health_checks(port, self.CHECKS, 0.01)
        self.assertEqual(times.count(None), 0, f"of {self.CHECKS} health checks")

    def test_readers_that_never_read_keep_no_health_check_out(self):
        for payload in (request(STYLES), request(STYLES) * 40, request(STYLES)[:-3]):
            with serve("--http.max-connections", "64", "--http.max-connections-per-address", "16") as server:
                port = server.port()
                with Attack(port, payload, 80) as attacking:
                    eventually(lambda: attacking.made() >= 80, "more connections than there is room for")
                    self.expect_all_answered(port)
                self.assertLess(server.most_memory(), 100 * MIB)

    def test_heads_of_many_names_keep_no_health_check_out(self):
        with serve() as server:
            port = server.port()
            with Attack(port, long_head(3175), 40, per_second=200) as attacking:
                eventually(lambda: attacking.made() > 40, "connections that were refused and came again")
                self.expect_all_answered(port)
            self.assertLess(server.most_memory(), 100 * MIB)

    def test_scrapers_that_never_read_take_bounded_memory(self):
        with serve_series(40_000, KYMO_HTTP_MAX_RESPONSES_SIZE="8MiB", KYMO_HISTORY_MEMORY="0") as server:
            port = server.port()
            status, _, size = scrape(port)
            self.assertEqual(status, 200)
            before = server.most_memory()
            with Attack(port, request("/metrics"), 60, per_second=40) as attacking:
                eventually(lambda: attacking.made() >= 60, "all of them")
                self.expect_all_answered(port)
                status, head, _ = scrape(port)
                self.assertIn(status, (200, 503))
                if status == 503:
                    self.assertIn("Retry-After: 1", head)
                # Those in flight, and what two threads are making meanwhile; sixty would be far more.
                bound = before + 8 * MIB + 6 * size
                self.assertLess(bound, before + 40 * size)
                self.assertLess(server.most_memory(), bound)
            eventually(lambda: scrape(port)[0] == 200, "a scrape when the attack is over")


def percentile(times, share):
    ordered = sorted(times)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000


def report(name, server, port, attacking, checks):
    cpu, made = server.cpu_seconds(), attacking.made()
    times = health_checks(port, checks, 0.01)
    answered = [t for t in times if t is not None]
    line = {"attack": name, "checks": checks, "failed": times.count(None), "connections": attacking.made()}
    if answered:
        line |= {"p50_ms": round(percentile(answered, 0.5), 1), "p99_ms": round(percentile(answered, 0.99), 1)}
    if attacking.made() > 2000:
        line["cpu_us_a_connection"] = round((server.cpu_seconds() - cpu) / (attacking.made() - made) * 1e6)
    line["most_memory_mib"] = round(server.most_memory() / MIB, 1)
    print(json.dumps(line), flush=True)


def full(checks, only):
    for name, payload, connections, per_second in (
        ("none", b"", 1, None),
        ("1100 readers, one request each", request(STYLES), 1100, None),
        ("1100 readers, 400 requests each", request(STYLES) * 400, 1100, None),
        ("3175 names, 1.3 MB/s", long_head(3175), 100, 80),
        ("3175 names, as fast as can be", long_head(3175), 100, None),
    ):
        if only not in name:
            continue
        with serve() as server:
            port = server.port()
            with Attack(port, payload, connections, per_second) as attacking:
                time.sleep(3)
                report(name, server, port, attacking, checks)
    name = "100 scrapers of 200 000 series"
    if only not in name:
        return
    with serve_series(200_000) as server:
        port = server.port()
        scrape(port)
        with Attack(port, request("/metrics"), 100, per_second=20) as attacking:
            time.sleep(8)
            report(name, server, port, attacking, checks)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="the attacks in full size, with what they did")
    parser.add_argument("--checks", type=int, default=500, help="health checks during each of them")
    parser.add_argument("--only", default="", metavar="TEXT", help="of those, the ones whose name holds this")
    parser.add_argument("--kymo", default=PROGRAMS["kymo"])
    parser.add_argument("--many-series", default=PROGRAMS["many_series"])
    arguments, rest = parser.parse_known_args()
    PROGRAMS.update(kymo=arguments.kymo, many_series=arguments.many_series)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if arguments.full:
        return full(arguments.checks, arguments.only)
    return unittest.main(argv=sys.argv[:1] + rest)


if __name__ == "__main__":
    main()
