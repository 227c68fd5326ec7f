"""Lists for programs: every row, in every order and selection, is what SQLite says."""
import csv
import io
import json
import os
import random
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
import uuid
from datetime import datetime, timedelta, timezone

import pytest
from conftest import DEADLINE_S, Ledger, event

ROOT = os.path.join(os.path.dirname(__file__), "..", "..")
OPENAPI = os.path.join(ROOT, "schema", "openapi.yaml")
ACCOUNTS = ["C100", "a/b", "..", "~x", "C100.csv", "100%", "Zoé", "=1+1", "-x", 'say "hi"; bye', "b"]
MEMOS = [None, "=cmd|' /C calc'!A0", "+49", "@x", 'with "quotes", commas', "semi;colon", "Été", "plain",
         "Loyer"]
ROWS = """SELECT t.date_s, t.partition, t.offset, a.account, t.amount_minor, t.balance_minor,
          t.declared_minor, t.memo FROM transactions t JOIN accounts a USING (account_id)"""


def money(minor):
    return None if minor is None else f"{'-' * (minor < 0)}{abs(minor) // 100}.{abs(minor) % 100:02}"


def moment(seconds):
    return (datetime(1970, 1, 1) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def as_json(row):
    date_s, partition, offset, account, amount, balance, declared, memo = row
    return {"transaction_date": moment(date_s), "account": account,
            "transaction_type": "deposit" if amount > 0 else "withdrawal",
            "transaction_value": money(abs(amount)), "balance": money(balance),
            "declared_balance": money(declared), "memo": memo, "position": f"{partition}:{offset}"}


class Dashboard:
    def __init__(self, ledger):
        self.ledger = ledger
        self.service = ledger.start("serve", "--listen", "127.0.0.1:0")
        ledger.wait_for(lambda: "dashboard is at" in open(self.service.log).read(), "the server")
        self.port = int(re.search(r"127\.0\.0\.1:(\d+)", open(self.service.log).read()).group(1))

    def get(self, path, status=200, **params):
        query = urllib.parse.urlencode({k: v for k, v in params.items() if v is not None})
        address = f"http://127.0.0.1:{self.port}{path}" + (f"?{query}" if query else "")
        try:
            with urllib.request.urlopen(address, timeout=DEADLINE_S) as answer:
                code, body, self.headers = answer.status, answer.read(), answer.headers
        except urllib.error.HTTPError as error:
            code, body, self.headers = error.code, error.read(), error.headers
        assert status in (None, code), (address, code, body[:500])
        self.status = code
        return body

    def json(self, path, status=200, **params):
        return json.loads(self.get(path, status, **params))

    def event(self, partition, offset):
        """An event with its record: the log of a busy machine may not be read in the page's time."""
        found = []
        self.ledger.wait_for(
            lambda: found.append(self.json(f"/events/{partition}/{offset}.json"))
            or found[-1]["record"] is not None, "the log")
        return found[-1]

    def csv(self, path, **params):
        text = self.get(path, **params).decode()
        assert text.endswith("\r\n") and "\n" not in text.replace("\r\n", "")
        return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))

    def pages(self, path, key, limit, **params):
        """All rows, page by page."""
        rows, token, count = [], None, 0
        while count == 0 or token is not None:
            page = self.json(path, limit=limit, next=token, **params)
            assert page["complete"] and len(page[key]) <= limit
            rows, token, count = rows + page[key], page["next"], count + 1
        return rows


def make_events(count):
    chance = random.Random(3)
    balances = {}
    for i in range(count):
        account = chance.choice(ACCOUNTS)
        amount = chance.choice([1, 100, 12345, chance.randrange(1, 10**6), 9 * 10**13])
        deposit = chance.random() < 0.6
        balances[account] = balances.get(account, 0) + (amount if deposit else -amount)
        date = datetime(2024, 1, 1) + timedelta(days=chance.randrange(60),
                                                seconds=chance.choice([0, 0, 3600, 86399]))
        more = {"memo": memo} if (memo := chance.choice(MEMOS)) else {}
        if chance.random() < 0.3:
            more["balance"] = money(balances[account] + chance.choice([0, 0, 1]))
        yield event(account, money(amount), "deposit" if deposit else "withdrawal",
                    date.strftime("%Y-%m-%dT%H:%M:%SZ"), **more)


