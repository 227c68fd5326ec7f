"""The server's rules, by raw sockets: what is refused, and what every answer carries."""
import gzip
import json
import re
import socket
import time
import urllib.request

import pytest
from conftest import DEADLINE_S, event


@pytest.fixture
def port(ledger, terminate):
    ledger.init(1).send([event(memo="m")])
    ledger.run("project")
    service = ledger.start("serve", "--listen", "127.0.0.1:0")
    ledger.wait_for(lambda: "dashboard is at" in open(service.log).read(), "the server")
    number = int(re.search(r"127\.0\.0\.1:(\d+)", open(service.log).read()).group(1))
    ledger.wait_for(lambda: b"freshness fresh" in get(number, "/"), "the log's end")
    yield number
    terminate(service)


def ask(port, request, silence_s=DEADLINE_S):
    """Send bytes as they are; return all that comes back until the server closes.

    @param silence_s where it keeps the connection open: so much silence is an answer's end.
    """
    answer = b""
    with socket.create_connection(("127.0.0.1", port), DEADLINE_S) as connection:
        try:
            connection.sendall(request.replace(b"PORT", str(port).encode()))
            while piece := connection.recv(65536):
                answer += piece
                connection.settimeout(silence_s)
        except (TimeoutError, ConnectionError):
            pass
    return answer


