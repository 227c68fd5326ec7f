"""The page in a real browser: what an agent sees, in both languages, and what strangers' text does."""
import json
import os
import re
import urllib.request

import pytest
from conftest import event
from playwright.sync_api import sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def site(ledger, terminate):
    """A ledger that `daybook run` serves; ledger.url is its address."""
    ledger.init(4)
    service = ledger.start("run", "--listen", "127.0.0.1:0")
    ledger.wait_for(lambda: "dashboard is at" in open(service.log).read(), "the server")
    ledger.url = re.search(r"http://\S+", open(service.log).read()).group()
    ledger.wait_for(lambda: os.path.exists(ledger.database), "the database")
    yield ledger
    terminate(service)


def show(site, browser, path="/", language="fr-FR", **more):
    page = browser.new_context(locale=language, **more).new_page()
    page.problems = []
    page.on("console", lambda message: page.problems.append(message.text))
    page.on("request", lambda request: request.url.startswith(site.url)
            or page.problems.append("asked elsewhere: " + request.url))
    page.goto(site.url + path)
    return page


def applied(site, count):
    site.wait_for(lambda: site.sql("SELECT count(*) FROM transactions")[0][0] == count,
                  f"{count} transactions")


SAMPLE = [event("C100", "1000.00", balance="1000.00"),
          event("C200", "2500.00", balance="2500.00", date="2024-01-02"),
          event("C100", "200.00", "withdrawal", balance="800.00", date="2024-01-03"),
          event("C200", "200.00", "withdrawal", balance="2300.00", date="2024-01-04"),
          event("C100", "30.00", balance="830.00", date="2024-01-05")]


def test_an_agent_sees_the_sample_in_french_and_in_english(site, browser):
    site.send(SAMPLE)
    applied(site, 5)
    page = show(site, browser)
    text = page.inner_text("body")
    assert "Vue d’ensemble" in text and "830,00" in text and "2\u202f300,00" in text
    assert page.get_attribute("html", "lang") == "fr"
    assert "À jour" in page.inner_text(".freshness")
    page.click("text=English")
    text = page.inner_text("body")
    assert "Overview" in text and "2,300.00" in text and "\u2212200.00" in text
    page.click("text=All transactions")
    assert page.get_attribute("html", "lang") == "en", "the language is lost on the way"
    assert page.locator("tbody tr").count() == 5
    assert page.inner_text("tbody tr:first-child td:first-child") == "2024-01-05"
    assert page.problems == []


def test_strangers_text_stays_text(site, browser):
    hostile = ["<script>document.title='owned'</script>", '"><img src=x onerror=alert(1)>',
               "=HYPERLINK(\"http://x\")", "{{7*7}}", "'; DROP TABLE accounts;--"]
    site.send([event(name, memo=name) for name in hostile])
    applied(site, 5)
    page = show(site, browser, "/transactions")
    shown = page.locator("tbody th").all_inner_texts()
    assert sorted(shown) == sorted(hostile)
    assert "owned" not in page.title() and page.locator("main img, main script").count() == 0
    csv = urllib.request.urlopen(site.url + "/transactions.csv").read().decode()
    assert "\"'=HYPERLINK" in csv
    rows = json.load(urllib.request.urlopen(site.url + "/accounts.json"))
    assert sorted(row["account"] for row in rows) == sorted(hostile)


def test_paging_shows_every_transaction_once(site, browser):
    site.send([event(f"A{i % 7}", "1.00", date=f"2024-01-{1 + i % 28:02}", memo=f"n{i}")
               for i in range(173)])
    applied(site, 173)
    page = show(site, browser, "/transactions?lang=fr")
    seen = []
    for _ in range(10):
        seen += page.locator("#transactions td.memo").all_inner_texts()
        if page.locator("a[rel=next]").count() == 0:
            break
        page.click("a[rel=next]")
    assert sorted(seen) == sorted(f"n{i}" for i in range(173))
    rows = json.load(urllib.request.urlopen(site.url + "/transactions.json"))
    assert [row["memo"] for row in rows] == seen


@pytest.mark.parametrize("width", [1280, 380])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_any_screen(site, browser, width, scheme):
    site.send(SAMPLE)
    applied(site, 5)
    for path in ("/", "/transactions", "/accounts", "/accounts/C100", "/rejections", "/events/0/0"):
        page = show(site, browser, path, color_scheme=scheme,
                    viewport={"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.problems == []


def test_the_keyboard_reaches_everything(site, browser):
    site.send(SAMPLE)
    applied(site, 5)
    page = show(site, browser)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    reached = set()
    for _ in range(30):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.innerText"))
    assert {"Transactions", "Comptes", "English", "Toutes les transactions", "C100"} <= reached


def test_a_broker_that_is_gone_is_said_and_the_numbers_stay(ledger, browser, terminate):
    ledger.init(1).send(SAMPLE)
    ledger.run("project")
    service = ledger.start("serve", "--listen", "127.0.0.1:0", "-b", "127.0.0.1:1")
    ledger.wait_for(lambda: "dashboard is at" in open(service.log).read(), "the server")
    ledger.url = re.search(r"http://\S+", open(service.log).read()).group()
    text = show(ledger, browser).inner_text("body")
    assert "Journal injoignable" in text and "830,00" in text
    terminate(service)


def test_events_that_wait_are_told(ledger, browser, terminate):
    ledger.init(1).send(SAMPLE)
    ledger.run("project")
    ledger.send(SAMPLE)
    service = ledger.start("serve", "--listen", "127.0.0.1:0")
    ledger.wait_for(lambda: "dashboard is at" in open(service.log).read(), "the server")
    ledger.url = re.search(r"http://\S+", open(service.log).read()).group()
    ledger.wait_for(lambda: "Rattrapage en cours" in show(ledger, browser).inner_text("body"),
                    "the lag")
    assert "5 événements de retard" in show(ledger, browser).inner_text(".freshness")
    terminate(service)


def test_no_database_yet_is_a_page_and_not_a_crash(ledger, browser, terminate):
    service = ledger.start("serve", "--listen", "127.0.0.1:0")
    ledger.wait_for(lambda: "dashboard is at" in open(service.log).read(), "the server")
    ledger.url = re.search(r"http://\S+", open(service.log).read()).group()
    assert "daybook project" in show(ledger, browser).inner_text("body")
    terminate(service)
