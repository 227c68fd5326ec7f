"""The audit: every tampering is found, named and placed; and nothing that is right is accused."""
import json
import os
import random
import re
import sqlite3
import subprocess
import threading
import time

import jsonschema
import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import ConfigResource, NewTopic
from conftest import DEADLINE_S, event

EVENTS = [event("C100", "1000.00", source="s", seq=0), event("C200", "2500.00"),
          event("C100", "170.00", "withdrawal", "2024-01-02"),
          event("C200", "200.00", "withdrawal", "2024-01-03", floor="0.00"),
          event("C100", "5.00", "withdrawal", "2024-01-03", floor="5000.00"),
          b"junk"]


@pytest.fixture
def proven(ledger):
    ledger.init(2).send(EVENTS)
    ledger.run("project")
    assert "proven: 6 events" in ledger.run("audit").stdout
    return ledger


def audit(ledger, *words, status=1):
    """The differences that an audit found."""
    done = ledger.run("audit", "--json", *words, status=status)
    found = json.loads(done.stdout)
    assert found["result"] == {0: "proven", 1: "differences"}.get(status, "unknown")
    assert found["difference_count"] == len(found["differences"])
    assert (found["difference_count"] > 0) == (status == 1)
    return found["differences"]


def place(ledger, account="C100", nth=0):
    """Position and id of an account's nth posting."""
    return ledger.sql("SELECT partition, offset, account_id FROM transactions JOIN accounts "
                      "USING (account_id) WHERE account = ? ORDER BY offset", account)[nth]


def only(differences, **wanted):
    chosen = [d for d in differences if all(d.get(k) == v for k, v in wanted.items())]
    assert len(chosen) == 1, differences
    return chosen[0]


# --- the view -------------------------------------------------------------------------------------

def test_a_balance_changed(proven):
    partition, offset, account_id = place(proven, nth=1)
    proven.sql("UPDATE balances SET balance_minor = balance_minor + 10000 WHERE account_id = ?",
               account_id)
    differences = audit(proven)
    assert len(differences) == 1
    found = only(differences, check="balances", account="C100", what="balance")
    assert (found["expected"], found["stored"], found["difference"]) == ("830.00", "930.00", "100.00")
    assert found["at"] == f"{partition}:{offset}" and found["date"].startswith("2024-01-02")
    assert found["next"] == f"daybook history C100 --from {partition}:{offset}"
    said = proven.run("audit", status=1).stdout
    assert "expected 830.00, stored 930.00, difference 100.00" in said and "NOT proven" in said


def test_a_row_deleted(proven):
    partition, offset, _ = place(proven)
    proven.sql("DELETE FROM transactions WHERE partition = ? AND offset = ?", partition, offset)
    found = only(audit(proven), check="transactions", what="a row")
    assert found["stored"] == "none" and found["at"] == f"{partition}:{offset}"
    assert found["next"] == f"daybook verify {partition}:{offset}"
    assert proven.run("verify", f"{partition}:{offset}", status=1).stdout.count("no row") == 1


def test_a_row_added(proven):
    partition, offset, account_id = place(proven)
    proven.sql("INSERT INTO transactions VALUES (?, 1000, ?, 0, 1, 1, NULL, NULL, NULL, NULL)",
               partition, account_id)
    found = only(audit(proven), check="transactions", what="a row")
    assert found["at"] == f"{partition}:1000" and found["expected"].startswith("none")
    proven.sql("UPDATE transactions SET partition = 77 WHERE offset = 1000")
    assert only(audit(proven), check="transactions")["stored"] == "77:1000"
    proven.sql("UPDATE transactions SET partition = ?, offset = -9 WHERE offset = 1000", partition)
    proven.sql("UPDATE daily_aggregates SET deposit_count = deposit_count + 1, "
               "deposits_minor = deposits_minor + 1 WHERE account_id = ? AND day = 19723", account_id)
    proven.sql("UPDATE transactions SET date_s = 1704067200 WHERE offset = -9")
    assert "no such offset" in only(audit(proven), check="transactions")["expected"]