@pytest.fixture(scope="module")
def page(binary, brokers, tmp_path_factory):
    ledger = Ledger(binary, brokers, tmp_path_factory.mktemp("feeds"), f"t-{uuid.uuid4().hex[:12]}")
    ledger.init(3).send(make_events(3000))
    ledger.send([b"not json", b"\xff\x1b[31m<b>", event("C100", "-1.00")], key=False)
    ledger.run("project")
    yield Dashboard(ledger)
    ledger.stop_all()


def rows_of(page):
    return page.ledger.sql(ROWS)


def day(date_s):
    return datetime.fromtimestamp(date_s, timezone.utc).strftime("%Y-%m-%d")


def fold(text):
    """As the server does: ASCII and Latin-1."""
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" or ("À" <= c <= "Þ" and c != "×") else c
                   for c in text)


def matches(row, selection):
    date_s, _, _, account, amount, _, _, memo = row
    low, high = selection.get("min"), selection.get("max")
    return ((not selection.get("account") or account == selection["account"])
            and (not selection.get("type") or (amount > 0) == (selection["type"] == "deposit"))
            and selection.get("from", "0") <= day(date_s) <= selection.get("to", "9")
            and (low is None or abs(amount) >= float(low) * 100)
            and (high is None or abs(amount) <= float(high) * 100)
            and (not selection.get("memo") or fold(selection["memo"]) in fold(memo or "")))


KEYS = {"date": lambda r: (r[0], r[1], r[2]),
        "account": lambda r: (r[3].encode(), r[0], r[1], r[2]),
        "amount": lambda r: (r[4], r[0], r[1], r[2])}


def selections():
    chance = random.Random(8)
    for _ in range(60):
        selection = {}
        if chance.random() < 0.4:
            selection["account"] = chance.choice(ACCOUNTS)
        if chance.random() < 0.4:
            selection["type"] = chance.choice(["deposit", "withdrawal"])
        days = sorted(f"2024-{m:02}-{d:02}" for m, d in
                      [(chance.randrange(1, 4), chance.randrange(1, 29)) for _ in range(2)])
        if chance.random() < 0.5:
            selection["from"], selection["to"] = days
        if chance.random() < 0.4:
            selection["min"] = chance.choice(["0.01", "1.00", "123.45"])
        if chance.random() < 0.4:
            selection["max"] = chance.choice(["123.45", "9999.99", "900000000000.00"])
        if chance.random() < 0.4:
            selection["memo"] = chance.choice(["été", "O", "loyer", "=", "nowhere"])
        yield selection, chance.choice(["date", "account", "amount"]), chance.choice(["asc", "desc"])


@pytest.mark.parametrize("selection, sort, order", list(selections()))
def test_a_selection_is_what_sqlite_says(page, selection, sort, order):
    """Pages forwards and backwards, all rows, count and sums: for random selections and orders."""
    expected = [as_json(r) for r in sorted((r for r in rows_of(page) if matches(r, selection)),
                                           key=KEYS[sort], reverse=order == "desc")]
    params = {**selection, "sort": sort, "order": order}
    assert page.pages("/transactions.json", "transactions", 97, **params) == expected
    if sort != "amount":
        assert page.json("/transactions.json", **params)["transactions"] == expected
        assert [r["offset"] for r in page.csv("/transactions.csv", **params)] == \
            [e["position"].split(":")[1] for e in expected]
    summary = page.json("/transactions/summary.json", **selection)
    amounts = [r[4] for r in rows_of(page) if matches(r, selection)]
    assert summary["count"] == len(expected) and summary["complete"]
    assert summary["deposits"] == money(sum(a for a in amounts if a > 0))
    assert summary["withdrawals"] == money(-sum(a for a in amounts if a < 0))


@pytest.mark.parametrize("sort", ["date", "account", "amount"])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_the_page_before_is_the_one_that_was(page, sort, order):
    """Walk to the third page and back: the same rows; beyond the start the first page is shown."""
    def read(**place):
        return page.json("/transactions.json", limit=50, sort=sort, order=order, **place)

    first = read()
    second = read(next=first["next"])
    third = read(next=second["next"])
    key = third["next"]
    assert read(before=key)["transactions"] == (second["transactions"] + third["transactions"])[49:99]
    assert read(before=second["next"])["transactions"] == \
        (first["transactions"] + second["transactions"])[49:99]
    assert read(before=first["next"])["transactions"] == first["transactions"]


