"""Network namespaces with a router between them, whose links can be shaped and made to lose. Needs root."""

import json
import os
import subprocess


def run(*command, check=True):
    result = subprocess.run(command, capture_output=True, text=True, timeout=30)
    if check and result.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: {result.stderr.strip()}")
    return result


def why_not():
    """Why there can be no namespaces with filters here; empty where there can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    name = f"kymo-try-{os.getpid()}"
    try:
        for command in (
            ("ip", "netns", "add", name),
            ("ip", "netns", "exec", name, "nft", "add", "table", "inet", "kymo"),
            ("ip", "netns", "exec", name, "ping", "-V"),
        ):
            result = run(*command, check=False)
            if result.returncode != 0:
                return f"{' '.join(command)}: {result.stderr.strip()}"
        return ""
    except FileNotFoundError as error:
        return f"{error.filename} is not installed"
    finally:
        subprocess.run(("ip", "netns", "del", name), capture_output=True, check=False)


class Network:
    """`near` – `router` – `far`. Leaving the `with` block takes all of it away."""

    NEAR, FAR = "10.77.1.1", "10.77.2.1"
    NEAR6, FAR6 = "fd77:1::1", "fd77:2::1"

    def __enter__(self):
        self.names = {part: f"kymo-{part}-{os.getpid()}" for part in ("near", "router", "far")}
        try:
            for name in self.names.values():
                run("ip", "netns", "add", name)
                run("ip", "-n", name, "link", "set", "lo", "up")
            for number, part in ((1, "near"), (2, "far")):
                self._link(number, part)
            self.execute("router", "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
            self.execute("router", "nft", "add", "table", "inet", "kymo")
            self.execute(
                "router", "nft", "add chain inet kymo pass { type filter hook forward priority 0; }"
            )
            for address in (self.FAR, self.FAR6):
                # New links lose what comes before their neighbours are known: one answer, and they are.
                self.execute("near", "ping", "-c", "1", "-w", "20", address)
            return self
        except BaseException:
            self.__exit__()
            raise

    def _link(self, number, part):
        end, router = self.names[part], self.names["router"]
        run("ip", "link", "add", "link0", "netns", end, "type", "veth", "peer", "name", f"to-{part}", "netns", router)
        for name, device, last in ((end, "link0", 1), (router, f"to-{part}", 2)):
            run("ip", "-n", name, "addr", "add", f"10.77.{number}.{last}/24", "dev", device)
            run("ip", "-n", name, "addr", "add", f"fd77:{number}::{last}/64", "dev", device, "nodad")
            run("ip", "-n", name, "link", "set", device, "up")
        run("ip", "-n", end, "route", "add", "default", "via", f"10.77.{number}.2")
        run("ip", "-n", end, "-6", "route", "add", "default", "via", f"fd77:{number}::2")

    def __exit__(self, *_):
        for name in self.names.values():
            subprocess.run(("ip", "netns", "del", name), capture_output=True, check=False)

    def command(self, part, *command):
        """What runs `command` in that part of the network."""
        return ("ip", "netns", "exec", self.names[part], *command)

    def execute(self, part, *command):
        return run(*self.command(part, *command)).stdout

    def drop(self, matching, how):
        """The router loses packets that match, `how`: `numgen inc mod 10 0`, `numgen random mod 10 0`, …"""
        self.execute("router", "nft", f"add rule inet kymo pass {matching} counter")
        self.execute("router", "nft", f"add rule inet kymo pass {matching} {how} counter drop")

    def dropped(self):
        """For each drop(): how many packets matched, and how many of them were lost."""
        rules = json.loads(self.execute("router", "nft", "-j", "list", "chain", "inet", "kymo", "pass"))["nftables"]
        counts = [
            part["counter"]["packets"]
            for entry in rules
            if "rule" in entry
            for part in entry["rule"]["expr"]
            if "counter" in part
        ]
        return list(zip(counts[::2], counts[1::2]))

    def shape(self, part, rate, queue):
        """The way from the router to that part takes so much, and what is more waits."""
        self.execute(
            "router", "tc", "qdisc", "add", "dev", f"to-{part}", "root", "tbf", "rate", rate, "burst", "2000", "limit", queue
        )
