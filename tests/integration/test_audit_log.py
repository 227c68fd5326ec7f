"""The audit of the log itself, and receipts: whatever was changed is found and placed."""
import json

import pytest
from auditing import audit, only, place, proven, records, remake, restamp  # noqa: F401
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource
from conftest import DEADLINE_S, event

# --- the log --------------------------------------------------------------------------------------

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
    if wanted == "log":  # what may be the only copy is not to be made anew
        assert all("--reset" not in d["next"] for d in differences), differences
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
    resource = ConfigResource(ConfigResource.Type.TOPIC, proven.topic, incremental_configs=[
        ConfigEntry("retention.ms", "604800000", incremental_operation=AlterConfigOpType.SET)])
    for future in proven.admin().incremental_alter_configs([resource]).values():
        future.result(DEADLINE_S)
    proven.wait_for(lambda: proven.admin().describe_configs([resource])[resource].result(DEADLINE_S)
                    ["retention.ms"].value == "604800000", "the broker to know it")
    assert "retention.ms" in only(audit(proven), check="settings")["stored"]


def test_absent_offsets_are_accepted_only_after_a_look(ledger):
    ledger.init(1)
    producer = ledger.producer(**{"transactional.id": ledger.topic})
    producer.init_transactions(DEADLINE_S)
    producer.begin_transaction()
    producer.produce(ledger.topic, json.dumps(event()).encode(), key=b"C100")
    producer.commit_transaction(DEADLINE_S)
    ledger.wait_for_end(2)
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
