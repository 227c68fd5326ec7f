"""How long a posting takes, from Enter to the log's decision, beside a bare acknowledgement.

    post.py DAYBOOK POSTER SEND_ONE BROKERS TOPIC DATABASE [COUNT]

A session as the teller has one, with a view of 100,000 accounts at hand; then the command as a
process of its own, from the start of the process to its answer and to its end, with a view that a
projector keeps fresh, in turns with a process that sends one event and checks nothing.
Prints a line "what|measured|against" each.
"""
import os
import signal
import subprocess
import sys
import time

from confluent_kafka import Producer

daybook, poster, send_one, brokers, topic, database = sys.argv[1:7]
count = int(sys.argv[7]) if len(sys.argv) > 7 else 2000
# A broker that was just started has not compiled yet what a new connection needs: its first hundred
# take half as long again, of daybook as of the floor, and a thousand pass until that is over.
WARM_UP = 1000
environment = dict(os.environ, DAYBOOK_BROKERS=brokers, DAYBOOK_TOPIC=topic,
                   DAYBOOK_DATABASE=database)


def middle(taken):
    return sorted(taken)[len(taken) // 2]


def times(taken):
    return f"p50 {middle(taken):.1f} ms, p99 {sorted(taken)[len(taken) * 99 // 100]:.1f} ms"


def run(*words):
    """Milliseconds to the first output, and to the end."""
    started = time.monotonic()
    process = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL)
    os.read(process.stdout.fileno(), 4096)
    answered = time.monotonic()
    assert process.wait() == 0
    ended = time.monotonic()
    process.stdout.close()
    return (answered - started) * 1000, (ended - started) * 1000


def value(account):
    return (f'{{"transaction_date":"2024-01-01T00:00:00Z","account":"{account}",'
            '"transaction_value":"1000.00","transaction_type":"deposit"}').encode()


run(daybook, "init", "--partitions", "12")
run(daybook, "init", "--partitions", "12", "-t", topic + "-floor")
bulk = Producer({"bootstrap.servers": brokers, "partitioner": "murmur2_random", "linger.ms": 50,
                 "queue.buffering.max.messages": 200000})
for i in range(100000):
    bulk.produce(topic, value(f"C{i:06}"), key=f"C{i:06}".encode())
bulk.flush()
run(daybook, "project")

peer = Producer({"bootstrap.servers": brokers, "partitioner": "murmur2_random", "linger.ms": 0,
                  "enable.idempotence": True, "acks": "all"})
bare = []
for i in range(count):
    arrived = []
    started = time.monotonic()
    peer.produce(topic, value("C000001"), key=b"C000001", on_delivery=lambda e, m: arrived.append(e))
    while not arrived:
        peer.poll(1)
    bare.append((time.monotonic() - started) * 1000)

lines = subprocess.run([poster, "withdraw", "C000100", "0.01", str(count)], env=environment,
                       text=True, stdout=subprocess.PIPE, check=True).stdout.splitlines()
decided = [int(line.split()[4]) / 1000 for line in lines]
assert len(decided) == count and all(line.startswith("posted ") for line in lines)

run(daybook, "project")
follower = subprocess.Popen([daybook, "project", "--follow"], env=environment)
time.sleep(2)
commands, floors = [], []
for i in range(WARM_UP + 500):
    command = run(daybook, "withdraw", "C000100", "0.01")
    floor = run(send_one, brokers, topic + "-floor", "0", "C000100", value("C000100"))
    if i >= WARM_UP:
        commands.append(command)
        floors.append(floor)
follower.send_signal(signal.SIGINT)
assert follower.wait() == 0
starts = [run(daybook, "--version")[1] for _ in range(500)]
answers = [answer for answer, end in commands]
sent = [answer for answer, end in floors]
print(f"a bare acknowledgement|{times(bare)}|floor of posting")
print(f"the teller's session, to the decision|{times(decided)}|"
      f"{middle(decided) / middle(bare):.2f} × an acknowledgement")
print(f"a process that sends one event, to its acknowledgement|{times(sent)}|floor of the command")
print(f"the command, to its answer|{times(answers)}|"
      f"{middle(answers) / middle(sent):.2f} × sending one event")
print(f"the command, its whole process|{times([end for answer, end in commands])}|")
print(f"a process that only starts|{times(starts)}|")
