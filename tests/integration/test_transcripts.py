"""Transcripts of the command line, run again and compared as text.

Those in docs/examples stand in the manual pages too. DAYBOOK_TRANSCRIPTS=write writes them anew: look
at the difference before you commit it.
"""
import datetime
import glob
import os
import re
import shutil
import subprocess

import pexpect
import pytest
from conftest import DEADLINE_S

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
FILES = sorted(glob.glob(f"{ROOT}/docs/examples/*.txt") +
               glob.glob(f"{ROOT}/tests/integration/transcripts/*.txt"))
SAMPLE = "data/client_transactions.csv"
BEFORE = {"init": [], "help": [], "import": [["init"]]}
EVERYTHING = [["init"], ["import", SAMPLE], ["project"]]


def run(ledger, command):
    """What a terminal shows."""
    child = pexpect.spawn("bash", ["-c", command], env=ledger.environment, cwd=ledger.folder,
                          encoding="utf-8", timeout=DEADLINE_S, dimensions=(50, 200))
    shown = child.read()
    child.close()
    lines = [line.split("\r\x1b[K")[-1].rstrip() for line in shown.replace("\r\n", "\n").split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    if child.exitstatus != 0:
        lines.append(f"[exit status {child.exitstatus}]")
    return lines


def normalise(ledger, line):
    """What differs from run to run."""
    today = datetime.datetime.now(datetime.timezone.utc).date()
    for day in (today, today - datetime.timedelta(days=1)):
        line = re.sub(rf"{day}([T ])\d\d:\d\d:\d\d", r"2026-05-02\g<1>21:31:29", line)
    for pattern, text in ((re.escape(ledger.topic), "client_transactions"),
                          (re.escape(ledger.brokers), "127.0.0.1:9092"),
                          (r"sent \d+ events", "sent 100 events"),
                          (r" \(after \d+ms in state [^.]*\)\. ", ". "),
                          (r", commit \d+$", ", commit 1"),
                          (r"in \d+\.\d s \(\d+/s\)", "in 0.1 s (50/s)"),
                          (r'"arrived_ms":\d+', '"arrived_ms":1777757489000'),
                          (r"^timestamp  \d+", "timestamp  1777757489000"),
                          (r"^digest     [0-9a-f]{64}", "digest     " + "5d41402a" * 8),
                          (r"teller:[0-9a-hjkmnp-tv-z]{16}", "teller:3kq7v2mz9x0c5n8w"),
                          (r"simulate-[0-9a-f]{16}", "simulate-8f2c41d97ab03e56")):
        line = re.sub(pattern, text, line)
    return line


@pytest.mark.parametrize("path", FILES, ids=lambda path: os.path.basename(path)[:-4])
def test_a_transcript_is_what_happens(ledger, path):
    name = os.path.basename(path)[:-4]
    (ledger.folder / "data").mkdir()
    shutil.copy(f"{ROOT}/{SAMPLE}", ledger.folder / SAMPLE)
    os.symlink(os.path.abspath(ledger.binary), ledger.folder / "daybook")
    ledger.environment.update(PATH=f"{ledger.folder}:{os.environ['PATH']}", TERM="dumb",
                              DAYBOOK_DATABASE="ledger.db")
    for words in BEFORE.get(name, EVERYTHING):
        ledger.run(*words)
    expected = open(path).read().splitlines()
    found = []
    for line in expected:
        if line.startswith("$ "):
            found += [line, *(normalise(ledger, shown) for shown in run(ledger, line[2:]))]
    if os.environ.get("DAYBOOK_TRANSCRIPTS") == "write":
        with open(path, "w") as file:
            file.write("\n".join(found) + "\n")
    assert found == open(path).read().splitlines()


def readme_session():
    """Commands of the block under "What it does", each with the lines that follow it."""
    block = open(f"{ROOT}/README.md").read().split("## What it does\n\n```\n$ ")[1].split("\n```")[0]
    return [part.split("\n") for part in block.split("\n$ ")]


def test_the_readme_s_session_is_what_happens(ledger):
    """Line by line, but for dates, timings, what it cuts off with "...", and what it leaves out: exit
    statuses, how many rows were sent (the table says it again), and that a database was made."""
    (ledger.folder / "data").mkdir()
    shutil.copy(f"{ROOT}/{SAMPLE}", ledger.folder / SAMPLE)
    os.symlink(os.path.abspath(ledger.binary), ledger.folder / "daybook")
    ledger.environment.update(PATH=f"{ledger.folder}:{os.environ['PATH']}", TERM="dumb",
                              DAYBOOK_DATABASE="ledger.db")
    today = re.compile(r"(; at 8:3 of )\d{4}-\d\d-\d\d;")
    left_out = re.compile(r"\[exit status 1\]|daybook: (sent \d+ rows in .*|created ledger\.db)")

    def comparable(line):
        return today.sub(r"\1TODAY;", normalise(ledger, line))

    session = readme_session()
    assert len(session) == 11
    for command, *expected in session:
        found = "\n".join(comparable(line) for line in run(ledger, command)
                          if not left_out.fullmatch(line))
        expected = "\n".join(map(comparable, expected))
        if expected.endswith(" ..."):
            found = found[:len(expected) - 3] + "..."
        assert f"$ {command}\n{found}" == f"$ {command}\n{expected}"


def test_every_command_s_help_is_in_the_transcript(ledger):
    shown = open(f"{ROOT}/tests/integration/transcripts/help.txt").read()
    usage = ledger.run("help").stdout.split("Commands:\n")[1].split("\n  help")[0]
    for command in re.findall(r"^  ([a-z]+) ", usage, re.M):
        assert f"$ daybook help {command}\n" in shown


@pytest.fixture
def installed(ledger):
    """Manual pages and completions as the build makes them."""
    folder = ledger.folder / "manual"
    subprocess.run(["cmake", f"-DPROGRAM={os.path.abspath(ledger.binary)}", f"-DOUTPUT={folder}",
                    f"-DEXAMPLES={ROOT}/docs/examples", "-P", f"{ROOT}/src/manual.cmake"],
                   check=True, timeout=DEADLINE_S, env=ledger.environment)
    return folder


def commands_of(ledger):
    usage = ledger.run("help").stdout.split("Commands:\n")[1].split("\n  help")[0]
    return re.findall(r"^  ([a-z]+) ", usage, re.M)


def test_every_command_has_a_manual_page(ledger, installed):
    for name in ["daybook", *(f"daybook-{c}" for c in commands_of(ledger))]:
        done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", installed / f"{name}.1"],
                              env={**ledger.environment, "MANWIDTH": "100"}, text=True,
                              capture_output=True, timeout=DEADLINE_S)
        assert done.returncode == 0 and done.stderr == "", (name, done.stderr)
        for section in ("NAME", "SYNOPSIS", "EXIT STATUS", "ENVIRONMENT"):
            assert f"\n{section}\n" in done.stdout, name
        example = f"{ROOT}/docs/examples/{name[8:]}.txt"
        if os.path.exists(example):
            first = open(example).readline().strip().replace("\\n", "")[:40]
            assert "EXAMPLES" in done.stdout and first in done.stdout.replace("\\n", ""), name


