"""TLS and SIGHUP of the real `kymo serve`: with curl, with Python's ssl, over WebSockets."""

import contextlib
import http.client
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from kymo_process import DEADLINE_S, Serve, get, run_kymo  # noqa: E402
from websocket import WebSocket  # noqa: E402

TOKEN = "a-token-of-the-test-0123456789"
OTHER = "another-token-of-the-test-0123456789"


def bearer(token):
    return {"Authorization": "Bearer " + token}


class WithCertificate(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="kymo-test-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.chain, self.key = self.path("chain.pem"), self.path("key.pem")
        self.renew("first")

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, text):
        with open(os.open(self.path(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def renew(self, name):
        """Another certificate in the same files; trust in all so far is kept."""
        command = ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        subject = ["-subj", "/CN=" + name, "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
        files = ["-out", self.chain, "-keyout", self.key]
        subprocess.run([*command, *subject, *files], check=True, capture_output=True)
        with open(self.chain, encoding="utf-8") as chain, open(self.path("trusted.pem"), "a", encoding="utf-8") as all_:
            all_.write(chain.read())

    def serve(self, *arguments, **environment):
        return Serve("--web.tls.certificate-file", self.chain, "--web.tls.key-file", self.key, *arguments, **environment)

    def trust(self):
        return ssl.create_default_context(cafile=self.path("trusted.pem"))

    def curl(self, serve, path, *options):
        """Exit code and output, the status behind it."""
        command = ["curl", "-sS", "--cacert", self.path("trusted.pem"), "-w", "\n%{http_code} %{http_version}"]
        done = subprocess.run([*command, *options, serve.url() + path], capture_output=True, text=True, timeout=DEADLINE_S)
        return done.returncode, done.stdout + done.stderr

    def name_served(self, serve):
        address = urllib.parse.urlparse(serve.url())
        with socket.create_connection((address.hostname, address.port), DEADLINE_S) as client:
            with self.trust().wrap_socket(client, server_hostname=address.hostname) as tls:
                return dict(pair for (pair,) in tls.getpeercert()["subject"])["commonName"]


class Tls(WithCertificate):
    def test_curl_and_python_are_served(self):
        with self.serve() as serve:
            self.assertTrue(serve.url().startswith("https://127.0.0.1:"))
            for version in ("1.2", "1.3"):
                code, out = self.curl(serve, "/metrics", "--tls-max", version)
                self.assertEqual((code, out.splitlines()[-1]), (0, "200 1.1"))
                self.assertIn("\nnode_cpu_seconds_total{", out)
            for path in ("/", "/readyz", "/api/metrics"):
                self.assertEqual(get(serve.url() + path, self.trust())[0], 200, path)

    def test_http2_is_not_agreed_on_and_old_versions_are_refused(self):
        with self.serve() as serve:
            self.assertEqual(self.curl(serve, "/readyz", "--http2")[1].splitlines()[-1], "200 1.1")
            old = self.curl(serve, "/readyz", "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0")
            self.assertEqual(old[0], 35, old)
            self.assertIn("alert protocol version", old[1])
            weak = self.curl(serve, "/readyz", "--tls-max", "1.2", "--ciphers", "AES128-SHA")
            self.assertEqual(weak[0], 35, weak)
            text = get(serve.url() + "/metrics", self.trust())[2].decode()
            self.assertIn("\nkymo_http_tls_failures_total 2\n", text)

    def test_a_request_in_clear_is_told_so(self):
        with self.serve() as serve:
            status, headers, body = get(serve.url().replace("https", "http", 1) + "/metrics")
            self.assertEqual((status, headers["Content-Type"]), (400, "text/plain; charset=utf-8"))
            self.assertIn(b"This address speaks https", body)

    def test_the_cookie_of_the_login_is_for_tls_only(self):
        token = self.write("token", TOKEN)
        with self.serve("--web.token-file", token) as serve:
            jar = self.path("jar")
            code, out = self.curl(serve, "/login", "-i", "-c", jar, "--data", "token=" + TOKEN)
            self.assertEqual(code, 0, out)
            self.assertRegex(out, r"(?i)set-cookie: __Host-kymo_\d+=[0-9a-f]{64}; Path=/; HttpOnly; SameSite=Strict; Secure;")
            self.assertNotIn("strict-transport-security", out.lower())
            self.assertEqual(self.curl(serve, "/metrics", "-b", jar)[1].splitlines()[-1], "200 1.1")
            self.assertEqual(self.curl(serve, "/metrics")[1].splitlines()[-1], "401 1.1")

    def test_live_metrics_come_over_it(self):
        with self.serve() as serve:
            url = serve.url().replace("http", "ws", 1) + "/ws/metrics"
            origin = serve.url()
            with WebSocket(url, tls=self.trust(), Origin=origin) as client:
                self.assertEqual(client.status, 101)
                self.assertEqual(client.read_json()["type"], "hello")
                self.assertEqual(client.read_json()["type"], "full")
                for _ in range(2):
                    self.assertEqual(client.read_json()["type"], "delta")
                serve.end()
                self.assertEqual(client.read_to_close(), 1001)

    def test_handshakes_that_stall_hold_up_nobody(self):
        with self.serve("--http.max-connections", "8", "--http.header-timeout", "1h") as serve:
            address = urllib.parse.urlparse(serve.url())
            with contextlib.ExitStack() as stack:
                for number in range(20):
                    client = socket.create_connection((address.hostname, address.port), DEADLINE_S)
                    stack.enter_context(client)
                    client.sendall(b"\x16\x03\x01\x02\x00\x01" if number % 2 else b"")
                self.assertEqual(get(serve.url() + "/healthz", self.trust())[0], 200)

    def test_files_that_cannot_be_used_stop_the_start(self):
        def refused(chain, key):
            done = run_kymo("serve", "--listen", "127.0.0.1:0", "--web.tls.certificate-file", chain, "--web.tls.key-file", key)
            self.assertEqual(done.returncode, 2, done.stderr)
            return done.stderr

        missing = self.path("missing.pem")
        self.assertIn(f"--web.tls.key-file: {missing} cannot be opened", refused(self.chain, missing))
        self.assertIn("is not the key of the first certificate", refused(self.chain, self.other_key()))
        self.assertIn("web.tls.key_file is not; set both", refused(self.chain, ""))

    def other_key(self):
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", self.path("other.pem")], check=True)
        return self.path("other.pem")


class Reload(WithCertificate):
    def setUp(self):
        super().setUp()
        self.token = self.write("token", TOKEN)
        self.write_config()

    def write_config(self, more=""):
        tls = f"  tls: {{certificate_file: {self.chain}, key_file: {self.key}}}\n"
        self.write("kymo.yml", f"web:\n  token_file: {self.token}\n{tls}{more}")

    def serve_file(self, **environment):
        return Serve("--config", self.path("kymo.yml"), **environment)

    def reload(self, serve):
        """Sends SIGHUP and waits for what the log says of it."""
        before = serve.err().count("configuration ")
        serve.process.send_signal(signal.SIGHUP)
        serve.wait_for(lambda: serve.err().count("configuration ") > before, "the reload")

    def test_a_new_certificate_is_for_new_connections(self):
        with self.serve_file() as serve:
            address = urllib.parse.urlparse(serve.url())
            old = http.client.HTTPSConnection(address.hostname, address.port, timeout=DEADLINE_S, context=self.trust())

            def status_on_old():
                old.request("GET", "/metrics", headers=bearer(TOKEN))
                response = old.getresponse()
                response.read()
                return response.status

            self.assertEqual(status_on_old(), 200)
            before = old.sock
            url = serve.url().replace("http", "ws", 1) + "/ws/metrics"
            with WebSocket(url, tls=self.trust(), **bearer(TOKEN)) as live:
                live.read_until("full")
                self.assertEqual(self.name_served(serve), "first")
                self.renew("second")
                self.reload(serve)
                self.assertEqual(self.name_served(serve), "second")
                self.assertEqual(status_on_old(), 200)
                self.assertIs(old.sock, before)
                live.read_until("delta")
            old.close()

    def test_what_is_broken_changes_nothing(self):
        with self.serve_file() as serve:
            url = serve.url()
            self.write("token", OTHER)
            self.write_config("http:\n  threads: many\n")
            self.reload(serve)
            self.assertIn("kymo.yml:5: http.threads", serve.err())
            self.write_config()
            self.write("chain.pem", "broken")
            self.reload(serve)
            self.assertIn("kymo.yml:3: " + self.chain + " holds no certificate", serve.err())
            self.assertEqual(self.name_served(serve), "first")
            self.assertEqual(get(url + "/metrics", self.trust(), **bearer(TOKEN))[0], 200)
            self.assertEqual(get(url + "/metrics", self.trust(), **bearer(OTHER))[0], 401)
            self.assertIsNone(serve.process.poll())

    def test_a_new_token_counts_at_once(self):
        with self.serve_file() as serve:
            url = serve.url().replace("http", "ws", 1) + "/ws/metrics"
            with WebSocket(url, tls=self.trust(), **bearer(TOKEN)) as live:
                live.read_until("full")
                self.write("token", OTHER)
                self.reload(serve)
                self.assertEqual(live.read_to_close(), 1008)
            self.assertEqual(get(serve.url() + "/metrics", self.trust(), **bearer(TOKEN))[0], 401)
            port = urllib.parse.urlparse(serve.url()).port
            self.assertEqual(get(serve.url() + "/metrics", self.trust(), Cookie=f"__Host-kymo_{port}={TOKEN}")[0], 401)
            self.assertEqual(get(serve.url() + "/metrics", self.trust(), **bearer(OTHER))[0], 200)

    def test_what_needs_a_restart_is_named_and_stays(self):
        with self.serve_file() as serve:
            url = serve.url()
            self.write_config("http: {threads: 3}\nlog: {format: json, files: 3}\ntick_interval: 5s\n")
            self.reload(serve)
            for setting in ("tick_interval", "http.threads", "log.format", "log.files"):
                serve.wait_for(lambda setting=setting: f"setting={setting}" in serve.err(), setting)
            self.assertNotIn("setting=listen", serve.err())
            self.assertEqual(get(url + "/readyz", self.trust())[0], 200)

    def test_the_service_manager_is_told(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(self.path("notify"))
            manager.settimeout(DEADLINE_S)
            with self.serve_file(NOTIFY_SOCKET=self.path("notify")) as serve:
                self.assertEqual(manager.recv(100), b"READY=1")
                serve.process.send_signal(signal.SIGHUP)
                self.assertRegex(manager.recv(100), rb"^RELOADING=1\nMONOTONIC_USEC=\d+$")
                self.assertEqual(manager.recv(100), b"READY=1")
                self.assertEqual(serve.end()[0], 0)


if __name__ == "__main__":
    unittest.main()
