"""Import: a bank's file becomes events once, whatever happens on the way."""
import os
import random
import re
import signal
import subprocess
import time

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import (AlterConfigOpType, ConfigEntry, ConfigResource, OffsetSpec,
                                   ResourceType)
from conftest import DEADLINE_S

SAMPLE = os.path.join(os.path.dirname(__file__), "..", "..", "data", "client_transactions.csv")
HEADER = "transaction_date;account;transaction_value;balance\n"


def rows_of(count, seed=1, accounts=50):
    chosen = random.Random(seed)
    return "".join(
        f"{chosen.randrange(1, 29):02}/{chosen.randrange(1, 13):02}/2024;A{chosen.randrange(accounts)};"
        f"{chosen.choice(['', '-'])}{chosen.randrange(1, 99999) / 100:.2f};\n" for _ in range(count))


def write(ledger, name, text, encoding="utf-8"):
    path = ledger.folder / name
    path.write_bytes(text.encode(encoding))
    return path


def events(ledger):
    ledger.run("project")
    return ledger.assert_whole()


def test_the_sample(ledger):
    ledger.init(12)
    done = ledger.run("import", SAMPLE)
    assert "rows\t5" in done.stdout and "deposits\t3500.00 in 2" in done.stdout
    ledger.run("project")
    assert ledger.balances() == {"C100": "830.00", "C200": "2300.00"}
    ledger.run("audit")


@pytest.mark.parametrize("change", [
    lambda text: text,
    lambda text: text.replace("\r\n", "\n"),
    lambda text: text.replace("\r\n", "\r"),
    lambda text: text.replace(";", ","),
    lambda text: text.replace(";", "\t"),
    lambda text: "\ufeff" + text,
    lambda text: "".join(";".join(f'"{field}"' for field in line.split(";")) + "\r\n"
                         for line in text.split("\r\n") if line),
], ids=["as it is", "LF", "CR", "commas", "tabs", "byte order mark", "quotes"])
def test_the_same_file_again_adds_nothing(ledger, change):
    text = open(SAMPLE, encoding="utf-8", newline="").read()
    ledger.init(3)
    ledger.run("import", SAMPLE)
    again = write(ledger, "again.csv", change(text))
    for _ in range(2):
        assert "already imported" in ledger.run("import", again).stderr
        assert events(ledger) == 5, "an event was added"


def test_other_banks_by_options_and_rules(ledger):
    ledger.init(1)
    text = ("Libellé;Montant;Sens;Compte;Jour\n"
            "Loyer \"mai\", 2;1 234,56;DB;C1;2024-05-31\nSalaire;2\u00a0000,00;CR;C1;2024-05-01\n")
    path = write(ledger, "bank.csv", text, "windows-1252")
    words = ["--columns", "date=Jour,account=Compte,amount=Montant,type=Sens,memo=Libellé",
             "--deposit", "CR", "--withdrawal", "DB", "--encoding", "WINDOWS-1252"]
    assert "UTF-8" in ledger.run("import", path, status=2).stderr
    shown = ledger.run("import", path, *words, "--dry-run").stdout.splitlines()
    assert len(shown) == 2 and '"transaction_value":"1234.56"' in shown[0]
    assert events(ledger) == 0
    write(ledger, "bank.csv.rules", "# my bank\n" + "".join(
        f"{name[2:]} {value}\n" for name, value in zip(words[::2], words[1::2])))
    assert "bank.csv.rules" in ledger.run("import", path).stderr
    ledger.run("project")
    assert ledger.balances() == {"C1": "765.44"}
    assert ledger.sql("SELECT memo FROM transactions ORDER BY date_s")[1][0] == 'Loyer "mai", 2'