def test_bash_completes(ledger, installed):
    def complete(*words):
        script = (f"source {installed}/daybook.bash; COMP_WORDS=({' '.join(words)} "
                  f"{chr(39) * 2 if words[-1] == '' else ''}); COMP_CWORD={len(words) - 1}; "
                  "_daybook; printf '%s\\n' \"${COMPREPLY[@]}\"")
        return subprocess.run(["bash", "-c", script], text=True, capture_output=True, check=True,
                              timeout=DEADLINE_S, cwd=ROOT).stdout.split()
    assert complete("daybook", "sim") == ["simulate"]
    assert set(commands_of(ledger)) <= set(complete("daybook", ""))
    assert complete("daybook", "simulate", "--ra") == ["--rate"]
    assert "--brokers" in complete("daybook", "audit", "--")
    assert complete("daybook", "import", "data/cl") == [SAMPLE]
    assert complete("daybook", "simulate", "--rate", "") == []
    assert complete("daybook", "help", "tel") == ["teller"]


def test_fish_completes(ledger, installed):
    def complete(line):
        done = subprocess.run(["fish", "--no-config", "-c",
                               f"source {installed}/daybook.fish; complete -C {line!r}"], text=True,
                              capture_output=True, check=True, timeout=DEADLINE_S, cwd=ROOT,
                              env={**os.environ, "HOME": str(ledger.folder)})
        return [entry.split("\t")[0] for entry in done.stdout.splitlines()]
    assert complete("daybook sim") == ["simulate"]
    assert set(commands_of(ledger)) <= set(complete("daybook "))
    assert complete("daybook simulate --ra") == ["--rate"]
    assert "--brokers" in complete("daybook audit --")
    assert complete("daybook import data/cl") == [SAMPLE]


def test_zsh_completes(ledger, installed):
    """In a real shell: the Tab key."""
    child = pexpect.spawn("zsh", ["-f"], encoding="utf-8", timeout=DEADLINE_S, cwd=ROOT,
                          dimensions=(50, 200), env={**os.environ, "HOME": str(ledger.folder),
                                                     "TERM": "dumb", "PS1": "> "})
    # In pieces, so that what is typed is not taken for the prompt.
    child.sendline(f"PS1='rea''dy> '; fpath=({installed} $fpath); autoload -U compinit; compinit -D")
    child.expect("ready> ")
    child.send("daybook simul\t")
    child.expect("daybook simulate ")
    child.send("--ra\t")
    child.expect("--rate")
    child.sendcontrol("u")
    child.send("daybook import data/cl\t")
    child.expect("data/client_transactions.csv")
    child.close(force=True)
