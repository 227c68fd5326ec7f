"""What the auditor's tests share: a ledger that is proven, an audit's differences, a log remade."""
import json

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import NewTopic
from conftest import DEADLINE_S, event

EVENTS = [event("C100", "1000.00", source="s", seq=0), event("C200", "2500.00"),
          event("C100", "170.00", "withdrawal", "2024-01-02"),
          event("C200", "200.00", "withdrawal", "2024-01-03", floor="0.00"),
          event("C100", "5.00", "withdrawal", "2024-01-03", floor="5000.00"),
          b"junk"]


@pytest.fixture
def proven(ledger):
    ledger.init(2).send(EVENTS)
    ledger.run("project")
    assert "proven: 6 events" in ledger.run("audit").stdout
    return ledger


def audit(ledger, *words, status=1):
    """The differences that an audit found."""
    done = ledger.run("audit", "--json", *words, status=status)
    found = json.loads(done.stdout)
    assert found["result"] == {0: "proven", 1: "differences"}.get(status, "unknown")
    assert found["difference_count"] == len(found["differences"])
    assert (found["difference_count"] > 0) == (status == 1)
    return found["differences"]


def place(ledger, account="C100", nth=0):
    """Position and id of an account's nth posting."""
    return ledger.sql("SELECT partition, offset, account_id FROM transactions JOIN accounts "
                      "USING (account_id) WHERE account = ? ORDER BY offset", account)[nth]


def only(differences, **wanted):
    chosen = [d for d in differences if all(d.get(k) == v for k, v in wanted.items())]
    assert len(chosen) == 1, differences
    return chosen[0]


def records(ledger, topic=None):
    """All records of a topic as the log has them."""
    topic = topic or ledger.topic
    consumer = Consumer({"bootstrap.servers": ledger.brokers, "group.id": "x",
                         "enable.auto.commit": False, "enable.partition.eof": True,
                         "auto.offset.reset": "error", "isolation.level": "read_uncommitted"})
    partitions = sorted(consumer.list_topics(topic, DEADLINE_S).topics[topic].partitions)
    consumer.assign([TopicPartition(topic, p, 0) for p in partitions])
    found, ended = [], 0
    while ended < len(partitions):
        message = consumer.poll(DEADLINE_S)
        assert message is not None
        if message.error():
            ended += 1
        else:
            found.append((message.partition(), message.timestamp()[1], message.key(),
                          message.value()))
    consumer.close()
    return found


def remake(ledger, changed):
    """The topic anew, under its name, with these records and their timestamps."""
    partitions = len(ledger.admin().list_topics(ledger.topic, DEADLINE_S)
                     .topics[ledger.topic].partitions)
    ledger.delete_topic(ledger.topic)
    settings = {"retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete",
                "message.timestamp.type": "CreateTime", "flush.messages": "1"}
    def create():
        try:
            for future in ledger.admin().create_topics(
                    [NewTopic(ledger.topic, partitions, 1, config=settings)]).values():
                future.result(DEADLINE_S)
            return True
        except Exception:  # the old one may linger for a moment
            return False
    ledger.wait_for(create, "the topic to be made")
    producer = ledger.producer()
    for partition, timestamp, key, value in changed:
        producer.produce(ledger.topic, value, key=key, partition=partition, timestamp=timestamp)
    assert producer.flush(DEADLINE_S) == 0


def publish(ledger, partition, value, key):
    producer = ledger.producer()
    producer.produce(ledger.topic + "-snapshots", value, key=key, partition=partition)
    assert producer.flush(DEADLINE_S) == 0


def restamp(whole, i):
    """The ith record with another timestamp."""
    partition, timestamp, key, value = whole[i]
    return whole[:i] + [(partition, timestamp + 1, key, value)] + whole[i + 1:]
