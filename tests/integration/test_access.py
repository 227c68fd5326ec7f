"""Who may reach the dashboard: addresses, names, log-ins, encryption."""
import base64
import contextlib
import http.client
import re
import socket
import ssl
import subprocess
import time

import pytest
from conftest import DEADLINE_S

PASSWORD = "correct horse é"
HASHES = {"bcrypt": "$2y$05$abcdefghijklmnopqrstuuNKTrdYIyJepeBe0WMJS4ZyMwX4aEJLK",
          "sha512": "$6$rounds=5000$abcdefgh$m60sspAOETnC2ib0TkcJJ.XtoJulrqhLXDPymegYq0K2gcMctOE4"
                    ".YcE2n0OWhnRoI7eUXJhNKGBDpqWW212W/",
          "yescrypt": "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$9TkKKERdVuKYhkk1uNwVzBKreAu21NC0eub6A30nZmB"}


@pytest.fixture
def serve(ledger, terminate):
    """Start `daybook serve` with more options; gives its port."""
    started = []

    def start(*options):
        service = ledger.start("serve", "--listen", "127.0.0.1:0", *options)
        started.append(service)
        ledger.wait_for(lambda: "dashboard is at" in open(service.log).read(), "the server")
        return int(re.search(r"127\.0\.0\.1:(\d+)", open(service.log).read()).group(1))

    ledger.init(1)
    ledger.run("project")
    yield start
    for service in started:
        terminate(service)


@pytest.fixture
def htpasswd(tmp_path):
    path = tmp_path / "users"
    path.write_text("# agents\n" + "".join(f"{kind}:{hashed}\n" for kind, hashed in HASHES.items()))
    return path