@pytest.mark.parametrize("column, value", [
    ("account_id", 999), ("date_s", 5), ("amount_minor", 1), ("balance_minor", 7),
    ("declared_minor", 5), ("source_id", 9), ("seq", 9), ("memo", "x")])
def test_a_row_altered(proven, column, value):
    partition, offset, _ = place(proven)
    proven.sql(f"UPDATE transactions SET {column} = ? WHERE partition = ? AND offset = ?", value,
               partition, offset)
    found = [d for d in audit(proven) if d["check"] == "transactions"]
    assert len(found) == 1 and found[0]["at"] == f"{partition}:{offset}", found
    assert found[0]["account"] == "C100"


def test_text_that_is_cut_or_no_text_is_shown_whole_characters_only(proven):
    partition, offset, _ = place(proven)
    for memo in ("x" + "é" * 90, "'\x1b[31m' || char(27)"):
        proven.sql("UPDATE transactions SET memo = ? WHERE partition = ? AND offset = ?", memo,
                   partition, offset)
        assert only(audit(proven), what="memo")["at"] == f"{partition}:{offset}"
    proven.sql("UPDATE transactions SET memo = CAST(x'ff1b41' AS TEXT) WHERE offset = ?", offset)
    assert any("\\xFF\\x1BA" in d["stored"] for d in audit(proven) if d["what"] == "memo")
    assert "\x1b" not in proven.run("audit", status=1).stdout


def test_two_rows_swapped(proven):
    (partition, first, _), (_, second, _) = place(proven), place(proven, nth=1)
    for a, b in ((first, -1), (second, first), (-1, second)):
        proven.sql("UPDATE transactions SET offset = ? WHERE partition = ? AND offset = ?", b,
                   partition, a)
    places = {d["at"] for d in audit(proven) if d["check"] == "transactions"}
    assert places == {f"{partition}:{first}", f"{partition}:{second}"}


@pytest.mark.parametrize("column, value", [
    ("reason", "duplicate"), ("detail", "x"), ("timestamp_ms", 1), ("key", b"x"),
    ("value_length", 9), ("value_digest", b"x"), ("value_head", b"x")])
def test_a_rejection_altered(proven, column, value):
    partition, offset = proven.sql("SELECT partition, offset FROM rejections "
                                   "WHERE reason = 'malformed'")[0]
    proven.sql(f"UPDATE rejections SET {column} = ? WHERE reason = 'malformed'", value)
    assert only(audit(proven), check="rejections")["at"] == f"{partition}:{offset}"


def test_an_aggregate(proven):
    proven.sql("UPDATE daily_aggregates SET deposits_minor = deposits_minor + 1 WHERE day = 19723 "
               "AND account_id = ?", place(proven)[2])
    found = only(audit(proven), check="daily_aggregates")
    assert (found["account"], found["what"], found["difference"]) == ("C100", "deposits", "0.01")
    assert found["date"].startswith("2024-01-01")
    proven.sql("DELETE FROM daily_aggregates")
    assert len([d for d in audit(proven) if d["check"] == "daily_aggregates"]) == 4


@pytest.mark.parametrize("step", [1, -1, 1000])
def test_a_checkpoint_moved(proven, step):
    """Forward within the log, back, and beyond the log's end."""
    partition = place(proven)[0]
    if step == 1:
        proven.send([event("C100", "1.00")])
    proven.sql("UPDATE checkpoints SET offset_next = offset_next + ? WHERE partition = ?", step,
               partition)
    differences = audit(proven)
    assert any(d.get("at", "").startswith(f"{partition}:") for d in differences)
    expected = {1: "checkpoints", -1: "checkpoints", 1000: "log"}[step]
    assert any(d["check"] == expected for d in differences), differences


