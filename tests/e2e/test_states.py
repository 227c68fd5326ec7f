"""What an agent sees of the sample, of strangers' text, and when something is wrong."""
import csv
import io
import json
import os
import urllib.request

from conftest import event
from e2e.conftest import HOSTILE, SAMPLE, applied, click, serve
from playwright.sync_api import expect


def get(site, path):
    return urllib.request.urlopen(site.url + path).read().decode()


def test_an_agent_sees_the_sample_in_french_and_in_english(site, visit):
    site.send(SAMPLE)
    applied(site, 5)
    page = visit(site)
    text = page.inner_text("body")
    assert "Vue d’ensemble" in text and "3\u202f130,00" in text and "\u2212400,00" in text
    assert page.get_attribute("html", "lang") == "fr"
    expect(page.locator("#freshness")).to_contain_text("À jour")
    click(page, "text=English")
    text = page.inner_text("body")
    assert "Overview" in text and "3,130.00" in text and "\u2212400.00" in text
    click(page, "text=All transactions")
    assert page.get_attribute("html", "lang") == "en", "the language is lost on the way"
    assert page.locator("tbody tr").count() == 5
    assert page.inner_text("tbody tr:first-child td:first-child") == "2024-01-05"
    assert page.problems == []


def test_the_browsers_language_decides_until_one_is_chosen(site, visit):
    for browser, expected in (("fr-FR", "fr"), ("en-GB", "en"), ("de-DE", "fr")):
        assert visit(site, language=browser).get_attribute("html", "lang") == expected
        assert visit(site, "/?lang=en", language=browser).get_attribute("html", "lang") == "en"


def test_strangers_text_stays_text(site, visit):
    site.send([event(name, memo=name) for name in HOSTILE])
    applied(site, len(HOSTILE))
    page = visit(site, "/transactions")
    assert sorted(page.locator("tbody th").all_inner_texts()) == sorted(HOSTILE)
    assert sorted(page.locator("tbody td.memo").all_inner_texts()) == sorted(HOSTILE)
    assert "owned" not in page.title() and page.locator("main img, main script").count() == 0
    rows = list(csv.reader(io.StringIO(get(site, "/transactions.csv"))))
    assert not any(cell.startswith("=") for row in rows for cell in row)
    assert "'=HYPERLINK(\"http://x\")" in [cell for row in rows for cell in row]
    text = get(site, "/accounts.json")
    json.loads(text)
    assert all(json.dumps(name) in text for name in HOSTILE)
    assert page.problems == []


def test_a_broker_that_is_gone_is_said_and_the_numbers_stay(ledger, visit, terminate):
    ledger.init(1).send(SAMPLE)
    ledger.run("project")
    service = serve(ledger, "serve", "-b", "127.0.0.1:1")
    page = visit(ledger)
    expect(page.locator("#freshness")).to_contain_text("injoignable")
    assert "3\u202f130,00" in page.inner_text("body")
    terminate(service)


def test_events_that_wait_are_told_as_they_grow(ledger, visit, terminate):
    ledger.init(1).send(SAMPLE)
    ledger.run("project")
    ledger.send(SAMPLE)
    service = serve(ledger, "serve")
    page = visit(ledger)
    line = page.locator("#freshness")
    expect(line).to_contain_text("5 événements de retard")
    assert "behind" in line.get_attribute("class") or "stuck" in line.get_attribute("class")
    ledger.send(SAMPLE)
    expect(line).to_contain_text("10 événements de retard")
    expect(line).to_contain_text("Bloqué")
    ledger.run("project")
    expect(line).to_contain_text("À jour")
    terminate(service)


def test_no_database_yet_is_a_page_and_not_a_crash(ledger, visit, terminate):
    service = serve(ledger, "serve")
    assert not os.path.exists(ledger.database)
    assert "daybook project" in visit(ledger).inner_text("body")
    terminate(service)


def test_an_empty_ledger_says_so(site, visit):
    for path in ("/", "/transactions", "/accounts", "/rejections"):
        page = visit(site, path)
        assert page.locator(".empty").count() >= 1, path
        assert page.locator("figure.chart:visible").count() == 0, "a chart of nothing"
        assert page.problems == []
