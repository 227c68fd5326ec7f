"""A real browser, and a bank that is read by many tests; what tests write goes to ledgers of their own."""
import datetime
import os
import re
import uuid

import pytest
from conftest import DEADLINE_S, Ledger, event
from playwright.sync_api import expect, sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]

APPEARS_MS = 60000  # a deadline for hangs, not for speed
expect.set_options(timeout=APPEARS_MS)

SAMPLE = [event("C100", "1000.00", balance="1000.00"),
          event("C200", "2500.00", balance="2500.00", date="2024-01-02"),
          event("C100", "200.00", "withdrawal", balance="800.00", date="2024-01-03"),
          event("C200", "200.00", "withdrawal", balance="2300.00", date="2024-01-04"),
          event("C100", "30.00", balance="830.00", date="2024-01-05")]

HOSTILE = ["<script>document.title='owned'</script>", '"><img src=x onerror=alert(1)>',
           '=HYPERLINK("http://x")', "{{7*7}}", "'; DROP TABLE accounts;--", "a/b?c#d%00"]


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS,
                                             timeout=1000 * DEADLINE_S)
        yield started
        started.close()


@pytest.fixture
def visit(browser):
    """Open a page as a new visitor; page.problems is what the console said and who else was asked."""
    contexts = []

    def open_page(site, path="/", language="fr-FR", **more):
        context = browser.new_context(locale=language, **more)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(APPEARS_MS)
        page.problems = []
        page.on("console", lambda message: page.problems.append(message.text))
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("request", lambda request: request.url.startswith(site.url)
                or page.problems.append("asked elsewhere: " + request.url))
        page.goto(site.url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()


def click(page, selector):
    """Follow a link or send a form: what is read next is of the page that it leads to."""
    with page.expect_navigation():
        page.click(selector)


def serve(ledger, *words):
    """Start `daybook run` or `serve`; ledger.url is its address."""
    service = ledger.start(*(words or ("run",)), "--listen",
                           f"127.0.0.1:{getattr(ledger, 'port', 0)}")
    ledger.wait_for(lambda: "dashboard is at" in open(service.log).read(), "the server")
    ledger.url = re.search(r"https?://[0-9.:]+", open(service.log).read()).group()
    ledger.port = int(ledger.url.rsplit(":", 1)[1])
    return service


def applied(site, count):
    """Wait until so many events are applied, whatever became of them."""
    site.wait_for(lambda: site.sql("SELECT sum(offset_next) FROM checkpoints")[0][0] == count,
                  f"{count} events")


@pytest.fixture
def site(ledger, terminate):
    """A ledger that `daybook run` serves."""
    ledger.init(4)
    service = serve(ledger)
    ledger.wait_for(lambda: os.path.exists(ledger.database), "the database")
    yield ledger
    terminate(service)


def bank_events():
    """A bank with everything that pages have to show, but rejections."""
    today = datetime.datetime.now(datetime.timezone.utc).date()
    events = list(SAMPLE)
    for i in range(173):
        day = datetime.date(2024, 1, 1) + datetime.timedelta(days=i % 91)
        kind = "withdrawal" if i % 3 == 2 else "deposit"
        events.append(event(f"A{i % 7}", f"{i + 1}.{i % 100:02}", kind, f"{day}T08:{i % 60:02}:00Z",
                            memo=f"memo {i}"))
    events += [event(name, "7.00", date="2024-02-29", memo=name) for name in HOSTILE]
    events.append(event("MAX", "92233720368547758.07", date="2024-02-01"))
    events.append(event("C300", "10.00", balance="11.00", date="2024-03-01", memo="loyer, 1er étage"))
    events.append(event("C300", "25.00", "withdrawal", date=f"{today}T00:00:01Z"))
    events += [event("NEW", f"{i + 1}.25", "withdrawal" if i % 4 == 1 else "deposit",
                     f"{today - datetime.timedelta(days=i)}T00:00:00Z") for i in range(40)]
    events += [event("LONG", f"{1 + i % 50}.00", "deposit" if i % 5 else "withdrawal",
                     f"{datetime.datetime(2023, 1, 1) + datetime.timedelta(hours=3 * i):%FT%TZ}")
               for i in range(2600)]
    return events


def refused_events():
    return [event("A0", "99999999.00", "withdrawal", floor="0.00"),
            event("A1", "1.00", source="once", seq=1), event("A1", "1.00", source="once", seq=1)]


@pytest.fixture(scope="session")
def bank(brokers, tmp_path_factory):
    """A site that tests only read; events: how many the log has."""
    ledger = Ledger(os.environ["DAYBOOK_BIN"], brokers, tmp_path_factory.mktemp("bank"),
                    f"t-{uuid.uuid4().hex[:12]}")
    ledger.init(4)
    events = bank_events() + refused_events()
    ledger.send(events)
    broken = [b"<b>not JSON</b>\x00\xff", b'{"account":"C100"}']
    ledger.send(broken, partition=0)
    ledger.events = len(events) + len(broken)
    service = serve(ledger)
    ledger.wait_for(lambda: os.path.exists(ledger.database), "the database")
    applied(ledger, ledger.events)
    ledger.run("audit", status=None)  # the page tells its result
    yield ledger
    service.terminate()
    service.wait(DEADLINE_S)
    ledger.stop_all()


def minor(text):
    """An amount as a page shows it, in either language, in minor units."""
    digits = re.sub(r"[^0-9]", "", text)
    return -int(digits) if "\u2212" in text else int(digits)