@pytest.mark.parametrize("sql, check", [
    ("UPDATE accounts SET account = 'C101' WHERE account = 'C100'", "accounts"),
    ("DELETE FROM accounts WHERE account = 'C100'", "accounts"),
    ("INSERT INTO accounts VALUES (1000, 'X')", "accounts"),
    ("DELETE FROM balances", "balances"),
    ("INSERT INTO balances VALUES (1000, 1, 1, 1, 0, 0, 0, 0)", "balances"),
    ("UPDATE sources SET seq = 7", "sources"),
    ("UPDATE daily_totals SET deposits_low = deposits_low + 1 WHERE day = 19723", "daily_totals"),
    ("UPDATE daily_totals SET withdrawals_high = 1 WHERE day = 19723", "daily_totals"),
    ("DELETE FROM daily_totals WHERE day = 19723", "daily_totals"),
    ("INSERT INTO daily_totals VALUES (1, 1, 0, 1, 0, 0, 0)", "daily_totals"),
    ("UPDATE totals SET deposits_low = deposits_low + 1", "totals"),
    ("UPDATE totals SET account_count = account_count + 1", "totals"),
    ("DELETE FROM totals", "totals"),
    ("UPDATE sources SET source = 'x'", "sources"),
    ("INSERT INTO digests VALUES (0, 4096, x'00')", "digests"),
    ("INSERT INTO digests VALUES (1, -4096, x'00')", "digests"),
    ("INSERT INTO digests VALUES (7, 4096, x'00')", "digests"),
    ("DROP VIEW client_transactions", "schema"),
    ("DROP INDEX transactions_by_date", "schema"),
    ("CREATE TRIGGER t AFTER INSERT ON transactions BEGIN SELECT 1; END", "schema"),
    ("CREATE TABLE more (x)", "schema"),
    ("UPDATE checkpoints SET timestamp_ms = 1 WHERE partition = 0", "checkpoints")])
def test_every_other_table(proven, sql, check):
    proven.sql(sql)
    done = proven.run("audit", "--json", status=None)
    assert done.returncode in (1, 4), done.stderr
    assert any(d["check"] == check for d in json.loads(done.stdout)["differences"]), done.stdout


def test_an_index_that_says_something_else(proven):
    """An index is a copy of the rows, and answers the page's questions."""
    proven.run("export")  # nothing holds the file open afterwards
    database = sqlite3.connect(proven.database)
    database.execute("PRAGMA writable_schema = 1")
    database.execute("UPDATE sqlite_schema SET sql = replace(sql, '(date_s,', '(date_s ,') "
                     "WHERE name = 'transactions_by_date'")
    database.commit()
    database.close()
    assert only(audit(proven), check="schema")["what"] == "index transactions_by_date"


def test_a_file_that_is_damaged_is_could_not_tell_or_different(proven):
    path = proven.folder / "ledger.db.1"
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = bytearray(path.read_bytes())
    whole[16384 * 3:16384 * 3 + 64] = b"\xff" * 64
    path.write_bytes(whole)
    assert proven.run("audit", status=None).returncode in (1, 4)


def test_two_errors_that_cancel_out(proven):
    """Sums over all accounts agree; each account's do not."""
    proven.sql("UPDATE balances SET balance_minor = balance_minor + 100 WHERE account_id = ?",
               place(proven)[2])
    proven.sql("UPDATE balances SET balance_minor = balance_minor - 100 WHERE account_id = ?",
               place(proven, "C200")[2])
    assert {d["account"] for d in audit(proven)} == {"C100", "C200"}


def test_all_differences_are_counted_and_max_only_cuts_the_printing(ledger):
    ledger.init(2).send([event(f"A{i}") for i in range(300)])
    ledger.run("project")
    ledger.sql("UPDATE balances SET balance_minor = 1")
    said = ledger.run("audit", "--max", 3, status=1).stdout
    assert said.count("balances A") == 3 and "and 297 more" in said and "300 differences" in said
    assert "300 differences" in ledger.run("audit", "--max", 0, status=1).stdout
    assert ledger.run("audit", status=1).stdout.count("balances A") == 300
    found = json.loads(ledger.run("audit", "--json", "--max", 7, status=1).stdout)
    assert (len(found["differences"]), found["difference_count"]) == (7, 300)


# --- the log --------------------------------------------------------------------------------------

