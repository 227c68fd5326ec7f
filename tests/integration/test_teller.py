"""The teller's window in a real terminal (tmux; screens compared as text), and its lines."""
import json
import os
import re
import shlex
import signal
import subprocess
import time

import pexpect
import pytest
from conftest import DEADLINE_S, event

DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|\d\d/\d\d/\d{4} \d\d:\d\d:\d\d")


class Window:
    """A teller in a tmux of its own; the shell in it stays when the teller has ended."""

    def __init__(self, ledger, width=80, height=24, words=(), **environment):
        self.ledger, self.socket = ledger, str(ledger.folder / f"tmux-{id(self)}")
        self.errors, self.status = ledger.folder / "errors", ledger.folder / "status"
        settings = {**ledger.environment, "PS1": "$ ", **environment}
        settings.pop("TMUX", None)
        command = shlex.join([ledger.binary, "teller", *words])
        shell = (f"trap : INT; stty -a >before; {command} 2>errors; echo $? >status; stty -a >after; "
                 "echo left; exec cat")
        subprocess.run(["tmux", "-f", "/dev/null", "-S", self.socket, "new-session", "-d",
                        "-x", str(width), "-y", str(height), shell], check=True, timeout=DEADLINE_S,
                       cwd=ledger.folder, env=settings)

    def tmux(self, *words):
        return subprocess.run(["tmux", "-S", self.socket, *words], check=True, timeout=DEADLINE_S,
                              text=True, capture_output=True).stdout

    def keys(self, *keys):
        self.tmux("send-keys", *keys)
        return self

    def type(self, text):
        self.tmux("send-keys", "-l", text)
        return self

    def screen(self, *options):
        return self.tmux("capture-pane", "-p", *options).split("\n")

    def wait(self, text, timeout=DEADLINE_S):
        """Wait until the text is on the screen, and all of it drawn. @return the lines, dates made equal."""
        deadline = time.monotonic() + timeout
        before = []
        while time.monotonic() < deadline:
            lines = self.screen()
            if lines == before and any(text in line for line in lines):
                return [DATE.sub("DATE", line).rstrip() for line in lines]
            before = lines
            time.sleep(0.02)
        raise AssertionError(f"waited for {text!r}:\n" + "\n".join(self.screen()))

    def wait_line(self, number, text, timeout=DEADLINE_S):
        """Wait until the text is in that line, from 0."""
        deadline = time.monotonic() + timeout
        while text not in (self.screen() + [""] * number)[number]:
            assert time.monotonic() < deadline, "\n".join(self.screen())
            time.sleep(0.02)

    def connect(self, account):
        self.wait("accounts")
        self.type(account).keys("Enter")
        return self.wait("Deposit  ]")

    def ended(self):
        """The teller has given the terminal back as it was. @return exit status, stderr."""
        self.wait("left")
        folder = self.ledger.folder
        assert (folder / "before").read_text() == (folder / "after").read_text()
        errors = self.errors.read_text()
        assert "Sanitizer" not in errors, errors
        return int(self.status.read_text()), errors

    def pane(self):
        return self.tmux("display-message", "-p", "#{pane_pid}").strip()

    def pid(self):
        return int(subprocess.run(["pgrep", "-P", self.pane()], text=True, capture_output=True,
                                  check=True).stdout.split()[0])

    def close(self):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], timeout=DEADLINE_S,
                       capture_output=True)


@pytest.fixture
def open_window():
    opened = []

    def open_one(ledger, **options):
        opened.append(Window(ledger, **options))
        return opened[-1]

    yield open_one
    for window in opened:
        window.close()


SAMPLE = [event("C100", "1000.00"), event("C100", "25.00", "withdrawal", "2024-01-04"),
          event("C100", "145.00", "withdrawal", "2024-01-05", memo="rent"),
          event("C200", "2300.00", date="2024-01-02")]


