"""The fold and the digest a second time, in another language, from docs/events.md alone.

    python3 tests/reference.py > data/vectors/log.json

makes the test vectors; tests/test_book.c runs them through the C code.
"""
import hashlib
import json
import math
import re
import struct
import sys
from datetime import datetime

INT64_MAX = 2**63 - 1
INT64_MIN = -(2**63)
FORBIDDEN = [(0, 0x1F), (0x7F, 0x9F), (0xAD, 0xAD), (0x61C, 0x61C), (0x200B, 0x200F),
             (0x2028, 0x202E), (0x2060, 0x206F), (0xFEFF, 0xFEFF), (0xFFF9, 0xFFFB)]


def murmur2(data):
    m, h = 0x5BD1E995, (0x9747B28C ^ len(data)) & 0xFFFFFFFF
    whole = len(data) // 4 * 4
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i:i + 4], "little") * m & 0xFFFFFFFF
        k = (k ^ k >> 24) * m & 0xFFFFFFFF
        h = (h * m & 0xFFFFFFFF) ^ k
    if whole < len(data):
        h = (h ^ int.from_bytes(data[whole:], "little")) * m & 0xFFFFFFFF
    h = (h ^ h >> 13) * m & 0xFFFFFFFF
    return h ^ h >> 15


def clean(text, limit, trimmed):
    if not isinstance(text, str):
        return False
    data = text.encode("utf-8", "surrogatepass")
    return (1 <= len(data) <= limit
            and not any(a <= ord(c) <= b for c in text for a, b in FORBIDDEN)
            and not (trimmed and (text[0] == " " or text[-1] == " ")))