def records(ledger, topic=None):
    """All records of a topic as the log has them."""
    topic = topic or ledger.topic
    consumer = Consumer({"bootstrap.servers": ledger.brokers, "group.id": "x",
                         "enable.auto.commit": False, "enable.partition.eof": True,
                         "auto.offset.reset": "error", "isolation.level": "read_uncommitted"})
    partitions = sorted(consumer.list_topics(topic, DEADLINE_S).topics[topic].partitions)
    consumer.assign([TopicPartition(topic, p, 0) for p in partitions])
    found, ended = [], 0
    while ended < len(partitions):
        message = consumer.poll(DEADLINE_S)
        assert message is not None
        if message.error():
            ended += 1
        else:
            found.append((message.partition(), message.timestamp()[1], message.key(),
                          message.value()))
    consumer.close()
    return found


def remake(ledger, changed):
    """The topic anew, under its name, with these records and their timestamps."""
    partitions = len(ledger.admin().list_topics(ledger.topic, DEADLINE_S)
                     .topics[ledger.topic].partitions)
    for future in ledger.admin().delete_topics([ledger.topic]).values():
        future.result(DEADLINE_S)
    ledger.wait_for(lambda: ledger.topic not in ledger.admin().list_topics(timeout=10).topics,
                    "the topic to be gone")
    settings = {"retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete",
                "message.timestamp.type": "CreateTime", "flush.messages": "1"}
    def create():
        try:
            for future in ledger.admin().create_topics(
                    [NewTopic(ledger.topic, partitions, 1, config=settings)]).values():
                future.result(DEADLINE_S)
            return True
        except Exception:  # the old one may linger for a moment
            return False
    ledger.wait_for(create, "the topic to be made")
    producer = ledger.producer()
    for partition, timestamp, key, value in changed:
        producer.produce(ledger.topic, value, key=key, partition=partition, timestamp=timestamp)
    assert producer.flush(DEADLINE_S) == 0


def test_an_unaltered_copy_of_the_log_is_proven(proven):
    """The control for all that follow."""
    proven.run("audit", "--write-receipt", "r.json")
    remake(proven, records(proven))
    done = proven.run("audit", "--receipt", "r.json")
    assert done.stdout.startswith("proven: 6 events") and done.stdout.count("\n") == 1
    assert done.stderr == ""
    assert "6 events" not in proven.run("audit", "--since", "r.json").stdout


def alter(whole, i):
    partition, timestamp, key, value = whole[i]
    return whole[:i] + [(partition, timestamp, key, value.replace(b"1000.00", b"1000.01"))] + \
        whole[i + 1:]


def restamp(whole, i):
    partition, timestamp, key, value = whole[i]
    return whole[:i] + [(partition, timestamp + 1, key, value)] + whole[i + 1:]


def first_two_of_one(whole):
    return [i for i, r in enumerate(whole) if r[0] == whole[0][0]][:2]


def swap(whole, _):
    a, b = first_two_of_one(whole)
    whole[a], whole[b] = whole[b], whole[a]
    return whole


@pytest.mark.parametrize("what", ["altered", "timestamp", "removed", "reordered", "truncated"])
def test_a_log_that_was_changed(proven, what):
    proven.run("audit", "--write-receipt", "r.json")
    whole = records(proven)
    i = next(i for i, r in enumerate(whole) if b"1000.00" in r[3])
    changed = {"altered": alter, "timestamp": restamp, "reordered": swap,
               "removed": lambda w, i: w[:i] + w[i + 1:],
               "truncated": lambda w, i: [r for r in w if r is not max(
                   (x for x in w if x[0] == w[i][0]), key=w.index)]}[what](list(whole), i)
    assert changed != whole
    remake(proven, changed)
    partition = whole[i][0] if what != "reordered" else whole[0][0]
    differences = audit(proven)
    assert any(d.get("at", "").startswith(f"{partition}:") for d in differences), differences
    wanted = {"removed": "log", "truncated": "log"}.get(what, "checkpoints")
    assert any(d["check"] == wanted for d in differences), differences
    # With a view made anew from the changed log, only the receipt remembers.
    proven.run("project", "--reset")
    proven.run("audit")
    found = audit(proven, "--receipt", "r.json")
    assert any(d["check"] in ("receipt", "log") for d in found), found
    done = proven.run("audit", "--since", "r.json", status=1)
    assert "NOT proven" in done.stdout


