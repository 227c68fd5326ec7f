"""A broker that appends and then says otherwise, goes silent, or is cut off: what daybook says is true."""
import json
import re
import signal
import subprocess

import pexpect
import pytest
from conftest import DEADLINE_S, event
from test_teller import open_window  # noqa: F401


def records(ledger, name):
    """Verdict and position of the records with an id, as the log has them."""
    source, seq = name.rsplit(":", 1)
    lines = ledger.run("log", "--exit", "--last", 1000, "--json").stdout.splitlines()
    return [(line["verdict"], line["at"]) for line in map(json.loads, lines)
            if (line.get("source"), line.get("seq")) == (source, int(seq))]


def posted_at(found):
    """Where the id is posted: that is one place."""
    places = [at for verdict, at in found if verdict == "posted"]
    assert len(places) == 1 and {verdict for verdict, _ in found} <= {"posted", "duplicate"}, found
    return places[0]


def deposit(ledger, *more):
    done = ledger.run("deposit", "C100", "5", "--open", "--id", "x:1", *more, status=None)
    assert "Sanitizer" not in done.stderr
    return done


def assert_true(done, found):
    """What was said agrees with the log, which has the event."""
    at = posted_at(found)
    if done.returncode == 0:
        assert done.stdout in (f"posted {at} · C100 · 5.00\n",
                               f"already posted {at} · C100 · 5.00\n"), done
    else:
        assert done.returncode == 5 and done.stdout == "" and "--id 'x:1'" in done.stderr, done
    return at


def assert_repeated_once(ledger, at):
    again = deposit(ledger)
    assert (again.returncode, again.stdout) == (0, f"already posted {at} · C100 · 5.00\n"), again
    assert posted_at(records(ledger, "x:1")) == at


# Numbers of the protocol: the broker appended, and the client hears this.
@pytest.mark.parametrize("error, count", [
    (-1, 1),     # unknown server error
    (6, 1),      # not the leader: it ceased to be while others copied
    (56, 1),     # a disk failed
    (7, 1),      # timed out
    (20, 1),     # too few in sync, after the append
    (45, 1),     # a number out of order: the client library gives up
    (46, 1),     # a number that was seen, and nothing about where
    (47, 1),     # another producer took its place
    (59, 1),     # the producer is not known: the library begins again by itself
    (6, None), (56, None)])
def test_an_error_after_the_append_is_not_believed(ledger, proxy, error, count):
    ledger.init(1)
    proxy.fail_produce(error, count)
    done = deposit(ledger, "-b", proxy.address)
    found = records(ledger, "x:1")
    # A library that takes the producer for new sends again by itself: the log calls that one a
    # duplicate. Nobody else may, before the log was read.
    assert len(found) == 1 or (error == 59 and len(found) == 2), found
    at = assert_true(done, found)
    assert done.returncode == (0 if count else 5), done
    assert_repeated_once(ledger, at)


def test_others_events_are_no_sign_of_ones_own(ledger, proxy):
    """On a partition where something always happens, too, the wait ends."""
    ledger.init(1)
    others = ledger.start("simulate", "--rate", "5")
    proxy.fail_produce(6, None)
    done = deposit(ledger, "-b", proxy.address)
    assert done.returncode == 5, done
    assert others.poll() is None
    assert posted_at(records(ledger, "x:1"))


def test_a_simulation_ends_where_one_is_in_doubt(ledger, proxy):
    ledger.init(1)
    proxy.fail_produce(-1)
    done = ledger.run("simulate", "--rate", "50", "--duration", "1", "-b", proxy.address, status=5)
    assert "may not be in the log" in done.stderr, done.stderr


def test_one_that_the_broker_has_but_places_nowhere_is_found(ledger, proxy):
    """After others, and before others: its position is its own."""
    ledger.init(1).send([event("C100", "1.00"), event("C200", "1.00")])
    proxy.fail_produce(46)
    done = deposit(ledger, "-b", proxy.address)
    assert (done.returncode, done.stdout) == (0, "posted 0:2 · C100 · 6.00\n"), done
    assert records(ledger, "x:1") == [("posted", "0:2")]


def test_acknowledged_and_never_read_is_not_known(ledger, proxy):
    ledger.init(1)
    proxy.drop_fetched()
    done = deposit(ledger, "-b", proxy.address)
    assert done.returncode == 5 and "The log has it at 0:0" in done.stderr, done
    assert_repeated_once(ledger, assert_true(done, records(ledger, "x:1")))


def test_given_up_by_the_library_and_then_silence_is_not_known(ledger, proxy):
    ledger.init(1)
    proxy.drop_fetched()  # a reader could have been faster than the answer
    proxy.fail_produce(45, hang=True)
    done = deposit(ledger, "-b", proxy.address)
    assert done.returncode == 5, done
    assert_repeated_once(ledger, assert_true(done, records(ledger, "x:1")))