def test_every_wrong_row_is_told_and_nothing_is_sent(ledger):
    ledger.init(1)
    wrong = [("32/01/2024;C1;1.00;", 'column 1 transaction_date: "32/01/2024" is not a date: '
                                     'expected dd/mm/yyyy'),
             ("01/01/2024;;1.00;", 'column 2 account: "" is not an account: expected 1 to 64'),
             ("01/01/2024;C1;0.00;", 'column 3 transaction_value: "0.00" moves nothing: expected'),
             ("01/01/2024;C1;1.234;", 'column 3 transaction_value: "1.234" has more than two'),
             ("01/01/2024;C1;1e3;", 'column 3 transaction_value: "1e3" is not an amount: expected'),
             ("01/01/2024;C1;99999999999999999999.00;", "column 3 transaction_value: "
              '"99999999999999999999.00" is too large: amounts go up to'),
             ("01/01/2024;C1;1.00;x", 'column 4 balance: "x" is not an amount: expected'),
             ("01/01/2024;C1", "2 fields; expected 4"),
             ("01/01/2024;C\u202e1;1.00;", 'column 2 account: "C\\xE2\\x80\\xAE1" is not'),
             ("1/1/24;;x;y", "column 4 balance")]
    path = write(ledger, "bad.csv", HEADER + "01/01/2024;C1;10.00;\n" +
                 "".join(row + "\n" for row, _ in wrong))
    said = ledger.run("import", path, status=2).stderr
    for line, (_, expected) in enumerate(wrong, 3):
        assert f"bad.csv:{line}: {expected}" in said, (expected, said)
    assert said.count("bad.csv:12: ") == 4, "all of a row's faults are told at once"
    assert "10 of 11 rows are wrong; nothing was sent" in said and "\u202e" not in said
    assert events(ledger) == 0


@pytest.mark.parametrize("text, why", [
    ("", "is empty"),
    (HEADER, "no rows"),
    ("date;value\n1;2\n", "its header is date, value. Name the column with --columns date=NAME"),
    (HEADER + '01/01/2024;C1;"1,234";\n', "--decimal"),
    (HEADER + "01/01/2024;C1;1,50;\n01/01/2024;C1;1.50;\n", "--decimal"),
    (HEADER + '01/01/2024;"C1;1,50;\n', "never closed"),
    (HEADER + "01/01/2024;C\0;1,50;\n", "zero byte"),
])
def test_files_that_cannot_be_understood_are_refused(ledger, text, why):
    ledger.init(1)
    said = ledger.run("import", write(ledger, "f.csv", text), status=2).stderr
    assert why in said, said
    assert events(ledger) == 0


def test_overlapping_exports_never_double_money(ledger):
    ledger.init(4)
    lines = rows_of(59).splitlines(keepends=True)
    january = write(ledger, "january.csv", HEADER + "".join(lines[:40]))
    overlap = write(ledger, "overlap.csv", HEADER + "".join(lines[9:]))
    ledger.run("import", january)
    for view in (False, True):  # without a view the log is read, with one its tail
        said = ledger.run("import", overlap, status=1).stderr
        assert "31 of 50 rows are already there (line " in said and "--only-new" in said
        if not view:
            assert events(ledger) == 40
    ledger.run("import", overlap, "--only-new")
    assert events(ledger) == 59
    assert "already imported" in ledger.run("import", overlap, "--only-new").stderr
    assert "already imported" in ledger.run("import", overlap).stderr
    said = ledger.run("import", overlap, "--all").stderr
    assert "31 rows of " in said and "a file of their own" in said, said
    assert events(ledger) == 59
    ledger.run("audit")


def test_equal_rows_are_counted_not_merged(ledger):
    ledger.init(1)
    same = "05/01/2024;C1;10.00;\n"
    ledger.run("import", write(ledger, "two.csv", HEADER + same * 2))
    assert "2 of 3 rows" in ledger.run(
        "import", write(ledger, "three.csv", HEADER + same * 3), status=1).stderr
    ledger.run("import", ledger.folder / "three.csv", "--only-new")
    ledger.run("project")
    assert ledger.balances() == {"C1": "30.00"}
    ledger.run("import", write(ledger, "five.csv", HEADER + same * 5), "--all")
    ledger.run("project")
    assert ledger.balances() == {"C1": "80.00"}


def test_standard_input(ledger):
    ledger.init(1)
    done = subprocess.run([ledger.binary, "import", "-"], env=ledger.environment, text=True,
                          input=HEADER + rows_of(100), capture_output=True, timeout=DEADLINE_S)
    assert done.returncode == 0, done.stderr
    assert events(ledger) == 100