def test_a_change_is_placed_within_4096_events_where_no_row_shows_it(ledger):
    """An ignored field is changed: every row stays as it was."""
    ledger.init(1).send([event(f"A{i % 7}", note="x") for i in range(9000)])
    ledger.run("project")
    ledger.run("audit")
    whole = records(ledger)
    partition, timestamp, key, value = whole[5000]
    whole[5000] = (partition, timestamp, key, value.replace(b'"note": "x"', b'"note": "y"'))
    remake(ledger, whole)
    differences = audit(ledger)
    assert only(differences, check="digests")["at"] == "0:4096-8191"
    assert {d["check"] for d in differences} <= {"digests", "checkpoints"}


def test_a_log_truncated_at_the_head(proven):
    ends = {p: o for p, o in proven.sql("SELECT partition, offset_next FROM checkpoints")}
    partition = max(ends, key=ends.get)
    for future in proven.admin().delete_records(
            [TopicPartition(proven.topic, partition, 1)]).values():
        future.result(DEADLINE_S)
    found = only(audit(proven))
    assert (found["check"], found["stored"]) == ("log", "begins at offset 1"), found
    assert found["at"] == f"{partition}:0"
    # What is left of the log is still compared.
    other = next(p for p in ends if p != partition)
    proven.sql("UPDATE checkpoints SET timestamp_ms = 5 WHERE partition = ?", other)
    assert {d["check"] for d in audit(proven)} == {"log", "checkpoints"}
    proven.run("balance", "C100", "--from-log", status=1)


def test_settings_that_lose_events(proven):
    from confluent_kafka.admin import AlterConfigOpType, ConfigEntry
    resource = ConfigResource(ConfigResource.Type.TOPIC, proven.topic, incremental_configs=[
        ConfigEntry("retention.ms", "604800000", incremental_operation=AlterConfigOpType.SET)])
    for future in proven.admin().incremental_alter_configs([resource]).values():
        future.result(DEADLINE_S)
    assert "retention.ms" in only(audit(proven), check="settings")["stored"]


def test_absent_offsets_are_accepted_only_after_a_look(ledger):
    ledger.init(1)
    producer = ledger.producer(**{"transactional.id": ledger.topic})
    producer.init_transactions(DEADLINE_S)
    producer.begin_transaction()
    producer.produce(ledger.topic, json.dumps(event()).encode(), key=b"C100")
    producer.commit_transaction(DEADLINE_S)
    ledger.run("project")
    found = only(audit(ledger), check="log")
    assert (found["at"], found["stored"]) == ("0:1", "absent")
    assert "verdict    absent" in ledger.run("verify", "0:1").stdout
    assert "1 absent record accepted" in ledger.run("audit", "--accept-absent").stdout


# --- receipts -------------------------------------------------------------------------------------

def test_a_receipt_of_another_log_is_said_plainly(proven):
    proven.run("audit", "--write-receipt", "r.json")
    receipt = json.loads((proven.folder / "r.json").read_text())
    assert receipt["events"] == 6 and receipt["accounts"] == 2 and receipt["balances"] == "3130.00"
    assert sum(p["offset_next"] for p in receipt["partitions"]) == 6
    for field, text in (("topic", "of topic other"), ("cluster_id", "in cluster other")):
        (proven.folder / "o.json").write_text(json.dumps({**receipt, field: "other"}))
        assert text in only(audit(proven, "--receipt", "o.json"), check="receipt")["stored"]
    for words in (["--partitions", "0"], ["--account", "C100"]):
        for option in ("--receipt", "--since", "--write-receipt"):
            proven.run("audit", option, "r.json", *words, status=2)
    (proven.folder / "bad.json").write_text("{}")
    proven.run("audit", "--receipt", "bad.json", status=2)
    # It does not hide what else is wrong.
    proven.sql("UPDATE balances SET balance_minor = 1 WHERE account_id = ?", place(proven)[2])
    assert {d["check"] for d in audit(proven, "--receipt", "o.json")} == {"receipt", "balances"}
    proven.run("audit", "--receipt", "none.json", status=2)


