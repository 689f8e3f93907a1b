"""RFC 6455 and RFC 7692, rule by rule, against an echo on kymo's own net code."""

import contextlib
import os
import select
import socket
import struct
import subprocess
import sys
import time
import unittest
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from kymo_process import eventually  # noqa: E402
from websocket import (  # noqa: E402
    ACCEPT,
    BINARY,
    CLOSE,
    CONTINUATION,
    DEADLINE_S,
    PING,
    PONG,
    TEXT,
    WebSocket,
    frame,
)

ECHO = os.path.join(os.environ.get("KYMO_BIN", "build/release/bin"), "websocket_echo")


def code(number, reason=b""):
    return struct.pack("!H", number) + reason


def deflated(payload, bits=15):
    compressor = zlib.compressobj(9, zlib.DEFLATED, -bits)
    data = compressor.compress(payload) + compressor.flush(zlib.Z_SYNC_FLUSH)
    return data.removesuffix(b"\x00\x00\xff\xff")


def inflated(payload, bits=15):
    return zlib.decompressobj(-bits).decompress(payload + b"\x00\x00\xff\xff")


class Echo(unittest.TestCase):
    ARGUMENTS = ()

    @classmethod
    def setUpClass(cls):
        cls.process = subprocess.Popen([ECHO, *cls.ARGUMENTS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        cls.url = "ws://127.0.0.1:" + cls.process.stdout.readline().split()[1] + "/"

    @classmethod
    def tearDownClass(cls):
        cls.process.stdin.close()
        assert cls.process.wait(DEADLINE_S) == 0
        cls.process.stdout.close()

    def connect(self, **options):
        client = WebSocket(self.url, **options)
        self.addCleanup(client.socket.close)
        return client

    def echoes(self, client, *pieces, opcode, payload):
        for piece in pieces:
            client.send(piece)
        self.assertEqual(client.read_message(), (opcode, payload))

    def fails(self, *pieces, with_code=1002):
        """The server closes with that code, and then the connection."""
        client = self.connect()
        for piece in pieces:
            client.send(piece)
        opcode, number = client.read_message()
        self.assertEqual(opcode, CLOSE, pieces)
        self.assertIn(number, with_code if isinstance(with_code, tuple) else (with_code,), pieces)
        self.ends(client)

    def ends(self, client):
        with contextlib.suppress(OSError):  # it may have ended already
            client.socket.shutdown(socket.SHUT_WR)
        self.assertIsNone(client.read_frame())


class Handshake(Echo):
    def test_the_key_is_answered(self):
        client = self.connect()
        self.assertEqual((client.status, client.headers["sec-websocket-accept"]), (101, ACCEPT))
        self.assertNotIn("sec-websocket-extensions", client.headers)
        self.assertNotIn("sec-websocket-protocol", client.headers)

    def test_names_are_compared_in_any_case(self):
        client = self.connect(Upgrade="WebSocket", Connection="keep-alive, UPGRADE")
        self.assertEqual(client.status, 101)

    def test_what_breaks_the_rules_is_refused(self):
        for headers, status in (
            ({"Upgrade": "h2c"}, 426),
            ({"Upgrade": None}, 426),
            ({"Connection": "keep-alive"}, 426),
            ({"Sec_WebSocket_Version": "12"}, 426),
            ({"Sec_WebSocket_Version": None}, 426),
            ({"Sec_WebSocket_Key": None}, 400),
            ({"Sec_WebSocket_Key": "c2hvcnQ="}, 400),
            ({"Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ!="}, 400),
            ({"Host": None}, 400),
            ({"Content_Length": "1"}, 400),
            ({"Origin": "http://elsewhere"}, 403),
        ):
            client = self.connect(eager=b"x" if "Content_Length" in headers else b"", **headers)
            self.assertEqual(client.status, status, headers)
            if status == 426:
                self.assertEqual(client.headers["sec-websocket-version"], "13")

    def test_frames_before_the_answer_are_refused(self):
        self.assertEqual(self.connect(eager=frame(TEXT, b"early")).status, 400)


class Framing(Echo):
    def test_every_form_of_length(self):
        client = self.connect()
        for size in (0, 1, 125, 126, 127, 65535, 65536):
            for opcode in (TEXT, BINARY):
                self.echoes(client, frame(opcode, b"x" * size), opcode=opcode, payload=b"x" * size)

    def test_a_byte_at_a_time(self):
        client = self.connect()
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        data = frame(TEXT, b"slowly") + frame(PING, b"p")
        for byte in data:
            client.send(bytes([byte]))
        self.assertEqual(client.read_message(), (TEXT, b"slowly"))

    def test_many_in_one_packet(self):
        client = self.connect()
        client.send(b"".join(frame(TEXT, str(i).encode()) for i in range(500)))
        self.assertEqual([client.read_message()[1] for _ in range(500)], [str(i).encode() for i in range(500)])

    def test_too_large_is_1009(self):
        self.fails(frame(BINARY, b"x" * 65537), with_code=1009)
        half = frame(BINARY, b"x" * 40000, fin=False)
        self.fails(half, frame(CONTINUATION, b"x" * 40000), with_code=1009)
        # Of a length alone, before any of it comes.
        self.fails(frame(BINARY, b"", length=(127, struct.pack("!Q", 1 << 40))), with_code=1009)

    def test_lengths_must_be_as_short_as_can_be(self):
        self.fails(frame(TEXT, b"x" * 5, length=(126, struct.pack("!H", 5))))
        self.fails(frame(TEXT, b"x" * 500, length=(127, struct.pack("!Q", 500))))
        self.fails(frame(BINARY, b"", length=(127, b"\xff" * 8)), with_code=1009)

    def test_clients_must_mask(self):
        self.fails(frame(TEXT, b"naked", masked=False))
        self.fails(frame(PING, b"", masked=False))

    def test_reserved_bits_and_opcodes(self):
        for rsv in (1, 2, 4, 7):
            self.fails(frame(TEXT, b"x", rsv=rsv))
            self.fails(frame(PING, b"x", rsv=rsv))
        for opcode in (0x3, 0x4, 0x5, 0x6, 0x7, 0xB, 0xC, 0xD, 0xE, 0xF):
            self.fails(frame(opcode, b"x"))


class Fragmentation(Echo):
    def test_fragments_are_one_message(self):
        client = self.connect()
        self.echoes(client, frame(TEXT, b"a", fin=False), frame(CONTINUATION, b"b", fin=False),
                    frame(CONTINUATION, b"c"), opcode=TEXT, payload=b"abc")
        self.echoes(client, frame(BINARY, b"", fin=False), *[frame(CONTINUATION, b"", fin=False)] * 200,
                    frame(CONTINUATION, b""), opcode=BINARY, payload=b"")

    def test_control_frames_may_stand_between(self):
        client = self.connect()
        client.send(frame(TEXT, b"a", fin=False) + frame(PING, b"now") + frame(CONTINUATION, b"b"))
        self.assertEqual(client.read_frame(), (0x80 | PONG, b"now"))
        self.assertEqual(client.read_message(), (TEXT, b"ab"))

    def test_order_matters(self):
        self.fails(frame(CONTINUATION, b"of nothing"))
        self.fails(frame(CONTINUATION, b"of nothing", fin=False))
        self.fails(frame(TEXT, b"a", fin=False), frame(TEXT, b"b"))
        self.fails(frame(BINARY, b"a", fin=False), frame(TEXT, b"b", fin=False))


class Utf8(Echo):
    GOOD = ["κόσμε", "\x00\x7f\x80\u07ff\u0800\uffff\U00010000\U0010ffff", "\ufffe", "\ufffd"]
    BAD = [b"\xff", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf5",
           b"\x80", b"\xce\xba\xe1", b"\xf0\x80\x80\x80", b"ok\xc3"]

    def test_good_text_whatever_way_it_is_cut(self):
        client = self.connect()
        for text in self.GOOD:
            data = text.encode()
            self.echoes(client, frame(TEXT, data), opcode=TEXT, payload=data)
            pieces = [frame(TEXT if i == 0 else CONTINUATION, data[i : i + 1], fin=i == len(data) - 1)
                      for i in range(len(data))]
            self.echoes(client, *pieces, opcode=TEXT, payload=data)

    def test_bad_text_is_1007_whatever_way_it_is_cut(self):
        for data in self.BAD:
            self.fails(frame(TEXT, data), with_code=1007)
            if len(data) > 1:
                self.fails(frame(TEXT, data[:1], fin=False), frame(CONTINUATION, data[1:]), with_code=1007)

    def test_bad_text_ends_it_before_its_last_fragment(self):
        self.fails(frame(TEXT, b"\xce\xba\xed\xa0", fin=False), with_code=1007)

    def test_binary_may_be_anything(self):
        client = self.connect()
        for data in self.BAD:
            self.echoes(client, frame(BINARY, data), opcode=BINARY, payload=data)


class Control(Echo):
    def test_pings_are_answered_with_what_they_hold(self):
        client = self.connect()
        for payload in (b"", b"hello", b"\x00\xff" * 62 + b"x"):
            client.send(frame(PING, payload))
            self.assertEqual(client.read_frame(), (0x80 | PONG, payload))

    def test_unasked_pongs_are_ignored(self):
        client = self.connect()
        self.echoes(client, frame(PONG, b"?"), frame(TEXT, b"x"), opcode=TEXT, payload=b"x")

    def test_must_be_short_and_whole(self):
        for opcode in (PING, PONG, CLOSE):
            self.fails(frame(opcode, b"\x03\xe8" + b"x" * 124))
            self.fails(frame(opcode, b"\x03\xe8", fin=False))

    def test_a_close_is_answered_with_its_code(self):
        for number in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999):
            client = self.connect()
            client.send(frame(CLOSE, code(number, "warum nicht: é".encode())))
            self.assertEqual(client.read_message(), (CLOSE, number))
            self.ends(client)
        client = self.connect()
        client.send(frame(CLOSE))
        self.assertEqual(client.read_message()[0], CLOSE)

    def test_closes_that_cannot_be_are_1002(self):
        for number in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 10000, 32768, 65535):
            self.fails(frame(CLOSE, code(number)))
            self.fails(frame(CLOSE, code(number, b"\xff")))
        self.fails(frame(CLOSE, b"\x03"))
        self.fails(*(bytes([byte]) for byte in frame(CLOSE, code(5000, b"a reason"))))

    def test_a_reason_must_be_utf8(self):
        for reason in Utf8.BAD:
            self.fails(frame(CLOSE, code(1000, reason)), with_code=1007)

    def test_what_comes_before_a_close_that_cannot_be_is_answered(self):
        client = self.connect()
        client.send(frame(TEXT, b"first") + frame(CLOSE, code(5000)) + frame(TEXT, b"late"))
        self.assertEqual(client.read_message(), (TEXT, b"first"))
        self.assertEqual(client.read_message(), (CLOSE, 1002))
        self.ends(client)

    def test_the_answer_to_our_close_may_be_anything(self):
        client = self.connect()
        client.send(frame(TEXT, b"close, please"))
        self.assertEqual(client.read_message(), (CLOSE, 1013))
        client.send(frame(CLOSE, code(5000)))
        self.assertIsNone(client.read_frame())

    def test_what_comes_behind_a_close_is_not_read(self):
        client = self.connect()
        client.send(frame(CLOSE, code(1000)) + frame(TEXT, b"late"))
        self.assertEqual(client.read_message(), (CLOSE, 1000))

    def test_the_server_closes_with_code_and_reason(self):
        client = self.connect()
        client.send(frame(TEXT, b"close, please"))
        self.assertEqual(client.read_frame(), (0x80 | CLOSE, code(1013, b"as you wish")))
        self.assertIsNone(client.read_frame())  # also without an answer

    def test_a_handler_that_throws_ends_that_connection_only(self):
        other = self.connect()
        self.fails(frame(TEXT, b"throw, please"), with_code=1011)
        self.echoes(other, frame(TEXT, b"x"), opcode=TEXT, payload=b"x")