def test_csv_is_what_sqlite_says(page):
    """Parsed back, each row equals SQLite's, but for the apostrophe before formulas."""
    def neutral(text):
        return f"'{text}" if text and text[0] in "=+-@\t\r" else text or ""

    rows = page.csv("/transactions.csv", order="asc")
    assert page.headers["Content-Disposition"] == 'attachment; filename="transactions.csv"'
    expected = sorted(rows_of(page))
    assert len(rows) == len(expected)
    for got, (date_s, partition, offset, account, amount, balance, declared, memo) in zip(rows,
                                                                                        expected):
        assert got == {"transaction_date": moment(date_s), "account": neutral(account),
                       "transaction_type": "deposit" if amount > 0 else "withdrawal",
                       "transaction_value": money(abs(amount)), "balance": money(balance),
                       "declared_balance": money(declared) or "", "memo": neutral(memo),
                       "partition": str(partition), "offset": str(offset)}


def test_the_french_dialect(page):
    body = page.get("/transactions.csv", dialect="excel-fr", order="asc")
    assert body.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline=""), delimiter=";"))
    plain = page.csv("/transactions.csv", order="asc")
    assert len(rows) == len(plain)
    for french, row in zip(rows, plain):
        for amount in ("transaction_value", "balance", "declared_balance"):
            assert french[amount] == row[amount].replace(".", ",")
        assert french["transaction_date"] == row["transaction_date"].replace("T", " ")[:-1]
        assert french["account"] == row["account"] and french["memo"] == row["memo"]
    assert page.json("/transactions.csv", 400, dialect="excel-de")["error"]["status"] == 400


ACCOUNT_KEYS = {"name": lambda a: a["account"].encode(), "balance": lambda a: a["balance_minor"],
                "count": lambda a: a["count"], "deposits": lambda a: a["deposits_minor"],
                "withdrawals": lambda a: a["withdrawals_minor"], "last": lambda a: a["last_date_s"]}


@pytest.mark.parametrize("sort", sorted(ACCOUNT_KEYS))
@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("more", [{}, {"search": "1"}, {"search": "zOÉ"}, {"balance": "negative"}])
def test_accounts(page, sort, order, more):
    columns = ("account_id", "account", "balance_minor", "deposit_count", "deposits_minor",
               "withdrawal_count", "withdrawals_minor", "last_date_s")
    accounts = [dict(zip(columns, row)) for row in page.ledger.sql(
        f"SELECT {', '.join(columns)} FROM accounts JOIN balances USING (account_id)")]
    for account in accounts:
        account["count"] = account["deposit_count"] + account["withdrawal_count"]
    accounts = [a for a in accounts if fold(more.get("search", "")) in fold(a["account"])
                and (a["balance_minor"] < 0 or "balance" not in more)]
    accounts.sort(key=lambda a: (ACCOUNT_KEYS[sort](a), a["account_id"]), reverse=order == "desc")
    expected = [{"account": a["account"], "balance": money(a["balance_minor"]),
                 "deposit_count": a["deposit_count"], "deposits": money(a["deposits_minor"]),
                 "withdrawal_count": a["withdrawal_count"],
                 "withdrawals": money(a["withdrawals_minor"]),
                 "last_date": moment(a["last_date_s"])} for a in accounts]
    assert page.json("/accounts.json", sort=sort, order=order, **more)["accounts"] == expected
    assert page.pages("/accounts.json", "accounts", 3, sort=sort, order=order, **more) == expected
    assert [a["balance"] for a in page.csv("/accounts.csv", sort=sort, order=order, **more)] == \
        [a["balance"] for a in expected]


@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("days", [{}, {"from": "2024-01-20", "to": "2024-02-10"},
                                  {"from": "2030-01-01"}])
