"""`kymo top` as its users see it: on a terminal, over connections that break, on old terminals, in scripts."""

import contextlib
import json
import math
import os
import re
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import unittest
import wave

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from kymo_process import BIN, KYMO, Running, Serve, clean_environment, eventually, free_port, get, run_kymo  # noqa: E402
from terminal import Terminal  # noqa: E402

LEAVES_SCREEN = b"\x1b[?1049l"


def top(serve, *arguments, **settings):
    return Terminal(KYMO, "top", "--url", serve.url(), *arguments, **settings)


class Screen(unittest.TestCase):
    def test_shows_a_server_and_goes_on_each_second(self):
        with Serve() as serve, top(serve) as terminal:
            terminal.wait_for_text("kymo top", "This server is", "CPU", "Memory", "Load", "Pressure", "live", "q quit")
            self.assertIn(serve.url().removeprefix("http://"), terminal.text())
            seen = set()

            def has_moved(screen):
                seen.update(re.findall(r"live +(\d\d:\d\d:\d\d)", screen))
                return len(seen) >= 3

            terminal.wait_for(has_moved, "three frames")

    def test_has_the_size_of_the_terminal(self):
        with Serve() as serve, top(serve) as terminal:
            terminal.wait_for_text("This server is")
            terminal.resize(130, 45)
            terminal.wait_for(lambda _: "q quit" in terminal.screen.display[44], "a footer in the last row")
            terminal.resize(50, 10)
            terminal.wait_for_text("needs at least 60x15", "this terminal has 50x10")
            terminal.resize(60, 15)
            terminal.wait_for(lambda _: "q quit" in terminal.screen.display[14], "a footer in the last row")

    def test_obeys_its_keys(self):
        with Serve() as serve, top(serve) as terminal:
            terminal.wait_for_text("This server is")
            terminal.press("\t")
            terminal.wait_for_text("[Series", "kymo_build_info")
            terminal.press("\x1bOB\x1bOB")  # the key for down, twice
            terminal.wait_for_text("kymo_cells: gauge")
            terminal.press("/node_load\r")
            terminal.wait_for_text("node_load15", "filter: node_load")
            self.assertNotIn("kymo_build_info", terminal.text())
            terminal.press("s")
            terminal.wait_for_text("by rate")
            terminal.press("?")
            terminal.wait_for_text("Keys and words")
            terminal.press(" ")
            terminal.wait_for_text("by rate")
            terminal.press(" ")
            terminal.wait_for_text("PAUSED at")
            terminal.press("q")
            self.assertEqual(terminal.wait_for_end(), 0)

    def test_asks_for_what_its_pages_want(self):
        with Serve() as serve, top(serve) as terminal:
            terminal.wait_for_text("This server is")
            terminal.press("4")
            terminal.wait_for_text("[Peers", "add them to a PeerTable")
            terminal.press("5")
            terminal.wait_for_text("[Profile]", "rofile")
            terminal.wait_for(lambda screen: "Waiting for" not in screen, "the server's answer")
            terminal.press("q")
            self.assertEqual(terminal.wait_for_end(), 0)

    def test_heals_when_the_server_is_started_anew(self):
        listen = "127.0.0.1:%d" % free_port()
        with Serve(listen=listen) as serve:
            serve.url()
            terminal = top(serve)
            terminal.__enter__()
            self.addCleanup(terminal.__exit__)
            terminal.wait_for_text("This server is")
            serve.end(signal.SIGKILL)
            terminal.wait_for_text("DISCONNECTED", "Disconnected", "ago", "Unknown: the connection is lost")
        with Serve(listen=listen) as serve:
            serve.url()
            terminal.wait_for(lambda screen: "live " in screen and "Disconnected" not in screen, "a new connection")
            terminal.wait_for_text("This server is")

    def test_shows_the_sessions_of_a_voice_server(self):
        metrics, audio, udp = (f"127.0.0.1:{free_port()}" for _ in range(3))
        with tempfile.NamedTemporaryFile(suffix=".wav") as sound:
            with wave.open(sound.name, "wb") as out:
                out.setparams((1, 2, 16000, 0, "NONE", ""))
                out.writeframes(b"".join(struct.pack("<h", int(9000 * math.sin(i / 20))) for i in range(32000)))
            server = Running(os.path.join(BIN, "voice_server"), "--listen", metrics, "--audio", audio, "--udp", udp)
            with server:
                server.wait_for(lambda: get(f"http://{metrics}/readyz")[0] == 200, "the voice server")
                client = Running(
                    os.path.join(BIN, "voice_client"), "--listen", f"127.0.0.1:{free_port()}", "--connect", f"ws://{audio}",
                    "--udp", udp, "--clients", "3", "--churn", "0", "--wav", sound.name,
                )
                with client, Terminal(KYMO, "top", "--url", f"http://{metrics}", columns=120, rows=40) as terminal:
                    terminal.wait_for_text("Sessions 3", "voice.chunk.duration", "event.processing.duration", "Latency p95")
                    terminal.press("3")
                    terminal.wait_for(lambda screen: screen.count("normal") == 3, "three sessions")
                    terminal.press("2")
                    terminal.wait_for_text("audio_bytes_received", "Trend")
                    once = run_kymo("top", "--once", "--for", "1s", "--url", f"http://{metrics}")
                    self.assertEqual(len(re.findall(r"(?m)^session\t", once.stdout)), 3)


