"""A proxy between daybook and one broker, with switches for what a broker does at its worst.

All that is appended is appended by the real broker: the proxy changes only what the client hears of
it, or when. One thread a direction and connection; what went wrong in one is kept in `troubles`.
"""
import socket
import struct
import threading

PRODUCE, FETCH, METADATA, FIND_COORDINATOR, INIT_PRODUCER_ID = 0, 1, 3, 10, 22
FLEXIBLE_PRODUCE = 9  # from this version on the answer is laid out in another way


def receive(sock, size):
    data = b""
    while len(data) < size:
        part = sock.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def frame(data):
    return struct.pack(">i", len(data)) + bytes(data)


class Proxy:
    def __init__(self, broker):
        host, port = broker.split(":")
        self.broker = (host, int(port))
        self.lock = threading.Lock()
        self.moving = threading.Event()  # cleared: nothing passes, and connections stay
        self.moving.set()
        self.connections = set()
        self.troubles = []
        self.produced = 0                # Produce requests seen
        self.failures = []               # the errors of the next Produce answers, in order
        self.always = None               # the error of all of them
        self.refusing = False            # do not append either
        self.hangs_after_failure = False
        self.cuts_after_append = False
        self.drops_fetched = False       # Fetch answers, once a Produce was seen
        self.drops_numbers = False       # without a producer's number nothing is sent
        self.numbers_asked = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        threading.Thread(target=self.accept, daemon=True).start()

    # The switches.

    def fail_produce(self, error, count=1, hang=False):
        """The next answers say this error (count None: all), though the broker appended."""
        with self.lock:
            self.failures, self.always = [error] * (count or 0), error if count is None else None
            self.hangs_after_failure = hang

    def refuse_produce(self, error, count):
        """The next requests are damaged on their way: nothing is appended, and the answer is this."""
        with self.lock:
            self.failures, self.refusing = [error] * count, True

    def drop_fetched(self):
        """Once a Produce was seen, nothing more is heard of what is in the log."""
        self.drops_fetched = True

    def drop_numbers(self):
        """A producer is never told its number: what it is given waits in its queue."""
        self.drops_numbers = True

    def cut_after_append(self):
        """The next Produce is appended, and every connection ends before its answer is heard."""
        self.cuts_after_append = True

    def hang(self):
        """The broker takes no more and says no more; its connections stay."""
        self.moving.clear()

    def go_on(self):
        self.drops_fetched = False
        self.moving.set()

    def cut(self):
        """End every connection; new ones are taken."""
        with self.lock:
            ended, self.connections = self.connections, set()
        for sock in ended:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)  # ends the wait for the next connection
        self.go_on()
        self.cut()
        assert not self.troubles, self.troubles

    # The work.

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
                server = socket.create_connection(self.broker)
            except OSError:
                return
            with self.lock:
                self.connections |= {client, server}
            asked = {}  # number of a request: which it was, and its version
            for work, source, target in ((self.pass_up, client, server),
                                         (self.pass_down, server, client)):
                threading.Thread(target=self.carry, args=(work, source, target, asked),
                                 daemon=True).start()

    def carry(self, work, source, target, asked):
        try:
            while True:
                data = bytearray(receive(source, *struct.unpack(">i", receive(source, 4))))
                self.moving.wait()
                data = work(data, asked)
                if data is not None:
                    target.sendall(frame(data))
        except (OSError, EOFError):
            pass
        except Exception as trouble:
            self.troubles.append(repr(trouble))
        for sock in (source, target):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def pass_up(self, data, asked):
        key, version, number = struct.unpack(">hhi", data[:8])
        asked[number] = key, version
        if key == PRODUCE:
            assert version < FLEXIBLE_PRODUCE
            with self.lock:
                self.produced += 1
                if self.refusing and self.failures:
                    data[-1] ^= 0xFF  # the batch's checksum is wrong now
        return data

    def pass_down(self, data, asked):
        key, version = asked.pop(struct.unpack(">i", data[:4])[0])
        if key in (METADATA, FIND_COORDINATOR):  # so that clients stay here
            host = self.broker[0].encode()
            return data.replace(host + struct.pack(">i", self.broker[1]),
                                host + struct.pack(">i", self.port))
        if key == FETCH and self.drops_fetched and self.produced:
            return None
        if key == INIT_PRODUCER_ID and self.drops_numbers:
            self.numbers_asked.set()
            return None
        if key == PRODUCE:
            with self.lock:
                cuts, self.cuts_after_append = self.cuts_after_append, False
                error = self.failures.pop(0) if self.failures else self.always
                hangs = error is not None and self.hangs_after_failure
            if cuts:
                self.cut()
                return None
            if error is not None:
                self.answer(data, error)
            if hangs:
                self.hang()  # from the next byte on
        return data

    def answer(self, data, error):
        """Make this error of an answer with one topic and one partition."""
        assert struct.unpack(">i", data[4:8]) == (1,), "one topic"
        length, = struct.unpack(">h", data[8:10])
        place = 10 + length
        assert struct.unpack(">i", data[place:place + 4]) == (1,), "one partition"
        place += 4 + 4
        was, = struct.unpack(">h", data[place:place + 2])
        assert (was != 0) == self.refusing, f"the broker says {was}"
        data[place:place + 10] = struct.pack(">hq", error, -1)
