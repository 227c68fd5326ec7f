"""Server-sent events, by raw sockets: what a stream says, when, and what it costs others."""
import json
import re
import socket
import time

import pytest
from conftest import DEADLINE_S, event


class Stream:
    """One open stream; reads events one by one."""

    def __init__(self, port, path="/live?lang=en", timeout=DEADLINE_S):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode())
        self.bytes = b""
        while b"\r\n\r\n" not in self.bytes:
            self.more()
        self.head, self.bytes = self.bytes.split(b"\r\n\r\n", 1)

    def more(self):
        piece = self.socket.recv(65536)
        if not piece:
            raise EOFError
        self.bytes += piece

    def chunk(self):
        while b"\r\n" not in self.bytes:
            self.more()
        size, rest = self.bytes.split(b"\r\n", 1)
        while len(rest) < int(size, 16) + 2:
            self.more()
            rest = self.bytes.split(b"\r\n", 1)[1]
        self.bytes = rest[int(size, 16) + 2:]
        return rest[:int(size, 16)]

    def next(self, name=None):
        """The next event, or the next one of this name: (name, data)."""
        while True:
            text = b""
            while not text.endswith(b"\n\n"):
                text += self.chunk()
            fields = [line.split(": ", 1) for line in text.decode().rstrip("\n").split("\n")]
            found = dict(field for field in fields if len(field) == 2).get("event")
            data = "\n".join(field[1] for field in fields if field[0] == "data")
            if name in (None, found):
                return found, data

    def next_with(self, words):
        """The next freshness line with these words: others may come before, of a lag measured."""
        while words not in self.next("freshness")[1]:
            pass

    def close(self):
        self.socket.close()


@pytest.fixture
def live(ledger, terminate):
    """A ledger that `daybook run` serves, with its port."""
    ledger.init(1)
    service = ledger.start("run", "--listen", "127.0.0.1:0")
    ledger.wait_for(lambda: "dashboard is at" in open(service.log).read(), "the server")
    ledger.port = int(re.search(r"127\.0\.0\.1:(\d+)", open(service.log).read()).group(1))
    ledger.service = service
    yield ledger
    if service.poll() is None:
        terminate(service)


def test_a_stream_says_how_things_are_and_then_every_change(live):
    stream = Stream(live.port)
    assert b"200 OK" in stream.head and b"Content-Type: text/event-stream" in stream.head
    assert stream.next()[0] == "freshness"
    name, data = stream.next()
    assert (name, json.loads(data)) == ("commit", {"generation": 1, "commit_seq": 0})
    live.send([event()])
    stream.next_with(">0:0<")
    assert json.loads(stream.next("commit")[1]) == {"generation": 1, "commit_seq": 1}
    stream.close()


def test_the_freshness_line_speaks_the_language_of_the_stream(live):
    for lang, words in (("fr", "À jour"), ("en", "Up to date")):
        stream = Stream(live.port, f"/live?lang={lang}")
        stream.next_with(words)
        stream.close()


def test_another_generation_is_an_event(live):
    live.send([event()])
    stream = Stream(live.port)
    while json.loads(stream.next("commit")[1])["commit_seq"] < 1:
        pass
    live.run("project", "--reset")
    while json.loads(stream.next("commit")[1])["generation"] != 2:
        pass
    stream.close()


def test_a_busy_ledger_is_told_ten_times_a_second_at_most(live):
    stream = Stream(live.port)
    stream.next("commit")
    begun = time.monotonic()
    for i in range(300):
        live.send([event(memo=f"{i}")])
    told = 0
    while True:
        told += 1
        if json.loads(stream.next("commit")[1])["commit_seq"] >= live.sql(
                "SELECT commit_seq FROM meta")[0][0]:
            break
    assert told <= 10 * (time.monotonic() - begun) + 1
    stream.close()


def test_stopping_ends_streams_and_downloads_at_once(live, terminate):
    live.send([event(memo="m" * 100) for _ in range(30000)])
    live.wait_for(lambda: live.assert_whole() == 30000, "the view")
    streams = [Stream(live.port) for _ in range(20)]
    downloads = [Stream(live.port, "/transactions.csv") for _ in range(3)]
    terminate(live.service)
    for stream in streams:
        with pytest.raises((EOFError, ConnectionError)):
            while True:
                stream.chunk()
    for stream in streams + downloads:
        stream.close()
