"""What every command has in common: help, versions, mistakes, output for people and for programs."""
import json
import os
import re
import subprocess

import pytest
from conftest import DEADLINE_S, event

COMMANDS = ["init", "import", "deposit", "withdraw", "reverse", "teller", "project", "audit", "balance",
            "history", "statement", "verify", "export", "status", "snapshot", "serve", "run",
            "simulate", "log"]


def test_help_names_every_command_and_option(ledger):
    usage = ledger.run("help").stdout
    for command in COMMANDS:
        manual = ledger.run("help", "--man", command).stdout.replace("\\-", "-")
        assert re.search(rf"^  {command} ", usage, re.M)
        shown = ledger.run("help", command).stdout
        assert shown == ledger.run(command, "--help").stdout
        for option in re.findall(r"--[a-z-]+", shown.split("Options of every command")[0]):
            assert option in manual, option


def test_versions(ledger):
    shown = ledger.run("--version").stdout
    for name in ("daybook", "librdkafka", "SQLite", "libmicrohttpd", "jansson", "OpenSSL"):
        assert name in shown


@pytest.mark.parametrize("words, hint", [
    (["proyect"], "did you mean project?"),
    (["blance"], "did you mean balance?"),
    (["xyzzy"], "daybook help"),
    (["project", "--rest"], "did you mean --reset?"),
    (["init", "--partitons", "3"], "did you mean --partitions?"),
    (["init", "--partitions", "0"], "from 1 to"),
    (["init", "--partitions", "x"], "whole number"),
    (["init", "--partitions"], "needs a value"),
    (["init", "extra"], "too many"),
    (["import"], "missing"),
    (["project", "-Q"], "no option"),
    (["status", "-X", "acks=0"], "cannot be set"),
    (["status", "-X", "sasl.password=x"], "chmod 600"),
    (["status", "-X", "no.such=1"], "no.such"),
    (["status", "-F", "/nonexistent"], "/nonexistent"),
    (["status", "-t", "a b"], "cannot be a topic"),
])
def test_mistakes_are_told_with_what_was_meant(ledger, words, hint):
    done = ledger.run(*words, status=2)
    assert hint in done.stderr and done.stdout == ""


def test_no_command_at_all(ledger):
    assert "Usage" in ledger.run(status=2).stdout


def test_output_for_programs(ledger):
    ledger.init(2).send([event("a\tb"), event("C\\1"), event("C100", memo="é")])
    ledger.run("project")
    lines = ledger.run("balance").stdout.splitlines()
    assert [line.split("\t")[0] for line in lines] == ["C100", "C\\\\1"]
    objects = [json.loads(line) for line in ledger.run("balance", "--json").stdout.splitlines()]
    assert {o["account"]: o["balance"] for o in objects} == {"C100": "10.00", "C\\1": "10.00"}
    status = json.loads(ledger.run("status", "--json").stdout)
    assert status["verdicts"]["posted"] == 2 and status["verdicts"]["malformed"] == 1
    assert status["lag_events"] == 0 and sum(status["checkpoint"]) == 3
    audit = json.loads(ledger.run("audit", "--json").stdout)
    assert audit["result"] == "proven" and audit["balances"] == "20.00"


def test_status_tells_the_lag(ledger):
    ledger.init(2).send([event()])
    ledger.run("project")
    ledger.send([event(), event()])
    shown = ledger.run("status").stdout
    assert re.search(r"^lag +2 events, \d+ s$", shown, re.M), shown
    assert "; 2 later events in the log are not in the view yet" in ledger.run("audit").stdout
    assert json.loads(ledger.run("audit", "--json").stdout)["later_events"] == 2
    assert "no database" in ledger.run("status", "-d", ledger.folder / "none.db").stderr
    full = 0 if ledger.sql("SELECT offset_next FROM checkpoints WHERE partition = 0")[0][0] else 1
    ledger.sql("UPDATE checkpoints SET offset_next = offset_next + 9 WHERE partition = ?", 1 - full)
    short = ledger.run("status", "--json")
    said = json.loads(short.stdout)
    assert said["lag_events"] == 2 and said["missing_events"] == 9
    assert "it lacks 9 of the events that were applied" in short.stderr


def test_a_view_of_another_topic_is_refused_by_whoever_reads_it(ledger):
    ledger.init(1).send([event()])
    ledger.run("project")
    other = ledger.topic + "-other"
    ledger.run("init", "-t", other, "--partitions", 1)
    for words in (["balance"], ["export"], ["status"], ["audit"], ["project"],
                  ["serve", "--listen", "127.0.0.1:0"]):
        done = ledger.run(*words, "-t", other, status=4)
        assert f"is a view of topic {ledger.topic}, not of {other}" in done.stderr, words
        assert "shorter" not in done.stderr and "10.00" not in done.stdout


def test_a_file_that_is_no_database_is_told_by_status_too(ledger):
    ledger.init(1)
    with open(ledger.database, "w") as file:
        file.write("transaction_date;account\n" * 100)
    done = ledger.run("status", status=4)
    assert "file is not a database" in done.stderr and "choose another with -d" in done.stderr


def test_a_negative_amount_is_an_amount(ledger):
    ledger.init(1)
    assert '"-5": ' in ledger.run("deposit", "C100", "-5", status=2).stderr


def test_no_table_for_an_account_that_is_not_there(ledger):
    ledger.init(1).send([event()])
    ledger.run("project")
    assert ledger.run("balance", "ZZZ", status=1).stdout == ""
    assert "C100" in ledger.run("balance", "C100", "ZZZ", status=1).stdout


def test_a_date_in_the_future_is_said(ledger):
    ledger.init(1)
    done = ledger.run("deposit", "C100", "1", "--open", "--date", "2099-01-01")
    assert "--date 2099-01-01 lies in the future" in done.stderr and "posted" in done.stdout
    assert "a day that exists" in ledger.run("deposit", "C100", "1", "--date", "2024-02-30",
                                             status=2).stderr


def test_a_terminal_gets_aligned_columns(ledger):
    ledger.init(1).send([event("C100", "1000.00"), event("Zoë", "5.00")])
    ledger.run("project")
    done = subprocess.run(["script", "-qec", f"{ledger.binary} balance", "/dev/null"],
                          env=ledger.environment, text=True, capture_output=True, timeout=DEADLINE_S)
    assert done.stdout.splitlines() == ["ACCOUNT  BALANCE  AT", "C100     1000.00  0:1",
                                        "Zoë         5.00  0:1"]


def test_output_that_cannot_be_written_is_an_error(ledger):
    ledger.init(1).send([event()])
    ledger.run("project")
    with open("/dev/full", "w") as full:
        done = subprocess.run([ledger.binary, "balance"], env=ledger.environment, stdout=full,
                              stderr=subprocess.PIPE, text=True, timeout=DEADLINE_S)
    assert done.returncode == 1 and "could not be written" in done.stderr
    assert os.path.exists(ledger.database)
