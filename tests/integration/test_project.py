"""The projector: whatever is in the log, however it is interrupted, the view is the same."""
import os
import random
import signal
import sqlite3
import subprocess
import threading
import time

import pytest
from conftest import DEADLINE_S, event

SAMPLE = [event("C100", "1000.00"), event("C200", "2500.00"),
          event("C100", "200.00", "withdrawal"), event("C200", "200.00", "withdrawal"),
          event("C100", "30.00")]


def random_events(count, accounts=40, seed=1):
    chosen = random.Random(seed)
    return [event(f"A{chosen.randrange(accounts)}", f"{chosen.randrange(1, 90000) / 100:.2f}",
                  chosen.choice(["deposit", "deposit", "withdrawal"]),
                  f"2024-{chosen.randrange(1, 13):02}-{chosen.randrange(1, 29):02}",
                  source=f"s{chosen.randrange(3)}", seq=i, memo=chosen.choice(["", "é", "x"]),
                  **({"floor": "0.00"} if chosen.random() < 0.5 else {}))
            for i in range(count)]


def test_the_sample_gives_its_balances(ledger):
    ledger.init(12).send(SAMPLE)
    ledger.run("project")
    assert ledger.balances() == {"C100": "830.00", "C200": "2300.00"}
    assert ledger.run("balance", "C100").stdout.startswith("C100\t830.00\t")
    assert "no account" in ledger.run("balance", "C1", status=1).stderr
    assert "up to date" in ledger.run("project").stderr
    assert "proven: 5 events, 2 accounts" in ledger.run("audit").stdout
    shown = ledger.sql("SELECT * FROM client_transactions ORDER BY 2, 4")
    assert ("2024-01-01 00:00:00", "C100", "1000.00", "1000.00", "deposit") in shown


@pytest.mark.parametrize("partitions", [1, 64])
@pytest.mark.parametrize("count", [0, 1, 200])
def test_any_size_works(ledger, partitions, count):
    ledger.init(partitions).send(random_events(count))
    ledger.run("project")
    assert ledger.assert_whole() == count
    followed = ledger.dump()
    ledger.run("project", "--reset")
    assert ledger.dump() == followed
    ledger.run("audit")


def test_hostile_records_are_rejected_and_never_stop_it(ledger):
    ledger.init(1)
    big = "92233720368547758.07"
    ledger.send([b"", b"junk", b"{}", b"\xff\x00", b"x" * 900_000, b"[" * 100_000,
                 event(value="1e3"), event(value="-1.00"), event(account="a\u202eb"),
                 event(account=""), event(account="<script>alert(1)</script>"),
                 event(account="=cmd|' /C calc'!A0"), event(value=big), event(value=big),
                 event("POOR", "1.00", "withdrawal", floor="0.00"),
                 event(source="s", seq=1), event(source="s", seq=1)])
    producer = ledger.producer()
    producer.produce(ledger.topic, None, key=b"C100")
    producer.produce(ledger.topic, b'{"transaction_date":"2024-01-01"}', key=b"other")
    producer.flush(DEADLINE_S)
    said = ledger.run("project").stderr
    assert "were rejected" in said
    assert ledger.assert_whole() == 19
    reasons = dict(ledger.sql("SELECT reason, count(*) FROM rejections GROUP BY reason"))
    assert reasons == {"malformed": 12, "duplicate": 1, "overflow": 2, "overdraft": 1}, reasons
    length, head = ledger.sql("SELECT value_length, length(value_head) FROM rejections "
                              "ORDER BY value_length DESC LIMIT 1")[0]
    assert (length, head) == (900_000, 1024)
    followed = ledger.dump()
    ledger.run("project", "--reset")
    assert ledger.dump() == followed
    assert "balances add up to" in ledger.run("audit").stdout


def test_the_originals_keyless_events(ledger):
    original = [b'{"transaction_date": "2024-01-01 00:00:00", "account": "C100", '
                b'"transaction_value": 1000, "balance": 1000, "transaction_type": "deposit"}',
                b'{"transaction_date": "2024-01-02 00:00:00", "account": "C100", '
                b'"transaction_value": 170.5, "balance": 829.5, '
                b'"transaction_type": "withdrawal"}'] * 5
    ledger.init(1).send(original)
    ledger.run("project")
    assert ledger.sql("SELECT count(*) FROM rejections")[0][0] == 0
    assert ledger.balances() == {"C100": "4147.50"}


