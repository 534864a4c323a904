#!/usr/bin/env python3
"""A stranger's client: written from docs/PROTOCOL.md alone, with Python's standard library only.

It watches an item, sells the last one, sees its level go to 0, sends the same sale again and gets
the same bytes, and is refused a second sale with 2001.

    last_item.py URL KEY LOCATION SKU

URL is the server's (http://127.0.0.1:8080), KEY an API key of the role `till` or `admin`. The item
must have exactly one unit available for tills at that location (--receive puts it there first), and
a price (or give --amount in minor units); the location trades in --currency (default EUR).

Exit code 0: all of it happened. 1: something did not; the last line says what.
"""

import argparse
import base64
import hashlib
import json
import os
import socket
import struct
import sys
import time
import urllib.parse
import uuid

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TIMEOUT_S = 10


class Failed(Exception):
    """Something did not happen as the protocol says."""


class WebSocket:
    """RFC 6455, as much of it as a client of onhand needs."""

    def __init__(self, url, key):
        parts = urllib.parse.urlsplit(url)
        host, port = parts.hostname, parts.port or 80
        self.socket = socket.create_connection((host, port), timeout=TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        nonce = base64.b64encode(os.urandom(16)).decode()
        head = (
            "GET /v1/ws HTTP/1.1\r\n"
            f"Host: {host}:{port}\r\n"
            "Upgrade: websocket\r\n"
            "Connection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {nonce}\r\n"
            "Sec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Protocol: onhand.v1.json\r\n"
            f"Authorization: Bearer {key}\r\n"
            "\r\n"
        )
        self.socket.sendall(head.encode())
        while b"\r\n\r\n" not in self.buffer:
            self.fill()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        if lines[0].split(" ")[1] != "101":
            raise Failed(f"the handshake was refused: {lines[0]} {self.buffer.decode(errors='replace')}")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        expected = base64.b64encode(hashlib.sha1((nonce + GUID).encode()).digest()).decode()
        if headers.get("sec-websocket-accept") != expected:
            raise Failed("the other side is no WebSocket server")

    def fill(self):
        data = self.socket.recv(65536)
        if not data:
            raise Failed("the server closed the connection")
        self.buffer += data

    def take(self, count):
        while len(self.buffer) < count:
            self.fill()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def frame(self, opcode, payload):
        """One frame, masked as a client's must be."""
        size = len(payload)
        if size < 126:
            length = struct.pack("!B", 0x80 | size)
        elif size < 65536:
            length = struct.pack("!BH", 0x80 | 126, size)
        else:
            length = struct.pack("!BQ", 0x80 | 127, size)
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
        self.socket.sendall(bytes([0x80 | opcode]) + length + mask + masked)

    def send(self, text):
        self.frame(1, text.encode())

    def receive(self):
        """The next text message. Pings are answered on the way."""
        message = b""
        while True:
            first, second = self.take(2)
            size = second & 0x7F
            if size == 126:
                (size,) = struct.unpack("!H", self.take(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", self.take(8))
            payload = self.take(size)
            opcode = first & 0x0F
            if opcode == 8:
                raise Failed(f"the server closed the connection: {payload[2:].decode(errors='replace')}")
            if opcode == 9:
                self.frame(10, payload)
            elif opcode in (0, 1):
                message += payload
                if first & 0x80:
                    return message.decode()

    def close(self):
        self.frame(8, struct.pack("!H", 1000))
        self.socket.close()


class Client:
    """Requests matched to replies by id, and the newest level of what is watched."""

    def __init__(self, url, key):
        self.web_socket = WebSocket(url, key)
        self.replies = {}
        self.levels = {}

    def hear(self):
        text = self.web_socket.receive()
        message = json.loads(text)
        for level in message.get("levels", []):
            place = (level["location"], level["sku"])
            if level["version"] >= self.levels.get(place, level)["version"]:
                self.levels[place] = level
        if "ok" in message or "error" in message:
            self.replies[message["id"]] = text

    def ask(self, op, request_id=None, **fields):
        """Sends a request; gives its reply, read and as it came."""
        request_id = request_id or str(uuid.uuid4())
        self.web_socket.send(json.dumps({"op": op, "id": request_id, **fields}))
        self.wait(lambda: request_id in self.replies, f"an answer to {op}")
        text = self.replies.pop(request_id)
        return json.loads(text), text

    def wait(self, happened, what):
        deadline = time.monotonic() + TIMEOUT_S
        while not happened():
            if time.monotonic() > deadline:
                raise Failed(f"{what} did not come within {TIMEOUT_S} s")
            try:
                self.hear()
            except TimeoutError:
                raise Failed(f"{what} did not come within {TIMEOUT_S} s") from None


def check(good, what, seen):
    print(("ok    " if good else "WRONG ") + what)
    if not good:
        raise Failed(f"{what}: {seen}")


def run(options):
    client = Client(options.url, options.key)
    place = (options.location, options.sku)
    if options.receive:
        received, _ = client.ask("receive", location=options.location, lines=[{"sku": options.sku, "qty": "1"}])
        check(received.get("ok") == "received", "one unit came in", received)

    # A second connection watches, so that what it sees came from the server and not from us.
    watcher = Client(options.url, options.key)
    watched, _ = watcher.ask("subscribe", skus=[options.sku], locations=[options.location], channel="till")
    check(watched.get("ok") == "subscribed", "watching", watched)
    watcher.wait(lambda: place in watcher.levels, "the first level")
    before = watcher.levels[place]
    check(float(before["available"]) == 1, "one is left", before)

    line = {"sku": options.sku, "qty": "1"}
    if options.amount is not None:
        line["amount"] = options.amount
    sale = {"location": options.location, "currency": options.currency, "lines": [line]}
    sale_id = str(uuid.uuid4())
    sold, first = client.ask("sell", sale_id, **sale)
    check(sold.get("ok") == "recorded", "the last one is sold", sold)

    watcher.wait(lambda: float(watcher.levels[place]["available"]) == 0, "the level 0")
    check(watcher.levels[place]["version"] > before["version"], "the watcher saw it go to 0", watcher.levels[place])

    _, again = client.ask("sell", sale_id, **sale)
    check(again == first, "the same id gets the same bytes", again)

    refused, _ = client.ask("sell", **sale)
    check(refused.get("error", {}).get("number") == 2001, "a second sale is refused with 2001", refused)

    other = dict(sale, lines=[dict(line, qty="2")])
    reused, _ = client.ask("sell", sale_id, **other)
    check(reused.get("error", {}).get("number") == 1008, "the same id with other content is refused with 1008", reused)
    client.web_socket.close()
    watcher.web_socket.close()


def main():
    parser = argparse.ArgumentParser(description="Sells the last one.", epilog="See the top of this file.")
    parser.add_argument("url", help="the server, such as http://127.0.0.1:8080")
    parser.add_argument("key", help="an API key of the role till or admin")
    parser.add_argument("location", help="the code of a location, such as S1")
    parser.add_argument("sku", help="the code of an item, such as TEA")
    parser.add_argument("--currency", default="EUR")
    parser.add_argument("--amount", type=int, help="what it costs, in minor units, if it has no price")
    parser.add_argument("--receive", action="store_true", help="receive one unit first")
    options = parser.parse_args()
    try:
        run(options)
    except (Failed, OSError, ValueError, KeyError) as why:
        print(f"failed: {why}")
        return 1
    print("sold the last one, once")
    return 0


if __name__ == "__main__":
    sys.exit(main())