def balance(ledger, account="C100"):
    return ledger.run("balance", account, "--from-log").stdout.split("\t")[1]


def test_connect_deposit_withdraw_and_be_refused(ledger, open_window):
    ledger.init(1).send(SAMPLE)
    window = open_window(ledger)
    lines = window.wait("C200")
    name = ledger.topic
    assert lines[0] == " daybook · Account Connection" + f"{name} · ● online".rjust(50)
    assert lines[2] == "  Account" + "2 of 2 accounts".rjust(69)
    assert lines[4] == "   Account" + "Balance".rjust(67)
    assert lines[5] == "   C100" + "830.00".rjust(70)
    assert lines[6] == "   C200" + "2,300.00".rjust(70)
    assert lines[23] == "  Enter  Connect   F4  Open new   Ctrl-C  Quit   Esc  Clear   ↑↓  Choose"
    lines = window.connect("c1")
    assert lines[:14] == [
        " daybook · Make Transaction" + f"{name} · ● online".rjust(52),
        "",
        "  Account   C100",
        "  Balance   830.00",
        "",
        "  Amount",
        "",
        "            [ Deposit  ]  [ Withdraw ]  [   Back   ]",
        "",
        "  Transactions (UTC)      Amount   Balance  Position  Memo",
        "  DATE    −145.00    830.00  0:2       rent",
        "  DATE     −25.00    975.00  0:1",
        "  DATE  +1,000.00  1,000.00  0:0",
        ""]
    window.type("100").keys("F2")
    lines = window.wait("Deposited")
    assert lines[21] == "  Deposited 100.00 into C100 at DATE · 0:4 · new balance 930.00"
    assert (lines[3], lines[5]) == ("  Balance   930.00", "  Amount")
    assert lines[10] == "  DATE    +100.00    930.00  0:4"
    window.type("30,5").keys("Enter", "Right", "Enter")  # by the buttons
    window.wait("Withdrew 30.50 from C100 at DATE · 0:5 · new balance 899.50".split(" at ")[0])
    window.type("900").keys("F3")
    lines = window.wait("Refused")
    assert lines[5] == "  Amount    900                   Refused · 0:6 · the balance is 899.50 and"
    assert lines[6] == "                                  must stay at 0.00 or more"
    window.keys("BSpace", "BSpace", "BSpace").type("1.234").keys("F2")
    lines = window.wait("thousands")
    assert lines[5].startswith("  Amount    1.234   ")
    window.keys("Escape")
    lines = window.wait("2 of 2 accounts")
    assert lines[5] == "   C100" + "899.50".rjust(70)
    window.keys("C-c")
    status, errors = window.ended()
    assert status == 0 and "2 transactions posted, the last at 0:5" in errors, errors
    assert balance(ledger) == "899.50"
    said = [json.loads(l) for l in ledger.run("log", "-e", "-n", 3, "--json").stdout.splitlines()]
    assert [(l["verdict"], l["amount"], l.get("floor")) for l in said] == [
        ("posted", "100.00", None), ("posted", "-30.50", "0.00"), ("overdraft", "-900.00", "0.00")]
    assert [l["seq"] for l in said] == [0, 1, 2] and len({l["source"] for l in said}) == 1


@pytest.mark.parametrize("view", [False, True])
def test_what_others_post_appears_while_one_looks(ledger, open_window, view):
    ledger.init(3).send(SAMPLE)
    if view:
        ledger.run("project")
    window = open_window(ledger)
    window.wait("830.00")
    ledger.send([event("C100", "1.00"), event("AAA", "5.00")])
    lines = window.wait("831.00")
    lines = window.wait("AAA")
    assert lines[5] == "   AAA" + "5.00".rjust(71)
    window.connect("C100")
    for i in range(12):
        ledger.send([event("C100", "2.00", memo=f"no. {i}")])
    lines = window.wait("no. 11")
    assert lines[3] == "  Balance   855.00"
    assert [line.split()[-1] for line in lines[10:20]] == [str(i) for i in range(11, 1, -1)]
    # Somebody takes all of it while an amount is being typed: the log's order decides.
    window.type("855").wait("855")
    ledger.send([event("C100", "800.00", "withdrawal", floor="0.00")])
    lines = window.wait("Balance   55.00")
    assert lines[5] == "  Amount    855"
    window.keys("F3")
    window.wait("the balance is 55.00")