def test_keyless_events_in_many_partitions_are_misrouted(ledger):
    ledger.init(12)
    one = (b'{"transaction_date": "2024-01-01 00:00:00", "account": "C100", '
           b'"transaction_value": 1000, "balance": 1000, "transaction_type": "deposit"}')
    for partition in range(12):
        ledger.send([one], partition=partition)
    said = ledger.run("project").stderr
    assert "11 events are misrouted" in said and "murmur2_random" in said
    assert ledger.balances() == {"C100": "1000.00"}


def test_foreign_transactions_leave_gaps_that_are_absent(ledger):
    ledger.init(1)
    ledger.send([event()])
    for fate, end in (("commit", 5), ("abort", 9), ("open", 12)):
        # One stays open: it must not be aborted for its age meanwhile.
        producer = ledger.producer(**{"transactional.id": f"{ledger.topic}-{fate}",
                                      "transaction.timeout.ms": 900000})
        producer.init_transactions(DEADLINE_S)
        producer.begin_transaction()
        for _ in range(3):
            producer.produce(ledger.topic, key=b"C100", value=(
                b'{"transaction_date":"2024-01-01","account":"C100","transaction_value":"1.00",'
                b'"transaction_type":"deposit"}'))
        producer.flush(DEADLINE_S)
        if fate == "commit":
            producer.commit_transaction(DEADLINE_S)
        elif fate == "abort":
            producer.abort_transaction(DEADLINE_S)
        ledger.wait_for_end(end)
    ledger.send([event()])
    ledger.run("project")
    # 1 + 3 + marker + 3 + marker + 3 (still open) + 1: every record counts, markers are absent.
    assert ledger.assert_whole() == 13
    assert ledger.sql("SELECT offset, reason FROM rejections ORDER BY offset") == [
        (4, "absent"), (8, "absent")]
    assert ledger.balances() == {"C100": "29.00"}
    followed = ledger.dump()
    ledger.run("project", "--reset")
    assert ledger.dump() == followed
    assert ledger.run("audit", status=1).stdout.count("log: records:") == 2
    ledger.run("audit", "--accept-absent")


def test_following_sees_an_event_at_once_and_ends_on_a_signal(ledger, terminate):
    ledger.init(3)
    follower = ledger.start("project", "--follow")
    ledger.wait_for(lambda: os.path.exists(ledger.database), "the database")
    for i in range(5):
        ledger.send([event(value="1.00")])
        ledger.wait_for(lambda: ledger.sql("SELECT count(*) FROM transactions")[0][0] == i + 1,
                        f"event {i}")
    assert "follower already" in ledger.run("project", status=4).stderr
    terminate(follower)
    ledger.send([event(value="1.00")])
    again = ledger.start("project", "--follow")
    ledger.wait_for(lambda: ledger.sql("SELECT count(*) FROM transactions")[0][0] == 6, "the rest")
    terminate(again, signal.SIGINT)


def test_another_view_is_refused_with_the_command_that_solves_it(ledger):
    ledger.init(2).send(SAMPLE)
    ledger.run("project")
    said = ledger.run("project", "-t", ledger.topic + "-snapshots", status=4).stderr
    assert "is a view of topic" in said and "--reset" in said
    connection = sqlite3.connect(ledger.database)
    connection.execute("UPDATE meta SET fold_version = 99")
    connection.commit()
    connection.close()
    assert "project --reset" in ledger.run("project", status=4).stderr
    ledger.run("project", "--reset")
    ledger.run("audit")


def test_a_file_that_is_no_view_is_never_replaced(ledger):
    ledger.init(1)
    with open(ledger.database, "w") as file:
        file.write("my diary\n" * 1000)
    ledger.run("project", status=4)
    assert "not one of daybook" in ledger.run("project", "--reset", status=4).stderr
    os.remove(ledger.database)
    foreign = sqlite3.connect(ledger.database)
    foreign.execute("CREATE TABLE diary (day)")
    foreign.commit()
    foreign.close()
    assert "not one of daybook" in ledger.run("project", status=4).stderr
    assert "left as it is" in ledger.run("project", "--reset", status=4).stderr


