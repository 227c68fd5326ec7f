"""`daybook log` and `daybook simulate`: what comes, and making it come."""
import json
import random
import re
import subprocess
import time

import pexpect
import pytest
from conftest import DEADLINE_S, event


def lines_of(process):
    return open(process.log).read().splitlines()


def shown(ledger, *words):
    done = ledger.run("log", "-e", "--json", *words)
    return [json.loads(line) for line in done.stdout.splitlines()]


MIXED = [event("C100", "10.00", memo="é"), b"junk",
         event("C100", "50.00", "withdrawal", floor="0.00"), event("C200", "7.00", source="s", seq=1),
         event("C200", "7.00", source="s", seq=1), event("C100", "3.00", "withdrawal")]


@pytest.mark.parametrize("state", ["none", "view", "old view", "snapshot"])
def test_verdicts_are_those_of_a_whole_replay(ledger, state):
    """Whatever state is at hand, and wherever one begins."""
    chosen = random.Random(7)
    ledger.init(3)

    def send():
        ledger.send([event(chosen.choice("ABCDEFGH"), f"{chosen.randrange(1, 50)}.00",
                           chosen.choice(["deposit", "withdrawal"]), floor="0.00",
                           source=chosen.choice("xyz"), seq=chosen.randrange(60))
                     for _ in range(40)] + [b"?", event("A")], key=True)

    send()
    if state == "old view":
        ledger.run("project")
    send()
    if state == "view":
        ledger.run("project")
    if state == "snapshot":
        ledger.run("snapshot")
    whole = shown(ledger, "-o", "beginning", "-d", ledger.folder / "none.db")
    assert {"posted", "duplicate", "overdraft", "malformed"} <= {l["verdict"] for l in whole}
    verdicts = {l["at"]: l for l in whole}
    assert len(verdicts) == len(whole) == 84
    for words in ((), ("-n", 0), ("-n", 1), ("-n", 30), ("-n", 1000), ("-o", "0:3,1:0"),
                  ("-o", "2:1"), ("-o", "beginning")):
        found = shown(ledger, *words)
        assert found == [verdicts[l["at"]] for l in found], words
        if words[:1] == ("-n",):
            assert len(found) == min(words[1], 84)
            arrived = [l["arrived_ms"] for l in found]
            assert arrived == sorted(arrived)
    positions = [l["at"] for l in shown(ledger, "-o", "0:3,1:0")]
    assert "0:3" in positions and "0:2" not in positions and "1:0" in positions
    assert not [p for p in positions if p.startswith("2:")]
    assert len(shown(ledger)) == 10


def test_it_follows_and_ends_on_ctrl_c(ledger, terminate):
    ledger.init(2).send(MIXED)
    ledger.run("project")
    following = ledger.start("log", "-n", "2")
    ledger.wait_for(lambda: len(lines_of(following)) == 2, "the last two")
    ledger.send([event("C100", "4.00"), event("C100", "4.01", "withdrawal", floor="99.00")])
    ledger.wait_for(lambda: len(lines_of(following)) == 4, "what came")
    new = [line.split("\t") for line in lines_of(following)[2:]]
    assert [(l[3], l[4], l[5], l[6]) for l in new] == [("posted", "4.00", "11.00", "C100"),
                                                       ("overdraft", "-4.01", "", "C100")]
    terminate(following)


def test_hostile_records_stay_one_line_each(ledger):
    ledger.init(1)
    ledger.send([b"\x1b[2J", b"", b"{}", event("a\tb"), event("A", memo="x\\y")], key=False)
    lines = ledger.run("log", "-e").stdout.splitlines()
    assert len(lines) == 5 and all(line.count("\t") == 8 for line in lines)
    assert "\x1b" not in "".join(lines) and lines[4].endswith("x\\\\y")


