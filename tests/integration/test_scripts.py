"""The scripts, as a person runs them: the demo, again and with a port taken, and the local broker."""
import glob
import os
import re
import signal
import socket
import subprocess
import time
import urllib.request

import pytest
from conftest import DEADLINE_S

SCRIPTS = os.path.join(os.path.dirname(__file__), "..", "..", "scripts")


def script(name, *words, status=0, timeout=600, **environment):
    done = subprocess.run([os.path.join(SCRIPTS, name), *map(str, words)], text=True,
                          capture_output=True, timeout=timeout, env=dict(os.environ, **environment))
    assert done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
    return done


@pytest.fixture
def ports(unused_port):
    """A port for the page, and the first of a broker's two."""
    return unused_port + 7, unused_port


@pytest.fixture
def demo(tmp_path, ports):
    def run(*words, **more):
        return script("demo", "--port", ports[0], "--kafka-port", ports[1], "--dir",
                      tmp_path / "demo", *words, **more)
    yield run
    if os.path.exists(tmp_path / "demo" / "kafka"):
        script("kafka", "destroy", "--dir", tmp_path / "demo" / "kafka", "--yes")


def wait_until(condition, deadline_s=300):
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < deadline_s
        time.sleep(0.1)


def listeners(port):
    """The addresses on which something listens at this port, as the kernel writes them."""
    found = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in open(table).read().splitlines()[1:]:
            address, state = line.split()[1], line.split()[3]
            if state == "0A" and int(address.split(":")[1], 16) == port:
                found.append(address.split(":")[0])
    return found


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def made_up(port):
    """Transactions of the made-up bank, as the dashboard counts them by now."""
    address = f"http://127.0.0.1:{port}/transactions.csv"
    with urllib.request.urlopen(address, timeout=DEADLINE_S) as answer:
        return answer.read().count(b"SIM-")


def of_session(session):
    """The processes of a session that was begun with the demo."""
    found = []
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            name, rest = open(path).read().rsplit(") ", 1)
        except OSError:
            continue
        if rest.split()[3] == str(session) and rest[0] != "Z":
            found.append(name)
    return found


def test_the_demo_runs_once_and_then_goes_on(demo, ports, tmp_path):
    first = demo("--once")
    assert "C100\t830.00" in first.stdout and "C200\t2300.00" in first.stdout
    assert "proven: 5 events" in first.stdout and "shows C100 with 830.00" in first.stderr
    assert f"everything is kept in {tmp_path}/demo" in first.stderr
    assert not answers(ports[0]) and not answers(ports[1]), "something is left running"
    again = demo("--once")
    assert "already imported" in again.stderr and "proven: 5 events" in again.stdout