def authorization(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def guess(port, user, count):
    """Ask with wrong passwords, all of them before the first answer is read. @return the sockets."""
    asking = []
    for i in range(count):
        asking.append(socket.create_connection(("127.0.0.1", port), DEADLINE_S))
        asking[-1].sendall(f"GET / HTTP/1.1\r\nHost: localhost:{port}\r\nAuthorization: "
                           f"{authorization(user, f'guess {i}')}\r\nConnection: close\r\n\r\n"
                           .encode())
    return asking


def status_of(asking):
    """@return the status, 0 where the server closed without an answer."""
    answer = b""
    with asking, contextlib.suppress(ConnectionError):
        while piece := asking.recv(65536):
            answer += piece
    return int(answer.split(b" ", 2)[1]) if answer else 0


def get(port, user=None, password=PASSWORD, path="/", host=None, connection=None):
    """@return (status, seconds it took)."""
    connection = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
    headers = {"Host": host or f"localhost:{port}"}
    if user is not None:
        headers["Authorization"] = authorization(user, password)
    begun = time.monotonic()
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    get.headers = answer.headers
    return answer.status, time.monotonic() - begun


@pytest.mark.parametrize("options, words", [
    (["--listen", "0.0.0.0:0"], "--htpasswd"),
    (["--listen", "[::]:0"], "--htpasswd"),
    (["--listen", "192.0.2.1:80"], "--htpasswd"),
    (["--listen", "0.0.0.0:0", "--htpasswd", "users"], "--behind-proxy"),
    (["--listen", "0.0.0.0:0", "--htpasswd", "users", "--behind-proxy"], "--host-name"),
    (["--tls-cert", "users"], "--tls-key is missing"),
    (["--tls-key", "users"], "--tls-cert is missing"),
    (["--tls-key", "users", "--tls-cert", "users"], "PEM"),
    (["--listen", "example.org:80"], "an address of this machine"),
    (["--htpasswd", "nowhere"], "cannot be read"),
])
def test_what_would_be_unsafe_is_refused_with_what_to_do(ledger, htpasswd, options, words):
    assert words in ledger.run("serve", *options, status=2).stderr


@pytest.mark.parametrize("library, package", [
    ("libmicrohttpd.so.12", "libmicrohttpd12"), ("libcrypt.so.1", "libcrypt1"),
])
def test_a_library_that_is_missing_is_named_with_its_package(ledger, htpasswd, library, package):
    ledger.init(1).run("project")
    done = ledger.run_preloaded("no_library", "serve", "--listen", "127.0.0.1:0", "--htpasswd",
                                htpasswd, DAYBOOK_NO_LIBRARY=library)
    assert done.returncode == 1
    assert re.search(rf"/nowhere/libmissing.so: .*\. Install Debian's package {package}\.$",
                     done.stderr, re.M)


@pytest.mark.parametrize("line, words", [
    ("anna:$apr1$abcdefgh$0123456789abcdefghijkl", ":1: the hash is MD5"),
    ("anna:secret", ":1: the hash is not bcrypt"),
    ("anna", ":1: it is not USER:HASH"),
    (":" + HASHES["bcrypt"], ":1: it is not USER:HASH"),
    ("anna:$2y$", ":1: the hash is cut off"),
    ("", "has no user"),
])
def test_a_password_file_that_lets_in_too_many_or_nobody_is_refused(ledger, htpasswd, line, words):
    htpasswd.write_text(line + "\n")
    refusal = ledger.run("serve", "--htpasswd", htpasswd, status=2).stderr
    assert words in refusal and "htpasswd -B" in refusal and "secret" not in refusal
    htpasswd.write_text("sha512:" + HASHES["sha512"] + "\n")
    htpasswd.chmod(0o646)
    assert "chmod o-w" in ledger.run("serve", "--htpasswd", htpasswd, status=2).stderr


@pytest.mark.parametrize("host, expected", [
    ("ledger.example", 200), ("LEDGER.example:443", 200), ("other.example:8080", 200),
    ("[2001:db8::1]", 200), ("evil.example", 421), ("ledger.example.evil.example", 421),
    ("ledger.example:80:90", 421), ("ledger.example:x", 421), ("ledger", 421), ("", 421),
    (",", 421), ("example", 421),
])
def test_it_answers_to_the_names_it_was_given(serve, host, expected):
    port = serve("--host-name", "ledger.example,other.example,[2001:db8::1]")
    assert get(port, host=host or " ")[0] == expected
    assert get(port)[0] == 200


@pytest.mark.parametrize("user", HASHES)
def test_who_has_a_password_gets_in_and_is_remembered(serve, htpasswd, user):
    port = serve("--htpasswd", htpasswd)
    assert [get(port, user)[0] for _ in range(3)] == [200] * 3
    assert get(port, user, path="/transactions.csv")[0] == 200


def test_without_a_password_only_the_health_is_told(serve, htpasswd):
    port = serve("--htpasswd", htpasswd)
    for path in ("/", "/accounts", "/transactions.csv", "/metrics", "/readyz", "/live", "/style.css",
                 "/nothing", "/healthz/", "/%68ealthz/x"):
        expected = 200 if path == "/healthz/" else 401
        assert get(port, path=path)[0] == expected, path
    assert get(port, path="/")[0] == 401
    assert get.headers["WWW-Authenticate"] == 'Basic realm="daybook", charset="UTF-8"'
    assert get(port, path="/healthz")[0] == 200


@pytest.mark.parametrize("user, password", [
    ("sha512", "wrong"), ("nobody", PASSWORD), ("sha512", ""), ("", ""), ("sha512", "x" * 600),
    ("x" * 300, PASSWORD), ("sha512", HASHES["sha512"]), ("# agents", PASSWORD),
])
def test_a_wrong_password_is_refused_slowly(serve, htpasswd, user, password):
    port = serve("--htpasswd", htpasswd)
    status, seconds = get(port, user, password)
    assert status == 401 and seconds > 0.9


def test_guessing_slows_nobody_else_down_and_is_bounded(serve, htpasswd):
    port = serve("--htpasswd", htpasswd, "--behind-proxy")
    assert get(port, "bcrypt")[0] == 200
    guesses = guess(port, "yescrypt", 150)
    others = [get(port, "bcrypt")[0] for _ in range(50)]
    assert others == [200] * 50
    assert {status_of(asking) for asking in guesses} == {401, 429}


def test_a_changed_file_holds_at_once(serve, htpasswd):
    port = serve("--htpasswd", htpasswd)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
    assert get(port, "sha512", connection=connection)[0] == 200
    htpasswd.write_text("bcrypt:" + HASHES["bcrypt"] + "\n")
    assert get(port, "sha512", connection=connection)[0] == 401
    assert get(port, "bcrypt")[0] == 200
    htpasswd.unlink()
    assert get(port, "bcrypt")[0] == 401


def test_stopping_does_not_wait_for_refusals(ledger, serve, htpasswd, terminate):
    port = serve("--htpasswd", htpasswd)
    guesses = guess(port, "sha512", 8)
    for _ in range(2):  # by the second answer the server has read all that came before the first
        assert get(port, path="/healthz")[0] == 200
    terminate(ledger.processes[-1])
    told = [status_of(asking) for asking in guesses]
    # It waits only so long for a client that takes its answer: on a busy machine some get none, and
    # some come when there were too many guesses already.
    assert any(told) and set(told) <= {503, 401, 429, 0}


def certificate(folder, name="localhost"):
    cert, key = folder / f"{name}.crt", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", cert, "-days", "2",
                    "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"],
                   check=True, capture_output=True)
    key.chmod(0o600)
    return cert, key


def test_tls_with_modern_versions_only(serve, tmp_path):
    cert, key = certificate(tmp_path)
    port = serve("--tls-cert", cert, "--tls-key", key)

    def connect(**versions):
        context = ssl.create_default_context(cafile=str(cert))
        for name, version in versions.items():
            setattr(context, name, version)
        return http.client.HTTPSConnection("localhost", port, timeout=DEADLINE_S, context=context)

    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        connection = connect(minimum_version=version, maximum_version=version)
        assert get(port, connection=connection)[0] == 200
    assert get.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert get(port, path="/transactions.csv", connection=connect())[0] == 200
    with pytest.raises((ssl.SSLError, ConnectionError)):
        get(port, connection=connect(minimum_version=ssl.TLSVersion.TLSv1,
                                     maximum_version=ssl.TLSVersion.TLSv1_1))
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        get(port)
    assert get(port, connection=connect())[0] == 200


def test_a_key_that_does_not_fit_or_is_not_secret_is_refused(ledger, tmp_path):
    cert, key = certificate(tmp_path)
    _, other = certificate(tmp_path, "other")
    listen = ["serve", "--listen", "127.0.0.1:0", "--tls-cert", cert, "--tls-key"]
    assert "belong together" in ledger.run(*listen, other, status=2).stderr
    key.chmod(0o644)
    assert "chmod o-rwx" in ledger.run(*listen, key, status=2).stderr
