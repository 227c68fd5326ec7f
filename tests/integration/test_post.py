"""Posting: whoever posts is told what the log decided, or that it is not known, and never anything else."""
import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import threading
import time

import pytest
from conftest import DEADLINE_S, event

ROUNDS = int(os.environ.get("DAYBOOK_RACES", "50"))
RELEASE = os.environ.get("DAYBOOK_BIN_RELEASE", "")
POSTER = os.path.join(os.path.dirname(RELEASE), "tests", "poster")


def history(ledger, account):
    lines = ledger.run_when_led("history", account, "--json").splitlines()
    return [json.loads(line) for line in lines]


def end(ledger):
    """Records in the log."""
    ledger.run("project", "-d", ledger.folder / "end.db")
    return ledger.sql("SELECT sum(offset_next) FROM checkpoints",
                      database=ledger.folder / "end.db")[0][0]


@pytest.fixture
def bank(ledger):
    """Account C100 with 100.00, on a topic of one partition."""
    ledger.init(1).run("deposit", "C100", "100", "--open")
    return ledger


# What is printed.


def test_the_decision_is_printed(ledger):
    ledger.init(1)
    assert ledger.run("deposit", "C100", "1000", "--open").stdout == "posted 0:0 · C100 · 1000.00\n"
    assert ledger.run("withdraw", "C100", "70,5").stdout == "posted 0:1 · C100 · 929.50\n"
    refused = ledger.run("withdraw", "C100", "929.51", status=1)
    assert refused.stdout == ("refused 0:2 · C100 · overdraft: 929.51 would leave -0.01, "
                              "the floor is 0.00 · balance 929.50\n")
    assert refused.stderr == ""
    assert ledger.run("withdraw", "C100", "29.5", "--floor", "900").stdout == \
        "posted 0:3 · C100 · 900.00\n"
    assert "the floor is 900.00" in ledger.run("withdraw", "C100", "0.01", "--floor", "900",
                                               status=1).stdout
    below = ledger.run("withdraw", "C100", "1000", "--floor", "none")
    assert below.stdout == "posted 0:5 · C100 · -100.00\n" and "without a floor" in below.stderr
    assert ledger.run("withdraw", "C100", "50", "--floor", "-150,00").stdout == \
        "posted 0:6 · C100 · -150.00\n"
    ledger.run("project")
    assert ledger.balances() == {"C100": "-150.00"}
    ledger.run("audit")


def test_programs_get_json(bank):
    done = json.loads(bank.run("deposit", "C100", "5", "--json", "--memo", "rent", "--date",
                               "2024-02-01", "--id", "till 1:7").stdout)
    assert done == {"outcome": "posted", "at": "0:1", "verdict": "posted", "balance": "105.00",
                    "account": "C100", "type": "deposit", "amount": "5.00", "memo": "rent",
                    "date": "2024-02-01T00:00:00Z", "id": "till 1:7"}
    refused = json.loads(bank.run("withdraw", "C100", "106", "--json", status=1).stdout)
    assert (refused["outcome"], refused["verdict"], refused["balance"], refused["floor"]) == \
        ("refused", "overdraft", "105.00", "0.00")
    row = history(bank, "C100")[1]
    assert (row["date"], row["memo"], row["source"], row["seq"]) == \
        ("2024-02-01T00:00:00Z", "rent", "till 1", 7)


@pytest.mark.parametrize("json_too", [(), ("--json",)])
def test_an_answer_that_cannot_be_written_is_no_refusal(bank, json_too):
    for words, status, said in ((("deposit", "5", "--id", "a:1"), 5, "posted 0:1, id 'a:1'; but"),
                                (("deposit", "5", "--id", "a:1"), 5, "already_posted 0:1, id 'a:1'"),
                                (("withdraw", "500", "--id", "b:1"), 1, "refused 0:2, id 'b:1'")):
        with open("/dev/full", "w") as full:
            done = subprocess.run([bank.binary, words[0], "C100", *words[1:], *json_too],
                                  env=bank.environment, cwd=bank.folder, stdout=full, text=True,
                                  stderr=subprocess.PIPE, timeout=DEADLINE_S)
        assert done.returncode == status and said in done.stderr, done
        assert "could not be written: No space left" in done.stderr
    assert bank.run("deposit", "C100", "5", "--id", "a:1").stdout == \
        "already posted 0:1 · C100 · 105.00\n"