class End(unittest.TestCase):
    """However it ends, the terminal is what it was."""

    def check_restored(self, terminal):
        self.assertEqual(terminal.settings_now(), terminal.before)
        for ends, begins in ((LEAVES_SCREEN, b"\x1b[?1049h"), (b"\x1b[?25h", b"\x1b[?25l")):
            terminal.wait_for_bytes(lambda raw: raw.rfind(ends) > raw.rfind(begins), f"{ends} behind {begins}")

    def test_by_key_and_by_signal(self):
        for how in ("q", "\x03", signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(how=how), Serve() as serve, top(serve) as terminal:
                terminal.wait_for_text("This server is")
                self.assertNotEqual(terminal.settings_now(), terminal.before)
                if isinstance(how, str):
                    terminal.press(how)
                else:
                    os.kill(terminal.pid, how)
                self.assertEqual(terminal.wait_for_end(), 0)
                self.check_restored(terminal)

    def test_while_it_is_stopped(self):
        with Serve() as serve, top(serve) as terminal:
            terminal.wait_for_text("This server is")
            terminal.press("\x1a")
            terminal.wait_for_stop()
            self.check_restored(terminal)
            os.kill(terminal.pid, signal.SIGCONT)
            terminal.screen.reset()
            terminal.wait_for_text("kymo top", "This server is", "live")
            terminal.press("q")
            self.assertEqual(terminal.wait_for_end(), 0)
            self.check_restored(terminal)

    def test_when_the_terminal_is_gone(self):
        with Serve() as serve:
            with top(serve) as terminal:
                terminal.wait_for_text("This server is")
                os.close(terminal._child_side)
                os.close(terminal.descriptor)
                pid, terminal.code = terminal.pid, 0
                terminal.descriptor, terminal._child_side = os.open("/dev/null", os.O_RDONLY), os.open("/dev/null", os.O_RDONLY)
                eventually(lambda: os.waitpid(pid, os.WNOHANG)[0], "its end")


class OldTerminals(unittest.TestCase):
    COLOR = re.compile(rb"\x1b\[[0-9;]*[34][0-9]m")

    def test_letters_alone_where_the_locale_has_no_more(self):
        with Serve() as serve, top(serve, TERM="vt100", LANG="C") as terminal:
            terminal.wait_for_text("This server is", "#", "live")
            terminal.press("\t")
            terminal.wait_for_text("Trend", "_")
            self.assertTrue(all(byte < 0x80 for byte in terminal.raw))
            self.assertIsNone(self.COLOR.search(terminal.raw))

    def test_no_colors_where_none_are_wanted(self):
        with Serve() as serve:
            with top(serve) as terminal:
                terminal.wait_for_text("This server is", "live")
                self.assertIsNotNone(self.COLOR.search(terminal.raw))
            for arguments, settings in ((["--no-color"], {}), ([], {"NO_COLOR": "1"})):
                with top(serve, *arguments, **settings) as terminal:
                    terminal.wait_for_text("This server is", "live")
                    self.assertIsNone(self.COLOR.search(terminal.raw))

    def test_a_terminal_that_nobody_knows(self):
        with Serve() as serve, top(serve, TERM="no-such-terminal") as terminal:
            self.assertEqual(terminal.wait_for_end(), 1)
            self.assertIn(b'"no-such-terminal" (TERM) is unknown here; try TERM=xterm, or --once', terminal.raw)

    def test_a_terminal_that_cannot_place_text(self):
        with Serve() as serve:
            for name, why in (("dumb", b'"dumb" (TERM) cannot place text'), ("", b"has no name (TERM)")):
                with top(serve, TERM=name) as terminal:
                    self.assertEqual(terminal.wait_for_end(), 1)
                    self.assertIn(why + b"; try TERM=xterm, or --once for plain text", terminal.raw)


class Once(unittest.TestCase):
    def test_prints_lines_for_scripts(self):
        with Serve() as serve:
            result = run_kymo("top", "--once", "--for", "1s", "--url", serve.url(), "--filter", "node_load", TERM="xterm", LANG="C.UTF-8")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertNotIn("\x1b", result.stdout)
        lines = [line.split("\t") for line in result.stdout.splitlines()]
        self.assertEqual(lines[0][:2], ["server", serve_address(result.stdout)])
        kinds = {line[0] for line in lines}
        self.assertLessEqual({"server", "verdict", "figure", "core", "host", "timing", "series"}, kinds)
        self.assertEqual({line[1] for line in lines if line[0] == "series"}, {"node_load1", "node_load5", "node_load15"})

    def test_looks_as_long_as_its_rules_need(self):
        with Serve() as serve:
            for arguments, least, most in (([], 4.5, 9), (["--for", "2s"], 1.5, 4.4)):
                result = run_kymo("top", "--once", "--json", "--url", serve.url(), *arguments)
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                self.assertTrue(least <= json.loads(result.stdout)["looked_seconds"] <= most, result.stdout[:200])

    def test_tells_raw_numbers_as_json(self):
        with Serve() as serve:
            address = serve.url()
            result = run_kymo("top", "--once", "--json", "--for", "2s", "--url", address, "--filter", "node_boot_time")
        report = json.loads(result.stdout)
        self.assertIn(report["verdict"]["level"], ("well", "degraded", "unwell"))
        self.assertEqual("http://" + report["server"]["address"], address)
        self.assertEqual([series["name"] for series in report["series"]], ["node_boot_time_seconds"])
        self.assertGreater(report["series"][0]["value"], 1e9)
        for figure in report["figures"]:
            self.assertIsInstance(figure["value"], (int, float), figure)

    def test_says_that_nobody_is_there(self):
        port = free_port()
        result = run_kymo("top", "--once", "--for", "1s", "--url", f"http://127.0.0.1:{port}")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertEqual(
            result.stderr,
            f"kymo: top: cannot reach 127.0.0.1:{port}: connection refused; is the server running, and is this its address?\n",
        )

    def test_without_an_address_takes_the_server_of_the_environment_or_this_host(self):
        with Serve() as serve:
            address = serve.url().removeprefix("http://")
            self.assertIn(f"server\t{address}\tkymo/", run_kymo("top", "--once", "--for", "1s", KYMO_LISTEN=address).stdout)
        result = run_kymo("top", "--once", "--for", "1s", KYMO_LISTEN=address)
        self.assertIn("server\tthis host itself\t", result.stdout)
        self.assertIn(f"note\tNo kymo at {address}", result.stdout)
        self.assertRegex(result.stdout, r"(?m)^figure\tHost CPU\t[\d.]+ cores?\tof ")
        self.assertRegex(result.stdout, r"(?m)^core\t0\t[\d.]+%$")

    def test_brings_the_token(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("sixteen-letters-at-least\n")
            file.flush()
            with Serve("--web.token-file", file.name) as serve:
                refused = run_kymo("top", "--once", "--for", "1s", "--url", serve.url())
                self.assertEqual(refused.returncode, 1)
                self.assertIn("requires a token; name its file (--token-file)", refused.stderr)
                self.assertEqual(run_kymo("top", "--once", "--for", "1s", "--url", serve.url(), "--token-file", file.name).returncode, 0)

    def test_says_what_is_wrong_with_how_it_is_called(self):
        for arguments, text in (
            (["top"], "the output is no terminal; for plain text use `kymo top --once`"),
            (["top", "--onse"], 'top: "--onse" is no option; did you mean --once?'),
            (["top", "--interval", "5"[:0]], "is no time; expected 100ms to 3600s"),
            (["top", "--interval", "10ms"], '"10ms" is no time; expected 100ms to 3600s'),
            (["top", "--sort", "x"], "expected name, rate or value"),
            (["top", "--json"], "--json goes with --once only"),
            (["top", "--for", "5s"], "--for goes with --once only"),
            (["top", "--once", "--for", "0s"], '"0s" is no time; expected 1s to 300s, such as 5s'),
            (["top", "--once", "--url", "ftp://x"], "neither http nor https"),
        ):
            result = run_kymo(*arguments)
            self.assertEqual((result.returncode, result.stdout), (2, ""), arguments)
            self.assertIn(text, result.stderr)
        self.assertIn("--token-file", run_kymo("top", "--help").stdout)


def serve_address(report):
    return report.split("\t")[1]


class TlsFront(threading.Thread):
    """Takes TLS off, and hands what comes on to a server."""

    def __init__(self, certificate, key, target):
        super().__init__(daemon=True)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.start()

    def run(self):
        while True:
            try:
                raw, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(raw,), daemon=True).start()

    def stop(self):
        self._listener.close()

    def _serve(self, raw):
        try:
            client = self._context.wrap_socket(raw, server_side=True)
        except (OSError, ssl.SSLError):
            return raw.close()
        server = socket.create_connection(self._target)
        threading.Thread(target=self._pass, args=(server, client), daemon=True).start()
        self._pass(client, server)

    @staticmethod
    def _pass(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except (OSError, ValueError):
            pass
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


class Tls(unittest.TestCase):
    def test_trusts_whom_it_is_told_to(self):
        with tempfile.TemporaryDirectory() as folder, Serve() as serve:
            certificate, key = os.path.join(folder, "own.pem"), os.path.join(folder, "key.pem")
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=kymo test",
                 "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
                check=True, capture_output=True, env=clean_environment(),
            )
            address = serve.url().removeprefix("http://").split(":")
            front = TlsFront(certificate, key, (address[0], int(address[1])))
            self.addCleanup(front.stop)
            url = f"https://127.0.0.1:{front.port}"
            refused = run_kymo("top", "--once", "--for", "1s", "--url", url)
            self.assertEqual(refused.returncode, 1)
            self.assertIn(f"the certificate of 127.0.0.1:{front.port} is untrusted", refused.stderr)
            self.assertIn("--ca-file", refused.stderr)
            other_name = run_kymo("top", "--once", "--for", "1s", "--url", f"https://localhost:{front.port}", "--ca-file", certificate)
            self.assertEqual(other_name.returncode, 1, "the certificate is of the address, not of that name")
            self.assertIn(f"the certificate of localhost:{front.port} is not for localhost;", other_name.stderr)
            result = run_kymo("top", "--once", "--for", "1s", "--url", url, "--ca-file", certificate)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertIn(f"server\t{url}\tkymo/", result.stdout)


if __name__ == "__main__":
    unittest.main()
