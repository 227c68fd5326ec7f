"""Snapshots: published, proven, and never trusted."""
import json
import re

import pytest
from auditing import (EVENTS, audit, only, place, proven, publish, records,  # noqa: F401
                      remake, restamp)
from conftest import DEADLINE_S, event

def test_snapshots_are_proven_at_their_own_position(proven):
    proven.run("snapshot")
    proven.send([event("C100", "1.00")])
    proven.run("snapshot")
    assert "up to date" in proven.run("snapshot").stderr
    said = proven.run("audit", "--write-receipt", "r.json").stdout  # the view is behind
    receipt = json.loads((proven.folder / "r.json").read_text())
    assert (receipt["events"], receipt["balances"]) == (7, "3131.00")
    assert re.search(r"proven: 6 events.* [23] snapshots", said), said
    assert json.loads(proven.run("balance", "C100", "--from-log", "--json").stdout) \
        ["events_read"] == 0


@pytest.mark.parametrize("how", ["altered", "missing", "added"])
def test_a_snapshot_altered_or_missing(proven, how):
    proven.run("snapshot")
    partition = place(proven)[0]
    key, value = {"altered": (b"C100", None), "missing": (b"C100", b""), "added": (b"C9", None)}[how]
    topic = proven.topic + "-snapshots"
    found = {r[2]: r for r in records(proven, topic) if r[0] == partition}
    marker = found[b"\x1fm"]
    producer = proven.producer()
    forged = found[b"C100"][3].replace(b'"balance":"830.00"', b'"balance":"930.00"')
    producer.produce(topic, None if how == "missing" else forged, key=key, partition=partition)
    producer.produce(topic, marker[3], key=b"\x1fm", partition=partition)
    producer.flush(DEADLINE_S)
    differences = [d for d in audit(proven) if d["check"] == "snapshot"]
    assert any(d.get("account") == key.decode() for d in differences), differences
    done = proven.run("balance", "C100", "--from-log")
    assert done.stdout.startswith("C100\t830.00") and "cannot be used" in done.stderr
    assert "from offset 0" in done.stderr
    proven.run("snapshot")
    proven.run("snapshot", "--reset")
    proven.run("audit")


def test_an_altered_snapshot_after_the_last_round_is_found(proven):
    proven.run("snapshot")
    partition = place(proven)[0]
    topic = proven.topic + "-snapshots"
    entry = next(r for r in records(proven, topic) if r[2] == b"C100")
    producer = proven.producer()
    producer.produce(topic, entry[3].replace(b"830.00", b"930.00"), key=b"C100",
                     partition=partition)
    producer.flush(DEADLINE_S)
    assert only(audit(proven), check="snapshot", what="balance")["stored"] == "930.00"
    # Readers ignore what no marker closes.
    assert "C100\t830.00" in proven.run("balance", "C100", "--from-log").stdout


def test_an_interrupted_round_is_not_used(proven):
    """Only entries, no marker: the answer comes from offset 0."""
    topic = proven.topic + "-snapshots"
    producer = proven.producer()
    producer.produce(topic, b'{"account":"C100"}', key=b"C100", partition=place(proven)[0])
    producer.flush(DEADLINE_S)
    done = proven.run("balance", "C100", "--from-log")
    assert "C100\t830.00" in done.stdout and "from offset 0" in done.stderr


def test_an_interrupted_round_after_a_good_one(proven):
    """What no marker closes is ignored: the last good round and the log's tail answer."""
    proven.run("snapshot")
    partition = place(proven)[0]
    topic = proven.topic + "-snapshots"
    before = {r[2]: r[3] for r in records(proven, topic) if r[0] == partition}
    proven.send([event("C100", "1.00"), event("C100", "2.00")])
    proven.run("snapshot")
    after = {r[2]: r[3] for r in records(proven, topic) if r[0] == partition}
    proven.run("snapshot", "--reset")
    # The round as of before, then the entries of the later one, and the publisher dies.
    publish(proven, partition, before[b"C100"], b"C100")
    for key in set(before) - {b"C100", b"\x1fm"}:
        publish(proven, partition, before[key], key)
    publish(proven, partition, before[b"\x1fm"], b"\x1fm")
    publish(proven, partition, after[b"C100"], b"C100")
    done = proven.run("balance", "C100", "--from-log")
    assert "C100\t833.00" in done.stdout and "read 2 events after the snapshot" in done.stderr
    proven.run("audit")
    # Compaction then takes away what the later entry replaced: only the marker is left of the round.
    publish(proven, partition, before[b"\x1fm"], b"\x1fm")
    done = proven.run("balance", "C100", "--from-log")
    assert "C100\t833.00" in done.stdout and "its hash is not the marker's" in done.stderr
    assert any(d["check"] == "snapshot" for d in audit(proven))
    proven.run("snapshot")
    done = proven.run("balance", "C100", "--from-log")
    assert "C100\t833.00" in done.stdout and "read 0 events after" in done.stderr