def test_an_empty_ledger_and_its_first_account(ledger, open_window):
    ledger.init(2)
    window = open_window(ledger)
    window.wait("There are no accounts yet")
    window.type("Zoë ").keys("F4")
    lines = window.wait("new: its first deposit opens it")
    assert lines[2].startswith("  Account   Zoë")
    window.type("5").keys("F3")
    window.wait("Refused")
    window.keys("F2")
    lines = window.wait("Deposited 5.00 into Zoë")
    assert "first deposit" not in lines[2] and lines[3] == "  Balance   5.00"
    window.keys("Escape")
    window.wait("1 of 1 accounts")
    window.type("Zoë").keys("F4")
    window.wait("exists already")
    window.keys("Escape").type("a  ").keys("Escape").type("x").wait("No account contains “x”")
    assert balance(ledger, "Zoë") == "5.00"


def test_it_resizes(ledger, open_window):
    ledger.init(1).send(SAMPLE + [event(f"N{i:03}") for i in range(100)])
    window = open_window(ledger, LINES="24", COLUMNS="80")
    window.wait("102 of 102")
    window.keys("NPage", "Down")
    for width, height in ((120, 40), (60, 12), (80, 24)):
        window.tmux("resize-window", "-x", str(width), "-y", str(height))
        window.wait_line(height - 1, "Connect")
        assert "online" in window.screen()[0] and "   N014 " in "\n".join(window.screen())
    window.tmux("resize-window", "-x", "30", "-y", "5")
    window.wait("Make the window larger.")
    window.tmux("resize-window", "-x", "80", "-y", "24")
    window.connect("C100")
    window.type("12,5")
    window.tmux("resize-window", "-x", "62", "-y", "14")
    lines = window.wait("Amount    12,5")
    window.tmux("resize-window", "-x", "100", "-y", "30")
    lines = window.wait("Amount    12,5")
    window.keys("F2")
    window.wait("Deposited 12.50")


def test_it_speaks_french_by_locale(ledger, open_window):
    ledger.init(1).send(SAMPLE)
    window = open_window(ledger, LC_ALL="fr_FR.UTF-8")
    lines = window.wait("2 comptes sur 2")
    assert lines[0].startswith(" daybook · Connexion au compte")
    assert lines[23].endswith("↑↓  Choisir"), "all keys have room on 80 columns"
    assert lines[6] == "   C200" + "2\u202f300,00".rjust(70)
    window.type("C100").keys("Enter")
    window.wait("Déposer")
    window.type("100").keys("F2")
    lines = window.wait("Dépôt de")
    assert lines[21] == "  Dépôt de 100,00 sur C100 le DATE · 0:4 · nouveau solde 930,00"


@pytest.mark.parametrize("no_color", [False, True])
def test_colours_are_not_needed(ledger, open_window, no_color):
    ledger.init(1).send(SAMPLE)
    window = open_window(ledger, **({"NO_COLOR": "1"} if no_color else {"TERM": "screen"}))
    window.connect("C100")
    window.type("1").keys("F2")
    window.wait("Deposited")
    window.type("x").keys("F2")
    window.wait("not an amount")
    drawn = "\n".join(window.screen("-e"))
    assert bool(re.search(r"\x1b\[3[12]m", drawn)) == (not no_color)
    assert "\x1b[7m" in drawn or "\x1b[0;7m" in drawn or ";7m" in drawn


