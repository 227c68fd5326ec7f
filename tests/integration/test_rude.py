"""Clients that are slow, rude, many or huge harm nobody else."""
import re
import resource
import socket
import time
import urllib.error
import urllib.request

import pytest
from conftest import DEADLINE_S, event


@pytest.fixture
def site(ledger, terminate):
    ledger.init(1).send([event(memo="m")])
    ledger.run("project")
    service = ledger.start("serve", "--listen", "127.0.0.1:0")
    ledger.wait_for(lambda: "dashboard is at" in open(service.log).read(), "the server")
    ledger.port = int(re.search(r"127\.0\.0\.1:(\d+)", open(service.log).read()).group(1))
    yield ledger
    terminate(service)


@pytest.fixture
def sockets():
    """Open many connections; they are closed with the test."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, hard), hard))
    opened = []
    yield opened
    for connection in opened:
        connection.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def connect(site, sockets, request=b""):
    connection = socket.create_connection(("127.0.0.1", site.port), DEADLINE_S)
    sockets.append(connection)
    connection.sendall(request.replace(b"PORT", str(site.port).encode()))
    return connection


def get(site, path="/"):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{site.port}{path}", timeout=DEADLINE_S) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def streams(site):
    return int(re.search(r"^daybook_http_streams (\d+)$", get(site, "/metrics")[1], re.M).group(1))


STREAM = b"GET /live HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n"


def test_connections_that_say_nothing_make_room(site, sockets):
    for _ in range(2500):
        connect(site, sockets)
    assert get(site)[0] == 200
    assert get(site, "/transactions")[0] == 200


def test_a_thousand_streams_leave_room_for_pages(site, sockets):
    opened = [connect(site, sockets, STREAM) for _ in range(1000)]
    site.wait_for(lambda: streams(site) == 1000, "the streams")
    for stream in opened:
        assert b"200 OK" in stream.recv(4096)
    assert get(site)[0] == 200
    status, text = get(site, "/live")
    assert status == 503 and "too many" in text
    for stream in opened[:100]:
        stream.close()
    site.wait_for(lambda: streams(site) == 900, "the streams that were left")
    assert b"200 OK" in connect(site, sockets, STREAM).recv(4096)


def test_a_stream_whose_client_left_is_noticed(site, sockets):
    left, reset = (connect(site, sockets, STREAM) for _ in range(2))
    site.wait_for(lambda: streams(site) == 2, "the streams")
    left.shutdown(socket.SHUT_WR)
    reset.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    reset.close()
    site.wait_for(lambda: streams(site) == 0, "the end of both")


@pytest.mark.parametrize("request_bytes", [
    b"GET / HTTP/1.1\r\nHost: localhost:PORT\r\n" + b"".join(
        b"X-%d: y\r\n" % i for i in range(10000)) + b"\r\n",
    b"GET /" + b"a" * 65536 + b" HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n",
    b"GET /?" + b"a=b&" * 3000 + b" HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost:PORT\r\nCookie: " + b"a" * 65536 + b"\r\n\r\n",
    b"\x00" * 65536,
    b"G" * 65536,
    b"\r\n" * 32768,
    b"GET / HTTP/9.9\r\n\r\n" * 1000,
])
def test_huge_and_senseless_requests_harm_nobody(site, sockets, request_bytes):
    for _ in range(20):
        connection = connect(site, sockets)
        try:
            connection.sendall(request_bytes.replace(b"PORT", str(site.port).encode()))
        except OSError:
            pass
    assert get(site)[0] == 200


def test_a_stop_amid_senseless_requests_is_clean(ledger, sockets, terminate):
    """libmicrohttpd would read a null pointer in about one of twenty of these."""
    ledger.init(1).send([event()])
    ledger.run("project")
    for i in range(20):
        service = ledger.start("serve", "--listen", "127.0.0.1:0")
        ledger.wait_for(lambda: "dashboard is at" in open(service.log).read(), "the server")
        ledger.port = int(re.search(r"127\.0\.0\.1:(\d+)", open(service.log).read()).group(1))
        for connection in [connect(ledger, sockets) for _ in range(40)]:
            try:
                connection.sendall(b"\0" * 65536 if i % 2 else b"GET / HTTP/9.9\r\n\r\n" * 1000)
            except OSError:
                pass
        terminate(service)


def test_who_does_not_read_a_download_is_cut_off(site, sockets):
    site.send([event(memo="m" * 150) for _ in range(60000)])
    site.run("project")

    def is_held():
        """Whether the server still has its end of the connection: neither side closed it."""
        here, there = (f"0100007F:{port:04X}" for port in (site.port, connection.getsockname()[1]))
        ends = [line.split()[1:4] for line in open("/proc/net/tcp").read().splitlines()[1:]]
        return [here, there, "01"] in ends

    connection = socket.socket()
    sockets.append(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", site.port))
    connection.sendall(
        f"GET /transactions.csv HTTP/1.1\r\nHost: localhost:{site.port}\r\n\r\n".encode())
    assert b"200 OK" in connection.recv(2000)
    assert get(site, "/transactions.csv")[1].count("\n") == 60002
    assert is_held()
    site.wait_for(lambda: not is_held(), "the end of the download")
