"""Fixtures of the integration and browser tests: the binary, a broker, a topic of one's own."""
import json
import os
import random
import re
import signal
import socket
import sqlite3
import subprocess
import time
import uuid

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec
from kafka_proxy import Proxy

DEADLINE_S = 180  # for anything that could hang, on a machine that does much else
SUPPRESSIONS = os.path.join(os.path.dirname(__file__), "lsan.supp")
KAFKA = os.path.join(os.path.dirname(__file__), "..", "scripts", "kafka")


@pytest.fixture(scope="session")
def brokers():
    address = os.environ.get("DAYBOOK_TEST_BROKERS")
    assert address, "DAYBOOK_TEST_BROKERS is not set; scripts/test starts a broker and sets it"
    return address


@pytest.fixture(scope="session")
def binary():
    path = os.environ.get("DAYBOOK_BIN")
    assert path and os.access(path, os.X_OK), "DAYBOOK_BIN is not an executable"
    return path


class Ledger:
    """One topic and one database, and the ways to use them."""

    def __init__(self, binary, brokers, folder, topic):
        self.binary, self.brokers, self.folder, self.topic = binary, brokers, folder, topic
        self.database = str(folder / "ledger.db")
        self.processes = []
        self.administrator = None
        self.environment = dict(os.environ, HOME=str(folder), DAYBOOK_BROKERS=brokers,
                                DAYBOOK_TOPIC=topic, DAYBOOK_DATABASE=self.database,
                                ASAN_OPTIONS="detect_leaks=1", LC_ALL="C.UTF-8",
                                LSAN_OPTIONS=f"suppressions={SUPPRESSIONS}:print_suppressions=0")
        self.environment.pop("XDG_CONFIG_HOME", None)

    def run(self, *words, status=0, database=None, timeout=DEADLINE_S, **more):
        """Run a command to its end; its exit status must be the one expected."""
        environment = dict(self.environment)
        if database:
            environment["DAYBOOK_DATABASE"] = str(database)
        done = subprocess.run([self.binary, *map(str, words)], env=environment, text=True,
                              capture_output=True, timeout=timeout, cwd=self.folder, **more)
        assert "Sanitizer" not in done.stderr, done.stderr
        if status is not None:
            assert done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
        return done

    def run_preloaded(self, library, *words, **environment):
        """Run with a library between daybook and the system: a sanitizer would be in its way."""
        release = os.environ["DAYBOOK_BIN_RELEASE"]
        preloaded = os.path.join(os.path.dirname(release), "tests", f"lib{library}.so")
        assert os.path.exists(preloaded)
        return subprocess.run([release, *map(str, words)], text=True, capture_output=True,
                              timeout=DEADLINE_S, cwd=self.folder,
                              env=dict(self.environment, LD_PRELOAD=preloaded, **environment))

    def start(self, *words):
        """Start a command that goes on; it is ended with the test."""
        log = open(self.folder / f"{words[0]}-{len(self.processes)}.log", "w+")
        process = subprocess.Popen([self.binary, *map(str, words)], env=self.environment,
                                   stdout=log, stderr=subprocess.STDOUT, cwd=self.folder)
        process.log = log.name
        self.processes.append(process)
        return process

    def init(self, partitions=4):
        self.run("init", "--partitions", partitions)
        return self

    def stop_all(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait(DEADLINE_S)
            assert "Sanitizer" not in open(process.log).read(), open(process.log).read()

    def producer(self, **settings):
        return Producer({"bootstrap.servers": self.brokers, "partitioner": "murmur2_random",
                         "linger.ms": 5, **settings})

    def send(self, events, key=True, partition=None, topic=None, **settings):
        """Append events: dicts, or bytes as they are; keyed by account like any good writer."""
        producer, failures = self.producer(**settings), []
        for event in events:
            account = event.get("account") if isinstance(event, dict) else None
            value = json.dumps(event).encode() if isinstance(event, dict) else event
            place = {} if partition is None else {"partition": partition}
            while True:
                try:
                    producer.produce(topic or self.topic, value,
                                     key=account.encode() if key and account else None,
                                     on_delivery=lambda e, m: failures.append(e) if e else None,
                                     **place)
                    break
                except BufferError:
                    producer.poll(0.1)
            producer.poll(0)
        assert producer.flush(DEADLINE_S) == 0 and not failures, failures

    def sql(self, query, *values, database=None):
        with sqlite3.connect(database or self.database, timeout=30) as connection:
            return connection.execute(query, values).fetchall()

    def balances(self):
        lines = self.run("balance").stdout.splitlines()
        return {line.split("\t")[0]: line.split("\t")[1] for line in lines}

    def dump(self, database=None):
        """All rows that the log determines; who made them, and when, is left out."""
        tables = ("checkpoints", "digests", "accounts", "balances", "sources", "transactions",
                  "rejections", "daily_aggregates", "daily_totals", "totals")
        with sqlite3.connect(database or self.database, timeout=30) as connection:
            return {table: connection.execute(
                f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in tables}

    def assert_whole(self):
        """Every offset is in exactly one place."""
        # One statement: a follower may commit between two.
        applied, rows, twice = self.sql(
            "SELECT (SELECT sum(offset_next) FROM checkpoints), (SELECT count(*) FROM transactions) "
            "+ (SELECT count(*) FROM rejections), (SELECT count(*) FROM transactions JOIN rejections "
            "USING (partition, offset))")[0]
        assert (rows, twice) == (applied, 0)
        return applied

    def wait_for(self, condition, what, timeout=DEADLINE_S):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            try:
                if condition():
                    return
            except sqlite3.OperationalError:
                pass
            time.sleep(0.02)
        raise AssertionError(f"waited {timeout} s for {what}")

    def admin(self):
        """One client for the whole test: its futures fail when it is collected."""
        if self.administrator is None:
            self.administrator = AdminClient({"bootstrap.servers": self.brokers})
        return self.administrator

    def topics(self):
        return self.admin().list_topics(timeout=DEADLINE_S).topics

    def wait_for_leaders(self):
        """A broker that has just come back may not know yet who leads its partitions."""
        self.wait_for(lambda: all(partition.leader >= 0 for topic in self.topics().values()
                                  for partition in topic.partitions.values()), "leaders")

    def run_when_led(self, *words):
        """A broker that was stopped for long is not the leader of its partitions for a moment: until
        then nothing is sent, and the exit status says so. @return what it printed."""
        done = []
        self.wait_for(lambda: done.append(self.run(*words, status=None))
                      or done[-1].returncode != 3, "leaders")
        assert done[-1].returncode == 0, done[-1]
        return done[-1].stdout

    def wait_for_end(self, offset, partition=0):
        """The marker of a transaction is written after its producer was told that it ended."""
        place = TopicPartition(self.topic, partition)
        self.wait_for(lambda: self.admin().list_offsets({place: OffsetSpec.latest()})[place]
                      .result(DEADLINE_S).offset == offset, f"{place} to end at {offset}")

    def delete_topic(self, topic):
        """Delete it, and wait until the broker knows it no more."""
        self.admin().delete_topics([topic])[topic].result(DEADLINE_S)
        self.wait_for(lambda: topic not in self.topics(), f"{topic} to be gone")


def event(account="C100", value="10.00", kind="deposit", date="2024-01-01T00:00:00Z", **more):
    return {"transaction_date": date, "account": account, "transaction_value": value,
            "transaction_type": kind, **more}


@pytest.fixture
def ledger(binary, brokers, tmp_path):
    made = Ledger(binary, brokers, tmp_path, f"t-{uuid.uuid4().hex[:12]}")
    yield made
    made.stop_all()


@pytest.fixture
def proxy(brokers):
    """A proxy before the tests' broker: who is given its address (-b) meets what it is told to do."""
    made = Proxy(brokers.split(",")[0])
    yield made
    made.close()


def kafka(command, folder, port, *more):
    done = subprocess.run([KAFKA, command, "--port", str(port), "--dir", str(folder), *more],
                          text=True, capture_output=True, timeout=2 * DEADLINE_S)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def own(binary, tmp_path, unused_port):
    """A ledger on a broker of its own, which the test may kill."""
    folder = tmp_path / "kafka"
    address = kafka("start", folder, unused_port)
    made = Ledger(binary, address, tmp_path, "ledger")

    def control(command):
        kafka(command, folder, unused_port)
        if command == "start":
            made.wait_for_leaders()
    made.kafka = control
    made.broker_pid = lambda: int(open(folder / "pid").read())
    made.kill_broker = lambda: os.kill(made.broker_pid(), signal.SIGKILL)
    yield made
    made.stop_all()
    made.kafka("destroy")


@pytest.fixture
def cluster(binary, tmp_path, unused_port):
    """A ledger on three brokers."""
    folder = tmp_path / "kafka"
    made = Ledger(binary, "", tmp_path, "ledger")
    address = kafka("start", folder, unused_port, "--brokers", "3")
    made.brokers = made.environment["DAYBOOK_BROKERS"] = address
    made.kafka = lambda command: kafka(command, folder, unused_port)
    made.pid_of = lambda node: int(open(folder / f"node-{node}" / "pid").read())
    yield made
    made.stop_all()
    made.kafka("destroy")


@pytest.fixture
def unused_port():
    """The first of a run of free ports (a broker takes two), where the system gives none away.

    Each worker has a range of its own: long may pass until a broker takes them.
    """
    first = 15000 + 1000 * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 4)
    while True:
        port = random.randrange(first, first + 992)
        try:
            for each in range(port, port + 8):
                with socket.socket() as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind(("127.0.0.1", each))
            return port
        except OSError:
            continue


@pytest.fixture
def terminate():
    """End a process as Ctrl-C or a service manager would; it must end, with success."""
    def hears(process, number):
        """It has come so far that the signal does not just kill it."""
        if process.poll() is not None:
            return True
        status = open(f"/proc/{process.pid}/status").read()
        return int(re.search(r"^SigCgt:\s*(\w+)$", status, re.M).group(1), 16) >> number - 1 & 1

    def end(process, number=signal.SIGTERM):
        deadline = time.monotonic() + DEADLINE_S
        while not hears(process, number):
            assert time.monotonic() < deadline, "it does not listen to signals"
            time.sleep(0.02)
        process.send_signal(number)
        process.wait(DEADLINE_S)
        assert process.returncode == 0, (process.returncode, open(process.log).read())
    return end