class Silence(Echo):
    ARGUMENTS = ("1000",)

    def answered_pings(self, answers):
        """How many pings come to a client that answers the first few of them, before its connection ends."""
        client = self.connect()
        pings = 0
        while (got := client.read_frame()) is not None:
            self.assertEqual(got[0], 0x80 | PING)
            pings += 1
            if pings <= answers:
                with contextlib.suppress(OSError):  # it may have ended already
                    client.send(frame(PONG, got[1]))
        return pings

    def test_is_asked_after_and_ends_without_an_answer(self):
        self.assertEqual(self.answered_pings(0), 1)

    def test_an_answer_ends_it(self):
        # On a machine that is busy for longer than a ping is waited for, an answer comes too late.
        self.assertIn(3, (self.answered_pings(2) for _ in range(5)))


class Drip(Echo):
    """A message has an end, whatever is sent meanwhile."""

    ARGUMENTS = ("600000", "500")

    def dripped(self, first, drop):
        """The code that a client is closed with that sends a little now and then, of what never ends."""
        client = self.connect()
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.send(first)
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            readable, _, _ = select.select([client.socket], [], [], 0.05)
            if readable:
                opcode, number = client.read_message()
                if opcode == CLOSE:
                    return number
            with contextlib.suppress(OSError):
                client.send(drop)
        raise AssertionError("never closed")

    def test_a_frame_that_does_not_end_is_1008(self):
        self.assertEqual(self.dripped(frame(BINARY, b"x" * 60_000)[:20], b"x"), 1008)

    def test_a_head_that_does_not_end_is_1008(self):
        self.assertEqual(self.dripped(b"\x81", b""), 1008)

    def test_a_control_frame_that_does_not_end_is_1008(self):
        self.assertEqual(self.dripped(frame(PING, b"x" * 100)[:20], b""), 1008)

    def test_fragments_that_do_not_end_are_1008(self):
        self.assertEqual(self.dripped(frame(TEXT, b"x", fin=False), frame(CONTINUATION, b"x", fin=False)), 1008)

    def test_pings_between_do_not_help(self):
        self.assertEqual(self.dripped(frame(TEXT, b"x", fin=False), frame(PING)), 1008)


