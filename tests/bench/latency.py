"""How long after the broker's acknowledgement an event is in the view.

    latency.py DAYBOOK BROKERS TOPIC DATABASE
"""
import os
import sqlite3
import subprocess
import sys
import time

from confluent_kafka import Producer

daybook, brokers, topic, database = sys.argv[1:]
follower = subprocess.Popen([daybook, "project", "--follow", "-b", brokers, "-t", topic,
                             "-d", database], stderr=subprocess.DEVNULL)
producer = Producer({"bootstrap.servers": brokers, "linger.ms": 0,
                     "partitioner": "murmur2_random"})
value = (b'{"transaction_date":"2024-01-01T00:00:00Z","account":"C100",'
         b'"transaction_value":"1.00","transaction_type":"deposit"}')
while not os.path.exists(database):
    time.sleep(0.05)
time.sleep(1)
db = sqlite3.connect(database, isolation_level=None)
taken = []
for i in range(1, 501):
    acknowledged = []
    producer.produce(topic, value, key=b"C100",
                     on_delivery=lambda e, m: acknowledged.append(time.monotonic()))
    while not acknowledged:
        producer.poll(0.001)
    while db.execute("SELECT count(*) FROM transactions").fetchone()[0] < i:
        pass
    taken.append((time.monotonic() - acknowledged[0]) * 1000)
    time.sleep(0.01)
follower.terminate()
follower.wait()
taken.sort()
print(f"p50 {taken[250]:.1f} ms, p99 {taken[494]:.1f} ms, max {taken[-1]:.1f} ms")