@pytest.mark.parametrize("field, what", [
    ("accounts", "accounts"), ("deposits", "deposits"), ("withdrawals", "withdrawals"),
    ("balances", "balances"), ("state", "the digest of its state")])
def test_a_receipt_altered(proven, field, what):
    """Its totals and its state are numbers, too, and are proven as all others."""
    proven.run("audit", "--write-receipt", "r.json")
    proven.send([event("C100", "1.00")])
    proven.run("project")
    proven.run("audit", "--receipt", "r.json")
    receipt = json.loads((proven.folder / "r.json").read_text())
    receipt[field] = {"accounts": 3, "state": "0" * 64}.get(field, "1.00")
    (proven.folder / "r.json").write_text(json.dumps(receipt))
    assert only(audit(proven, "--receipt", "r.json"), check="receipt")["what"] == what


def test_no_receipt_is_written_of_what_is_not_proven(proven):
    proven.sql("UPDATE balances SET balance_minor = 1")
    proven.run("audit", "--write-receipt", "r.json", status=1)
    assert not (proven.folder / "r.json").exists()


def test_since_reads_only_what_is_new_and_trusts_no_state(proven):
    proven.run("audit", "--write-receipt", "r.json")
    proven.send([event("C100", "1.00"), event("NEW", "2.00")])
    proven.run("project")
    said = proven.run("audit", "--since", "r.json").stdout
    assert "were not read" in said and "proven: 2 events, 3 accounts" in said
    proven.sql("UPDATE balances SET balance_minor = 1 WHERE account_id = ?", place(proven)[2])
    assert any(d["account"] == "C100" for d in audit(proven, "--since", "r.json"))
    proven.sql("UPDATE balances SET balance_minor = 83100 WHERE account_id = ?", place(proven)[2])
    proven.run("audit", "--since", "r.json", "--receipt", "r.json")
    state = proven.folder / "r.json.state"
    state.write_text(state.read_text().replace("830.00", "930.00"))
    assert "SHA-256 differs" in audit(proven, "--since", "r.json")[0]["stored"]


# --- snapshots ------------------------------------------------------------------------------------

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


def publish(ledger, partition, value, key):
    producer = ledger.producer()
    producer.produce(ledger.topic + "-snapshots", value, key=key, partition=partition)
    assert producer.flush(DEADLINE_S) == 0


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
    for future in ledger.admin().delete_topics([topic]).values():
        future.result(DEADLINE_S)
    ledger.wait_for(lambda: topic not in ledger.admin().list_topics(timeout=10).topics, "no topic")
    ledger.run("init", "--partitions", 2)
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


# --- claims ---------------------------------------------------------------------------------------

def test_declared_balances_are_apart(ledger):
    ledger.init(1).send([
        event("GOOD", "10.00", balance="10.00"),
        event("SWAP", "5.00", date="2024-01-02", balance="15.00"),
        event("SWAP", "10.00", date="2024-01-02", balance="10.00"),
        event("GONE", "1.00", date="2024-01-03", balance="2.00"),
        event("GONE", "1.00", date="2024-01-03", balance="2.00"),
        event("LOST", "1.00", date="2024-01-03", balance="9.00"),
        event("POOR", "1.00", "withdrawal")])
    ledger.run("project")
    found = json.loads(ledger.run("audit", "--json").stdout)
    claims = {c["account"]: c for c in found["declared"]}
    assert set(claims) == {"SWAP", "GONE", "LOST"} and found["result"] == "proven"
    assert (claims["SWAP"]["reordered"], claims["SWAP"]["closing_agrees"]) == (True, True)
    assert (claims["GONE"]["reordered"], claims["GONE"]["closing_agrees"]) == (False, True)
    assert (claims["LOST"]["reordered"], claims["LOST"]["closing_agrees"]) == (False, False)
    assert claims["SWAP"]["at"] == "0:1" and claims["SWAP"]["expected"] == "5.00"
    assert found["negative_balances"] == 1 and found["withdrawals_without_floor"] == 1
    assert found["negative"] == [{"account": "POOR", "balance": "-1.00", "at": "0:6"}]
    said = ledger.run("audit").stdout
    assert "declared LOST: its source says 9.00, the ledger has 1.00" in said
    last = said.rstrip().splitlines()[-1]
    assert last.startswith("proven: 7 events") and "1 negative balance (POOR -1.00)" in last