def test_hostile_text_stays_text(ledger, open_window):
    ledger.init(1)
    producer = ledger.producer()
    for value in ({"memo": "\x1b[2J"}, {}):
        producer.produce(ledger.topic, json.dumps(event("E\\x1b", "1.00", **value)),
                         key="E\\x1b", partition=0)
    producer.flush()
    ledger.send([event("E\u2066x"), event("% %s {0}", "3.00")])
    window = open_window(ledger)
    lines = window.wait("2 of 2 accounts")
    assert lines[5].startswith("   % %s {0}") and lines[6].startswith("   E\\x1b")
    window.type("{0}").keys("Enter")
    window.wait("[ Deposit")
    window.type("1").keys("F2")
    assert "into % %s {0} at" in "\n".join(window.wait("Deposited"))


def test_ctrl_c_in_any_place_gives_the_terminal_back(ledger, open_window):
    ledger.init(1).send(SAMPLE)
    def begun(window):
        ledger.wait_for(lambda: subprocess.run(["pgrep", "-P", window.pane(), "daybook"],
                                               capture_output=True).returncode == 0, "the teller")

    for prepare in (begun, lambda w: w.wait("C200"), lambda w: w.connect("C100"),
                    lambda w: w.connect("C100") and w.type("12")):
        window = open_window(ledger)
        prepare(window)
        window.keys("C-c")
        status, errors = window.ended()
        assert (status, errors) in ((0, ""), (3, errors), *([(130, "")] if prepare is begun else [])), errors
        window.close()


def deposit_in_a_window(ledger, errors, amount, *words):
    """A teller with a terminal that can be closed, after one deposit into C100."""
    ledger.init(1).send(SAMPLE)
    command = f"exec {shlex.join([ledger.binary, 'teller', *words])} 2>{shlex.quote(str(errors))}"
    child = pexpect.spawn("/bin/sh", ["-c", command], env={**ledger.environment, "TERM": "xterm"},
                          dimensions=(24, 80), encoding="utf-8", timeout=DEADLINE_S)
    child.expect("C200")
    child.send("C100\r")
    child.expect("830.00")
    child.send(amount + "\x1bOQ")
    child.expect("Deposited")
    return child


def close_terminal(child):
    """As a window that is closed: the program gets SIGHUP. @return its exit status."""
    os.close(child.fileno())
    deadline = time.monotonic() + DEADLINE_S
    while (ended := os.waitpid(child.pid, os.WNOHANG)) == (0, 0):
        assert time.monotonic() < deadline, "it goes on without a terminal"
        time.sleep(0.02)
    return os.waitstatus_to_exitcode(ended[1])


def test_a_closed_terminal_ends_it(ledger):
    errors = ledger.folder / "errors"
    assert close_terminal(deposit_in_a_window(ledger, errors, "10")) == 0
    assert "One transaction posted, at 0:4" in errors.read_text()
    assert balance(ledger) == "840.00"


def test_a_terminal_that_is_closed_with_a_transaction_in_flight(ledger, proxy):
    """Nobody sees the screen any more: standard error and the exit status say it."""
    errors = ledger.folder / "errors"
    # A connection is there after one: what is sent then may have arrived.
    child = deposit_in_a_window(ledger, errors, "1", "-b", proxy.address)
    proxy.hang()
    child.send("7\x1bOR")
    child.expect("in flight")
    status = close_terminal(child)
    said = errors.read_text()
    assert status == 5 and "Sanitizer" not in said, (status, said)
    assert "outcome unknown" in said, said
    proxy.go_on()
    words = shlex.split(said.split("looks: ")[1].splitlines()[0])
    assert words[:3] == ["daybook", "withdraw", "--id"] and words[-2:] == ["C100", "7.00"]
    for _ in range(2):
        assert re.match(r"(already )?posted 0:\d+ ", ledger.run(*words[1:]).stdout)
    assert balance(ledger) == "824.00"