def test_the_demo_survives_its_broker_and_stops_all_on_ctrl_c(tmp_path, demo, ports):
    log = open(tmp_path / "log", "w+")
    running = subprocess.Popen([os.path.join(SCRIPTS, "demo"), "--port", str(ports[0]),
                                "--kafka-port", str(ports[1]), "--dir", str(tmp_path / "demo"),
                                "--simulate"],
                               stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        wait_until(lambda: "Ctrl-C stops" in open(log.name).read() or running.poll() is not None)
        assert running.poll() is None, open(log.name).read()
        assert answers(ports[0]) and answers(ports[1])
        wait_until(lambda: made_up(ports[0]) > 2)
        os.kill(int((tmp_path / "demo" / "kafka" / "pid").read_text()), signal.SIGKILL)
        wait_until(lambda: "The broker died" in open(log.name).read())
        script("kafka", "start", "--dir", tmp_path / "demo" / "kafka")
        wait_until(lambda: "; going on" in open(log.name).read()
                   or running.poll() is not None)
        assert running.poll() is None, open(log.name).read()
        before = made_up(ports[0])
        wait_until(lambda: made_up(ports[0]) > before + 2)
    finally:
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does: to all of them
        running.wait(DEADLINE_S)
    assert re.search(r"^daybook: sent \d+ events in ", open(log.name).read(), re.M)
    assert not of_session(running.pid), "something is left running"
    assert not answers(ports[0]) and not answers(ports[1]), open(log.name).read()
    assert "kafka: stopped" in open(log.name).read()


def test_a_taken_port_is_told_with_the_option_that_helps(demo, ports):
    for port, option in zip(ports, ("--port", "--kafka-port")):
        with socket.create_server(("127.0.0.1", port)):
            said = demo("--once", status=1).stderr
            assert f"port {port} is taken by " in said and f"with {option}" in said, said


@pytest.mark.parametrize("words, hint", [(["--port", "abc"], "--port takes a number"),
                                         (["--kafka-port", "99999"], "--kafka-port takes a number"),
                                         (["--dir"], "--dir needs a value"),
                                         (["--bogus"], "there is no option --bogus")])
def test_the_demos_options_are_checked_before_anything_is_done(tmp_path, words, hint):
    done = script("demo", *words, status=2, DAYBOOK_HOME=str(tmp_path / "home"))
    assert hint in done.stderr and not (tmp_path / "home").exists()


def test_without_the_network_it_says_so(tmp_path):
    """Kafka's jars are missing, and every request goes nowhere."""
    dead = "-Duser.home=%s -Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=1" % tmp_path
    done = script("setup", status=1, DAYBOOK_HOME=str(tmp_path / "home"), MAVEN_OPTS=dead)
    assert "Maven could not fetch Kafka" in done.stderr and "Check the network" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can hide this machine's Java")
def test_without_java_it_names_what_to_run(tmp_path):
    """A Java that is too old, and none in the usual places."""
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text('#!/bin/sh\necho \'openjdk version "11.0.2"\' >&2\n')
    java.chmod(0o755)
    hidden = f'mount -t tmpfs none /usr/lib/jvm && exec setpriv --reuid 65534 --clear-groups "$@"'
    for words, expected in ((["setup"], "sudo apt-get update && sudo apt-get install -y"),
                            (["kafka", "start", "--dir", "/tmp/none"], "Run scripts/setup")):
        done = subprocess.run(
            ["unshare", "--mount", "bash", "-c", hidden, "-", os.path.join(SCRIPTS, words[0]),
             *words[1:]], text=True, capture_output=True, timeout=DEADLINE_S,
            env=dict(os.environ, JAVA_HOME=str(tmp_path), HOME="/tmp", DAYBOOK_HOME="",
                     PATH=f"{java.parent}:{os.environ['PATH']}"))
        assert done.returncode == 1 and expected in done.stderr, done.stderr


def test_a_broker_is_started_found_and_destroyed(tmp_path, ports):
    folder = tmp_path / "kafka"
    words = ["--port", ports[1], "--dir", folder]
    assert script("kafka", "status", *words, status=1).stdout.startswith("does not run")
    address = script("kafka", "start", *words).stdout.strip()
    try:
        assert address == f"127.0.0.1:{ports[1]}"
        assert script("kafka", "start", *words).stdout.strip() == address
        pid = int(re.search(r"process (\d+)", script("kafka", "status", *words).stdout).group(1))
        assert listeners(ports[1]), "nothing listens"
        for at in listeners(ports[1]):
            assert at in ("0100007F", "0000000000000000FFFF00000100007F"), "not loopback"
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not answers(ports[1]))
        assert "starts it again with its data" in script("kafka", "status", *words, status=1).stdout
        assert "had died" in script("kafka", "start", *words).stderr
        assert "stopped" in script("kafka", "stop", *words).stderr
        assert "does not run" in script("kafka", "stop", *words).stderr
    finally:
        script("kafka", "destroy", *words, "--yes")
    assert not folder.exists()


def test_destroy_leaves_alone_what_it_did_not_make(tmp_path):
    (tmp_path / "diary").write_text("mine")
    said = script("kafka", "destroy", "--dir", tmp_path, "--yes", status=1).stderr
    assert "left alone" in said and (tmp_path / "diary").exists()
    said = script("kafka", "start", "--dir", tmp_path, status=1).stderr
    assert "holds other files" in said


@pytest.mark.parametrize("words", [
    ("demo", "--nonsense"), ("kafka",), ("kafka", "stat"), ("kafka", "start", "--port", "x"),
    ("kafka", "start", "--nonsense"), ("setup", "--nonsense"), ("test", "nonsense")])
def test_wrong_usage_ends_with_2(words):
    script(*words, status=2)
