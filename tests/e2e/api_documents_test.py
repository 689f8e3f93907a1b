"""The descriptions at /api/openapi.json and /api/asyncapi.json, held against what is really sent."""

import json
import os
import re
import sys
import tempfile
import time
import unittest
import urllib.parse
import urllib.request
from pathlib import Path

import jsonschema

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from kymo_process import BIN, Running, Serve, get  # noqa: E402
from websocket import WebSocket  # noqa: E402

DOCUMENTS = Path(__file__).resolve().parents[2] / "docs" / "reference"
NOT_ALWAYS_THERE = {"/login", "/logout", "/api/sessions/live", "/ws/sessions/{id}"}
ONLY_WITH_SESSIONS = ("/api/sessions/", "/ws/sessions/")


def document(name):
    return json.loads((DOCUMENTS / name).read_text(encoding="utf-8"))


def check(instance, schema, root, dialect=jsonschema.Draft202012Validator):
    """OpenAPI 3.1 has the dialect 2020-12, AsyncAPI 2 that of draft 7."""
    dialect.check_schema(schema)
    resolver = jsonschema.RefResolver("", root)
    dialect(schema, resolver=resolver, format_checker=jsonschema.FormatChecker()).validate(instance)


def keywords(schema):
    """Every key of a document, at any depth."""
    if isinstance(schema, dict):
        yield from schema
    for inner in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from keywords(inner)


class VoiceServer(Running):
    def __init__(self):
        anywhere = "127.0.0.1:0"
        super().__init__(os.path.join(BIN, "voice_server"), "--listen", anywhere, "--audio", anywhere, "--udp", anywhere)

    def url(self, what="metrics"):
        return self.wait_for(lambda: re.search(rf"(?m)^{what} (\S+)$", self.out()), "the address").group(1)


class PeerServer(Running):
    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="kymo-test-")
        super().__init__(os.path.join(BIN, "peer_server"), os.path.join(self._folder.name, "sessions.jsonl"))

    def __exit__(self, *about):
        super().__exit__(*about)
        self._folder.cleanup()

    def url(self):
        return self.wait_for(lambda: re.search(r"(?m)^metrics (\S+)$", self.out()), "the address").group(1)