def test_killed_imports_are_completed(ledger):
    """Killed again and again soon after its first rows are in the log."""
    ledger.init(3)
    count = 150_000
    path = write(ledger, "big.csv", HEADER + rows_of(count, seed=4, accounts=300))
    chosen = random.Random(8)
    release = os.environ.get("DAYBOOK_BIN_RELEASE", ledger.binary)
    interrupted, before = 0, 0
    places = [TopicPartition(ledger.topic, p) for p in range(3)]

    def end():
        asked = ledger.admin().list_offsets({place: OffsetSpec.latest() for place in places})
        return sum(asked[place].result(DEADLINE_S).offset for place in places)
    for _ in range(40):
        reached = end()
        process = subprocess.Popen([release, "import", str(path)], env=ledger.environment,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        ledger.wait_for(lambda: end() > reached or process.poll() is not None, "its first rows")
        time.sleep(chosen.random() * 0.05)
        process.send_signal(signal.SIGKILL)
        process.wait(DEADLINE_S)
        ledger.run("project")
        now = ledger.sql("SELECT count(*) FROM transactions")[0][0]
        interrupted += before < now < count
        before = now
        if interrupted == 3 or now == count:
            break
    assert interrupted > 0, "no kill found it sending"
    ledger.run("import", path)
    assert "already imported" in ledger.run("import", path).stderr
    ledger.run("project")
    ledger.assert_whole()
    assert ledger.sql("SELECT count(*) FROM transactions")[0][0] == count
    assert ledger.sql("SELECT count(*) FROM rejections WHERE reason <> 'duplicate'")[0][0] == 0
    ledger.run("audit")


def test_a_client_that_gives_up_is_replaced_and_nothing_is_lost(ledger):
    ledger.init(3)
    path = write(ledger, "bank.csv", HEADER + rows_of(20000))
    done = ledger.run_preloaded("fatal_producer", "import", path, DAYBOOK_FATAL_AFTER="12000")
    assert done.returncode == 0, done.stderr
    assert "the Kafka client gave up" in done.stderr and "Starting a new one" in done.stderr
    ledger.run("project")
    ledger.assert_whole()
    assert ledger.sql("SELECT count(*) FROM transactions")[0][0] == 20000
    assert ledger.sql("SELECT count(*) FROM rejections WHERE reason <> 'duplicate'")[0][0] == 0
    ledger.run("audit")


def test_what_the_broker_refuses_is_sent_when_it_no_longer_does(ledger):
    """A limit of the broker's stops the import for good; nothing after it gets in before it."""
    ledger.init(1)

    def set_limit(size):
        resource = ConfigResource(ResourceType.TOPIC, ledger.topic, incremental_configs=[
            ConfigEntry("max.message.bytes", str(size),
                        incremental_operation=AlterConfigOpType.SET)])
        ledger.admin().incremental_alter_configs([resource])[resource].result()

    set_limit(2000)
    path = write(ledger, "bank.csv", HEADER + rows_of(3000))
    said = ledger.run("import", path, status=None)
    assert said.returncode in (3, 5) and "Message size too large" in said.stderr, said.stderr
    set_limit(1000000)
    ledger.run("import", path)
    ledger.run("project")
    assert ledger.sql("SELECT count(*) FROM transactions") == [(3000,)]
    ledger.run("audit")


def test_a_wrong_clock_is_told_and_nothing_is_sent(ledger):
    ledger.init(1)
    done = ledger.run_preloaded("shifted_clock", "import", SAMPLE,
                                DAYBOOK_CLOCK_SHIFT_S=str(3 * 3600))
    assert done.returncode == 3, done.stderr
    assert re.search(r"clock is (3:00|2:59):\d\d ahead of the broker's", done.stderr), done.stderr
    assert "nothing was sent" in done.stderr
    assert events(ledger) == 0


def test_a_view_of_another_log_is_never_compared_with(ledger):
    ledger.init(1)
    ledger.run("import", SAMPLE)
    ledger.run("project")
    said = ledger.run("import", SAMPLE, "-t", ledger.topic + "-snapshots", status=None)
    assert said.returncode in (3, 4) and "sent 5" not in said.stderr
