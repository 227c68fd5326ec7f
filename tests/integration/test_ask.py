"""Questions to the log: history, statement, verify, export, and any moment of the past."""
import csv
import io
import json
import random
import subprocess

import pytest
import reference
from conftest import DEADLINE_S, event

BACKDATED = [event("C100", "1000.00", date="2024-01-10", memo="first, but late"),
             event("C100", "200.00", "withdrawal", "2024-01-05"),
             event("C200", "7.00", date="2024-02-01T12:00:00Z", source="s", seq=3),
             event("C100", "50.00", "withdrawal", "2024-01-31T23:59:59Z"),
             event("C100", "9000.00", "withdrawal", "2024-03-01", floor="0.00"),
             event("C100", "1.00", date="2024-02-01")]


@pytest.fixture
def asked(ledger):
    ledger.init(1).send(BACKDATED)
    return ledger


def test_history_shows_each_event_posted_or_not(asked):
    lines = [line.split("\t") for line in asked.run("history", "C100").stdout.splitlines()]
    assert [line[0] for line in lines] == ["0:0", "0:1", "0:3", "0:4", "0:5"]
    assert [line[3] for line in lines] == ["posted"] * 3 + ["overdraft", "posted"]
    assert [line[5] for line in lines] == ["1000.00", "800.00", "750.00", "", "751.00"]
    assert lines[0][7] == "first, but late"
    shown = json.loads(asked.run("history", "C200", "--json", "--raw").stdout)
    assert (shown["source"], shown["seq"], shown["balance"]) == ("s", 3, "7.00")
    assert json.loads(shown["raw"])["account"] == "C200"
    def places(*words):
        return [l.split("\t")[0] for l in asked.run("history", "C100", *words).stdout.splitlines()]
    assert places("--from", "0:3") == ["0:3", "0:4", "0:5"]
    assert places("--from", "0:1", "--to", "0:3") == ["0:1", "0:3"]
    assert places("--from", "2024-01-10", "--to", "2024-01-31") == ["0:0", "0:3"]
    assert "no account" in asked.run("history", "C1", status=1).stderr
    asked.run("history", "C100", "--from", "1:0", status=2)
    asked.run("history", "C100", "--from", "yesterday", status=2)
    asked.run("history", " ", status=2)


def test_history_has_what_only_the_key_names(ledger):
    ledger.init(1)
    producer = ledger.producer()
    producer.produce(ledger.topic, b"junk", key=b"C100")
    producer.flush()
    assert "malformed" in ledger.run("history", "C100").stdout


def test_statement_adds_up_by_date(asked):
    said = json.loads(asked.run("statement", "C100", "--from", "2024-01-10", "--to", "2024-01-31",
                                "--json").stdout)
    assert (said["opening"], said["closing"]) == ("-200.00", "750.00")
    assert [line["balance"] for line in said["lines"]] == ["800.00", "750.00"]
    rows = list(csv.DictReader(io.StringIO(asked.run("statement", "C100", "--csv").stdout)))
    assert [row["position"] for row in rows] == ["", "0:1", "0:0", "0:3", "0:5", ""]
    assert [row["balance"] for row in rows] == ["0.00", "-200.00", "800.00", "750.00", "751.00",
                                                "751.00"]
    assert rows[2]["memo"] == "first, but late" and rows[-1]["memo"] == "closing balance"
    empty = asked.run("statement", "C100", "--csv", "--from", "2030-01-01", "--to", "2030-12-31")
    assert empty.stdout.splitlines()[1:] == ["2030-01-01,,,751.00,opening balance",
                                             "2030-12-31,,,751.00,closing balance"]
    lines = asked.run("statement", "C100", "--to", "2024-01-09").stdout.splitlines()
    assert "opening balance" in lines[0] and lines[-1].split("\t")[3:] == ["-200.00",
                                                                            "closing balance"]
    asked.run("statement", "C1", status=1)
    asked.run("statement", "C100", "--from", "0:1", status=2)
    asked.run("statement", "C100", "--from", "2024-02-01", "--to", "2024-01-01", status=2)