def test_a_sum_that_does_not_fit_is_refused(ledger):
    ledger.init(1).run("deposit", "C100", "92233720368547758.07", "--open")
    assert "overflow" in ledger.run("deposit", "C100", "0.01", status=1).stdout
    ledger.run("project")
    ledger.run("audit")


@pytest.mark.parametrize("words, said", [
    (("deposit", "C100", "0"), "greater than 0"),
    (("deposit", "C100", "1,234"), "without separators of thousands"),
    (("deposit", "C100", "1 234"), "without separators of thousands"),
    (("deposit", "C100", "1.2345"), "at most two decimals"),
    (("deposit", "C100", "ten"), "written like"),
    (("deposit", "C100", "92233720368547758.08"), "at most 92233720368547758.07"),
    (("deposit", "C100"), "argument is missing"),
    (("deposit", " C100", "1"), "cannot be an account's name"),
    (("deposit", "", "1"), "cannot be an account's name"),
    (("deposit", "A\u202e", "1"), "cannot be an account's name"),
    (("deposit", "A" * 65, "1"), "cannot be an account's name"),
    (("deposit", "C100", "1", "--date", "31/01/2024"), "--date"),
    (("deposit", "C100", "1", "--date", "2024-02-30"), "--date"),
    (("deposit", "C100", "1", "--memo", "a\nb"), "--memo"),
    (("deposit", "C100", "1", "--memo", "x" * 201), "--memo"),
    (("deposit", "C100", "1", "--id", "x"), "SOURCE:SEQ"),
    (("deposit", "C100", "1", "--id", "csv:12:0"), "imported files"),
    (("deposit", "C100", "1", "--id", "reverse:0:1:0"), "reversals"),
    (("deposit", "C100", "1", "--floor", "0"), "no option --floor"),
    (("withdraw", "C100", "1", "--floor", "some"), "or none"),
    (("reverse", "0:0"), "--reason"),
    (("reverse", "C100", "--reason", "x"), "no position"),
])
def test_what_is_wrong_is_said_before_anything_is_connected(ledger, unused_port, words, said):
    done = ledger.run(*words, "-b", f"127.0.0.1:{unused_port}", status=2)
    assert said in done.stderr and done.stdout == "", done.stderr


def test_a_mistyped_account_is_not_opened(bank):
    for account in ("C200", "X1"):
        bank.run("deposit", account, "1", "--open")
    done = bank.run("deposit", "C10O", "5", status=1)
    assert "there is no account \"C10O\"" in done.stderr and "nothing was sent" in done.stderr
    assert "Nearest: C100, C200." in done.stderr and "--open" in done.stderr
    done = bank.run("withdraw", "zzzzzzzz", "5", status=1)
    assert "Nearest" not in done.stderr
    assert end(bank) == 3
    assert bank.run("deposit", "C10O", "5", "--open").stdout == "posted 0:3 · C10O · 5.00\n"


def test_an_account_that_only_the_log_knows_exists(bank):
    bank.run("project")
    bank.send([event("NEW", "7.00")])
    assert bank.run("deposit", "NEW", "1").stdout == "posted 0:2 · NEW · 8.00\n"


