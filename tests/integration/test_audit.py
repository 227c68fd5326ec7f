"""The audit: every tampering is found, named and placed; and nothing that is right is accused."""
import json
import os
import random
import sqlite3
import subprocess
import threading
import time
import urllib.request

import jsonschema
import pytest
from auditing import audit, only, place, proven, records  # noqa: F401
from conftest import DEADLINE_S, event


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
    ("DROP INDEX sources_by_digest", "schema"),
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


def test_an_index_that_lacks_a_row(proven):
    """The table is whole; a posting that asks through the index would not find the source."""
    proven.run("deposit", "Z", "1", "--open", "--id", "somebody:7")
    proven.run("project")
    proven.run("audit")

    def change(*statements):
        database = sqlite3.connect(proven.database)
        database.execute("PRAGMA writable_schema = 1")
        found = [database.execute(sql, values).fetchall() for sql, values in statements]
        database.commit()
        database.close()
        return found

    by_id = "WHERE source = 'somebody'"
    row, schema = change((f"SELECT * FROM sources {by_id}", ()),
                         ("SELECT * FROM sqlite_schema WHERE name = 'sources_by_digest'", ()))
    change((f"DELETE FROM sources {by_id}", ()))
    change(("DELETE FROM sqlite_schema WHERE name = 'sources_by_digest'", ()))
    change(("INSERT INTO sources VALUES (?, ?, ?, ?)", row[0]))
    change(("INSERT INTO sqlite_schema VALUES (?, ?, ?, ?, ?)", schema[0]))
    assert proven.sql(f"SELECT source_id FROM sources NOT INDEXED {by_id}") == [row[0][:1]]
    found = [d["what"] for d in audit(proven) if d["check"] == "indexes"]
    assert found == ["sources_by_digest"]


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