def test_rounds_of_two_publishers(proven):
    """The slower one's round comes later and is of an earlier offset: each is right at its own."""
    partition = place(proven)[0]
    proven.run("snapshot")
    first = {r[2]: r[3] for r in records(proven, proven.topic + "-snapshots") if r[0] == partition}
    proven.send([event("C100", "1.00")])
    proven.run("snapshot")
    proven.run("audit")
    for key in sorted(first, reverse=True):  # the marker is the last
        publish(proven, partition, first[key], key)
    if sorted(first, reverse=True)[-1] != b"\x1fm":
        publish(proven, partition, first[b"\x1fm"], b"\x1fm")
    proven.run("audit")
    done = proven.run("balance", "C100", "--from-log")
    assert "C100\t831.00" in done.stdout and "read 1 event after the snapshot" in done.stderr


def test_a_publisher_notices_another_ones_rounds_and_a_reset(ledger, terminate):
    """snapshot and snapshot --reset beside a projector that publishes: the next round is whole."""
    ledger.init(2)
    follower = ledger.start("project", "--follow", "--snapshot-every", "1")
    topic = ledger.topic + "-snapshots"

    def rounds():
        return [json.loads(r[3])["offset_next"] for r in records(ledger, topic)
                if r[2] == b"\x1fm" and r[3]]

    def grow(name):
        ledger.send([event(name, "1.00")])
        ledger.wait_for(lambda: any(r[2] == name.encode() for r in records(ledger, topic)),
                        f"{name} in a round")
    for command in (["snapshot"], ["snapshot", "--reset"], ["snapshot"]):
        grow(f"A{len(rounds())}{len(command)}")
        ledger.run(*command)
        grow(f"B{len(rounds())}{len(command)}")
        ledger.send([event("C100", "1.00")])
        total = ledger.sql("SELECT sum(offset_next) FROM checkpoints")[0][0]
        ledger.wait_for(lambda: ledger.sql("SELECT sum(offset_next) FROM checkpoints")[0][0]
                        >= total, "the projector")
    # Deleted and made anew empty, behind the publisher's back.
    ledger.delete_topic(topic)
    ledger.send([event("LOST", "1.00")])
    ledger.wait_for(lambda: "a round of snapshots failed" in open(follower.log).read(), "a failure")
    ledger.run("init", "--partitions", 2)
    # The round that failed is tried again, even if no event comes.
    ledger.wait_for(lambda: any(r[2] == b"LOST" for r in records(ledger, topic)), "another try")
    for name in ("X", "Y", "Z", "C100"):
        grow(name)
    assert follower.poll() is None
    terminate(follower)
    done = ledger.run("balance", "C100", "--from-log")
    assert "cannot be used" not in done.stderr, done.stderr
    ledger.run("audit")


def test_snapshots_of_another_log_are_not_used(proven):
    proven.run("snapshot")
    whole = records(proven)
    partition = place(proven)[0]
    remake(proven, restamp(whole, max(i for i, r in enumerate(whole) if r[0] == partition)))
    done = proven.run("balance", "C100", "--from-log")
    assert "C100\t830.00" in done.stdout and "of another log" in done.stderr
    assert "from offset 0" in done.stderr


def test_the_projector_publishes_by_events_and_by_time(ledger, terminate):
    ledger.init(2)
    follower = ledger.start("project", "--follow", "--snapshot-every", "5")
    ledger.send(EVENTS * 3)
    topic = ledger.topic + "-snapshots"
    ledger.wait_for(lambda: any(r[2] == b"\x1fm" for r in records(ledger, topic)), "a marker")
    terminate(follower)
    follower = ledger.start("run", "--snapshot-every", "1s", "--listen", "127.0.0.1:0")
    ledger.send([event("LATE", "1.00")])
    ledger.wait_for(lambda: any(r[2] == b"LATE" for r in records(ledger, topic)), "a round")
    terminate(follower)
    ledger.run("audit")
    ledger.run("project", "--snapshot-every", "x", status=2)
