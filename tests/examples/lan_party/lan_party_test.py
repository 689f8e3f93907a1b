"""The LAN party: three namespaces, one behind a link that loses packets, seen through the dashboards' own addresses."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "support"))
from kymo_process import BIN, Running, get  # noqa: E402

PARTY = Path(__file__).resolve().parents[3] / "examples" / "lan_party" / "party"
MISSING = [tool for tool in ("ip", "tc", "nft") if shutil.which(tool) is None]


class Party(Running):
    def __init__(self, *arguments):
        super().__init__(str(PARTY), BIN, *arguments)

    def __exit__(self, *about):
        if self.process.poll() is None:  # a test that failed: the network goes all the same
            self.end(signal.SIGTERM)
        super().__exit__(*about)

    def url(self, member):
        address = rf"http://(\S+?)\.{11 + member}:9464/"
        return self.wait_for(lambda: re.search(address, self.out()), "the addresses").group(0)

    def peers(self, member):
        status, _, body = get(self.url(member) + "api/metrics/peers")
        return {peer["peer_id"]: peer for peer in json.loads(body)["peers"]} if status == 200 else {}

    def namespaces(self):
        listed = subprocess.run(["ip", "netns", "list"], check=True, capture_output=True, text=True).stdout
        return [line.split()[0] for line in listed.splitlines() if line.startswith(f"party{self.process.pid}-")]

    def host_link_is_there(self):
        return subprocess.run(["ip", "link", "show", f"py{self.process.pid}"], capture_output=True).returncode == 0


@unittest.skipIf(os.geteuid() != 0, "network namespaces are for root")
@unittest.skipIf(MISSING, f"missing: {MISSING}")
class LanParty(unittest.TestCase):
    def test_shows_who_is_behind_the_lossy_link_and_leaves_nothing_behind(self):
        with Party("--loss", "30") as party:

            def losses_are_told_apart():
                seen = party.peers(0)
                return len(seen) == 2 and seen["ben"]["probes"]["answered"] >= 20 and seen["carl"]["packet_loss_percent"] > 0

            party.wait_for(losses_are_told_apart, "Carl's losses")
            seen = party.peers(0)
            self.assertEqual(seen["ben"]["packet_loss_percent"], 0)
            self.assertGreater(seen["carl"]["probes"]["answered"], 0)
            self.assertGreater(seen["ben"]["quality_score"], 60)
            metrics = get(party.url(0) + "metrics")[2].decode()
            self.assertRegex(metrics, r'kymo_peer_packet_loss_ratio\{peer="carl"\} 0\.\d+')
            session = json.loads(get(party.url(0) + "api/metrics/sessions")[2])["sessions"][0]
            self.assertEqual((session["kind"], session["peers"], session["end_time"]), ("game", ["ben", "carl"], None))
            self.assertGreater(session["latency_ms"]["avg"], 0)
            self.assertEqual(get(party.url(2))[0], 200)

            self.assertEqual(len(party.namespaces()), 4)
            code, _ = party.end(signal.SIGINT)
            self.assertEqual(code, 0, party.err())
            self.assertEqual(party.namespaces(), [])
            self.assertFalse(party.host_link_is_there())

    def test_says_what_is_wrong_with_its_arguments(self):
        for arguments in (("--loss", "100"), ("--loss",), ("--lost", "1")):
            told = subprocess.run([PARTY, BIN, *arguments], capture_output=True, text=True, timeout=30)
            self.assertEqual(told.returncode, 2, arguments)
            self.assertIn("--loss", told.stderr)


if __name__ == "__main__":
    unittest.main()