def test_dry_run_says_what_would_become_of_it_and_sends_nothing(bank):
    done = bank.run("withdraw", "C100", "40", "--dry-run", "--id", "a:1")
    assert json.loads(done.stdout)["transaction_value"] == "40.00"
    assert "would be posted, leaving 60.00; nothing was sent" in done.stderr
    done = bank.run("withdraw", "C100", "140", "--dry-run", status=1)
    assert "would be refused: overdraft: 140.00 would leave -40.00, the floor is 0.00" in done.stderr
    assert json.loads(bank.run("deposit", "C100", "1", "--dry-run", "--json").stdout)["balance"] == \
        "101.00"
    assert end(bank) == 1
    bank.run("deposit", "C100", "5", "--id", "a:1")
    for amount, status in ((5, 0), (6, 1)):
        words = ("deposit", "C100", amount, "--id", "a:1")
        answer = bank.run(*words, status=status).stdout
        assert bank.run(*words, "--dry-run", status=status).stdout == answer
    assert end(bank) == 2


# Where the state comes from.


def test_every_base_gives_the_same_decision(ledger):
    """Nothing, a snapshot, an old view, a view that is followed, a view of another log."""
    ledger.init(3)
    accounts = [f"A{i}" for i in range(30)]
    ledger.send([event(a, "10.00") for a in accounts])
    nothing = ledger.run("withdraw", "A1", "1").stdout
    assert nothing.endswith("· A1 · 9.00\n")
    ledger.run("snapshot")
    assert ledger.run("withdraw", "A1", "1").stdout.endswith("· A1 · 8.00\n")
    ledger.send([event(a, "10.00") for a in accounts])
    assert ledger.run("withdraw", "A1", "1").stdout.endswith("· A1 · 17.00\n")
    ledger.run("project")
    assert ledger.run("withdraw", "A1", "1").stdout.endswith("· A1 · 16.00\n")
    ledger.send([event(a, "10.00") for a in accounts])
    assert ledger.run("withdraw", "A1", "1").stdout.endswith("· A1 · 25.00\n")
    ledger.start("project", "--follow")
    ledger.wait_for(lambda: ledger.assert_whole() == 95, "the follower")
    assert ledger.run("withdraw", "A1", "26", status=1).stdout.endswith("balance 25.00\n")
    ledger.run("init", "-t", ledger.topic + "b", "--partitions", "3")
    done = ledger.run("deposit", "A1", "1", "--open", "-t", ledger.topic + "b")
    assert done.stdout.endswith("· A1 · 1.00\n") and "another log" in done.stderr


