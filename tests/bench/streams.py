"""What open live streams cost a server, and how fast they tell a commit; then hold them open.

    streams.py PROCESS PORT COUNT BROKERS ACCOUNT
"""
import re
import selectors
import signal
import socket
import sys
import time

from confluent_kafka import Producer

process, port, count, brokers, account = sys.argv[1:]
port, count = int(port), int(count)


def memory_kb():
    return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{process}/status").read()).group(1))


request = (f"GET /live?lang=fr HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
           "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
           "Accept: text/event-stream\r\nAccept-Language: fr,fr-FR;q=0.8,en;q=0.5\r\n"
           "Accept-Encoding: gzip, deflate, br\r\nCache-Control: no-cache\r\n\r\n").encode()
before_kb = memory_kb()
selector = selectors.DefaultSelector()
for _ in range(count):
    stream = socket.create_connection(("127.0.0.1", port))
    stream.sendall(request)
    selector.register(stream, selectors.EVENT_READ)
time.sleep(2)
cost_kb = memory_kb() - before_kb


def drain(seconds):
    """Read what the streams say; when each said that there was a commit."""
    told, end = {}, time.monotonic() + seconds
    while time.monotonic() < end:
        for key, _ in selector.select(0.05):
            if b"event: commit" in key.fileobj.recv(65536):
                told.setdefault(key.fd, time.monotonic())
    return told


drain(1)
producer = Producer({"bootstrap.servers": brokers, "linger.ms": 0, "partitioner": "murmur2_random"})
value = ('{"transaction_date":"2025-01-01T00:00:00Z","account":"%s","transaction_value":"1.00",'
         '"transaction_type":"deposit"}' % account).encode()
first, last = [], []
for _ in range(20):
    acknowledged = []
    producer.produce("ledger", value, key=account.encode(),
                     on_delivery=lambda e, m: acknowledged.append(time.monotonic()))
    while not acknowledged:
        producer.poll(0.001)
    told = drain(0.4)
    assert len(told) == count, f"{len(told)} of {count} streams were told"
    first.append((min(told.values()) - acknowledged[0]) * 1000)
    last.append((max(told.values()) - acknowledged[0]) * 1000)
first.sort()
last.sort()
print(f"| {count} live streams | {cost_kb / 1024:.1f} MB | {cost_kb / count:.1f} KB each |")
print(f"| acknowledged to told, first stream | p50 {first[10]:.0f} ms | max {first[-1]:.0f} ms |")
print(f"| ... the last of {count} | p50 {last[10]:.0f} ms | max {last[-1]:.0f} ms |", flush=True)
signal.pause()