def test_kill_nine_leaves_the_log_as_the_only_truth(ledger, open_window):
    ledger.init(1).send(SAMPLE)
    for i in range(5):
        window = open_window(ledger)
        window.connect("C100")
        window.type("1").keys("F2")
        time.sleep(i * 0.01)
        os.kill(window.pid(), signal.SIGKILL)
        window.wait("left")
        window.close()
    lines = [json.loads(l) for l in ledger.run("log", "-e", "-o", "beginning",
                                               "--json").stdout.splitlines()]
    sent = [l for l in lines if l.get("source", "").startswith("teller:")]
    assert len({l["source"] for l in sent}) == len(sent) <= 5
    window = open_window(ledger)
    assert window.connect("C100")[3] == f"  Balance   {balance(ledger)}"
    assert balance(ledger) == f"{830 + len(sent)}.00"


def test_a_broker_that_goes_and_comes_back(own, open_window):
    own.init(2).send(SAMPLE)
    window = open_window(own)
    window.connect("C100")
    window.type("12.5")
    own.kafka("stop")
    lines = window.wait("OFFLINE")
    assert "does not answer" in lines[21] and lines[3] == "  Balance   830.00"
    window.keys("F2")
    lines = window.wait("Offline: nothing was sent.")
    assert lines[5].startswith("  Amount    12.5 ")
    own.kafka("start")
    window.wait("Online again")
    window.keys("F2")
    window.wait("Deposited 12.50 into C100")
    assert balance(own) == "842.50"


def stop_all(own, number):
    os.kill(int(open(own.folder / "kafka" / "pid").read()), number)


def test_what_is_in_flight_is_resolved_and_never_repeated(own, open_window):
    own.init(1).send(SAMPLE)
    window = open_window(own)
    window.connect("C100")
    for i, kill in enumerate((False, True)):
        stop_all(own, signal.SIGSTOP)
        window.type("100").keys("F2")
        window.wait("in flight")
        window.type("1").keys("F2")  # the next one waits, and nothing typed is lost
        assert "Amount    1  " in "\n".join(window.wait("Wait: the last"))
        window.keys("BSpace")
        if kill:
            own.kill_broker()
            stop_all(own, signal.SIGCONT)
            window.wait("OFFLINE")
            own.kafka("start")
        else:
            stop_all(own, signal.SIGCONT)
        window.wait(f"Balance   {('930.00', '1,030.00')[i]}")
    # Each is posted once. A second record of an id is allowed where the library lost its numbers
    # with the broker and another took over while the first request still lay in the broker's hands:
    # the log calls it a duplicate, and it comes after the one that was posted. Nothing else is.
    verdicts = {}
    for line in own.run("log", "-e", "-o", "beginning", "--json").stdout.splitlines():
        record = json.loads(line)
        if record.get("source", "").startswith("teller:"):
            assert record["amount"] == "100.00", record  # what had to wait was never sent
            verdicts.setdefault((record["source"], record["seq"]), []).append(record["verdict"])
    assert len(verdicts) == 2, verdicts
    assert all(first == "posted" and set(others) <= {"duplicate"}
               for first, *others in verdicts.values()), verdicts
    assert balance(own) == "1030.00"


def test_leaving_while_the_outcome_is_unknown(own, open_window):
    own.init(1).send(SAMPLE)
    window = open_window(own)
    window.connect("C100")
    window.type("1").keys("F2")
    window.wait("Deposited") # a connection is there: what is sent then may have arrived
    stop_all(own, signal.SIGSTOP)
    window.type("7").keys("F3")
    window.wait("in flight")
    window.keys("C-c", "C-c")
    status, errors = window.ended()
    stop_all(own, signal.SIGCONT)
    own.run_when_led("history", "C100")
    assert status == 5 and "outcome unknown" in errors, errors
    words = shlex.split(errors.strip().split("looks: ")[1])
    assert words[:3] == ["daybook", "withdraw", "--id"] and words[-2:] == ["C100", "7.00"]
    environment = {name: own.environment.pop(name) for name in ("DAYBOOK_BROKERS", "DAYBOOK_TOPIC")}
    for said in ("posted 0:", "already posted 0:"):  # in this log, wherever it is typed
        assert said in own.run_when_led(*words[1:])
    own.environment.update(environment)
    assert balance(own) == "824.00"