def test_a_closed_pipe_ends_it(ledger):
    ledger.init(1).send([event()] * 5)
    process = subprocess.Popen([ledger.binary, "log", "-o", "beginning"], env=ledger.environment,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert b"posted" in process.stdout.readline()
    process.stdout.close()
    deadline = time.monotonic() + DEADLINE_S
    while process.poll() is None and time.monotonic() < deadline:
        ledger.send([event()])
    assert process.returncode == 1


def test_a_reader_that_pauses_holds_nothing_up(ledger):
    ledger.init(1).send([event(memo="x" * 190)] * 3000)
    ledger.run("project")
    process = subprocess.Popen([ledger.binary, "log", "-o", "0:1"], env=ledger.environment,
                               stdout=subprocess.PIPE)
    try:
        assert b"posted" in process.stdout.readline()  # and then nobody reads on
        ledger.send([event()])
        ledger.run("project")
        assert ledger.sql("PRAGMA wal_checkpoint(TRUNCATE)")[0][0] == 0, "the database is held"
        assert process.poll() is None
    finally:
        process.kill()
        process.communicate(timeout=DEADLINE_S)


def test_the_last_of_many_partitions_are_the_last_of_all(ledger):
    ledger.init(12)
    for i in range(15):
        ledger.send([event(f"A{j}", f"{i + 1}.{j:02}") for j in range(20)])
    everything = [l["at"] for l in shown(ledger, "-n", 100000)]
    for count in (0, 1, 7, 40, 299):
        assert [l["at"] for l in shown(ledger, "-n", count)] == everything[len(everything) - count:]
    assert len(everything) == 300


@pytest.mark.parametrize("words, hint", [
    (["-o", "2024-01-01"], "beginning"), (["-o", "7:0"], "no partition 7"),
    (["-o", "x"], "beginning"), (["-n", "-1"], "whole number"), (["C100"], "too many")])
def test_log_says_what_it_takes(ledger, words, hint):
    ledger.init(1)
    assert hint in ledger.run("log", *words, status=2).stderr


def test_a_simulation_is_the_same_again_by_its_seed(ledger):
    ledger.init(4)
    fields = ("account", "amount", "memo", "floor")

    def run(seed):
        before = {l["at"] for l in shown(ledger, "-n", 100000)}
        said = json.loads(ledger.run("simulate", "--rate", 300, "--duration", 2, "--accounts", 20,
                                     "--seed", seed, "--json").stdout)
        new = [l for l in shown(ledger, "-n", 100000) if l["at"] not in before]
        assert len(new) == said["sent"] >= 100
        assert {l["source"] for l in new} == {said["source"]} and said["seed"] == seed
        assert sorted(l["seq"] for l in new) == list(range(len(new)))
        assert {l["verdict"] for l in new} <= {"posted", "overdraft"}
        return [tuple(l.get(f) for f in fields) for l in sorted(new, key=lambda l: l["seq"])]

    first, again, other = run(5), run(5), run(6)
    common = min(len(first), len(again), len(other))
    assert first[:common] == again[:common] != other[:common]
    withdrawals = [row for row in first if row[1].startswith("-")]
    assert withdrawals and all(row[3] == "0.00" for row in withdrawals)
    ledger.run("project")
    assert "proven" in ledger.run("audit").stdout
    assert not [b for b in ledger.balances().values() if b.startswith("-")]


def test_a_simulation_keeps_to_its_rate_and_is_stopped(ledger):
    ledger.init(2)
    said = ledger.run("simulate", "--rate", 1, "--duration", 4).stdout
    assert re.search(r"^sent\t[2-5]$", said, re.M) and "SIM-" in str(shown(ledger))
    running = ledger.start("simulate", "--rate", 50, "--json")
    ledger.wait_for(lambda: len(shown(ledger, "-n", 1000)) > 20, "some events")
    running.send_signal(2)
    assert running.wait(DEADLINE_S) == 0
    said = json.loads([l for l in lines_of(running) if l.startswith("{")][0])
    count = len([l for l in shown(ledger, "-n", 100000) if l["source"] == said["source"]])
    assert said["sent"] == count


def test_a_simulation_shows_how_it_comes_along_and_keeps_to_its_rate(ledger):
    """Where standard error is a terminal; what was late is not made up for, so that 50 a second are
    at most 50 a second and the one with which it begins."""
    ledger.init(2)
    child = pexpect.spawn("/bin/sh", ["-c", f"exec {ledger.binary} simulate --rate 50 --duration 4 "
                                      "--json >said"], cwd=str(ledger.folder), encoding="utf-8",
                          env=ledger.environment, timeout=DEADLINE_S, dimensions=(24, 100))
    child.expect(r"\r\x1b\[Ksent (\d+) of 200 events \((\d+) %\), \d+/s, \d+ s left")
    assert int(child.match[1]) < 200 and int(child.match[2]) == int(child.match[1]) // 2
    child.expect(r"\r\x1b\[Kdaybook: sent (\d+) events in 4\.")
    count = int(child.match[1])
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert 100 < count <= 201
    assert json.loads((ledger.folder / "said").read_text())["sent"] == count
    assert len(shown(ledger, "-n", 1000)) == count


def test_a_simulation_at_full_speed_loses_and_doubles_nothing(ledger):
    ledger.init(4)
    said = json.loads(ledger.run("simulate", "--rate", 0, "--duration", 1, "--accounts", 300000,
                                 "--json").stdout)
    ledger.run("project", timeout=300)
    verdicts = json.loads(ledger.run("status", "--json").stdout)["verdicts"]
    assert verdicts["posted"] + verdicts["overdraft"] == said["sent"] > 1000
    assert sum(verdicts.values()) == said["sent"]


def test_a_simulation_says_what_it_cannot(ledger):
    ledger.init(1)
    for words in (["--rate", "-1"], ["--accounts", "0"], ["--seed", "x"], ["--duration", "0"]):
        assert "whole number" in ledger.run("simulate", *words, status=2).stderr
    ledger.environment["DAYBOOK_BROKERS"] = "127.0.0.1:1"
    assert "no broker answers" in ledger.run("simulate", status=3).stderr