class Deflate(Echo):
    OFFER = "permessage-deflate; client_max_window_bits"
    TEXT = b"all the same, " * 1000

    def deflating(self, offer=OFFER):
        def compressed():
            client = self.connect(Sec_WebSocket_Extensions=offer)
            return client if "permessage-deflate" in client.headers.get("sec-websocket-extensions", "") else None

        # The ends of earlier tests' connections, which had it, may not have been noticed yet.
        return eventually(compressed, f"permessage-deflate as in {offer}")

    def test_both_ways_and_without_memory_between_messages(self):
        client = self.deflating()
        chosen = client.headers["sec-websocket-extensions"]
        for parameter in ("server_no_context_takeover", "client_no_context_takeover", "server_max_window_bits=12"):
            self.assertIn(parameter, chosen)
        for _ in range(3):
            client.send(frame(TEXT, deflated(self.TEXT), rsv=4))
            first, payload = client.read_frame()
            self.assertEqual(first, 0x80 | 0x40 | TEXT)
            self.assertLess(len(payload), 500)
            self.assertEqual(inflated(payload, 12), self.TEXT)

    def test_short_messages_and_plain_ones_are_left_plain(self):
        client = self.deflating()
        client.send(frame(TEXT, deflated(b"short"), rsv=4))
        self.assertEqual(client.read_frame(), (0x80 | TEXT, b"short"))
        client.send(frame(TEXT, b"plain"))
        self.assertEqual(client.read_frame(), (0x80 | TEXT, b"plain"))

    def test_fragments_of_a_compressed_message(self):
        client = self.deflating()
        data = deflated(b"cut in two")
        client.send(frame(TEXT, data[:3], rsv=4, fin=False) + frame(PING) + frame(CONTINUATION, data[3:]))
        self.assertEqual(client.read_frame(), (0x80 | PONG, b""))
        self.assertEqual(client.read_frame(), (0x80 | TEXT, b"cut in two"))

    def test_windows_are_kept(self):
        data = os.urandom(3000) * 10  # repeats itself further back than a small window sees
        for bits in (9, 10, 12, 15):
            client = self.deflating(f"permessage-deflate; server_max_window_bits={bits}; client_max_window_bits={bits}")
            granted = client.headers["sec-websocket-extensions"]
            self.assertIn(f"server_max_window_bits={min(bits, 12)}", granted)
            client.send(frame(BINARY, deflated(data, bits), rsv=4))
            first, payload = client.read_frame()
            while not first & 0x80:  # what is compressed comes in fragments
                first, more = client.read_frame()
                payload += more
            self.assertEqual(inflated(payload, min(bits, 12)), data)
            client.socket.close()

    def test_offers_that_cannot_be_granted_are_declined(self):
        for offer in ("permessage-deflate; server_max_window_bits=8", "permessage-deflate; server_max_window_bits=16",
                      "permessage-deflate; unknown", "permessage-deflate; server_no_context_takeover=1",
                      "x-webkit-deflate-frame"):
            client = self.connect(Sec_WebSocket_Extensions=offer)
            self.assertEqual((client.status, client.headers.get("sec-websocket-extensions")), (101, None), offer)
        self.assertIn("client_no_context_takeover",
                      self.deflating("permessage-deflate").headers["sec-websocket-extensions"])

    def test_a_bomb_is_1009(self):
        client = self.deflating()
        client.send(frame(BINARY, deflated(b"\x00" * 10_000_000), rsv=4))
        self.assertEqual(client.read_message(), (CLOSE, 1009))

    def test_broken_data_is_1007(self):
        text = deflated(self.TEXT)
        for data in (b"\xff\xff\xff\xff", b"\x07", b"\xff" * 500, b"\x00\x05\x00\xff\xff", b"\x04" + b"\xff" * 40,
                     bytes(byte ^ 0x55 for byte in text)):
            for opcode in (TEXT, BINARY):
                client = self.deflating()
                client.send(frame(opcode, data, rsv=4))
                self.assertEqual(client.read_message(), (CLOSE, 1007), data)
                self.ends(client)

    def test_broken_data_is_told_behind_a_frame_that_is_on_its_way(self):
        client = self.deflating()
        client.send(frame(BINARY, os.urandom(60_000)) + frame(TEXT, b"\xff" * 8, rsv=4))
        while (got := client.read_frame())[0] & 0xF != CLOSE:
            pass  # of the answer, whole frames only
        self.assertEqual((got[0], got[1][:2]), (0x80 | CLOSE, code(1007)))
        self.ends(client)

    def test_bad_utf8_is_found_after_inflating(self):
        client = self.deflating()
        client.send(frame(TEXT, deflated(b"\xed\xa0\x80"), rsv=4))
        self.assertEqual(client.read_message(), (CLOSE, 1007))

    def test_an_offer_that_cannot_be_does_not_hide_one_that_can(self):
        for bad in ("permessage-deflate; unknown", "permessage-deflate; server_max_window_bits=8", "x-other; a=\"b,c\""):
            client = self.deflating(f"{bad}, permessage-deflate; client_max_window_bits=11")
            self.assertIn("client_max_window_bits=11", client.headers["sec-websocket-extensions"])
            client.send(frame(TEXT, deflated(b"compressed", 11), rsv=4))
            self.assertEqual(client.read_frame(), (0x80 | TEXT, b"compressed"))

    def test_only_so_many_have_it_at_once(self):
        clients = [self.connect(Sec_WebSocket_Extensions=self.OFFER) for _ in range(8)]
        with_it = sum("sec-websocket-extensions" in client.headers for client in clients)
        self.assertLessEqual(with_it, 4)
        for client in clients:
            self.echoes(client, frame(TEXT, b"x"), opcode=TEXT, payload=b"x")


if __name__ == "__main__":
    unittest.main()
