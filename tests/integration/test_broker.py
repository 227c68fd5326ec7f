"""A broker that dies and comes back: waited for, verified, and gone on with."""
import os
import signal
import time

from conftest import DEADLINE_S, event


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
    terminate(service)
    early = own.start("run", "--listen", "127.0.0.1:0")
    own.wait_for(lambda: "waiting: " in open(early.log).read(), "that it waits")
    own.kafka("start")
    own.wait_for(lambda: "the broker is there" in open(early.log).read(), "the broker")
    own.send([event(f"A{i}") for i in range(50)])
    own.wait_for(lambda: own.assert_whole() == 150, "150 events")
    terminate(early)
    own.run("audit")


def test_one_of_three_brokers_dies_and_nobody_notices(cluster, terminate):
    """While an import sends and a projector follows: all of it arrives, once."""
    said = cluster.run("init", "--partitions", "6").stderr
    assert "3 replicas" in said and "min.insync.replicas=2" in said
    said = cluster.run("init", "-t", "two", "--replication", "2").stderr
    assert "with 2 replicas" in said
    assert "has 2 replicas, not 3" in cluster.run("init", "-t", "two", "--replication", 3).stderr
    path = cluster.folder / "bank.csv"
    count = 100_000
    path.write_text("transaction_date;account;transaction_value\n" + "".join(
        f"01/01/2024;A{i % 500};{1 + i % 900}.00\n" for i in range(count)))
    follower = cluster.start("project", "--follow")
    importing = cluster.start("import", path)
    cluster.wait_for(lambda: cluster.sql("SELECT count(*) FROM transactions")[0][0] > 0, "a start")
    os.kill(cluster.pid_of(2), signal.SIGKILL)
    cluster.wait_for(lambda: "6 partitions" in cluster.run("status", status=None).stdout, "a status")
    importing.wait(2 * DEADLINE_S)
    assert importing.returncode == 0, open(importing.log).read()
    cluster.wait_for(lambda: cluster.sql("SELECT count(*) FROM transactions")[0][0] == count,
                     "all of it", 2 * DEADLINE_S)
    assert cluster.assert_whole() == count
    terminate(follower)
    cluster.kafka("start")
    cluster.run("audit")
