"""A broker that dies and comes back: waited for, verified, and gone on with."""
import os
import time

from conftest import event


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