def test_balance_at(asked):
    def at(*words, status=0):
        return asked.run("balance", "--at", *words, status=status)
    assert at("2024-01-31", "C100").stdout.startswith("C100\t750.00\t")
    assert at("2024-01-31T23:59:58Z", "C100").stdout.startswith("C100\t800.00\t")
    assert at("0:1", "C100").stdout.startswith("C100\t800.00\t0:1")
    assert at("0:1").stdout == "C100\t800.00\t0:1\t\n"
    assert "0.00\t0:1\tno event yet" in at("0:1", "C200").stdout
    assert "no account" in at("0:1", "C1", status=1).stderr
    assert "does not have 0:9" in at("0:9", "C100", status=1).stderr
    for wrong in ("1:0", "0:x", "0:1,0:2", "soon", "2024-13-01"):
        at(wrong, "C100", status=2)
    asked.run("balance", "--at", "0:1", "--from-log", "C100", status=2)
    asked.run("project")
    asked.run("audit", "--write-receipt", "r.json")
    asked.send([event("C100", "5.00"), event("LATER", "1.00")])
    assert at("r.json").stdout.splitlines() == ["C100\t751.00\t0:5\t", "C200\t7.00\t0:5\t"]
    assert "0.00\t0:5\tno event yet" in at("r.json", "LATER").stdout
    receipt = json.loads((asked.folder / "r.json").read_text())
    receipt["partitions"][0]["digest"] = "0" * 64
    (asked.folder / "other.json").write_text(json.dumps(receipt))
    for words in ([], ["C100"]):
        assert "not the log" in at("other.json", *words, status=1).stderr
    receipt["topic"] = "other"
    (asked.folder / "other.json").write_text(json.dumps(receipt))
    assert "of topic other" in at("other.json", status=1).stderr


def test_balance_at_on_many_partitions(ledger):
    ledger.init(4).send([event(f"A{i}", f"{i + 1}.00") for i in range(30)])
    ledger.run("project")
    ends = ledger.sql("SELECT partition, offset_next - 1 FROM checkpoints WHERE offset_next > 0")
    positions = ",".join(f"{p}:{o}" for p, o in ends)
    everything = ledger.run("balance", "--at", positions).stdout.splitlines()
    assert {tuple(line.split("\t")[:2]) for line in everything} == set(ledger.balances().items())
    first = positions.split(",")[0]
    assert "is missing" in ledger.run("balance", "--at", first, status=2).stderr
    account = ledger.sql("SELECT account FROM accounts WHERE account_id % 4 <> ?", ends[0][0])[0][0]
    assert "is on partition" in ledger.run("balance", "--at", first, account, status=2).stderr


def random_stream(ledger, chosen, partitions, count):
    """Backdated, repeated, refused, misrouted and malformed events; in the order of the log."""
    names = [f"A{i}" for i in range(6)]
    offsets, log = [0] * partitions, []
    producer = ledger.producer()
    for _ in range(count):
        name = chosen.choice(names)
        made = event(name, f"{chosen.randrange(1, 5000) / 100:.2f}",
                     chosen.choice(["deposit", "deposit", "withdrawal"]),
                     f"2024-01-{chosen.randrange(1, 6):02}" +
                     chosen.choice(["", "T00:00:00Z", "T23:59:59Z", "T12:30:00Z"]))
        if made["transaction_type"] == "withdrawal" and chosen.random() < 0.7:
            made["floor"] = chosen.choice(["0.00", "-20.00"])
        if chosen.random() < 0.3:
            made.update(source=chosen.choice("st"), seq=chosen.randrange(8))
        value = b"junk" if chosen.random() < 0.05 else json.dumps(made).encode()
        partition = (reference.murmur2(name.encode()) & 0x7FFFFFFF) % partitions
        if chosen.random() < 0.1:
            partition = (partition + 1) % partitions
        log.append({"partition": partition, "offset": offsets[partition], "key": name.encode(),
                    "value": value, "absent": False})
        offsets[partition] += 1
        producer.produce(ledger.topic, value, key=name.encode(), partition=partition)
    assert producer.flush(60) == 0
    return log