def test_statements_add_up_by_date(page, account, days):
    segment = urllib.parse.quote(f"~{account}" if account in ("..", "~x") else account, safe="")
    rows = sorted(r for r in rows_of(page) if r[3] == account)
    balance = sum(r[4] for r in rows if day(r[0]) < days.get("from", "0"))
    lines = [r for r in rows if days.get("from", "0") <= day(r[0]) <= days.get("to", "9")]
    statement = page.json(f"/accounts/{segment}/statement.json", **days)
    assert statement["account"] == account and statement["opening_balance"] == money(balance)
    expected = []
    for row in lines:
        balance += row[4]
        agrees = None if row[6] is None else row[6] == row[5]
        expected.append((money(row[4]), money(balance), agrees, f"{row[1]}:{row[2]}"))
    shown = [(line["amount"], line["balance"], line["declared_agrees"], line["position"])
             for line in statement["lines"]]
    assert shown == expected and statement["closing_balance"] == money(balance)
    paged = page.pages(f"/accounts/{segment}/statement.json", "lines", 41, **days)
    assert paged == statement["lines"]
    assert [r["balance"] for r in page.csv(f"/accounts/{segment}/statement.csv", **days)] == \
        [e[1] for e in expected]
    series = page.json(f"/accounts/{segment}/series.json", **days)
    assert [p["balance"] for p in series["points"]] == [e[1] for e in expected]
    assert not series["sampled"] and series["opening_balance"] == statement["opening_balance"]


def test_days_and_overview(page):
    days = {}
    for row in rows_of(page):
        sums = days.setdefault(day(row[0]), [0, 0, 0, 0])
        side = 0 if row[4] > 0 else 2
        sums[side] += 1
        sums[side + 1] += abs(row[4])
    expected = [{"day": d, "deposit_count": s[0], "deposits": money(s[1]),
                 "withdrawal_count": s[2], "withdrawals": money(s[3])}
                for d, s in sorted(days.items())]
    assert page.json("/days.json")["days"] == expected
    assert len(page.csv("/days.csv", **{"from": "2024-01-10", "to": "2024-01-12"})) == 3
    overview = page.json("/overview.json")
    assert overview["deposits"] == money(sum(s[1] for s in days.values()))
    assert overview["rejection_count"] == 3 and overview["account_count"] == len(ACCOUNTS)


def test_rejections_and_events(page):
    rows = page.ledger.sql("SELECT partition, offset, reason FROM rejections "
                           "ORDER BY timestamp_ms DESC, partition DESC, offset DESC")
    expected = [(f"{p}:{o}", reason) for p, o, reason in rows]
    for rejections in (page.json("/rejections.json")["rejections"],
                       page.pages("/rejections.json", "rejections", 1),
                       page.json("/rejections.json", reason="malformed")["rejections"]):
        assert [(r["position"], r["reason"]) for r in rejections] == expected
    assert page.json("/rejections.json", reason="overdraft")["rejections"] == []
    assert b"\x1b" not in page.get("/rejections.csv")
    for partition, offset, _ in rows:
        shown = page.event(partition, offset)
        assert shown["verdict"] == "malformed" and shown["rejection"]["value_length"] > 0
        assert bytes.fromhex(shown["record"]["value_hex"]) in (
            b"not json", b"\xff\x1b[31m<b>", json.dumps(event("C100", "-1.00")).encode())
    verified = json.loads(page.ledger.run("verify", "0:7", "--json").stdout)
    shown = page.event(0, 7)
    assert shown["digest"] == verified["digest"] and shown["log"] == "proven"
    assert page.json("/events/0/999999.json", 404)["error"]["status"] == 404


@pytest.mark.parametrize("path", [
    "/transactions?sort=amount&order=asc&min=1", "/transactions?sort=account&memo=a",
    "/accounts?sort=balance", "/accounts/a%2Fb?from=2024-01-20", "/rejections?reason=malformed"])
def test_the_pages_links_to_downloads_lead_there(page, path):
    shown = re.search(r'<p class="downloads">(.*)</p>', page.get(path).decode()).group(1)
    links = re.findall(r'href="([^"]*)"', shown)
    assert len(links) == 3
    for link in links:
        assert len(page.get(link.replace("&amp;", "&"))) > 100


