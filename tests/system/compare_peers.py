"""Compares what the collector finds with psutil and node_exporter on this machine, at the same moment.

No tolerance in time: each peer is read between two readings of ours. A counter must lie between them. A gauge that
moves is read again until the peer's value lies between ours, or both of ours are the same and the peer's is too.
"""

import contextlib
import os
import pathlib
import subprocess
import sys
import time
import unittest
import urllib.request

import psutil
from prometheus_client.parser import text_string_to_metric_families

SECONDS_TO_SETTLE = 30
BIN = pathlib.Path(os.environ.get("KYMO_BIN", "build/release/bin"))
PEERS = pathlib.Path(os.environ.get("KYMO_PEERS", pathlib.Path(__file__).parents[2] / "build/peers/usr/bin"))
TICK = 1 / os.sysconf("SC_CLK_TCK")


def parse(text):
    """{(name, frozenset of label pairs): value}"""
    samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            samples[sample.name, frozenset(sample.labels.items())] = sample.value
    return samples


def names(samples, prefix):
    return {name for name, _ in samples if name.startswith(prefix)}


def key(name, **labels):
    return name, frozenset(labels.items())


class Probe:
    """The collector in a process of its own: measures when asked, sleeps in between."""

    def __init__(self):
        self.process = subprocess.Popen([BIN / "system_probe"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = int(self.process.stdout.readline())

    def read(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            if line == "# end\n":
                return parse("".join(lines))
            lines.append(line)
        raise RuntimeError(f"system_probe ended with {self.process.wait()}")

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


class NodeExporter:
    def __init__(self):
        program = PEERS / "prometheus-node-exporter"
        if not program.exists():
            sys.exit(f"{program} is not there: run tools/install, or set KYMO_PEERS to the folder that holds it")
        self.process = subprocess.Popen(
            [program, "--web.listen-address=127.0.0.1:0", "--web.disable-exporter-metrics"], stderr=subprocess.DEVNULL
        )
        self.address = f"http://127.0.0.1:{self.wait_for_port()}/metrics"

    def wait_for_port(self):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self.process.poll() is None:
            for connection in psutil.Process(self.process.pid).connections("tcp"):
                if connection.status == psutil.CONN_LISTEN:
                    return connection.laddr.port
            time.sleep(0.02)
        raise RuntimeError("node_exporter does not listen")

    def read(self):
        with urllib.request.urlopen(self.address, timeout=20) as answer:
            return parse(answer.read().decode())

    def close(self):
        self.process.terminate()
        self.process.wait(10)


class CompareTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with contextlib.ExitStack() as stack:
            cls.probe = Probe()
            stack.callback(cls.probe.close)
            cls.exporter = NodeExporter()
            stack.callback(cls.exporter.close)
            cls.addClassCleanup(stack.pop_all().close)

    def between(self, low, value, high, what):
        slack = 1e-9 * max(abs(low), abs(high), 1)  # 11120 * 0.001 is not 11120 / 1000
        self.assertTrue(low - slack <= value <= high + slack, f"{what}: {low} <= {value} <= {high} does not hold")

    def settles(self, ours, peers, what):
        """Reads ours, the peer's, ours until the peer's value lies between: for gauges that move either way."""
        seen = []
        deadline = time.monotonic() + SECONDS_TO_SETTLE
        while time.monotonic() < deadline:
            before, peer, after = ours(), peers(), ours()
            seen.append((before, peer, after))
            if min(before, after) <= peer <= max(before, after):
                return
            # After a walk through the memory maps that the machine made slow, kymo keeps its figure for long.
            if len(seen) > 20:
                time.sleep(0.1)
        self.fail(f"{what} never lay between ours in {SECONDS_TO_SETTLE} s, last: {seen[-3:]}")


class NodeExporterTest(CompareTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.before = cls.probe.read()
        cls.peer = cls.exporter.read()
        cls.after = cls.probe.read()

    def bracket(self, selected, at_least):
        """All series of the peer that `selected` takes must lie between our two."""
        compared = 0
        for series, value in self.peer.items():
            if not selected(*series):
                continue
            self.assertIn(series, self.before, "node_exporter has it, kymo does not")
            self.between(self.before[series], value, self.after[series], series)
            compared += 1
        self.assertGreaterEqual(compared, at_least)

    def test_cpu_seconds_of_each_mode(self):
        # Idle and iowait share out the running idle period anew at each reading; only their sum is a counter.
        moving = ("idle", "iowait")
        self.bracket(
            lambda name, labels: name == "node_cpu_seconds_total" and dict(labels)["mode"] not in moving,
            6 * psutil.cpu_count(),
        )
        self.bracket(lambda name, _: name == "node_cpu_guest_seconds_total", 2 * psutil.cpu_count())
        for cpu in range(psutil.cpu_count()):

            def idle(samples, cpu=cpu):
                return sum(samples[key("node_cpu_seconds_total", cpu=str(cpu), mode=mode)] for mode in moving)

            # Our two modes are held where they step back, so each may be above the kernel's by such a step.
            self.assertGreaterEqual(idle(self.after) + 1e-6, idle(self.peer), f"idle of cpu {cpu}")

    def test_counts_of_the_kernel(self):
        for name in ("node_context_switches_total", "node_forks_total", "node_intr_total"):
            self.bracket(lambda series, _, name=name: series == name, 1)

    def test_disks_and_their_counters(self):
        self.bracket(lambda name, _: name.startswith("node_disk_") and name.endswith("_total"), 17)

    def test_interfaces_and_their_counters(self):
        counted = ("node_network_receive_bytes_total", "node_network_transmit_bytes_total",
                   "node_network_receive_packets_total", "node_network_transmit_packets_total")
        self.bracket(lambda name, _: name in counted, 4)

    def test_pressure(self):
        self.assertEqual(names(self.before, "node_pressure_") - {"node_pressure_irq_stalled_seconds_total"},
                         names(self.peer, "node_pressure_"))
        self.bracket(lambda name, _: name.startswith("node_pressure_"), 0)

    def test_memory_has_the_same_fields_and_total(self):
        self.assertEqual(names(self.before, "node_memory_"), names(self.peer, "node_memory_"))
        fixed = ("MemTotal_bytes", "SwapTotal_bytes", "Hugepagesize_bytes", "CommitLimit_bytes", "VmallocTotal_bytes",
                 "HugePages_Total")
        for name in fixed:
            series = key("node_memory_" + name)
            self.assertEqual(self.before[series], self.peer[series], name)
        available = key("node_memory_MemAvailable_bytes")
        self.between(min(self.before[available], self.after[available]) * 0.98, self.peer[available],
                     max(self.before[available], self.after[available]) * 1.02, "available")

    def test_host(self):
        series = key("node_boot_time_seconds")
        self.assertEqual(self.before[series], self.peer[series])
        uname = {series for series in self.peer if series[0] == "node_uname_info"}
        self.assertEqual(uname, {series for series in self.before if series[0] == "node_uname_info"})

    def test_load(self):
        for name in ("node_load1", "node_load5", "node_load15"):
            self.settles(lambda: self.probe.read()[key(name)], lambda: self.exporter.read()[key(name)], name)

    def test_filesystems(self):
        roots = [series for series in self.peer if series[0] == "node_filesystem_size_bytes"
                 and dict(series[1])["mountpoint"] == "/"]
        self.assertEqual(len(roots), 1)
        for name in ("size_bytes", "files", "readonly", "device_error"):
            series = "node_filesystem_" + name, roots[0][1]
            self.assertEqual(self.before[series], self.peer[series], name)
        for name in ("free_bytes", "avail_bytes", "files_free"):
            series = "node_filesystem_" + name, roots[0][1]
            self.settles(lambda: self.probe.read()[series], lambda: self.exporter.read()[series], name)

    def test_types_are_those_of_the_peer(self):
        with urllib.request.urlopen(self.exporter.address, timeout=20) as answer:
            lines = answer.read().decode().splitlines()
        peer = dict(line.split()[2:4] for line in lines if line.startswith("# TYPE node_"))
        ours = dict(line.split()[1:3] for line in self.raw_lines() if line.startswith("# node_"))
        shared = peer.keys() & ours.keys()
        self.assertGreater(len(shared), 80)
        self.assertEqual({name: ours[name] for name in shared}, {name: peer[name] for name in shared})

    def raw_lines(self):
        text = subprocess.run([BIN / "system_probe"], input="\n", capture_output=True, text=True, check=True).stdout
        return text.splitlines()


class PsutilTest(CompareTest):
    def ours(self, name, **labels):
        return self.probe.read()[key(name, **labels)]

    def test_host(self):
        found = self.probe.read()
        self.assertEqual(found[key("kymo_system_memory_total_bytes")], psutil.virtual_memory().total)
        self.assertEqual(found[key("kymo_system_swap_total_bytes")], psutil.swap_memory().total)
        self.assertEqual(found[key("kymo_system_cpu_cores")], psutil.cpu_count())
        self.assertEqual(found[key("node_boot_time_seconds")], psutil.boot_time())
        if key("kymo_cgroup_cpu_limit_cores") not in found:
            affinity = len(psutil.Process(self.probe.pid).cpu_affinity())
            self.assertEqual(found[key("kymo_system_cpu_limit_cores")], affinity)

    def test_memory_in_use(self):
        def percent(): return round(100 * self.ours("kymo_system_memory_used_ratio"), 1)

        self.settles(percent, lambda: psutil.virtual_memory().percent, "memory percent")

    def test_disk_in_use(self):
        found = self.probe.read()
        root = next(s for s in found if s[0] == "kymo_system_filesystem_used_ratio" and ("mountpoint", "/") in s[1])
        self.settles(lambda: round(100 * self.probe.read()[root], 1), lambda: psutil.disk_usage("/").percent, "disk")

    def test_load(self):
        self.settles(lambda: self.ours("node_load1"), lambda: round(psutil.getloadavg()[0], 2), "load")

    def test_interfaces(self):
        before, peer, after = self.probe.read(), psutil.net_io_counters(pernic=True), self.probe.read()
        series = "node_network_receive_bytes_total"
        self.assertEqual({dict(labels)["device"] for name, labels in before if name == series}, set(peer))
        for device, counters in peer.items():
            for name, value in (("receive_bytes", counters.bytes_recv), ("transmit_bytes", counters.bytes_sent),
                                ("receive_packets", counters.packets_recv), ("transmit_packets", counters.packets_sent),
                                ("receive_errs", counters.errin), ("transmit_errs", counters.errout),
                                ("receive_drop", counters.dropin), ("transmit_drop", counters.dropout)):
                one = key(f"node_network_{name}_total", device=device)
                self.between(before[one], value, after[one], one)

    def test_cpu_ratio(self):
        """Ours spans from our first to our second reading; psutil around both gives the bounds of it."""

        def busy_and_total(times):
            total = sum(times) - times.guest - times.guest_nice
            return total - times.idle - times.iowait, total

        self.probe.read()
        time.sleep(0.15)  # longer than the interval of rates, so that the next reading starts one
        outer_start = busy_and_total(psutil.cpu_times())
        self.probe.read()
        inner_start = busy_and_total(psutil.cpu_times())
        deadline = time.monotonic() + 0.5
        while time.monotonic() < deadline:  # something to be seen
            pass
        inner_end = busy_and_total(psutil.cpu_times())
        ratio = self.ours("kymo_system_cpu_ratio")
        outer_end = busy_and_total(psutil.cpu_times())
        self.between((inner_end[0] - inner_start[0]) / (outer_end[1] - outer_start[1]), ratio,
                     (outer_end[0] - outer_start[0]) / (inner_end[1] - inner_start[1]), "cpu ratio")
        self.assertGreater(ratio, 0.2, "one of the CPUs was busy for half a second")

    def test_process(self):
        peer = psutil.Process(self.probe.pid)
        found = self.probe.read()
        self.assertEqual(found[key("process_threads")], peer.num_threads())
        self.assertEqual(found[key("process_open_fds")], peer.num_fds())
        # The peer adds to `btime`, which the kernel cuts to whole seconds.
        start = found[key("process_start_time_seconds")]
        self.assertGreater(start, peer.create_time() - TICK)
        self.assertLess(start, peer.create_time() + 1 + TICK)
        self.assertLess(start, time.time())
        self.assertEqual(found[key("process_max_fds")], peer.rlimit(psutil.RLIMIT_NOFILE)[0])
        self.settles(lambda: self.ours("process_resident_memory_bytes"), lambda: peer.memory_info().rss, "RSS")
        self.settles(lambda: self.ours("process_virtual_memory_bytes"), lambda: peer.memory_info().vms, "VMS")
        self.settles(lambda: self.ours("process_proportional_memory_bytes"), lambda: peer.memory_full_info().pss, "PSS")
        self.settles(lambda: self.ours("process_unique_memory_bytes"), lambda: peer.memory_full_info().uss, "USS")
        self.settles(lambda: self.ours("process_swap_memory_bytes"), lambda: peer.memory_full_info().swap, "swap")

    def test_process_counters(self):
        peer = psutil.Process(self.probe.pid)
        before = self.probe.read()
        cpu, switches, io = peer.cpu_times(), peer.num_ctx_switches(), peer.io_counters()
        after = self.probe.read()
        series = key("process_cpu_seconds_total")
        # The peer's user and system time are each cut to whole ticks.
        self.between(before[series] - 2 * TICK, cpu.user + cpu.system, after[series], "CPU time")
        for name, value in ((key("process_context_switches_total", type="voluntary"), switches.voluntary),
                            (key("process_context_switches_total", type="involuntary"), switches.involuntary),
                            (key("process_io_read_bytes_total"), io.read_chars),
                            (key("process_io_written_bytes_total"), io.write_chars),
                            (key("process_io_calls_total", type="read"), io.read_count),
                            (key("process_io_calls_total", type="write"), io.write_count),
                            (key("process_io_storage_read_bytes_total"), io.read_bytes),
                            (key("process_io_storage_written_bytes_total"), io.write_bytes)):
            self.between(before[name], value, after[name], name)


del CompareTest

if __name__ == "__main__":
    unittest.main(verbosity=2)