def money(minor):
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02}"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_position_and_date_equals_a_naive_oracle(ledger, seed):
    """All there is to ask of a stream, against a second fold in another language."""
    chosen, count = random.Random(seed), 3
    ledger.init(count)
    log = random_stream(ledger, chosen, count, 60)
    folds = [reference.Partition(ledger.topic, p, count) for p in range(count)]
    after, posted, verdicts = {}, [], set()  # balances after each position; (account, date, amount)
    for record in log:
        fold = folds[record["partition"]]
        before = {name: state[0] for name, state in fold.accounts.items()}
        verdict = fold.fold(record)
        verdicts.add(verdict)
        balances = {name: state[0] for name, state in fold.accounts.items()}
        after[record["partition"], record["offset"]] = balances
        if verdict == "posted":
            made = reference.decode(record["key"], record["value"])
            name = made["account"]
            posted.append((name, made["date"], balances[name] - before.get(name, 0)))
    assert verdicts == {"posted", "duplicate", "overdraft", "misrouted", "malformed"}

    def answer(at, *accounts):
        lines = ledger.run("balance", "--at", at, *accounts).stdout.splitlines()
        return {l.split("\t")[0]: (l.split("\t")[1], l.split("\t")[3] != "") for l in lines}

    def expected(there, asked):
        return {name: (money(there.get(name, 0)), name not in there) for name in asked}
    for (partition, offset), there in after.items():
        asked = sorted(folds[partition].accounts)
        if asked:
            assert answer(f"{partition}:{offset}", *asked) == expected(there, asked)
    ends = [max((o for p, o in after if p == partition), default=-1) for partition in range(count)]
    for _ in range(8):  # all accounts, at one position of each partition
        at = [(p, chosen.randrange(ends[p] + 1)) for p in range(count) if ends[p] >= 0]
        there = {name: balance for place in at for name, balance in after[place].items()}
        assert answer(",".join(f"{p}:{o}" for p, o in at)) == expected(there, there), at
    everybody = sorted(name for fold in folds for name in fold.accounts)
    for text in ["2023-12-31"] + [f"2024-01-0{day}{hour}" for day in range(1, 7) for hour in
                                  ("", "T00:00:00Z", "T12:29:59Z", "T12:30:00Z", "T23:59:59Z")]:
        last = reference.date(text) + (86399 if len(text) == 10 else 0)
        there = {}
        for name, when, amount in posted:
            if when <= last:
                there[name] = there.get(name, 0) + amount
        assert answer(text) == expected(there, there), text
        assert answer(text, *everybody) == expected(there, everybody), text


def test_verify(asked):
    said = asked.run("verify", "0:3").stdout
    assert "verdict    posted" in said and "balance    750.00" in said
    assert "there is no database" in said
    (asked.folder / "text.db").write_text("not a database, but long enough to be read as one" * 9)
    assert "file is not a database" in asked.run("verify", "0:3", "-d", "text.db").stdout
    asked.run("project")
    assert "in transactions, as it should be" in asked.run("verify", "0:3").stdout
    assert "in rejections, as it should be" in asked.run("verify", "0:4").stdout
    digest = asked.sql("SELECT lower(hex(digest)) FROM checkpoints")[0][0]
    assert json.loads(asked.run("verify", "0:5", "--json").stdout)["digest"] == digest
    asked.send([event()])
    assert "not applied yet" in asked.run("verify", "0:6").stdout
    asked.sql("UPDATE transactions SET amount_minor = 1 WHERE offset = 3")
    assert "another row" in asked.run("verify", "0:3", status=1).stdout
    assert "ends before" in asked.run("verify", "0:7", status=1).stderr
    asked.run("verify", "7:0", status=1)
    for wrong in ("0", "0:", ":1", "0:1x", "-1:0"):
        asked.run("verify", "--", wrong, status=2)


HOSTILE = ["=1+1", "a,b", 'q"q', "a;b", "Zoé", "x  y", "a:b", "(v)", "%41", "A", "<b>"]


def test_export_is_whole_and_hledger_agrees(ledger):
    """Backdated events and names that mean something to hledger, CSV or a spreadsheet."""
    chosen = random.Random(5)
    ledger.init(3).send(BACKDATED + [
        event(chosen.choice(HOSTILE), f"{chosen.randrange(1, 9999) / 100:.2f}",
              chosen.choice(["deposit", "withdrawal"]), f"2024-0{chosen.randrange(1, 9)}-11",
              memo=chosen.choice(["", "a; b", "é, \"x\""])) for _ in range(300)])
    ledger.run("project")
    balances = ledger.balances()
    count = ledger.sql("SELECT count(*) FROM transactions")[0][0]
    rows = list(csv.DictReader(io.StringIO(ledger.run("export").stdout)))
    lines = [json.loads(l) for l in ledger.run("export", "--format", "jsonl").stdout.splitlines()]
    assert len(rows) == len(lines) == count
    assert {l["account"]: l["balance"] for l in lines} == balances
    assert any(r["account"] == "'=1+1" for r in rows)
    journal = ledger.folder / "ledger.journal"
    journal.write_text(ledger.run("export", "--format", "hledger").stdout)
    subprocess.run(["hledger", "-f", journal, "check"], check=True, timeout=DEADLINE_S)
    said = subprocess.run(["hledger", "-f", journal, "balance", "--flat", "-O", "csv", "-N", "-E",
                           "accounts"],
                          check=True, timeout=DEADLINE_S, text=True, capture_output=True).stdout
    from urllib.parse import unquote
    theirs = {unquote(r["account"].removeprefix("accounts:")): f"{float(r['balance']):.2f}"
              for r in csv.DictReader(io.StringIO(said))}
    assert theirs == balances
    # A wrong assertion is noticed: the check can fail.
    journal.write_text(journal.read_text().replace(" = ", " = 1", 1))
    assert subprocess.run(["hledger", "-f", journal, "check"], capture_output=True).returncode != 0
    ledger.run("export", "--format", "xml", status=2)