class OpenApi(unittest.TestCase):
    openapi = document("openapi.json")

    def check_answer(self, url, path, query="", method="get", **headers):
        status, answered, body = get(url + path + query, **headers)
        described = self.openapi["paths"][path][method]["responses"]
        self.assertIn(str(status), described, path)
        content = described[str(status)].get("content", {})
        kind = answered["Content-Type"]
        if not body and status == 200:
            return status  # nothing is of no type
        self.assertIn(kind, content, path)
        if kind == "application/json":
            check(json.loads(body), content[kind]["schema"], self.openapi)
        return status

    def check_all(self, url, leave_out):
        for path, operations in self.openapi["paths"].items():
            if "get" in operations and path not in leave_out and "{" not in path and not path.startswith("/ws/"):
                self.assertEqual(self.check_answer(url, path, self.examples(path)), 200, path)

    def examples(self, path):
        """The required parameters of an address, with the values of its examples."""
        wanted = [p for p in self.openapi["paths"][path]["get"].get("parameters", []) if p.get("required") and "example" in p]
        return "?" + urllib.parse.urlencode({p["name"]: p["example"] for p in wanted}) if wanted else ""

    def test_is_served_as_it_is_documented(self):
        with Serve() as serve:
            for name in ("openapi.json", "asyncapi.json"):
                status, headers, body = get(serve.url() + "/api/" + name)
                self.assertEqual((status, headers["Content-Type"]), (200, "application/json"))
                served, described = json.loads(body), document(name)
                for kind in {"paths", "channels"} & set(described):
                    there = {path: what for path, what in described[kind].items() if path not in NOT_ALWAYS_THERE}
                    self.assertEqual(served[kind], there)
                for kind, shapes in served["components"].items():
                    for shape, what in shapes.items():
                        self.assertEqual(what, described["components"][kind][shape])
                text = json.dumps(served)
                for reference in re.findall(r'"#/components/(\w+)/(\w+)"', text):
                    self.assertIn(reference[1], served["components"][reference[0]])
                self.assertEqual(get(serve.url() + "/api/" + name, **{"If-None-Match": headers["ETag"]})[0], 304)

    def test_every_answer_is_as_described(self):
        with Serve() as serve:
            self.check_all(serve.url(), NOT_ALWAYS_THERE)
            self.check_answer(serve.url(), "/metrics", Accept="application/json")
            self.check_answer(serve.url(), "/metrics", Accept="application/openmetrics-text")
            self.assertEqual(self.check_answer(serve.url(), "/ws/metrics"), 426)
            for path in ("/api/metrics/peers/{id}", "/api/metrics/peers/{id}/latency", "/api/metrics/peers/{id}/hourly"):
                self.assertEqual(self.check_answer(serve.url(), path), 404)

    def test_rules_and_alerts_are_as_described(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(
                "groups: [{name: g, interval: 1s, rules: [{record: a, expr: '1'}, {alert: b, expr: a, "
                "annotations: {c: d}}, {alert: e, expr: a + on() group_left() a, keep_firing_for: 1m}]}]"
            )
            file.flush()
            with Serve("--rules.files", file.name) as serve:
                url = serve.url()
                serve.wait_for(lambda: b"firing" in get(url + "/api/v1/alerts")[2], "an alert")
                for path in ("/api/v1/alerts", "/api/v1/rules"):
                    self.assertEqual(self.check_answer(url, path), 200)
                self.assertEqual(self.check_answer(url, "/api/v1/rules", "?type=none"), 400)

    def test_peers_and_sessions_are_as_described(self):
        with PeerServer() as server:
            self.check_all(server.url(), NOT_ALWAYS_THERE)
            for peer in json.loads(get(server.url() + "/api/metrics/peers")[2])["peers"]:
                check(peer, {"$ref": "#/components/schemas/Peer"}, self.openapi)
            for path in ("", "/latency", "/latency?window=5m", "/hourly"):
                status, _, body = get(server.url() + "/api/metrics/peers/ben%2F1" + path)
                self.assertEqual(status, 200)
                address = "/api/metrics/peers/{id}" + path.partition("?")[0]
                described = self.openapi["paths"][address]["get"]["responses"]["200"]
                check(json.loads(body), described["content"]["application/json"]["schema"], self.openapi)

    def test_the_history_of_the_host_is_as_described(self):
        with Serve("--history.interval", "1s") as serve:
            path = "/api/metrics/system/history"

            def points():
                return json.loads(get(serve.url() + path)[2])["points"]

            serve.wait_for(lambda: len(points()) >= 3, "three points")
            self.check_answer(serve.url(), path)
            self.check_answer(serve.url(), path, Accept="text/csv")
            last = points()[-1]
            self.assertTrue(all(last[name] is not None for name in last), last)
            self.assertTrue(0 <= last["cpu_percent"] <= 100 and 0 < last["memory_percent"] < 100, last)
            lines = get(serve.url() + path + "?format=csv")[2].decode().split("\r\n")
            self.assertEqual(lines[0].split(","), list(last))
            self.assertGreaterEqual(len(lines), 1 + 3 + 1)
            self.assertLess(len(json.loads(get(serve.url() + path + "?duration=1s")[2])["points"]), 3)
            self.assertEqual(get(serve.url() + path + "?duration=soon")[0], 400)
            window = json.loads(get(serve.url() + path + "?window=1h")[2])
            check(window, {"$ref": "#/components/schemas/SystemWindow"}, self.openapi)
            self.assertGreaterEqual(window["cpu_percent"]["count"], 3)

    def test_changes_of_the_profiler_are_as_described(self):
        with Serve() as serve:
            for path in ("/api/profile/start", "/api/profile/stop", "/api/profile/reset"):
                with urllib.request.urlopen(urllib.request.Request(serve.url() + path, method="POST")) as response:
                    content = self.openapi["paths"][path]["post"]["responses"][str(response.status)]["content"]
                    check(json.load(response), content[response.headers["Content-Type"]]["schema"], self.openapi)
            self.check_answer(serve.url(), "/api/profile")

    def test_a_session_that_there_is_none_of_is_as_described(self):
        with VoiceServer() as server:
            self.assertEqual(self.check_answer(server.url(), "/ws/sessions/{id}"), 404)

    def test_a_server_with_packs_and_sessions_answers_so_too(self):
        with VoiceServer() as server:
            self.check_all(server.url(), {"/login"})
            status, _, body = get(server.url() + "/api/sessions/live?top=many")
            self.assertEqual(status, 400)
            check(json.loads(body), {"$ref": "#/components/schemas/Error"}, self.openapi)

    def test_answers_and_errors_of_queries_are_as_described(self):
        with Serve("--tick-interval", "100ms") as serve:
            query, names = "/api/v1/query", "/api/v1/label/{name}/values"

            def ask(path, **fields):
                return self.check_answer(serve.url(), path, "?" + urllib.parse.urlencode(fields, doseq=True))

            serve.wait_for(lambda: b"value" in get(serve.url() + query + "?query=kymo_series")[2], "a sample")
            for text in ("1", '"a"', "kymo_series", "kymo_series[1m]", "kymo_tick_duration_seconds", "rate(kymo_series[1m])"):
                self.assertEqual(ask(query, query=text, stats="all"), 200, text)
            now = time.time()
            for text in ("kymo_tick_duration_seconds", "sum(rate(kymo_tick_duration_seconds_bucket[5s]))"):
                self.assertEqual(ask("/api/v1/query_range", query=text, start=now - 5, end=now + 5, step=1), 200)
            self.assertEqual(ask("/api/v1/parse_query", query="sum by (a) (rate(x[5m])) / on (b) group_left () -y"), 200)
            self.assertEqual(ask("/api/v1/series", **{"match[]": ["kymo_series", "kymo_build_info"]}), 200)
            self.assertEqual(ask(names), 200)
            self.assertEqual(ask(query, query="sum(("), 400)
            self.assertEqual(ask(query, query="kymo_series + on () kymo_http_requests_total + on () node_cpu_seconds_total"), 422)
            self.assertEqual(ask("/federate", **{"match[]": "kymo_series"}), 200)
            for path, operations in self.openapi["paths"].items():
                if "post" not in operations or not path.startswith("/api/v1/"):
                    continue
                form = urllib.parse.parse_qsl(self.examples(path)[1:])
                address = serve.url() + path.replace("{name}", "job")
                with urllib.request.urlopen(address, urllib.parse.urlencode(form).encode()) as response:
                    content = operations["post"]["responses"][str(response.status)]["content"]
                    check(json.load(response), content[response.headers["Content-Type"]]["schema"], self.openapi)

    def test_errors_are_as_described(self):
        with Serve() as serve:
            for path in ("/nowhere", "/api/metrics/nowhere", "/metrics/"):
                status, _, body = get(serve.url() + path)
                self.assertEqual(status, 404)
                check(json.loads(body), {"$ref": "#/components/schemas/Error"}, self.openapi)
            self.assertEqual(self.check_answer(serve.url(), "/api/metrics", Host="evil.example"), 421)

    def test_with_a_token_it_is_asked_for(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("0123456789abcdef")
            file.flush()
            with Serve("--web.token-file", file.name) as serve:
                for path, operations in self.openapi["paths"].items():
                    if "get" not in operations or path.startswith(ONLY_WITH_SESSIONS):
                        continue
                    is_open = operations["get"].get("security") == []
                    self.assertEqual(get(serve.url() + path)[0], 200 if is_open else 401, path)

    def test_what_is_described_is_served(self):
        with VoiceServer() as server:
            paths = json.loads(get(server.url() + "/api/openapi.json")[2])["paths"]
            self.assertEqual(set(self.openapi["paths"]) - set(paths), {"/login", "/logout"})
            channels = json.loads(get(server.url() + "/api/asyncapi.json")[2])["channels"]
            self.assertEqual(set(channels), {"/ws/metrics", "/ws/sessions/{id}"})
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("0123456789abcdef")
            file.flush()
            with Serve("--web.token-file", file.name) as serve:
                token = {"Authorization": "Bearer 0123456789abcdef"}
                paths = json.loads(get(serve.url() + "/api/openapi.json", **token)[2])["paths"]
                self.assertIn("post", paths["/login"])

    def test_every_address_that_is_listed_is_described(self):
        with VoiceServer() as server:
            page = get(server.url() + "/api")[2].decode()
            listed = set(re.findall(r"<li><a href=\"([^\"]+)\"", page)) | set(re.findall(r"<li><code>([^<]+)", page))
            self.assertGreater(len(listed), 8)
            self.assertLessEqual(listed, set(self.openapi["paths"]))


class AsyncApi(unittest.TestCase):
    asyncapi = document("asyncapi.json")

    def check_message(self, message):
        described = self.asyncapi["components"]["messages"][message["type"]]
        check(message, described["payload"], self.asyncapi, jsonschema.Draft7Validator)
        return message

    def test_its_schemas_are_of_the_dialect_that_it_has(self):
        newer = {"prefixItems", "$defs", "dependentSchemas", "dependentRequired", "unevaluatedItems",
                 "unevaluatedProperties", "minContains", "maxContains"}
        self.assertTrue(self.asyncapi["asyncapi"].startswith("2."))
        self.assertEqual(newer & set(keywords(self.asyncapi)), set())
        self.assertTrue(self.asyncapi["defaultContentType"])
        delta = {"type": "delta", "seq": 1, "time": 1, "uptime_seconds": 1}
        self.check_message({**delta, "values": [[0, 1.5]]})
        for wrong in ([["0", 1.5]], [[0]], [[0, 1, 2]], [[-1, 1]]):
            with self.assertRaises(jsonschema.ValidationError, msg=wrong):
                self.check_message({**delta, "values": wrong})

    def test_what_the_server_sends_is_as_described(self):
        with VoiceServer() as server, WebSocket(server.url().replace("http", "ws", 1) + "/ws/metrics") as client:
            client.send_json({"type": "subscribe", "rate_hz": 10})
            client.send_json({"type": "ping", "id": "a"})
            client.send_json({"type": "no such"})
            seen, deltas = set(), []
            while not seen >= {"hello", "full", "delta", "pong", "error"} or len(deltas) < 20:
                message = self.check_message(client.read_json())
                seen.add(message["type"])
                if message["type"] == "delta":
                    deltas.append(message["seq"])
            client.send_json({"type": "subscribe", "rate_hz": 10, "since": deltas[10]})
            self.assertIn("replay", self.check_message(client.read_until("full")))

    def test_what_who_follows_a_session_is_sent_is_as_described(self):
        with VoiceServer() as server, WebSocket(server.url("audio")) as talker:
            talker.send_json({"type": "hello", "client": "anna", "sample_rate": 16000, "sources": ["mic"]})
            session = talker.read_until("welcome")["session"]
            address = f"{server.url().replace('http', 'ws', 1)}/ws/sessions/{session}"
            with WebSocket(address, traceparent=f"00-{'1' * 32}-{'2' * 16}-00") as client:
                client.send_json({"type": "ping", "id": "a"})
                client.send_json({"type": "no such"})
                seen = set()
                while not seen >= {"metrics", "pong", "error"}:
                    seen.add(self.check_message(client.read_json())["type"])
                talker.socket.close()
                self.check_message(client.read_until("end"))

    def test_the_published_schemas_are_the_same(self):
        for kind in ("metrics", "status", "end"):
            schema = document(f"schema/{kind}.schema.json")
            del schema["$schema"], schema["title"]
            self.assertEqual(self.asyncapi["components"]["messages"][kind]["payload"], schema)

    def test_what_is_described_is_understood(self):
        with Serve() as serve, WebSocket(serve.url().replace("http", "ws", 1) + "/ws/metrics") as client:
            client.read_until("full")
            for message in (
                {"type": "subscribe", "names": ["process_*"], "match": {"a": "b"}, "rate_hz": 10, "since": 1},
                {"type": "subscribe"},
                {"type": "unsubscribe"},
                {"type": "ping"},
                {"type": "ping", "id": 1},
            ):
                self.check_message(message)
                client.send_json(message)
            pongs = []
            while len(pongs) < 2:
                answer = self.check_message(client.read_json())
                self.assertNotEqual(answer["type"], "error", answer)
                pongs += [answer] if answer["type"] == "pong" else []
            self.assertEqual([pong.get("id", "none") for pong in pongs], ["none", 1])


if __name__ == "__main__":
    unittest.main()
