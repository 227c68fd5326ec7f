"""A broker that dies and comes back: waited for, verified, and gone on with."""
import os
import signal
import subprocess
import time

import pytest
from conftest import Ledger, event

SCRIPT = os.path.join(os.path.dirname(__file__), "..", "..", "scripts", "kafka")


def kafka(command, folder, port):
    done = subprocess.run([SCRIPT, command, "--port", str(port), "--dir", str(folder)], text=True,
                          capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def own(binary, tmp_path, unused_port):
    """A ledger on a broker of its own, which the test may kill."""
    folder = tmp_path / "kafka"
    address = kafka("start", folder, unused_port)
    made = Ledger(binary, address, tmp_path, "ledger")
    made.kafka = lambda command: kafka(command, folder, unused_port)
    made.kill_broker = lambda: os.kill(int(open(folder / "pid").read()), signal.SIGKILL)
    yield made
    made.stop_all()
    made.kafka("destroy")


def test_a_killed_broker_is_waited_for(own, terminate):
    own.init(2).send([event(f"A{i}") for i in range(50)])
    service = own.start("run", "--listen", "127.0.0.1:0")
    own.wait_for(lambda: os.path.exists(own.database) and own.assert_whole() == 50, "50 events")
    own.kill_broker()
    time.sleep(3)
    assert service.poll() is None, open(service.log).read()
    assert "no broker answers" in own.run("project", "-d", own.folder / "x.db", status=3).stderr
    own.kafka("start")
    own.send([event(f"A{i}") for i in range(50)])
    own.wait_for(lambda: own.assert_whole() == 100, "100 events")
    own.run("audit")
    own.kill_broker()
    time.sleep(1)
    terminate(service, within=5)
    own.kafka("start")
    own.run("audit")
