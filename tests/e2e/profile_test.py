"""The profiler of a real server under load, over REST: turned on, read in every form, turned off, forgotten."""

import json
import os
import re
import sys
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from kymo_process import BIN, DEADLINE_S, Running, Serve, get  # noqa: E402

ANYWHERE = "127.0.0.1:0"


def post(url, **headers):
    request = urllib.request.Request(url, data=b"", headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=DEADLINE_S) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


class VoiceServer(Running):
    def __init__(self, **environment):
        super().__init__(
            os.path.join(BIN, "voice_server"), "--listen", ANYWHERE, "--audio", ANYWHERE, "--udp", ANYWHERE, **environment
        )

    def address(self, what):
        return self.wait_for(lambda: re.search(rf"(?m)^{what} (\S+)$", self.out()), "the address").group(1)

    def profile(self, query=""):
        status, _, body = get(self.address("metrics") + "/api/profile" + query)
        assert status == 200, body
        return json.loads(body)

    def change(self, what):
        status, body = post(f"{self.address('metrics')}/api/profile/{what}")
        assert status == 200, body
        return json.loads(body)


def talkers(server):
    """Two clients that stream speech."""
    to = ("--connect", server.address("audio"), "--udp", server.address("udp").removeprefix("udp://"))
    return Running(os.path.join(BIN, "voice_client"), "--clients", "2", "--listen", ANYWHERE, *to)


def named(profile, name):
    return next((function for function in profile["functions"] if function["name"].endswith(name)), None)


class Profile(unittest.TestCase):
    def test_is_off_until_it_is_turned_on(self):
        with VoiceServer() as server, talkers(server):
            profile = server.profile()
            self.assertEqual((profile["enabled"], profile["started"], profile["functions"]), (False, None, []))
            self.assertEqual(server.change("start"), {"enabled": True})
            server.wait_for(lambda: named(server.profile(), "pitch"), "speech to be analysed")

    def test_is_on_from_the_start_where_configured(self):
        with VoiceServer(KYMO_PROFILE="true") as server:
            self.assertTrue(server.profile()["enabled"])
            self.assertRegex(server.profile()["started"], r"^20\d\d-.*Z$")

    def test_tells_where_the_time_goes(self):
        with VoiceServer(KYMO_PROFILE="true") as server, talkers(server):
            server.wait_for(lambda: named(server.profile(), "pitch"), "speech to be analysed")
            profile = server.profile()
            process, resample = named(profile, "ChunkAnalyzer::process"), named(profile, "resample")
            self.assertEqual(process["name"], "voice::ChunkAnalyzer::process")
            self.assertGreater(process["calls"], 0)
            self.assertLess(process["self_seconds"], process["total_seconds"])
            self.assertLessEqual(resample["min_seconds"], resample["p50_seconds"])
            self.assertLessEqual(resample["p50_seconds"], resample["max_seconds"])
            totals = [function["total_seconds"] for function in profile["functions"]]
            self.assertEqual(totals, sorted(totals, reverse=True))
            self.assertGreater(profile["process"]["resident_bytes"], 1 << 20)
            self.assertGreater(profile["process"]["threads"], 1)
            self.assertEqual(len(server.profile("?limit=1")["functions"]), 1)
            self.assertIn("voice::ChunkAnalyzer::process", server.profile("?slow_ms=0")["slow"])
            self.assertEqual(server.profile("?slow_ms=3600000")["slow"], [])

    def test_as_folded_stacks(self):
        with VoiceServer(KYMO_PROFILE="true") as server, talkers(server):
            url = server.address("metrics") + "/api/profile/folded"
            stack = r"(?m)^[^;\n]+;voice::ChunkAnalyzer::process;pitch (\d+)$"
            server.wait_for(lambda: re.search(stack, get(url)[2].decode()), "a stack")
            status, headers, body = get(url)
            self.assertEqual((status, headers["Content-Type"]), (200, "text/plain; charset=utf-8"))
            for line in body.decode().splitlines():
                self.assertRegex(line, r"^[^;]+(;[^;]+)+ [1-9]\d*$")

    def test_as_a_trace(self):
        with VoiceServer(KYMO_PROFILE="true") as server, talkers(server):
            server.wait_for(lambda: named(server.profile(), "pitch"), "speech to be analysed")
            status, headers, body = get(server.address("metrics") + "/api/profile/trace")
            self.assertEqual((status, headers["Content-Type"]), (200, "application/json"))
            self.assertEqual(headers["Content-Disposition"], 'attachment; filename="kymo-trace.json"')
            events = json.loads(body)["traceEvents"]
            self.assertEqual({event["pid"] for event in events}, {server.process.pid})
            names = {event["tid"] for event in events if event["name"] == "thread_name"}
            calls = [event for event in events if event["ph"] == "X"]
            self.assertLessEqual({event["tid"] for event in calls}, names)
            whole = [event for event in calls if event["name"] == "voice::ChunkAnalyzer::process"]
            for part in [event for event in calls if event["name"] == "resample"]:
                around = [
                    one
                    for one in whole
                    if one["tid"] == part["tid"]
                    and one["ts"] <= part["ts"]
                    and one["ts"] + one["dur"] >= part["ts"] + part["dur"]
                ]
                # One that is still going on has no end yet.
                self.assertLessEqual(len(around), 1)
            self.assertTrue(whole)

    def test_stops_and_forgets(self):
        with VoiceServer(KYMO_PROFILE="true") as server, talkers(server):
            server.wait_for(lambda: named(server.profile(), "pitch"), "speech to be analysed")
            self.assertEqual(server.change("stop"), {"enabled": False})
            self.assertFalse(server.profile()["enabled"])
            self.assertIsNotNone(named(server.profile(), "pitch"))
            self.assertEqual(server.change("reset"), {"enabled": False})
            profile = server.profile()
            self.assertEqual((profile["started"], profile["duration_seconds"]), (None, 0))


class Errors(unittest.TestCase):
    def test_a_number_that_is_none_is_refused(self):
        with Serve() as serve:
            for query in ("limit=many", "limit=-1", "limit=", "slow_ms=1.5", "limit=99999999999999999999"):
                status, _, body = get(serve.url() + "/api/profile?" + query)
                self.assertEqual(status, 400, query)
                self.assertIn("whole number", json.loads(body)["error"]["remedy"])

    def test_a_page_elsewhere_cannot_turn_it_on(self):
        with Serve() as serve:
            status, _ = post(serve.url() + "/api/profile/start", Origin="http://evil.example")
            self.assertEqual(status, 403)
            self.assertFalse(json.loads(get(serve.url() + "/api/profile")[2])["enabled"])
            self.assertEqual(get(serve.url() + "/api/profile/start")[0], 405)


if __name__ == "__main__":
    unittest.main()