def test_a_plain_copy_is_replaced_by_a_link(ledger):
    ledger.init(1).send(SAMPLE)
    ledger.run("project")
    real = os.path.realpath(ledger.database)
    sqlite3.connect(ledger.database).execute("PRAGMA wal_checkpoint(TRUNCATE)")
    os.remove(ledger.database)
    os.rename(real, ledger.database)
    ledger.run("project")
    ledger.run("project", "--reset")
    assert os.path.islink(ledger.database)
    assert ledger.balances()["C100"] == "830.00"


def test_only_the_last_two_generations_stay(ledger):
    ledger.init(1).send(SAMPLE)
    for _ in range(4):
        ledger.run("project", "--reset")
    files = sorted(f for f in os.listdir(ledger.folder) if f.startswith("ledger.db.")
                   and f.split(".")[-1].isdigit())
    assert files == ["ledger.db.3", "ledger.db.4"]


def kill_at_random(ledger, words, chosen, most):
    process = subprocess.Popen([ledger.binary, *words], env=ledger.environment,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(chosen.random() * most)
    process.send_signal(signal.SIGKILL)
    process.wait(DEADLINE_S)


class Writer(threading.Thread):
    """Appends events, some hundred at a time, until it is told to end."""

    def __init__(self, ledger):
        super().__init__()
        self.ledger, self.count, self.ended, self.failure = ledger, 0, threading.Event(), None

    def run(self):
        try:
            while not self.ended.wait(0.05):
                self.ledger.send(random_events(150, seed=1000 + self.count))
                self.count += 150
        except BaseException as failure:  # told by end(): a thread's own goes nowhere
            self.failure = failure

    def end(self):
        self.ended.set()
        self.join()
        assert self.failure is None, self.failure
        return self.count


def test_a_hundred_kills_lose_and_double_nothing(ledger):
    """Half of them while following, half while rebuilding; a writer goes on meanwhile."""
    chosen = random.Random(5)
    ledger.init(3).send(random_events(3000, seed=2))
    ledger.binary = os.environ.get("DAYBOOK_BIN_RELEASE", ledger.binary)
    writer = Writer(ledger)
    writer.start()
    highest, moved, most = 0, 0, 0.4
    try:
        for i in range(100):
            words = ["project", "--follow"] if i % 2 == 0 else ["project", "--reset"]
            kill_at_random(ledger, words, chosen, most if i % 2 == 0 else 2 * most)
            applied = ledger.assert_whole() if os.path.exists(ledger.database) else 0
            assert applied >= highest, "the view went back in time"
            moved += applied > highest
            # Where the machine is slow, later: else no kill finds it at work.
            most = max(0.4, most / 1.2) if applied > highest else min(most * 1.1, 4)
            highest = applied
    finally:
        written = writer.end()
    assert moved > 10, "hardly any kill found it at work"
    ledger.run("project")
    assert ledger.assert_whole() == 3000 + written
    ledger.run("audit")
    followed = ledger.dump()
    ledger.run("project", "--reset")
    assert ledger.dump() == followed


def test_resetting_while_run_follows_and_writers_write(ledger, terminate):
    ledger.init(4).send(random_events(2000, seed=3))
    service = ledger.start("run", "--listen", "127.0.0.1:0")
    ledger.wait_for(lambda: os.path.exists(ledger.database), "the database")
    applied = 0
    for i in range(4):
        resetting = ledger.start("project", "--reset")
        for part in range(5):
            ledger.send(random_events(100, seed=1000 + 10 * i + part))
            now = ledger.sql("SELECT sum(offset_next) FROM checkpoints")[0][0]
            assert now >= applied, "the view went back in time"
            applied = now
        resetting.wait(DEADLINE_S)
        assert resetting.returncode == 0, open(resetting.log).read()
    ledger.wait_for(lambda: ledger.sql("SELECT sum(offset_next) FROM checkpoints")[0][0] == 4000,
                    "all events")
    ledger.wait_for(lambda: "following the new one" in open(service.log).read(), "its word of it")
    ledger.run("audit")
    terminate(service)
    followed = ledger.dump()
    ledger.run("project", "--reset")
    assert ledger.dump() == followed


def test_a_full_disk_stops_it_and_loses_nothing(ledger):
    """A file size limit stands in for the disk."""
    ledger.init(1).send(random_events(3000))
    done = subprocess.run(["bash", "-c", f'trap "" XFSZ; ulimit -f 300; exec "{ledger.binary}" project'],
                          env=ledger.environment, text=True, capture_output=True, timeout=DEADLINE_S)
    assert done.returncode == 4, done.stderr
    assert "ledger.db" in done.stderr
    ledger.run("project")
    assert ledger.assert_whole() == 3000
    ledger.run("audit")


def test_a_held_database_is_waited_for(ledger, terminate):
    ledger.init(1).send(SAMPLE)
    ledger.run("project")
    holder = sqlite3.connect(ledger.database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    follower = ledger.start("project", "--follow")
    ledger.send(SAMPLE)
    time.sleep(1)
    holder.execute("ROLLBACK")
    ledger.wait_for(lambda: ledger.assert_whole() == 10, "the commit")
    terminate(follower)


def test_a_follower_ends_where_waiting_would_not_help(ledger):
    """A topic that is not there comes by a person's hand, not by itself."""
    ledger.init(1).send(SAMPLE)
    said = ledger.run("project", "--follow", "-t", ledger.topic + "-typo", "-d",
                      ledger.folder / "typo.db", status=3).stderr
    assert "there is no topic" in said and "waiting" not in said
    ledger.delete_topic(ledger.topic + "-snapshots")
    said = ledger.run("project", "--follow", "--snapshot-every", "5s", status=3).stderr
    assert "to publish snapshots to" in said and "waiting" not in said


def test_a_stop_is_heard_while_waiting(ledger, terminate):
    """For a lock that somebody holds, and for a broker that does not answer."""
    ledger.init(1).send(SAMPLE)
    ledger.run("project")
    ledger.send(SAMPLE)
    holder = sqlite3.connect(ledger.database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    for words in (["project", "--follow"], ["project"], ["project", "--reset"]):
        waiting = ledger.start(*words)
        time.sleep(1)
        assert waiting.poll() is None, open(waiting.log).read()
        terminate(waiting)
        assert "up to date" not in open(waiting.log).read()
    holder.execute("ROLLBACK")
    for words in (["project", "--follow"], ["run", "--listen", "127.0.0.1:0"]):
        waiting = ledger.start(*words, "-b", "127.0.0.1:1")
        time.sleep(0.5)
        terminate(waiting)
        assert "no broker answers" not in open(waiting.log).read()
    ledger.run("project")
    assert ledger.assert_whole() == 10


def test_a_stopped_rebuild_changes_nothing(ledger, terminate):
    ledger.init(2).send(random_events(20_000, accounts=3000))
    ledger.run("project")
    before = ledger.dump()
    for i in range(6):
        rebuilding = ledger.start("project", "--reset")
        time.sleep(0.2 + 0.3 * i)
        terminate(rebuilding)
        files = {f for f in os.listdir(ledger.folder) if f.startswith("ledger.db.")
                 and f.split(".")[2].isdigit()}
        if "is rebuilt" in open(rebuilding.log).read():
            break
        assert files == {"ledger.db.1"}, files
    assert ledger.dump() == before


def test_tampering_with_balances_is_found(ledger):
    ledger.init(2).send(random_events(300))
    ledger.run("project")
    account = ledger.sql("SELECT account FROM accounts ORDER BY 1 LIMIT 1")[0][0]
    changes = {
        "UPDATE balances SET balance_minor = balance_minor + 1 WHERE account_id = "
        "(SELECT account_id FROM accounts WHERE account = ?)": "difference 0.01",
        "UPDATE balances SET deposit_count = 0 WHERE account_id = "
        "(SELECT account_id FROM accounts WHERE account = ?)": "count of deposits",
        "DELETE FROM balances WHERE account_id = "
        "(SELECT account_id FROM accounts WHERE account = ?)": "stored no row",
        "UPDATE checkpoints SET digest = zeroblob(32) WHERE ? <> ''": "digest",
    }
    assert "proven" in ledger.run("audit").stdout
    for change, expected in changes.items():
        connection = sqlite3.connect(ledger.database)
        connection.execute(change, (account,))
        connection.commit()
        connection.close()
        assert expected in ledger.run("audit", status=1).stdout
        ledger.run("project", "--reset")
        ledger.run("audit")