# --- how it is used -------------------------------------------------------------------------------

def test_parts_and_exit_statuses(proven):
    partition = place(proven)[0]
    proven.sql("UPDATE balances SET balance_minor = 1 WHERE account_id = ?", place(proven)[2])
    other = 1 - partition
    assert {d["account"] for d in audit(proven, "--account", "C100")} == {"C100"}
    if place(proven, "C200")[0] != partition:
        audit(proven, "--partitions", other, status=0)
    audit(proven, "--account", "C200", status=0)
    said = proven.run("audit", "--account", "C200").stdout
    assert "1 account, balances add up to 2300.00" in said and "1 withdrawal " not in said
    assert "no account" in proven.run("audit", "--account", "C1", status=1).stderr
    audit(proven, "--partitions", "0-1")
    for words in (["--partitions", "0-9"], ["--partitions", "x"], ["--partitions", "1-0"],
                  ["--account", ""], ["--account", "C100", "--partitions", "0"]):
        proven.run("audit", *words, status=2)
    assert "no broker" in proven.run("audit", "-b", "127.0.0.1:1", status=3).stderr
    proven.run("audit", "-d", proven.folder / "none.db", status=4)
    (proven.folder / "text.db").write_text("not a database, but long enough to be read as one" * 9)
    proven.run("audit", "-d", proven.folder / "text.db", status=4)


def test_settings_that_may_not_be_read(proven):
    """Could not tell is never 0."""
    release = os.environ["DAYBOOK_BIN_RELEASE"]
    preloaded = os.path.join(os.path.dirname(release), "tests", "libno_settings.so")
    assert os.path.exists(preloaded)

    def audited(*words):
        return subprocess.run([release, "audit", *words], text=True, capture_output=True,
                              timeout=DEADLINE_S, cwd=proven.folder,
                              env=dict(proven.environment, LD_PRELOAD=preloaded))
    said = audited()
    assert said.returncode == 3 and "--assume-settings" in said.stderr
    assert "proven" not in said.stdout
    assert json.loads(audited("--json").stdout)["result"] == "unknown"
    assert audited("--assume-settings").returncode == 0


def test_what_cannot_be_read_wins_but_what_was_found_is_printed(proven):
    proven.sql("UPDATE balances SET balance_minor = 1 WHERE account_id = ?", place(proven)[2])
    path = proven.folder / "ledger.db.1"
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page = database.execute("SELECT rootpage FROM sqlite_schema "
                                "WHERE name = 'daily_aggregates'").fetchone()[0]
    whole = bytearray(path.read_bytes())
    whole[16384 * (page - 1):16384 * (page - 1) + 64] = b"\xff" * 64
    path.write_bytes(whole)
    done = proven.run("audit", status=4)
    assert "balances C100: balance: expected 830.00" in done.stdout
    assert "there may be more" in done.stdout and "project --reset" in done.stderr
    assert json.loads(proven.run("audit", "--json", status=4).stdout)["result"] == "unknown"