def test_errors_have_one_shape(page):
    for path in ("/transactions.json?x=1", "/transactions.csv?sort=amount", "/nothing.json",
                 "/accounts/nobody/statement.json", "/accounts/C100/nothing.json",
                 "/transactions.json?limit=0", "/transactions.json?limit=1001",
                 "/accounts.json?next=x", "/days.json?from=2024-02-30", "/events/0/x.json"):
        with pytest.raises(urllib.error.HTTPError) as raised:
            urllib.request.urlopen(f"http://127.0.0.1:{page.port}{path}")
        error = json.load(raised.value)
        assert list(error) == ["error"] and error["error"]["status"] == raised.value.code
        assert raised.value.headers["Content-Type"] == "application/json"


def test_sums_beyond_64_bits(ledger):
    """Deposits near 2^63 on one day, one commit each: totals are exact, rebuilt equal, and proven."""
    ledger.init(2)
    huge = "92233720368547758.07"
    for i in range(5):
        ledger.send([event(f"A{i}", huge), event(f"B{i}", huge)])
        ledger.run("project")
    ledger.send([event("A0", huge, "withdrawal", date="2024-01-02"), event("A0", huge)])
    ledger.run("project")
    page = Dashboard(ledger)
    total = 10 * (2**63 - 1)
    assert page.json("/overview.json")["deposits"] == money(total)
    assert page.json("/overview.json")["balances"] == money(total - (2**63 - 1))
    assert [d["deposits"] for d in page.json("/days.json")["days"]] == [money(total), "0.00"]
    assert page.json("/transactions/summary.json")["deposits"] == money(total)
    assert page.json("/transactions/summary.json", min="0.01")["deposits"] == money(total)
    followed = ledger.dump()
    ledger.run("project", "--reset")
    assert ledger.dump() == followed
    assert ledger.run("audit").stdout.startswith("proven")


def slow(port, path):
    """A download that is begun and not read on."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(DEADLINE_S)
    connection.connect(("127.0.0.1", port))
    connection.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost:{port}\r\n\r\n".encode())
    begun = connection.recv(15)
    assert begun.startswith(b"HTTP/1."), begun
    return connection, begun


def test_downloads_are_bounded_and_few(ledger):
    """Rows that arrive while a download is read are not in it; a fifth one has to wait."""
    ledger.init(2)
    ledger.send(event("C%03d" % (i % 500), "1.00", memo="m" * 190) for i in range(40000))
    ledger.run("project")
    page = Dashboard(ledger)
    downloads = [slow(page.port, "/transactions.csv?order=asc") for _ in range(4)]
    assert page.json("/transactions.csv", 503)["error"]["status"] == 503
    assert int(page.headers["Retry-After"]) > 0
    ledger.send([event("C%03d" % i, "2.00", date="2999-01-01") for i in range(500)])
    # Without sanitizers: who does not read for too long is cut off.
    ledger.binary = os.environ.get("DAYBOOK_BIN_RELEASE", ledger.binary)
    ledger.run("project")
    connection, answer = downloads[0]
    while piece := connection.recv(1 << 20):
        answer += piece
    rows = answer.split(b"\r\n\r\n", 1)[1]
    assert rows.count(b"\r\n") == 40001 and b"2999-01" not in rows
    for connection, _ in downloads:
        connection.close()
    found = []
    ledger.wait_for(lambda: found.append(page.get("/transactions.csv", None)) or page.status == 200,
                    "a free place")
    assert found[-1].count(b"\r\n") == 40501


def test_the_description_is_valid_and_kept(page):
    """schemathesis sends what schema/openapi.yaml allows, and what it does not."""
    subprocess.run([sys.executable, "-m", "openapi_spec_validator", OPENAPI], check=True,
                   capture_output=True)
    tool = os.path.join(os.path.dirname(sys.executable), "st")
    done = subprocess.run(
        [tool, "run", OPENAPI, "--url", f"http://127.0.0.1:{page.port}", "--checks", "all",
         # Tokens are opaque, and values may be empty: what is refused is tested elsewhere.
         "--exclude-checks", "positive_data_acceptance,negative_data_rejection",
         "--max-examples", "15", "--seed", "1"],
        capture_output=True, text=True, timeout=600, cwd=page.ledger.folder)
    assert done.returncode == 0, done.stdout[-6000:]
    tested = re.search(r"Tested: (\d+)", done.stdout)
    assert tested and int(tested.group(1)) == len(re.findall(r"operationId:", open(OPENAPI).read()))