def damage(ledger, index):
    """Make nonsense of an index's root page, as a bad disk would."""
    (page, size), = ledger.sql("SELECT rootpage, (SELECT page_size FROM pragma_page_size) "
                               "FROM sqlite_schema WHERE name = ?", index)
    with sqlite3.connect(ledger.database) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with open(os.path.realpath(ledger.database), "r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)


@pytest.mark.parametrize("index", ["sources_by_digest", "sqlite_autoindex_accounts_1"])
def test_a_damaged_view_does_not_decide(bank, index):
    """The view is asked for one account and one source; where it cannot say, the log can."""
    bank.run("deposit", "C100", "1", "--id", "a:1")
    bank.run("project")
    bank.run("deposit", "C100", "1", "--id", "b:1")
    damage(bank, index)
    done = bank.run("withdraw", "C100", "102.01", status=1)
    assert "overdraft" in done.stdout and done.stdout.endswith("balance 102.00\n")
    if index == "sources_by_digest":
        assert "going on without the database" in done.stderr and "damaged" in done.stderr
    for name in ("a:1", "b:1"):
        assert bank.run("deposit", "C100", "1", "--id", name).stdout.startswith("already posted")
    assert "Nearest: C100" in bank.run("deposit", "C10", "1", status=1).stderr
    assert bank.run("withdraw", "C100", "102").stdout.endswith("· C100 · 0.00\n")
    assert bank.run("audit", status=None).returncode in (1, 4)


def test_without_a_view_that_was_made_by_this_program_the_log_decides(bank):
    bank.run("project")
    bank.sql("DROP INDEX sources_by_digest")
    assert bank.run("withdraw", "C100", "40").stdout.endswith("· C100 · 60.00\n")
    bank.sql("UPDATE meta SET schema_version = 2")
    done = bank.run("withdraw", "C100", "40")
    assert done.stdout.endswith("· C100 · 20.00\n")
    assert done.stderr.count("going on without the database") == 1


@pytest.mark.parametrize("change", [
    "UPDATE sources SET seq = -1", "DELETE FROM balances",
    "UPDATE balances SET balance_minor = balance_minor + 1"])
def test_a_row_that_cannot_be_right_does_not_decide(bank, change):
    bank.run("deposit", "C100", "1", "--id", "a:1")
    bank.run("project")
    bank.sql(change)
    for _ in range(2):
        done = bank.run("deposit", "C100", "1", "--id", "a:1", "--dry-run")
        assert done.stdout.startswith("already posted 0:1") and "damaged" in done.stderr, done
    assert bank.run("deposit", "C100", "1", "--id", "a:1").stdout.startswith("already posted 0:1")
    assert bank.run("withdraw", "C100", "101").stdout.endswith("· C100 · 0.00\n")
    assert bank.run("deposit", "C100", "1", "--id", "a:2").stdout.endswith("· C100 · 1.00\n")


def test_a_log_that_was_changed_takes_no_money(ledger):
    ledger.init(1).run("deposit", "C100", "100", "--open")
    ledger.run("deposit", "C100", "100")
    ledger.run("project")
    ledger.delete_topic(ledger.topic)
    ledger.run("init", "--partitions", "1")
    ledger.send([event("C100", "1.00"), event("C100", "2.00")])
    done = ledger.run("deposit", "C100", "100", status=1)
    assert "not the log that the view was built from" in done.stderr
    assert len(history(ledger, "C100")) == 2


@pytest.mark.parametrize("before, now", [(1, 3), (12, 1)])
def test_a_log_with_another_number_of_partitions_is_another_log(ledger, before, now):
    """The view says where to begin to read before the topic has said how many partitions it has."""
    ledger.init(before).run("deposit", "C100", "100", "--open")
    ledger.run("project")
    for topic in (ledger.topic, ledger.topic + "-snapshots"):
        ledger.delete_topic(topic)
    ledger.run("init", "--partitions", now)
    for decided in ("7.00", "14.00"):
        done = ledger.run("deposit", "C100", "7", "--open")
        assert done.stdout.endswith(f"· C100 · {decided}\n") and "another log" in done.stderr
    assert "there is no account" in ledger.run("deposit", "C10", "7", status=1).stderr


def test_a_log_that_is_shorter_than_the_view_takes_no_money(ledger):
    ledger.init(1).run("deposit", "C100", "100", "--open")
    ledger.run("deposit", "C100", "100")
    ledger.run("project")
    ledger.delete_topic(ledger.topic)
    ledger.run("init", "--partitions", "1")
    done = ledger.run("deposit", "C100", "100", "--open", status=1)
    assert "the log is damaged: partition 0" in done.stderr and "no offset 1" in done.stderr
    assert "there is no account \"C100\" in the log" in ledger.run("history", "C100", status=1).stderr


# The same id.


def test_an_id_posts_once(bank):
    bank.send([event("C100", "1.00", source="till", seq=4)])
    first = bank.run("deposit", "C100", "5", "--id", "a:3").stdout
    assert first == "posted 0:2 · C100 · 106.00\n"
    bank.run("deposit", "C100", "7")
    for view in (False, True):
        again = bank.run("deposit", "C100", "5", "--id", "a:3")
        assert again.stdout == "already posted 0:2 · C100 · 106.00\n"
        for other in (("deposit", "C100", "6"), ("withdraw", "C100", "5"),
                      ("deposit", "C100", "5", "--memo", "x"),
                      ("deposit", "C100", "5", "--date", "2024-01-01")):
            assert bank.run(*other, "--id", "a:3", status=1).stdout == "id already used for 0:2\n"
        low = bank.run("deposit", "C100", "5", "--id", "till:3", status=1).stdout
        assert low == "not posted: seq 3 is below the last seen 4; use a new id\n"
        if not view:
            bank.run("project")
    assert end(bank) == 4
    again = json.loads(bank.run("deposit", "C100", "5", "--id", "a:3", "--json").stdout)
    assert (again["outcome"], again["at"], again["balance"]) == ("already_posted", "0:2", "106.00")
    assert "date" not in again, "it is not that of the one that was posted"
    bank.run("deposit", "C200", "1", "--open")
    used = json.loads(bank.run("deposit", "C200", "5", "--id", "a:3", "--json", status=1).stdout)
    assert (used["outcome"], used["at"], used["account"]) == ("id_used", "0:2", "C200")
    assert "balance" not in used and "verdict" not in used, "they are C100's"


def test_a_refusal_is_told_again(bank):
    refused = bank.run("withdraw", "C100", "100.01", "--id", "a:1", status=1).stdout
    bank.run("deposit", "C100", "50")
    assert bank.run("withdraw", "C100", "100.01", "--id", "a:1", status=1).stdout == \
        "already " + refused.replace("· balance", "· balance then")
    assert refused.startswith("refused 0:1 · C100 · overdraft") and "balance 100.00" in refused


def test_a_duplicate_that_won_the_race_is_resolved(bank):
    """Twenty processes with one id: one posts, all say where."""
    said = race(bank, [("deposit", "C100", "5", "--id", "race:0")] * 20)
    assert {code for code, _, _ in said} == {0}
    posted = [out for _, out, _ in said if out.startswith("posted ")]
    assert len(posted) == 1
    assert all(out in posted[0] or out == "already " + posted[0] for _, out, _ in said), said
    rows = history(bank, "C100")
    assert [row["verdict"] for row in rows[:2]] == ["posted", "posted"]
    assert {row["verdict"] for row in rows[2:]} <= {"duplicate"}


# Reversal.


def test_a_transaction_is_reversed_once(bank):
    bank.run("withdraw", "C100", "30")
    bank.run("withdraw", "C100", "300", status=1)
    assert bank.run("reverse", "0:1", "--reason", "wrong account").stdout == \
        "posted 0:3 · C100 · 100.00\n"
    assert bank.run("reverse", "0:1", "--reason", "again").stdout == \
        "already posted 0:3 · C100 · 100.00\n"
    bank.run("withdraw", "C100", "100")
    assert bank.run("reverse", "0:0", "--reason", "never came").stdout == \
        "posted 0:5 · C100 · -100.00\n", "no floor: what was wrong is put right"
    assert bank.run("reverse", "0:3", "--reason", "it was right").stdout == \
        "posted 0:6 · C100 · -130.00\n"
    for position, said in (("0:2", "was not posted (overdraft)"), ("0:99", "is not in the log"),
                           ("7:0", "is not in the log")):
        done = bank.run("reverse", position, "--reason", "x", status=1)
        assert said in done.stderr and "nothing was sent" in done.stderr
    rows = history(bank, "C100")
    assert (rows[3]["source"], rows[3]["seq"], rows[3]["memo"]) == ("reverse:0:1", 0, "wrong account")
    assert [row.get("reverses") for row in rows] == [None, None, None, "0:1", None, "0:0", "0:3"]
    assert "\treverses 0:1\twrong account" in bank.run("history", "C100").stdout
    assert len(rows) == 7
    bank.run("project")
    bank.run("audit")


def test_someone_else_s_claim_to_reverse_is_not_one(bank):
    bank.send([event("C100", "1.00", "withdrawal", source="reverse:0:0", seq=0),
               event("C100", "1.00", "deposit", source="reverse:0:9", seq=0),
               event("C100", "100.00", "withdrawal", source="reverse:0:0", seq=1)])
    rows = history(bank, "C100")
    assert [row.get("claims_to_reverse") for row in rows] == [None, "0:0", "0:9", None]
    assert not any("reverses" in row for row in rows)
    assert "\tclaims to reverse 0:0\t" in bank.run("history", "C100").stdout
    assert bank.run("reverse", "0:0", "--reason", "x", status=1).stdout == "id already used for 0:1\n"


def test_a_reversal_of_another_account_is_only_a_claim(bank):
    """The amount agrees; it is not the account that was wronged."""
    bank.send([event("C200", "100.00"),
               event("C200", "100.00", "withdrawal", source="reverse:0:0", seq=0)])
    rows = history(bank, "C200")
    assert [row.get("claims_to_reverse") for row in rows] == [None, "0:0"]
    assert not any("reverses" in row for row in rows)


def test_two_reverse_at_once(bank):
    said = race(bank, [("reverse", "0:0", "--reason", f"r{i}") for i in range(5)])
    assert {code for code, _, _ in said} == {0}
    assert [row["verdict"] for row in history(bank, "C100")].count("posted") == 2


# Races.


def race(ledger, commands):
    """Run commands at once. @return (status, stdout, stderr) of each."""
    processes = [subprocess.Popen([RELEASE, *words], env=ledger.environment, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  cwd=ledger.folder) for words in commands]
    said = [process.communicate(timeout=DEADLINE_S) for process in processes]
    return [(process.returncode, *texts) for process, texts in zip(processes, said)]


def test_twenty_processes_withdraw_from_one_account(ledger):
    """However they race, the balance never goes below the floor, and each is told the truth."""
    ledger.init(4)
    seed = random.randrange(2**32)
    print("seed", seed)
    chance = random.Random(seed)
    for number in range(ROUNDS):
        account, value = f"R{number}", chance.randrange(100, 2000)
        there = chance.randrange(0, 25 * value)
        ledger.run("deposit", account, f"{there // 100}.{there % 100:02}" if there else "0.01", "--open")
        there = there or 1
        if number % 10 == 5:
            ledger.run("project")
        said = race(ledger, [("withdraw", account, f"{value / 100:.2f}", "--json")] * 20)
        rows = {row["at"]: row for row in history(ledger, account)}
        told = set()
        for code, out, err in said:
            answer = json.loads(out)
            row = rows[answer["at"]]
            assert code == (0 if row["verdict"] == "posted" else 1), (code, out, err)
            assert answer["verdict"] == row["verdict"] and answer["at"] not in told
            assert f'{row["source"]}:{row["seq"]}' == answer["id"]
            if code == 0:
                assert answer["balance"] == row["balance"]
            told.add(answer["at"])
        posted = [row for row in rows.values() if row["verdict"] == "posted"]
        assert len(rows) == 21 and len(posted) - 1 == min(20, there // value)
        assert min(float(row["balance"]) for row in posted) >= 0
    ledger.run("project")
    ledger.run("audit")


# Brokers that break.


def test_certainly_not_sent(own):
    own.init(1).run("deposit", "C100", "100", "--open")
    done = own.run_preloaded("broken_broker", "deposit", "C100", "5", "--id", "a:1", "--json",
                             DAYBOOK_BROKER_PID=str(own.broker_pid()),
                             DAYBOOK_BROKER_SIGNAL=str(int(signal.SIGKILL)))
    assert done.returncode == 3, (done.stdout, done.stderr)
    assert json.loads(done.stdout)["outcome"] == "not_sent" and "not sent" in done.stderr
    own.kafka("start")
    assert len(history(own, "C100")) == 1


def test_an_outcome_that_is_not_known_is_called_so(own):
    own.init(1).run("deposit", "C100", "100", "--open")
    pid = own.broker_pid()
    done = own.run_preloaded("broken_broker", "deposit", "C100", "5",
                             DAYBOOK_BROKER_PID=str(pid),
                             DAYBOOK_BROKER_SIGNAL=str(int(signal.SIGSTOP)))
    os.kill(pid, signal.SIGCONT)
    assert done.returncode == 5, (done.stdout, done.stderr)
    again = re.search(r"sent, outcome unknown; repeat with --id '([^']+)'", done.stderr)
    assert again and done.stdout == "", done.stderr
    own.wait_for(lambda: len(history(own, "C100")) == 2, "the event in the broker's hands")
    assert own.run_when_led("deposit", "C100", "5", "--id", again[1]) == \
        "already posted 0:1 · C100 · 105.00\n"
    assert len(history(own, "C100")) == 2


def wait_until_broken(ledger, pid):
    """Until broken_broker.c has stopped or killed the broker; the event is sent half a second later."""
    def is_broken():
        try:
            return open(f"/proc/{pid}/stat").read().rsplit(") ", 1)[1][0] in "TZ"
        except FileNotFoundError:
            return True
    ledger.wait_for(is_broken, "the broker to break")
    time.sleep(3)  # and given up only after ten


def test_what_was_once_on_the_wire_is_never_called_not_sent(own):
    """The broker takes the bytes, then dies: the event waits in the queue again, in doubt for ever."""
    own.init(1).run("deposit", "C100", "100", "--open")
    pid = own.broker_pid()
    environment = dict(own.environment, DAYBOOK_BROKER_PID=str(pid),
                       DAYBOOK_BROKER_SIGNAL=str(int(signal.SIGSTOP)),
                       LD_PRELOAD=os.path.join(os.path.dirname(POSTER), "libbroken_broker.so"))
    process = subprocess.Popen([RELEASE, "deposit", "C100", "5", "--id", "a:1"], env=environment,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_until_broken(own, pid)
    own.kill_broker()
    out, err = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 5 and "--id 'a:1'" in err, (process.returncode, out, err)
    own.kafka("start")
    assert "posted 0:1" in own.run("deposit", "C100", "5", "--id", "a:1").stdout


@pytest.mark.parametrize("broken, status, sent", [
    (signal.SIGSTOP, 5, signal.SIGINT), (signal.SIGSTOP, 5, signal.SIGHUP),
    (signal.SIGKILL, 3, signal.SIGINT)])
def test_ctrl_c_while_waiting_says_what_is_known(own, broken, status, sent):
    own.init(1).run("deposit", "C100", "100", "--open")
    pid = own.broker_pid()
    environment = dict(own.environment, DAYBOOK_BROKER_PID=str(pid),
                       DAYBOOK_BROKER_SIGNAL=str(int(broken)),
                       LD_PRELOAD=os.path.join(os.path.dirname(POSTER), "libbroken_broker.so"))
    process = subprocess.Popen([RELEASE, "deposit", "C100", "5", "--id", "a:1"], env=environment,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_until_broken(own, pid)
    process.send_signal(sent)
    out, err = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == status and out == "", (process.returncode, out, err)
    # on a busy machine its own patience may end first
    assert "stopped" in err or "said nothing for" in err, err
    assert ("--id 'a:1'" in err) == (status == 5)
    if broken == signal.SIGSTOP:
        os.kill(pid, signal.SIGCONT)
    else:
        own.kafka("start")
        assert len(history(own, "C100")) == 1


def test_no_broker(ledger, unused_port):
    done = ledger.run("deposit", "C100", "5", "-b", f"127.0.0.1:{unused_port}", status=3)
    assert "no broker answers" in done.stderr
    assert "nothing was sent: no broker" in done.stderr
    assert "there is no topic" in ledger.run("deposit", "C100", "5", status=3).stderr


def test_programs_are_told_that_nothing_was_sent(bank, unused_port):
    def told(*words, status):
        said = json.loads(bank.run(*words, "--json", status=status).stdout)
        assert said["outcome"] == "not_sent", said
        return said
    away = told("withdraw", "C100", "5", "-b", f"127.0.0.1:{unused_port}", status=3)
    assert (away["account"], away["amount"]) == ("C100", "5.00") and "no broker" in away["error"]
    assert "no account" in told("deposit", "C1OO", "5", status=1)["error"]
    assert "not in the log" in told("reverse", "0:99", "--reason", "x", status=1)["error"]
    bank.run("withdraw", "C100", "101", status=1)
    assert "was not posted" in told("reverse", "0:1", "--reason", "x", status=1)["error"]


def test_a_topic_that_would_lose_events_takes_none(ledger):
    from confluent_kafka.admin import ConfigResource
    ledger.init(1)
    resource = ConfigResource(ConfigResource.Type.TOPIC, ledger.topic,
                              set_config={"retention.ms": "1000", "cleanup.policy": "delete"})
    ledger.admin().alter_configs([resource])[resource].result()
    ledger.wait_for(lambda: ledger.admin().describe_configs([resource])[resource].result()
                    ["retention.ms"].value == "1000", "the broker to know it")
    done = ledger.run("deposit", "C100", "5", "--open", status=3)
    assert "nothing was sent" in done.stderr and "retention.ms" in done.stderr


def test_a_wrong_clock_is_told(bank):
    done = bank.run_preloaded("shifted_clock", "deposit", "C100", "5",
                              DAYBOOK_CLOCK_SHIFT_S=str(3 * 3600))
    assert done.returncode == 3, done.stderr
    assert "ahead of the broker's" in done.stderr and "nothing was sent" in done.stderr
    assert end(bank) == 1


def test_a_client_that_gives_up_is_replaced_and_the_event_is_posted_once(bank):
    done = bank.run_preloaded("fatal_producer", "deposit", "C100", "5", DAYBOOK_FATAL_AFTER="1")
    assert (done.returncode, done.stdout) == (0, "posted 0:1 · C100 · 105.00\n"), done.stderr
    assert end(bank) == 2


def test_a_broker_killed_while_ten_tellers_post(own):
    """Nothing lost, nothing twice, and every outcome as it was told."""
    own.init(3)
    tellers = [f"T{i}" for i in range(10)]
    own.send([event(a, "1000.00") for a in tellers])
    own.run("project")
    told = {}       # position: what was said of it
    not_sent = []   # ids
    stop = threading.Event()
    sessions = [subprocess.Popen([POSTER, "withdraw", a, "1", "400", "25"], env=own.environment,
                                 text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                for a in tellers[:5]]

    def command_after_command(account):
        number, again = 0, None
        while not stop.is_set() or again:
            name = again or f"{account}-{number}:0"
            done = subprocess.run([RELEASE, "withdraw", account, "1", "--json", "--id", name],
                                  env=own.environment, text=True, capture_output=True)
            assert done.returncode in (0, 1, 3, 5), done.stderr
            if done.returncode in (0, 1):
                answer = json.loads(done.stdout)
                told[answer["at"]] = (answer["verdict"], answer["balance"])
            elif done.returncode == 3 and not again:
                not_sent.append(name)
            again = name if done.returncode == 5 or (again and done.returncode == 3) else None
            number += 1

    threads = [threading.Thread(target=command_after_command, args=(a,)) for a in tellers[5:]]
    for thread in threads:
        thread.start()
    for pause in (3, 2):
        time.sleep(pause)
        own.kill_broker()
        time.sleep(1)
        own.kafka("start")
    time.sleep(3)
    stop.set()
    for thread in threads:
        thread.join(DEADLINE_S)
        assert not thread.is_alive()
    for session in sessions:
        out, err = session.communicate(timeout=DEADLINE_S)
        assert session.returncode == 0, err
        lines = [line.split() for line in out.splitlines()]
        assert len(lines) == 400
        for outcome, at, balance, _, _ in lines:
            assert outcome == "posted" and at not in told
            told[at] = ("posted", f"{int(balance) // 100}.{int(balance) % 100:02}")
    in_log, ids = {}, set()
    for account in tellers:
        for row in history(own, account):
            ids.add(f'{row.get("source")}:{row.get("seq")}')
            if row["verdict"] != "duplicate" and "source" in row:
                in_log[row["at"]] = (row["verdict"], row.get("balance"))
    assert in_log == told
    assert not ids & set(not_sent)
    own.run("project")
    own.run("audit")