def amount(value, declared=False):
    """Minor units, or None where it is not an amount."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        if not re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]{1,2})?", value):
            return None
        whole, _, cents = value.lstrip("-").partition(".")
        minor = int(whole) * 100 + int(cents.ljust(2, "0") or 0)
        minor = -minor if value[0] == "-" else minor
        return minor if INT64_MIN <= minor <= INT64_MAX else None
    if isinstance(value, int):
        return value * 100 if abs(value) <= 10**13 else None
    if isinstance(value, float):
        scaled = value * 100.0
        minor = int(math.copysign(math.floor(abs(scaled) + 0.5), scaled))
        if abs(minor) > 10**15 or not (declared or minor / 100.0 == value):
            return None
        return minor
    return None


def date(text):
    for pattern, form in ((r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "%Y-%m-%dT%H:%M:%SZ"),
                          (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "%Y-%m-%d %H:%M:%S"),
                          (r"\d{4}-\d\d-\d\d", "%Y-%m-%d")):
        if isinstance(text, str) and re.fullmatch(pattern, text, re.ASCII):
            try:
                return int((datetime.strptime(text, form) - datetime(1970, 1, 1)).total_seconds())
            except ValueError:
                return None
    return None


def unique(pairs):
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a field twice")
    return dict(pairs)


def whole(digits):
    number = int(digits)
    if not INT64_MIN <= number <= INT64_MAX:
        raise ValueError("too large")
    return number


def decode(key, value):
    """The event as a dict, or None."""
    try:
        event = json.loads(value.decode("utf-8"), object_pairs_hook=unique, parse_int=whole)
    except ValueError:
        return None
    if not isinstance(event, dict):
        return None
    event = {name: v for name, v in event.items() if v is not None}
    out = {"date": date(event.get("transaction_date")),
           "value": amount(event.get("transaction_value")),
           "type": event.get("transaction_type"),
           "account": event.get("account")}
    if out["date"] is None or not clean(out["account"], 64, True):
        return None
    if out["value"] is None or out["value"] <= 0 or out["type"] not in ("deposit", "withdrawal"):
        return None
    if "balance" in event and amount(event["balance"], True) is None:
        return None
    if "source" in event or "seq" in event:
        seq = event.get("seq")
        if not clean(event.get("source"), 64, False) or type(seq) is not int or seq < 0:
            return None
        out["source"], out["seq"] = event["source"], seq
    if "floor" in event:
        out["floor"] = amount(event["floor"])
        if out["floor"] is None:
            return None
    memo = event.get("memo", "")
    if memo != "" and not clean(memo, 200, False):
        return None
    if key is not None and key != out["account"].encode():
        return None
    return out


class Partition:
    def __init__(self, topic, number, count):
        self.number, self.count = number, count
        self.accounts, self.sources = {}, {}
        self.digest = hashlib.sha256(b"daybook 1" + struct.pack(">i", len(topic)) + topic.encode()
                                     + struct.pack(">ii", number, count)).digest()

    def extend(self, record):
        head = struct.pack(">qq", record["offset"], record["timestamp_ms"])
        body = b""
        for part in (record["key"], record["value"]):
            length = -2 if record["absent"] else -1 if part is None else len(part)
            body += struct.pack(">i", length) + (part or b"")
        self.digest = hashlib.sha256(self.digest + head + body).digest()

    def fold(self, record):
        if record["absent"]:
            return "absent"
        event = decode(record["key"], record["value"]) if record["value"] else None
        if event is None:
            return "malformed"
        if (murmur2(event["account"].encode()) & 0x7FFFFFFF) % self.count != self.number:
            return "misrouted"
        if "source" in event:
            if event["seq"] <= self.sources.get(event["source"], -1):
                return "duplicate"
            self.sources[event["source"]] = event["seq"]
        balance, deposits, withdrawals = self.accounts.get(event["account"], (0, 0, 0))
        if event["type"] == "deposit":
            after = (balance + event["value"], deposits + event["value"], withdrawals)
        else:
            after = (balance - event["value"], deposits, withdrawals + event["value"])
            if "floor" in event and after[0] < event["floor"]:
                return "overdraft"
        if any(not INT64_MIN <= number <= INT64_MAX for number in after):
            return "overflow"
        self.accounts[event["account"]] = after
        return "posted"


def vector_events():
    """(key, value, absent) of the records, before they are put on partitions."""
    def event(**fields):
        base = {"transaction_date": "2024-01-01T00:00:00Z", "account": "C100",
                "transaction_value": "10.00", "transaction_type": "deposit"}
        base.update(fields)
        text = json.dumps({k: v for k, v in base.items() if v != ()}, separators=(",", ":"),
                          ensure_ascii=False)
        return (base["account"].encode() if isinstance(base["account"], str) else None,
                text.encode(), False)
    big = "92233720368547758.07"
    yield event()
    yield (None, b'{"transaction_date": "2024-01-02 00:00:00", "account": "C100", '
           b'"transaction_value": 1000, "balance": 1010, "transaction_type": "deposit"}', False)
    yield (None, b"", False)
    yield (b"C100", None, False)
    yield (b"C100", b"junk", False)
    yield (b"", event()[1], False)
    yield (b"C200", event()[1], False)
    yield (None, None, True)
    for seq in (0, 1, 1, 5, 4, 6):
        yield event(source="bank", seq=seq)
    yield event(transaction_type="withdrawal", transaction_value="5000.00", floor="0.00")
    yield event(transaction_type="withdrawal", transaction_value="5000.00", floor="-4000.00")
    yield event(transaction_type="withdrawal", transaction_value="0.01", floor="0.00",
                source="teller", seq=0)
    yield event(transaction_value="1.00", source="teller", seq=0)
    yield event(account="RICH", transaction_value=big)
    yield event(account="RICH", transaction_value="0.01")
    yield event(account="RICH", transaction_type="withdrawal", transaction_value=big)
    yield event(account="RICH", transaction_value="0.01")
    yield event(account="POOR", transaction_type="withdrawal", transaction_value=big)
    yield event(account="POOR", transaction_type="withdrawal", transaction_value="0.01")
    yield event(account="POOR", transaction_type="withdrawal", transaction_value=big, floor="-" + big)
    for name in ("Zoë", "日本", 'quote"back\\slash', "a b", " a", "a ", "a\u202eb", "a\u200bb", "",
                 "x" * 64, "x" * 65, "é" * 33):
        yield event(account=name)
    for value in (0.1, 0.29, 1.005, 1e300, 10**13, 10**13 + 1, True, "1", "1.5", "01", "1.", "-1.00",
                  "0.00", 0, -3, "1e2", "92233720368547758.08"):
        yield event(transaction_value=value)
    for balance in (829.9999999999999, "x", -5, "-5.05", None, 1e14):
        yield event(balance=balance)
    for day in ("2024-02-29", "2023-02-29", "1969-12-31T23:59:59Z", "2024-01-01T24:00:00Z", "",
                "2024-1-1", None):
        yield event(transaction_date=day)
    yield event(memo="virement \"mai\"")
    yield event(memo="")
    yield event(memo="m" * 201)
    yield event(memo="line\nbreak")
    yield event(seq=4)
    yield event(source="s")
    yield event(source="s", seq=1.0)
    yield event(source="", seq=1)
    yield event(source="s" * 65, seq=1)
    yield event(extra={"deep": [1, 2, {"x": None}]})
    yield event(extra=99999999999999999999)
    yield (None, b'{"account":"C100","account":"C100"}', False)
    yield (None, b'[1]', False)
    yield (None, b'\xff\xfe', False)
    yield (None, None, True)
    yield event(transaction_value="0.05")


def main():
    topic, count = "ledger", 3
    partitions = [Partition(topic, p, count) for p in range(count)]
    offsets, records = [0] * count, []
    for i, (key, value, absent) in enumerate(vector_events()):
        event = decode(None, value) if value else None
        p = i % count if event is None else (murmur2(event["account"].encode())
                                             & 0x7FFFFFFF) % count
        if i % 23 == 22:  # some on the wrong partition
            p = (p + 1) % count
        record = {"partition": p, "offset": offsets[p], "key": key, "value": value,
                  "absent": absent, "timestamp_ms": 0 if absent else 1700000000000 + i}
        offsets[p] += 1
        verdict = partitions[p].fold(record)
        partitions[p].extend(record)
        records.append({
            "partition": p, "offset": record["offset"], "timestamp_ms": record["timestamp_ms"],
            "absent": absent, "key": None if key is None else key.hex(),
            "value": None if value is None else value.hex(), "verdict": verdict,
            "digest": partitions[p].digest.hex()})
    accounts = {name: [str(number) for number in state]
                for p in partitions for name, state in sorted(p.accounts.items())}
    json.dump({"topic": topic, "partition_count": count,
               "d0": [Partition(topic, p, count).digest.hex() for p in range(count)],
               "records": records, "accounts_minor": accounts}, sys.stdout, indent=1,
              ensure_ascii=False)
    print()


if __name__ == "__main__":
    main()
