"""Run within a namespace: when each UDP and ICMP packet passes its link, by the kernel's clock.

capture.py DEVICE prints READY and, when standard input ends, a JSON list of
[time in ns, "in" or "out", protocol, what stands behind the IP header in hex].
"""

import json
import selectors
import socket
import struct
import sys

SO_TIMESTAMPNS = 35
ETH_P_IP = 0x0800
PACKET_OUTGOING = 4
LONGEST = 80


def main(device):
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))  # ETH_P_ALL: those that leave, too
    tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 20)
    tap.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    tap.bind((device, 3))
    tap.setblocking(False)
    print("READY", flush=True)
    packets = []
    with selectors.DefaultSelector() as selector:
        selector.register(tap, selectors.EVENT_READ)
        selector.register(sys.stdin, selectors.EVENT_READ)
        while True:
            ready = [key.fileobj for key, _ in selector.select()]
            if tap in ready:
                read_all(tap, packets)
            elif sys.stdin in ready and not sys.stdin.readline():
                break
    print(json.dumps(packets))


def read_all(tap, packets):
    while True:
        try:
            data, control, _, address = tap.recvmsg(256, 256)
        except BlockingIOError:
            return
        if address[1] != ETH_P_IP or data[9] not in (socket.IPPROTO_UDP, socket.IPPROTO_ICMP):
            continue
        seconds, nanoseconds = struct.unpack("qq", next(c[2] for c in control if c[1] == SO_TIMESTAMPNS)[:16])
        direction = "out" if address[2] == PACKET_OUTGOING else "in"
        content = data[4 * (data[0] & 15) :]
        packets.append([seconds * 10**9 + nanoseconds, direction, data[9], content[:LONGEST].hex()])


main(sys.argv[1])