def test_what_is_written_is_what_its_schema_says(proven):
    schemas = os.path.join(os.path.dirname(__file__), "..", "..", "schema")

    def validator(name):
        with open(os.path.join(schemas, f"{name}.schema.json"), encoding="utf-8") as file:
            schema = json.load(file)
        jsonschema.Draft202012Validator.check_schema(schema)
        return jsonschema.Draft202012Validator(schema)

    def audited(*words, status):
        found = json.loads(proven.run("audit", "--json", *words, status=status).stdout)
        validator("audit").validate(found)
        # Nothing is written that is not documented.
        assert set(found) <= set(validator("audit").schema["properties"])
        return found
    proven.run("snapshot")
    assert audited("--write-receipt", "r.json", status=0)["result"] == "proven"
    validator("receipt").validate(json.loads((proven.folder / "r.json").read_text()))
    kinds = set()
    for line in (proven.folder / "r.json.state").read_text().splitlines():
        validator("snapshot").validate(json.loads(line))
    for _, _, key, value in records(proven, proven.topic + "-snapshots"):
        validator("snapshot").validate(json.loads(value))
        kinds.add(key[:2] if key[0] == 0x1f else b"account")
    assert kinds == {b"account", b"\x1fs", b"\x1fm"}
    proven.send([event("C100", "1.00", balance="5.00"), event("POOR", "1.00", "withdrawal")])
    proven.run("project")
    assert audited("--since", "r.json", status=0)["declared_accounts"] == 1
    proven.sql("UPDATE balances SET balance_minor = 1")
    proven.sql("UPDATE daily_aggregates SET day = 5 WHERE day = 19724")
    assert audited(status=1)["difference_count"] > 3
    assert audited("--max", 1, status=1)["difference_count"] > 3
    assert "no broker" in audited("-b", "127.0.0.1:1", status=3)["error"]


def test_the_page_shows_the_last_audit(proven, unused_port):
    import urllib.request
    proven.start("serve", "--listen", f"127.0.0.1:{unused_port}")
    def page():
        with urllib.request.urlopen(f"http://127.0.0.1:{unused_port}/?lang=en", timeout=5) as answer:
            return answer.read().decode()
    ledger = proven
    def shows(text):
        try:
            return text in page()
        except OSError:
            return False
    ledger.wait_for(lambda: shows("proven"), "the last audit on the page")
    ledger.sql("UPDATE balances SET balance_minor = 1")
    ledger.run("audit", status=1)
    ledger.wait_for(lambda: shows("2 differences"), "its differences on the page")


def test_no_false_alarm_while_everything_runs(ledger):
    """A projector, a rebuild now and then, writers and snapshots, and 50 audits meanwhile."""
    audits = int(os.environ.get("DAYBOOK_AUDITS", "50"))
    pause_s = max(0.05, audits / 1000)  # a long campaign shall not end in a few slow audits
    ledger.init(3)
    chosen = random.Random(1)
    follower = ledger.start("project", "--follow", "--snapshot-every", "200")
    ledger.send([event(f"A{i % 50}") for i in range(500)])
    ledger.wait_for(lambda: ledger.sql("SELECT sum(offset_next) FROM checkpoints")[0][0] > 0,
                    "the first commit")
    stop, failures = threading.Event(), []

    def write():
        random_events = random.Random(2)
        try:
            while not stop.is_set():
                ledger.send([event(f"A{random_events.randrange(80)}",
                                   kind=random_events.choice(["deposit", "withdrawal"]))
                             for _ in range(random_events.randrange(200))])
                time.sleep(pause_s)
        except Exception as failure:
            failures.append(failure)

    writer = threading.Thread(target=write)
    writer.start()
    ways = [[], ["--partitions", "0,2"], ["--account", "A1"], ["--deep"],
            ["--receipt", "r.json"], ["--since", "r.json", "--receipt", "r.json"],
            ["--receipt", "r.json", "--write-receipt", "r.json"]]
    try:
        ledger.run("audit", "--write-receipt", "r.json")
        for done in range(audits):
            if chosen.random() < 0.1:
                ledger.run("project", "--reset", timeout=10 * DEADLINE_S)
            ledger.run("audit", *chosen.choice(ways), timeout=10 * DEADLINE_S)
            if done % 100 == 99:
                print(f"{done + 1} audits", flush=True)
    finally:
        stop.set()
        writer.join(DEADLINE_S)
    assert follower.poll() is None and not failures, failures
    print(f"{audits} audits, {ledger.sql('SELECT sum(offset_next) FROM checkpoints')[0][0]} events")
