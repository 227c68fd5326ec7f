"""The peer: what one would write in Python, with batches: consume, decode, insert, commit.

A primary key, because a consumer that starts again must not insert twice, and one index, to find
an account's transactions; no balances, no aggregates, amounts as the text they came as.

    consumer.py BROKERS TOPIC DATABASE [bare]

`bare` leaves the index out.
"""
import json
import os
import sqlite3
import sys
import time

from confluent_kafka import Consumer, KafkaError, TopicPartition

brokers, topic, database = sys.argv[1:4]
start = time.monotonic()
if os.path.exists(database):
    os.remove(database)
db = sqlite3.connect(database, isolation_level=None)
db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
                 "CREATE TABLE t (partition INTEGER, offset INTEGER, date TEXT, account TEXT, "
                 "value TEXT, balance TEXT, type TEXT, PRIMARY KEY (partition, offset))")
if sys.argv[4:] != ["bare"]:
    db.execute("CREATE INDEX i ON t (account, date)")
consumer = Consumer({"bootstrap.servers": brokers, "group.id": "bench", "enable.auto.commit": False,
                     "auto.offset.reset": "error", "enable.partition.eof": True,
                     "queued.min.messages": 1000000, "queued.max.messages.kbytes": 262144})
partitions = list(consumer.list_topics(topic, 10).topics[topic].partitions)
consumer.assign([TopicPartition(topic, p, 0) for p in partitions])
left, count = len(partitions), 0
while left:
    rows = []
    for message in consumer.consume(10000, 1.0):
        if message.error():
            if message.error().code() != KafkaError._PARTITION_EOF:
                raise SystemExit(message.error())
            left -= 1
            continue
        event = json.loads(message.value())
        rows.append((message.partition(), message.offset(), event["transaction_date"],
                     event["account"], event["transaction_value"], event.get("balance"),
                     event["transaction_type"]))
    db.execute("BEGIN")
    db.executemany("INSERT OR IGNORE INTO t VALUES (?,?,?,?,?,?,?)", rows)
    db.execute("COMMIT")
    count += len(rows)
print(round(count / (time.monotonic() - start)))
consumer.close()
