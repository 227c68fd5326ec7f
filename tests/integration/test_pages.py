"""What the pages say, held against the commands, SQL and the log itself; without a browser."""
import html
import re
import urllib.error
import urllib.parse
import urllib.request

import pytest
from conftest import DEADLINE_S, event


def serve(ledger, *words):
    service = ledger.start("serve", "--listen", "127.0.0.1:0", *words)
    ledger.wait_for(lambda: "dashboard is at" in open(service.log).read(), "the server")
    return re.search(r"http://\S+", open(service.log).read()).group()


def get(url, **headers):
    """@return status and the page's text, its tags taken away."""
    request = urllib.request.Request(url, headers={"Accept-Language": "en", **headers})
    try:
        with urllib.request.urlopen(request, timeout=DEADLINE_S) as answer:
            status, page = answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        status, page = error.code, error.read().decode()
    main = page.split("<main", 1)[-1]
    return status, re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", main)))


def event_page(ledger, url):
    """An event's page with its record; on a busy machine the log may not be read in the page's time."""
    unread = ("The log could not be read", "Read from the log. No stored digest")
    found = []
    ledger.wait_for(lambda: found.append(get(url)) or not any(text in found[-1][1] for text in unread),
                    "the log")
    return found[-1]


HISTORY = [event("C100", "1000.00", balance="1000.00", date="2024-01-01"),
           event("C100", "200.00", "withdrawal", balance="800.00", date="2024-01-03"),
           event("C100", "30.00", balance="12.00", date="2024-01-05", memo="<b>tip</b>"),
           event("C200", "7.00", date="2024-02-05")]


@pytest.fixture
def told(ledger):
    ledger.init(1).send(HISTORY)
    ledger.run("project")
    return ledger


def test_an_event_is_shown_from_the_log_and_proven(told):
    url = serve(told)
    digest = re.search(r"digest\s+([0-9a-f]{64})", told.run("verify", "0:1").stdout).group(1)
    status, page = event_page(told, url + "/events/0/1")
    assert status == 200 and digest in page
    assert "the chain of digests agrees through 0:3" in page
    assert "Posted" in page and "\u2212200.00" in page and '"transaction_value": "200.00"' in page
    status, page = event_page(told, url + "/events/0/2")
    assert "<b>tip</b>" in page and "differs from the computed balance" in page
    assert get(url + "/events/0/4")[0] == 404


def test_a_log_that_is_another_one_is_not_called_proven(told):
    changed = [dict(HISTORY[0], transaction_value="9.00")] + HISTORY[1:]
    topic = told.topic + "-other"
    told.run("init", "--partitions", "1", "-t", topic)
    told.send(changed, topic=topic)
    told.sql("UPDATE meta SET topic = ?", topic)
    status, page = event_page(told, serve(told, "-t", topic) + "/events/0/1")
    assert status == 200 and "The chain of digests does not agree" in page


def test_without_a_log_an_event_is_what_the_database_keeps(told):
    told.send([b"\xff\x00no event"])
    told.run("project")
    url = serve(told, "-b", "127.0.0.1:1")
    status, page = get(url + "/events/0/4")
    assert status == 200 and "The log could not be read" in page
    assert "Malformed" in page and "\\xFF\\x00no event" in page
    status, page = get(url + "/rejections")
    assert "\\xFF\\x00no event" in page and "0:4" in page
    assert "Nothing" not in page and "No rejected event" in get(url + "/rejections?reason=absent")[1]


def test_reversals_are_linked_where_they_agree_and_else_called_claims(told):
    told.run("reverse", "0:1", "--reason", "wrong account")
    told.send([event("C100", "1.00", source="reverse:0:2", seq=0),
               event("C200", "1000.00", "withdrawal", source="reverse:0:0", seq=0)])
    told.run("project")
    url = serve(told)
    assert "Reversed by 0:4" in get(url + "/events/0/1")[1]
    assert "Reverses 0:1" in get(url + "/events/0/4")[1]
    for claim, claimed in (("0/5", "0:2"), ("0/6", "0:0")):
        page = get(url + "/events/" + claim)[1]
        assert f"Claims to reverse {claimed}" in page and "do not agree" in page
        assert "Reversed by" not in get(url + "/events/" + claimed.replace(":", "/"))[1]