def test_an_id_that_another_posts_meanwhile_is_not_called_unsent(ledger, proxy):
    """It never left, and yet it is in the log: somebody repeats what seems to hang."""
    ledger.init(1)
    proxy.drop_numbers()
    waiting = subprocess.Popen(
        [ledger.binary, "deposit", "C100", "5", "--open", "--id", "x:1", "-b", proxy.address],
        env=ledger.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert proxy.numbers_asked.wait(DEADLINE_S)
    assert deposit(ledger).stdout == "posted 0:0 · C100 · 5.00\n"
    out, err = waiting.communicate(timeout=DEADLINE_S)
    assert proxy.produced == 0
    assert_true(subprocess.CompletedProcess(waiting.args, waiting.returncode, out, err),
                records(ledger, "x:1"))


def test_after_one_that_is_not_known_comes_another_source(ledger, proxy):
    """Under the same source the next number would make a duplicate of it."""
    ledger.init(1).send([event("C100", "1.00")])
    child = pexpect.spawn(ledger.binary, ["teller", "--no-tui", "-b", proxy.address],
                          encoding="utf-8", env=ledger.environment, timeout=DEADLINE_S)
    child.expect("Account .*: ")
    child.sendline("C100")
    child.expect("l, b or \\?: ")
    child.sendline("d 10")
    child.expect("Deposited 10.00")
    child.expect("l, b or \\?: ")
    proxy.refuse_produce(45, 5)  # so often it is tried
    child.sendline("d 20")
    child.expect("outcome unknown.*--id '?(teller:\\w+:1)\\b")
    unknown = child.match[1]
    child.expect("l, b or \\?: ")
    child.sendline("d 40")
    child.expect("Deposited 40.00 .* new balance 51.00")
    child.sendline("q")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 5 and not proxy.failures
    sent = [json.loads(line) for line in
            ledger.run("log", "--exit", "--json").stdout.splitlines()][1:]
    assert [(line["amount"], line["seq"]) for line in sent] == [("10.00", 0), ("40.00", 0)]
    assert f'{sent[0]["source"]}:1' == unknown and sent[1]["source"] != sent[0]["source"]
    assert ledger.run("deposit", "C100", "20", "--id", unknown).stdout == \
        "posted 0:3 · C100 · 71.00\n"


def test_a_broker_that_hangs_is_seen_in_the_window(ledger, proxy, open_window):
    ledger.init(1).send([event("C100", "1.00")])
    window = open_window(ledger, words=("-b", proxy.address))
    window.connect("C100")
    proxy.hang()
    assert "does not answer" in window.wait("OFFLINE")[21]
    proxy.go_on()
    window.wait("Online again")
    window.type("5").keys("F2")
    window.wait("Deposited 5.00 into C100")


def test_a_log_that_is_watched_goes_on_after_a_cut(ledger, proxy, terminate):
    ledger.init(2).send([event("C100", "1.00")])
    watching = ledger.start("log", "-b", proxy.address)

    def lines():
        return [line.split("\t") for line in open(watching.log).read().splitlines()
                if line.count("\t") == 8]
    ledger.wait_for(lambda: len(lines()) == 1, "what is there")
    for count in (2, 3):
        proxy.cut()
        ledger.send([event("C100", "2.00")])
        ledger.wait_for(lambda: len(lines()) == count, "what was posted after the cut")
    assert [line[5] for line in lines()] == ["1.00", "3.00", "5.00"]
    terminate(watching)


def test_a_simulation_that_is_cut_off_sends_each_event_once(ledger, proxy):
    ledger.init(2)
    running = ledger.start("simulate", "--rate", 200, "--json", "-b", proxy.address)

    def all_of_it():
        lines = ledger.run("log", "--exit", "--last", 100000, "--json").stdout.splitlines()
        return [json.loads(line) for line in lines]
    for _ in range(2):
        before = proxy.produced
        ledger.wait_for(lambda: proxy.produced > before + 10, "events")
        proxy.cut_after_append()
        ledger.wait_for(lambda: not proxy.cuts_after_append, "the cut")
    before = proxy.produced
    ledger.wait_for(lambda: proxy.produced > before + 10, "events after the cut")
    running.send_signal(signal.SIGINT)
    assert running.wait(DEADLINE_S) == 0, open(running.log).read()
    said = json.loads(re.search(r"^\{.*\}$", open(running.log).read(), re.M)[0])
    log = all_of_it()
    assert sorted(line["seq"] for line in log) == list(range(said["sent"])) and said["sent"] > 30
    assert {line["verdict"] for line in log} <= {"posted", "overdraft"}
