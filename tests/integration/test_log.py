"""The topic: creating it, refusing a dangerous one, and knowing whether it is still the same log."""
from confluent_kafka.admin import ConfigResource, NewPartitions, NewTopic, ConfigEntry
from confluent_kafka.admin import AlterConfigOpType, ResourceType
from conftest import DEADLINE_S, event


def settings_of(ledger, topic):
    resource = ConfigResource(ResourceType.TOPIC, topic)
    found = ledger.admin().describe_configs([resource])[resource].result(DEADLINE_S)
    return {name: entry.value for name, entry in found.items()}


def alter(ledger, topic, name, value):
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[
        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)])
    ledger.admin().incremental_alter_configs([resource])[resource].result(DEADLINE_S)
    ledger.wait_for(lambda: settings_of(ledger, topic)[name] == value, f"{name}={value}")


def test_init_creates_topics_that_keep_everything(ledger):
    said = ledger.run("init", "--partitions", 5).stderr
    assert f"{ledger.topic} created" in said and f"{ledger.topic}-snapshots created" in said
    events = settings_of(ledger, ledger.topic)
    assert events["retention.ms"] == events["retention.bytes"] == "-1"
    assert events["cleanup.policy"] == "delete"
    assert events["message.timestamp.type"] == "CreateTime"
    assert events["flush.messages"] == "1"
    assert settings_of(ledger, ledger.topic + "-snapshots")["cleanup.policy"] == "compact"
    assert "is there already" in ledger.run("init", "--partitions", 5).stderr
    assert "5 partitions" in ledger.run("init", "--partitions", 6, status=3).stderr


def test_init_refuses_a_topic_that_would_lose_the_ledger(ledger):
    bad = {"retention.ms": "604800000", "retention.bytes": "1000000", "cleanup.policy": "compact",
           "message.timestamp.type": "LogAppendTime"}
    good = {"retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete",
            "message.timestamp.type": "CreateTime"}
    ledger.admin().create_topics([NewTopic(ledger.topic, 2, 1, config=good)])[
        ledger.topic].result(DEADLINE_S)
    ledger.wait_for(lambda: ledger.topic in ledger.topics(), "the topic")
    for name, value in bad.items():
        alter(ledger, ledger.topic, name, value)
        said = ledger.run("init", "--partitions", 2, status=3).stderr
        assert f"{name}={value} (must be" in said, said
        alter(ledger, ledger.topic, name, good[name])
    ledger.run("init", "--partitions", 2)


def test_a_dangerous_topic_is_told_by_readers(ledger):
    ledger.init()
    ledger.send([event()])
    alter(ledger, ledger.topic, "retention.ms", "3600000")
    assert "retention.ms=3600000" in ledger.run("project").stderr
    assert "settings" in ledger.run("audit", status=1).stdout


def test_a_missing_topic_or_broker_says_what_to_do(ledger):
    assert "daybook init" in ledger.run("project", status=3).stderr
    said = ledger.run("project", "-b", "127.0.0.1:1", status=3).stderr
    assert "no broker answers at 127.0.0.1:1" in said and "scripts/kafka start" in said


def test_adding_partitions_stops_every_command(ledger):
    ledger.init(2)
    ledger.send([event(account=f"A{i}") for i in range(20)])
    ledger.run("project")
    ledger.admin().create_partitions([NewPartitions(ledger.topic, 3)])[ledger.topic].result(DEADLINE_S)
    ledger.wait_for(lambda: len(ledger.topics()[ledger.topic].partitions) == 3,
                    "a third partition")
    assert "3 partitions" in ledger.run("project", status=1).stderr
    assert "3 partitions" in ledger.run("audit", status=1).stdout


def test_a_topic_made_anew_is_not_the_same_log(ledger):
    ledger.init(2)
    ledger.send([event(account=f"A{i}") for i in range(20)])
    ledger.run("project")
    ledger.delete_topic(ledger.topic)
    ledger.init(2)
    said = ledger.run("project", status=1).stderr
    assert "shorter than the view" in said
    audited = ledger.run("audit", status=1).stdout
    assert "log: its end" in audited and "keep the view" in audited.splitlines()[-1]
    ledger.send([event(account=f"B{i}", value="3.00") for i in range(80)])
    assert "this is not the log" in ledger.run("project", status=1).stderr
    assert "digest" in ledger.run("audit", status=1).stdout
    ledger.run("project", "--reset")
    assert "proven" in ledger.run("audit").stdout


def test_a_log_without_its_beginning_is_damage(ledger):
    from confluent_kafka import TopicPartition
    ledger.init(1)
    ledger.send([event() for _ in range(10)])
    ledger.admin().delete_records([TopicPartition(ledger.topic, 0, 4)])
    ledger.wait_for(lambda: "begins at offset 4" in ledger.run("project", status=None).stderr,
                    "deletion of records")
    assert ledger.run("project", "--reset", status=1).stderr.count("damaged") == 1
