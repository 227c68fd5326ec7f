"""A back-up of the log, restored, is the same log: the old view, and its receipts, go on with it."""
import os
import subprocess
import sys

from conftest import DEADLINE_S, event

RESTORE = os.path.join(os.path.dirname(__file__), "..", "..", "scripts", "restore")


def back_up(ledger):
    return subprocess.run(
        ["kcat", "-b", ledger.brokers, "-C", "-t", ledger.topic, "-o", "beginning", "-e", "-q",
         "-X", "isolation.level=read_uncommitted", "-f", r"%p %o %T %K %S\n%k%s\n"],
        capture_output=True, check=True, timeout=DEADLINE_S).stdout


def restore(ledger, copy):
    return subprocess.run([sys.executable, RESTORE, ledger.brokers, ledger.topic], input=copy,
                          capture_output=True, timeout=DEADLINE_S)


def test_a_restored_log_is_the_same_log(ledger):
    ledger.init(3).send([event(f"A{i % 9}", memo="é\n" if i % 5 == 0 else "m") for i in range(500)])
    ledger.send([b"", b"junk\n0 1 2 3 4\n", b"\xff\x00", b"x" * 100_000])
    producer = ledger.producer()
    producer.produce(ledger.topic, None, key=b"C100")
    producer.produce(ledger.topic, b"v", key=b"")
    producer.flush(DEADLINE_S)
    ledger.run("project")
    ledger.run("audit", "--write-receipt", "receipt.json")
    copy = back_up(ledger)
    assert b"is not empty" in restore(ledger, copy).stderr
    ledger.delete_topic(ledger.topic)
    ledger.init(3)
    done = restore(ledger, copy)
    assert done.returncode == 0 and b"restored 506 records" in done.stderr, done.stderr
    assert "is up to date" in ledger.run("project").stderr
    assert "proven: 506 events" in ledger.run("audit", "--receipt", "receipt.json").stdout


def test_a_back_up_that_is_not_whole_is_refused(ledger):
    ledger.init(1).send([event() for _ in range(3)])
    copy = back_up(ledger)
    second = copy.index(b"\n0 1 ") + 1
    for wrong, why in ((copy[:-5], b"cut off at 0:2"), (b"hello\n", b"is no back-up"),
                       (copy[second:], b"has no record 0:0"), (b"7" + copy[1:], b"has partition 7")):
        ledger.topic += "x"
        ledger.environment["DAYBOOK_TOPIC"] = ledger.topic
        ledger.init(1)
        done = restore(ledger, wrong)
        assert done.returncode == 1 and why in done.stderr, done.stderr