def get(port, path, *headers, method="GET", **more):
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost:PORT", *headers, "Connection: close"]
    return ask(port, ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"), **more)


def in_five(found):
    """Whether it is so, once in five times: a page says also how far the log is, which may change."""
    return any(found() for _ in range(5))


def status(answer):
    return int(answer.split(b" ", 2)[1]) if answer else 0


@pytest.mark.parametrize("expected, path, headers, method", [
    (200, "/", [], "GET"),
    (200, "/", [], "HEAD"),
    (200, "/healthz", [], "GET"),
    (200, "/transactions", [], "GET"),
    (200, "/accounts?search=%C3%A9", [], "GET"),
    (400, "/accounts?next=%C3%A9", [], "GET"),
    (404, "/accounts/%C3%A9", [], "GET"),
    (200, "/accounts/C100", [], "GET"),
    (200, "/rejections", [], "GET"),
    (200, "/transactions/count", [], "GET"),
    (400, "/transactions?min=abc", [], "GET"),
    (400, "/transactions?nonsense=1", [], "GET"),
    (200, "/events/0/0", [], "GET"),
    (404, "/events/0/99", [], "GET"),
    (404, "/events/0/-1", [], "GET"),
    (404, "/events/00/0", [], "GET"),
    (404, "/events/0/99999999999999999999", [], "GET"),
    (200, "/style.css", [], "GET"),
    (404, "/nothing", [], "GET"),
    (404, "/a/b/c", [], "GET"),
    (404, "/../../etc/passwd", [], "GET"),
    (404, "/%2e%2e%2fetc%2fpasswd", [], "GET"),
    (400, "/a%00b", [], "GET"),
    (400, "/a%0", [], "GET"),
    (400, "/a%zz", [], "GET"),
    (400, "//", [], "GET"),
    (400, "/transactions?next=1.2", [], "GET"),
    (400, "/transactions?next=1.2.3%27", [], "GET"),
    (405, "/", [], "DELETE"),
    (405, "/", [], "OPTIONS"),
    (400, "/", ["Content-Length: 1"], "POST"),
    (400, "/", ["Content-Length: 5"], "GET"),
    (400, "/", ["Content-Length: 0", "Content-Length: 5"], "GET"),
    (400, "/", ["Transfer-Encoding: chunked"], "GET"),
    (400, "/", ["Content-Length: 3", "Transfer-Encoding: chunked"], "GET"),
])
def test_each_request_gets_its_status(port, expected, path, headers, method):
    answer = get(port, path, *headers, method=method)
    assert status(answer) == expected, answer[:300]
    if method == "HEAD":
        assert answer.endswith(b"\r\n\r\n"), "HEAD has a body"


@pytest.mark.parametrize("request_bytes, expected", [
    (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", {421}),
    (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", {421}),
    (b"GET / HTTP/1.1\r\nHost: localhost:PORT.evil.example\r\n\r\n", {421}),
    (b"GET / HTTP/1.1\r\n\r\n", {400}),
    (b"GET / HTTP/1.1\r\nHost: localhost:PORT\r\nHost: evil.example\r\n\r\n", {400}),
    (b"\x16\x03\x01\x02\x00\x01\x00", {0, 400}),
    (b"GET /" + b"a" * 60000 + b" HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n", {0, 400, 413, 414}),
    (b"GET / HTTP/1.1\r\nHost: localhost:PORT\r\nX: " + b"a" * 60000 + b"\r\n\r\n",
     {0, 400, 413, 431}),
])
def test_strange_requests_are_refused(port, request_bytes, expected):
    assert status(ask(port, request_bytes, silence_s=1.5)) in expected
    assert status(get(port, "/healthz")) == 200


def test_smuggled_requests_are_not_answered(port):
    second = b"GET /transactions.json HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n"
    for headers in (b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
                    b"Content-Length: %d\r\n" % len(second),
                    b"Content-Length: 0\r\nContent-Length: 30\r\n"):
        answer = ask(port, b"GET / HTTP/1.1\r\nHost: localhost:PORT\r\n" + headers + b"\r\n0\r\n\r\n"
                     + second, silence_s=1.5)
        assert status(answer) == 400 and answer.count(b"HTTP/1.1") == 1


def test_every_answer_is_strict(port):
    for path in ("/", "/transactions.csv", "/nothing", "/style.css"):
        head = get(port, path).split(b"\r\n\r\n")[0].decode()
        assert "Content-Security-Policy: default-src 'none'" in head
        assert "unsafe" not in head and "X-Content-Type-Options: nosniff" in head
        assert "Access-Control" not in head
    page = get(port, "/").decode()
    assert "style=" not in page and not re.search(r"<script(?! type=\"module\" src=)", page)
    assert not re.search(r"\son\w+=", page)


def etag_of(port, *headers):
    return re.search(rb"ETag: (\S+)", get(port, "/", *headers)).group(1).decode()


def test_a_page_that_did_not_change_is_not_sent_again(ledger, port):
    assert in_five(lambda: status(get(port, "/", f"If-None-Match: {etag_of(port)}")) == 304)
    etag = etag_of(port)
    assert status(get(port, "/?lang=en", f"If-None-Match: {etag}")) == 200
    ledger.send([event()])
    ledger.run("project")
    assert status(get(port, "/", f"If-None-Match: {etag}")) == 200


@pytest.mark.parametrize("path", ["/", "/transactions.csv", "/transactions.json", "/chart.js"])
def test_answers_are_compressed_for_who_asks(ledger, port, path):
    ledger.send([event(memo=f"memo {i}") for i in range(9000)])
    ledger.run("project")

    def both_are_equal():
        plain, packed = (urllib.request.urlopen(urllib.request.Request(
            f"http://127.0.0.1:{port}{path}", headers={"Accept-Encoding": encoding}))
            for encoding in ("identity", "br, gzip;q=0.5"))
        whole, small = plain.read(), packed.read()
        assert plain.headers["Content-Encoding"] is None
        assert packed.headers["Content-Encoding"] == "gzip"
        assert all("Accept-Encoding" in each.headers["Vary"] for each in (plain, packed))
        assert len(small) < len(whole) / 2
        return gzip.decompress(small) == whole
    assert in_five(both_are_equal)


@pytest.mark.parametrize("encodings, expected", [
    ("gzip", True), ("GZIP", True), ("deflate, gzip;q=1.0", True), ("gzip;q=0.001", True),
    ("", False), ("identity", False), ("gzip;q=0", False), ("gzip;q=0.000", False),
    ("gzipped", False), ("x-gzip", False),
])
def test_only_who_accepts_it_gets_it_compressed(port, encodings, expected):
    answer = get(port, "/style.css", f"Accept-Encoding: {encodings}")
    assert (b"Content-Encoding: gzip" in answer) == expected


def test_a_validator_is_that_of_the_form_that_was_sent(port):
    def is_known(form):
        plain, packed = etag_of(port), etag_of(port, "Accept-Encoding: gzip")
        assert plain != packed
        known = form.format(plain=plain, packed=packed)
        return status(get(port, "/", f"If-None-Match: {known}", "Accept-Encoding: gzip")) == 304

    for form in ("{plain}", "{packed}", "W/{packed}", '"other", {plain}', '"a, b" , {packed}'):
        assert in_five(lambda: is_known(form)), form
    plain = etag_of(port)
    for other in ('"other"', plain.strip('"'), plain[:-2] + '"', '"x' + plain[1:], '"'):
        assert status(get(port, "/", f"If-None-Match: {other}")) == 200


@pytest.mark.parametrize("path", ["/", "/transactions", "/transactions.csv", "/chart.js",
                                  "/healthz", "/live", "/nothing"])
@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_head_is_get_without_a_body(port, path, encoding):
    more = {"silence_s": 1.5} if path == "/live" else {}  # a stream goes on
    names = lambda text: [line for line in text.split(b"\r\n") if not line.startswith(b"Date:")]

    def heads_are_equal():
        whole = get(port, path, f"Accept-Encoding: {encoding}", **more).split(b"\r\n\r\n")[0]
        head = get(port, path, f"Accept-Encoding: {encoding}", method="HEAD", **more)
        assert whole.startswith(b"HTTP/1.1 ") and head.endswith(b"\r\n\r\n"), head
        return names(head.split(b"\r\n\r\n")[0]) == names(whole)
    assert in_five(heads_are_equal)


def test_a_client_that_dawdles_is_cut_off(port):
    with socket.create_connection(("127.0.0.1", port), DEADLINE_S) as connection:
        deadline = time.monotonic() + DEADLINE_S
        with pytest.raises(ConnectionError):
            connection.sendall(b"GET / HTTP/1.1\r\n")
            while time.monotonic() < deadline:
                connection.sendall(b"X")
                time.sleep(0.5)
    assert status(get(port, "/healthz")) == 200


def test_a_port_that_is_taken_and_an_open_address_are_refused(ledger, port):
    assert "Choose another port" in ledger.run("serve", "--listen", f"127.0.0.1:{port}",
                                               status=2).stderr
    for address in ("0.0.0.0:0", "192.0.2.1:80", "example.org:80", "127.0.0.1", ":80"):
        ledger.run("serve", "--listen", address, status=2)


def test_downloads_hold_every_row(ledger, port):
    ledger.send([event(f"A{i % 50}", "1.00", memo=f"{i}") for i in range(9000)])
    ledger.run("project")
    url = f"http://127.0.0.1:{port}/"
    rows = urllib.request.urlopen(url + "transactions.csv").read().decode().split("\r\n")
    assert len(rows) == 1 + 9001 + 1 and rows[-1] == ""
    assert len(json.load(urllib.request.urlopen(url + "transactions.json"))["transactions"]) == 9001
    assert len(json.load(urllib.request.urlopen(url + "accounts.json"))["accounts"]) == 51
