"""The peer: what one would write in Python, with batches: consume, decode, insert.

    consumer.py BROKERS TOPIC DATABASE
"""
import json
import os
import sqlite3
import sys
import time

from confluent_kafka import Consumer, KafkaError, TopicPartition

brokers, topic, database = sys.argv[1:]
start = time.monotonic()
if os.path.exists(database):
    os.remove(database)
db = sqlite3.connect(database, isolation_level=None)
db.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA page_size=16384;"
                 "CREATE TABLE t (partition, offset, date TEXT, account TEXT, value TEXT, "
                 "balance TEXT, type TEXT)")
consumer = Consumer({"bootstrap.servers": brokers, "group.id": "bench", "enable.auto.commit": False,
                     "auto.offset.reset": "error", "enable.partition.eof": True,
                     "queued.min.messages": 1000000, "queued.max.messages.kbytes": 262144})
partitions = list(consumer.list_topics(topic, 10).topics[topic].partitions)
consumer.assign([TopicPartition(topic, p, 0) for p in partitions])
left, count = len(partitions), 0
db.execute("BEGIN")
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
    db.executemany("INSERT INTO t VALUES (?,?,?,?,?,?,?)", rows)
    count += len(rows)
db.execute("COMMIT")
print(round(count / (time.monotonic() - start)))
consumer.close()