def test_a_statement_is_what_the_command_says(told):
    told.send([event("C100", "5.00", date="2023-12-31"),  # arrived late
               event("C100", "70.00", "withdrawal", date="2024-01-04")])
    told.run("project")
    url = serve(told)
    period = ["--from", "2024-01-02", "--to", "2024-01-04"]
    rows = [line.split("\t") for line in told.run("statement", "C100", *period).stdout.splitlines()]
    page = get(url + "/accounts/C100?from=2024-01-02&to=2024-01-04")[1].split("Statement", 1)[1]
    opening, closing = rows[0][3], rows[-1][3]
    assert (opening, closing) == ("1005.00", "735.00")
    assert re.search(r"Opening balance 1,005\.00", page)
    assert re.search(r"Closing balance 735\.00", page)
    assert re.search(r"Totals of the period \(2 operations\) 0\.00 270\.00", page)


def test_a_selection_is_counted_like_sql_does(told):
    told.send([event(f"A{i % 9}", f"{i}.00", memo="even" if i % 2 == 0 else "odd",
                     date=f"2024-03-{1 + i % 28:02}") for i in range(1, 300)])
    told.run("project")
    url = serve(told)
    for query, condition in (
            ("min=50&max=200", "abs(amount_minor) BETWEEN 5000 AND 20000"),
            ("memo=EVEN", "memo LIKE '%even%'"),
            ("type=withdrawal", "amount_minor < 0"),
            ("account=A3", "account_id = (SELECT account_id FROM accounts WHERE account = 'A3')"),
            ("from=2024-03-05&to=2024-03-06", "date_s BETWEEN 1709596800 AND 1709769599")):
        count, total = told.sql("SELECT count(*), sum(max(amount_minor, 0)) FROM transactions "
                                f"WHERE {condition}")[0]
        deposits = f"{(total or 0) // 100:,}.{(total or 0) % 100:02}"
        for address in (f"/transactions?{query}&count=1", f"/transactions/count?{query}"):
            page = get(url + address)[1]
            assert f"{count:,} transaction" in page and f"Deposits {deposits}" in page, address


def test_an_account_of_any_name_has_its_page(told):
    names = ["a/b", "..", ".", "~x", "50%", "a b", "?q=1#f", "é", "<i>", "C100.csv", "statement"]
    told.send([event(name) for name in names])
    told.run("project")
    url = serve(told)
    page = urllib.request.urlopen(url + "/accounts?lang=en").read().decode()
    links = re.findall(r'<th scope="row"[^>]*><a href="([^"]*)">([^<]*)</a>', page)
    assert {html.unescape(name) for _, name in links} == {*names, "C100", "C200"}
    for link, name in links:
        status, text = get(url + html.unescape(link))
        assert status == 200 and html.unescape(name) in text, link


@pytest.mark.parametrize("language, words", [("en", "has another name"), ("fr", "autre nom")])
def test_refusals_are_pages_for_people_and_json_for_programs(told, language, words):
    url = serve(told)
    headers = {"Host": "evil.example", "Accept-Language": language}
    status, page = get(url + "/", Accept="text/html,*/*;q=0.8", **headers)
    assert status == 421 and words in page
    status, page = get(url + "/", Accept="*/*", **headers)
    assert status == 421 and '"status":421' in page
    status, page = get(url + "/a%zz", Accept="text/html")
    assert status == 400 and "This address is not valid" in page


def test_what_is_not_understood_is_told_by_its_field(told):
    url = serve(told)
    for path, words in (("/transactions?min=abc", "a positive amount"),
                        ("/transactions?from=2024-02-30", "a day such as"),
                        ("/transactions?from=2024-02-03&to=2024-02-01", "not before the start"),
                        ("/transactions?nonsense=1", "there is no such parameter"),
                        ("/transactions?type=x", "withdrawal"),
                        ("/accounts?sort=x", "a column of this list"),
                        ("/accounts/C100?from=x", "a day such as"),
                        ("/rejections?reason=x", "a reason of rejection")):
        status, page = get(url + path)
        assert status == 400 and words in page and "This filter is not possible" in page, path