def test_a_log_made_anew_while_a_line_waits(ledger):
    ledger.init(1).send(SAMPLE)
    release = os.environ["DAYBOOK_BIN_RELEASE"]
    library = os.path.join(os.path.dirname(release), "tests", "libbroken_broker.so")
    assert os.path.exists(library)
    process = subprocess.Popen([release, "teller"], text=True, cwd=ledger.folder, bufsize=1,
                               env=dict(ledger.environment, LD_PRELOAD=library, DAYBOOK_SWALLOW="1"),
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        process.stdin.write("C100\nd 7\n")
        while "Balance 830.00" not in process.stdout.readline():
            assert process.poll() is None
        time.sleep(2)  # it is sent, and waited for for ten seconds
        ledger.delete_topic(ledger.topic)
        ledger.init(1)
        out, err = process.communicate(timeout=DEADLINE_S)
    finally:
        process.kill()
    assert process.returncode == 1, (process.returncode, out, err)
    assert "Nothing was sent: the log is damaged" in out, out
    assert "the log is damaged" in err


def test_an_unknown_terminal(ledger):
    ledger.init(1)
    child = pexpect.spawn(ledger.binary, ["teller"], env={**ledger.environment, "TERM": "none!"},
                          encoding="utf-8", timeout=DEADLINE_S)
    child.expect("TERM.* is not known here.*--no-tui")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 2


def test_a_terminal_that_cannot_move_its_cursor(ledger):
    ledger.init(1).send(SAMPLE)
    child = pexpect.spawn(ledger.binary, ["teller"], env={**ledger.environment, "TERM": "dumb"},
                          encoding="utf-8", timeout=DEADLINE_S)
    child.expect("Account .*: ")
    child.sendline("C200")
    child.expect("C200 · Balance 2,300.00")
    child.sendline("q")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_no_broker(ledger):
    ledger.environment["DAYBOOK_BROKERS"] = "127.0.0.1:1"
    assert "no broker answers" in ledger.run("teller", status=3).stderr


def test_lines_from_a_pipe(ledger):
    ledger.init(1).send(SAMPLE)
    done = ledger.run("teller", status=1, input="C100\n d 100 \nw 30,5\nw 5000\nd x\nl\nb\n"
                      "X\nn\nN1\ny\nd 5\nq\n")
    said = DATE.sub("DATE", done.stdout)
    assert "C100 · Balance 830.00" in said
    assert "Deposited 100.00 into C100 at DATE · 0:4 · new balance 930.00" in said
    assert "Withdrew 30.50 from C100 at DATE · 0:5 · new balance 899.50" in said
    assert "Refused · 0:6 · the balance is 899.50 and must stay at 0.00 or more" in said
    assert "That is not an amount" in said
    assert "There is no account “X”." in said
    assert "There is no account “C1OO”.\nNearest: C100, C200." in \
        ledger.run("teller", input="C1OO\nn\n", status=1).stdout
    assert "Deposited 5.00 into N1 at DATE · 0:7 · new balance 5.00" in said
    assert "3 transactions posted, the last at 0:7" in done.stderr
    assert balance(ledger) == "899.50"
    assert ledger.run("teller", input="C100\nd 1\n").returncode == 0
    assert "not an amount" in ledger.run("teller", input="C100\nd 7\0x\n", status=1).stdout
    assert ledger.run("teller", input="X\nn\n", status=1).stdout.count("X") == 2
    assert ledger.run("teller", input="quit\nC100\nd 1\n").stderr == ""


@pytest.mark.parametrize("line, number", [
    ("C200", 3), ("depot 7", 3), ("b\nC\tX", 4), ("b\nnobody\nC100", 5), ("b\nnobody\noops", 5)])
def test_a_script_ends_where_it_is_not_understood(ledger, line, number):
    """What follows was meant for what that line would have done: another account, say."""
    ledger.init(1).send(SAMPLE)
    done = ledger.run("teller", status=2, input=f"C100\nd 5\n{line}\nd 7\n")
    last = line.rsplit("\n")[-1].replace("\t", "\\x09")
    assert f'line {number}, "{last}", is not' in done.stderr
    assert balance(ledger) == "835.00"


def test_lines_send_nothing_while_the_broker_is_away(own):
    own.init(1).send(SAMPLE)
    child = pexpect.spawn(own.binary, ["teller", "--no-tui"], encoding="utf-8",
                          env=own.environment, timeout=DEADLINE_S)
    child.expect("Account .*: ")
    child.sendline("C100")
    child.expect("l, b or \\?: ")
    own.kill_broker()
    child.sendline("d 4")
    child.expect("Offline: nothing was sent")
    child.expect("l, b or \\?: ")
    own.kafka("start")
    own.wait_for_leaders()
    child.sendline("d 5")
    child.expect("Deposited 5.00")
    child.expect("l, b or \\?: ")
    child.sendline("q")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 1 and balance(own) == "835.00"


@pytest.mark.parametrize("library", ["libformw.so.6", "libmenuw.so.6"])
def test_without_ncurses(ledger, library):
    ledger.init(1)
    release = os.environ["DAYBOOK_BIN_RELEASE"]
    preloaded = os.path.join(os.path.dirname(release), "tests", "libno_library.so")
    child = pexpect.spawn(release, ["teller"], encoding="utf-8", timeout=DEADLINE_S,
                          env={**ledger.environment, "TERM": "xterm", "LD_PRELOAD": preloaded,
                               "DAYBOOK_NO_LIBRARY": library})
    child.expect(r"libmissing.so: .*Install Debian's package libncursesw6, or use --no-tui")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 1


def test_what_others_post_while_a_prompt_waits(ledger):
    ledger.init(3).send(SAMPLE)
    child = pexpect.spawn(ledger.binary, ["teller", "--no-tui"], encoding="utf-8",
                          env=ledger.environment, timeout=DEADLINE_S)
    child.expect("Account .*: ")
    ledger.send([event("C200", "1.00"), event("NEW", "5.00")])
    child.sendline("?")
    child.expect("C200  2,301.00")
    child.expect("NEW  5.00")
    child.expect("Account .*: ")
    ledger.send([event("NEWER", "6.00")])
    child.sendline("NEWER")  # it is not to be opened: it is there
    child.expect("NEWER · Balance 6.00")
    child.expect("l, b or \\?: ")
    ledger.send([event("NEWER", "7.00", memo="a gift")])
    child.sendline("l")
    child.expect("\\+7.00  13.00 .* a gift")
    child.expect("NEWER · Balance 13.00")
    child.expect("l, b or \\?: ")
    child.sendline("q")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_prompts_at_a_terminal(ledger):
    ledger.init(1).send(SAMPLE)
    child = pexpect.spawn(ledger.binary, ["teller", "--no-tui"], encoding="utf-8",
                          env={**ledger.environment, "LC_ALL": "fr_FR.UTF-8"}, timeout=DEADLINE_S)
    child.expect("Compte .* : ")
    child.sendline("?")
    child.expect("C100  830,00")
    child.expect("C200  2\u202f300,00")
    child.expect("Compte .* : ")
    child.sendline("C100")
    child.expect("C100 · Solde 830,00")
    child.sendline("r 30")
    child.expect("Retrait de 30,00 de C100 le .* · nouveau solde 800,00")
    child.sendline("b")
    child.expect("Compte .* : ")
    child.sendintr()
    child.expect("Une transaction comptabilisée")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
