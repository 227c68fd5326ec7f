"""What pages say of the log and the view, where one of them is not what it was."""
import os
import urllib.error
import urllib.request

import pytest
from conftest import event
from test_feeds import Dashboard


@pytest.fixture
def served(ledger, terminate):
    """Begin to serve the ledger; it is ended with the test."""
    started = []

    def start():
        started.append(Dashboard(ledger))
        ledger.wait_for(lambda: metrics(started[-1])["daybook_log_up"] == "1", "the log")
        return started[-1]

    yield start
    for dashboard in started:
        terminate(dashboard.service)


def metrics(dashboard):
    lines = dashboard.get("/metrics").decode().splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


def known(dashboard, path, validator):
    """Does the page say that nothing changed?"""
    request = urllib.request.Request(f"http://127.0.0.1:{dashboard.port}{path}",
                                     headers={"If-None-Match": validator})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status == 304
    except urllib.error.HTTPError as error:
        return error.code == 304


def test_a_validator_does_not_outlive_its_database(ledger, served):
    ledger.init(1).send([event()])
    ledger.run("project")
    dashboard = served()
    dashboard.get("/accounts")
    validator = dashboard.headers["ETag"]
    assert known(dashboard, "/accounts", validator)
    position = ledger.sql("SELECT commit_seq FROM meta")
    for name in os.listdir(ledger.folder):
        if name.startswith("ledger.db"):
            os.unlink(ledger.folder / name)
    ledger.send([event("C200")])
    ledger.run("project")
    assert ledger.sql("SELECT commit_seq FROM meta") == position, "the numbers do not recur"
    ledger.wait_for(lambda: metrics(dashboard)["daybook_lag_events"] == "0", "the log's end")
    assert b"C200" in dashboard.get("/accounts")
    assert not known(dashboard, "/accounts", validator)


def test_a_partition_with_too_few_events_hides_no_other(ledger, served):
    """The view has events of partition 0 that the log has not, and lacks some of partition 1."""
    ledger.init(2).send([event()] * 3, key=False, partition=0)
    ledger.send([event("C200")] * 3, key=False, partition=1)
    ledger.run("project")
    dashboard = served()
    assert metrics(dashboard)["daybook_lag_events"] == "0"
    ledger.sql("UPDATE checkpoints SET offset_next = offset_next + 9 WHERE partition = 0")
    ledger.send([event("C200")] * 2, key=False, partition=1)
    ledger.wait_for(lambda: metrics(dashboard)["daybook_lag_events"] == "2", "what is behind")
    ledger.sql("UPDATE meta SET committed_ms = committed_ms - 60000")
    ledger.wait_for(lambda: metrics(dashboard)["daybook_stuck"] == "1", "the missing events")
    assert b"fewer events than this" in dashboard.get("/", lang="en")
    assert b"not all events" in dashboard.get("/readyz", status=503)
