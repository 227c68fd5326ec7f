"""Lists: filters, presets, order, paging, the back button, downloads; all of it in the URL."""
import csv
import io
import json
import re

from e2e.conftest import click, minor
from playwright.sync_api import expect

ALL = """SELECT partition || ':' || offset FROM transactions JOIN accounts USING (account_id)
         WHERE {} ORDER BY date_s DESC, partition DESC, offset DESC"""


def positions(page):
    return page.locator("#transactions td.position").all_inner_texts()


def stored(bank, condition="1", *values):
    return [row[0] for row in bank.sql(ALL.format(condition), *values)]


def all_pages(page):
    """Positions on this page and those after it, as a reader clicks through them."""
    seen = positions(page)
    for _ in range(200):
        if page.locator("a[rel=next]").count() == 0:
            return seen
        click(page, "a[rel=next]")
        seen += positions(page)
    raise AssertionError("the list does not end")


def fill_in(page, **fields):
    for name, value in fields.items():
        if name == "type":
            page.select_option("#type", value)
        else:
            page.fill(f"#{name}", value)
    click(page, ".filters button")


def test_filters_are_typed_shown_and_kept(bank, visit):
    page = visit(bank, "/transactions?lang=fr")
    fill_in(page, account="A2", type="deposit", **{"from": "2024-01-15", "to": "2024-02-20",
                                                   "min": "20", "max": "150,5", "memo": "memo"})
    wanted = stored(bank, """account = 'A2' AND amount_minor BETWEEN 2000 AND 15050 AND memo LIKE
                    '%memo%' AND date_s BETWEEN unixepoch('2024-01-15') AND unixepoch('2024-02-21') - 1""")
    assert len(wanted) > 2 and positions(page) == wanted
    assert page.input_value("#account") == "A2" and page.input_value("#from") == "2024-01-15"
    for word in ("A2", "20,00", "150,50", "memo"):
        assert word in page.inner_text(".selected")
    address = page.url
    click(page, "a.language")
    assert positions(page) == wanted and page.input_value("#memo") == "memo"
    fresh = visit(bank, address.removeprefix(bank.url))
    assert positions(fresh) == wanted, "a bookmark shows something else"
    click(page, ".filters .buttons a")
    assert page.input_value("#account") == "" and positions(page) == stored(bank)[:len(positions(page))]


def test_a_filter_that_makes_no_sense_is_told_at_its_field(bank, visit):
    page = visit(bank, "/transactions?lang=fr&min=abc&account=A1")
    assert page.locator("#min[aria-invalid=true]").count() == 1
    assert page.input_value("#account") == "A1" and page.input_value("#min") == "abc"
    assert page.locator("tbody tr").count() == 0, "rows that nobody asked for"


def test_presets_set_the_days(bank, visit):
    page = visit(bank, "/transactions?lang=en")
    click(page, ".presets a:text-is('Today')")
    assert positions(page) == stored(bank, "date_s >= unixepoch('now', 'start of day')")
    assert len(positions(page)) >= 2
    click(page, ".presets a:text-is('This year')")
    assert page.get_attribute(".presets a:text-is('This year')", "aria-current") == "true"
    assert positions(page) == stored(bank, "date_s >= unixepoch('now', 'start of year') "
                                           "AND date_s < unixepoch('now', 'start of year', '+1 year')")
    click(page, ".presets a:text-is('All')")
    assert positions(page) == stored(bank)[:len(positions(page))]


def test_columns_sort_both_ways(bank, visit):
    page = visit(bank, "/transactions?lang=fr&from=2024-01-01&to=2024-12-31")
    for column, cell, read in (("Montant", "td:nth-child(4)", minor),
                               ("Compte", "tbody th", lambda text: text.encode())):
        for _ in range(2):
            click(page, f"thead a:has-text('{column}')")
            values = [read(text) for text in page.locator(f"#transactions {cell}").all_inner_texts()]
            assert len(set(values)) > 1, "nothing to sort"
            order = page.get_attribute("th[aria-sort]", "aria-sort")
            # Amounts are ordered by their size or with their sign: either is an order.
            by = [abs(value) for value in values] if read is minor else values
            assert any(list(key) == sorted(key, reverse=order == "descending")
                       for key in (values, by)), (column, order)
        assert page.locator("th[aria-sort]").count() == 1


def test_what_counts_is_in_sight_on_a_narrow_screen(bank, visit):
    """Without scrolling sideways: what, when, how much (with its sign), and what was left."""
    inside = """cells => cells.filter(cell => cell.textContent !== '').every(cell => {
        const text = document.createRange();
        text.selectNodeContents(cell);
        const { left, right, width } = text.getBoundingClientRect();
        return width > 0 && left >= 0 && right <= document.documentElement.clientWidth; })"""
    for language in ("fr", "en"):
        page = visit(bank, f"/transactions?lang={language}&account=C100",
                     viewport={"width": 380, "height": 900})
        row = page.locator("#transactions tbody tr").first
        assert row.locator("td.number").count() == 2
        assert row.locator("th, td:not(.type)").evaluate_all(inside), row.inner_text()
        plus = "cell => getComputedStyle(cell, '::before').content"
        assert page.locator("#transactions td.in").first.evaluate(plus) == '"+"'
        page.goto(f"{bank.url}/accounts/C100?lang={language}")
        for row in page.locator("#statement tbody tr:not(.sums)").all():
            assert row.locator("td.date, td.number").evaluate_all(inside), row.inner_text()
        page.goto(f"{bank.url}/rejections?lang={language}")
        assert page.locator("#rejections tbody tr:first-child > *").evaluate_all(inside)


def test_paging_goes_through_all_rows_and_back(bank, visit):
    page = visit(bank, "/transactions?lang=fr&to=2024-12-31&memo=memo")
    wanted = stored(bank, "memo LIKE '%memo%'")
    first = positions(page)
    assert all_pages(page) == wanted
    last = positions(page)
    backwards = [last]
    while page.locator("a[rel=prev]").count() > 0:
        click(page, "a[rel=prev]")
        backwards.insert(0, positions(page))
    assert sum(backwards, []) == wanted
    page.goto(bank.url + "/transactions?lang=fr&to=2024-12-31&memo=memo")
    click(page, "a[rel=next]")
    page.go_back()
    assert positions(page) == first
    page.go_forward()
    assert positions(page) == wanted[len(first):2 * len(first)]
    click(page, "a.first")
    assert positions(page) == first
    assert page.problems == []


def test_a_selection_is_counted_after_its_rows(bank, visit):
    page = visit(bank, "/transactions?lang=en&memo=memo&type=deposit")
    count, total = bank.sql("SELECT count(*), sum(amount_minor) FROM transactions "
                            "WHERE memo LIKE '%memo%' AND amount_minor > 0")[0]
    expect(page.locator("#count")).to_contain_text(f"{count} transactions")
    assert minor(page.inner_text("#count .in b")) == total
    assert page.locator("a.count-all").is_hidden()
    plain = visit(bank, "/transactions?lang=en&memo=memo&type=deposit", java_script_enabled=False)
    click(plain, "a.count-all")
    assert f"{count} transactions" in plain.inner_text("#count")


def download(page, text):
    with page.expect_download() as started:
        page.click(f".downloads a:text-is('{text}')")
    return open(started.value.path(), "rb").read()


def test_downloads_have_all_filtered_rows(bank, visit):
    page = visit(bank, "/transactions?lang=fr&memo=memo&type=withdrawal")
    links = page.locator(".downloads a").all_inner_texts()
    wanted = stored(bank, "memo LIKE '%memo%' AND amount_minor < 0")
    assert len(links) == 3
    rows = list(csv.DictReader(io.StringIO(download(page, links[0]).decode())))
    assert [f"{row['partition']}:{row['offset']}" for row in rows] == wanted
    french = download(page, links[1])
    assert french.startswith(b"\xef\xbb\xbf") and b";" in french
    cells = list(csv.DictReader(io.StringIO(french.decode("utf-8-sig")), delimiter=";"))
    assert len(cells) == len(wanted)
    assert any(re.fullmatch(r"-?\d+,\d\d", value) for value in cells[0].values())
    kept = json.loads(download(page, links[2]))
    assert [row["position"] for row in kept["transactions"]] == wanted and kept["complete"]


def test_accounts_are_searched_sorted_and_paged(bank, visit):
    page = visit(bank, "/accounts?lang=fr")
    page.fill("#search", "C")
    click(page, ".filters button")
    names = page.locator("#accounts tbody th").all_inner_texts()
    assert {"C100", "C200", "C300"} <= set(names)
    assert all("c" in name.lower() for name in names)
    click(page, "thead a:has-text('Solde')")
    balances = [minor(text) for text in page.locator("#accounts td.balance").all_inner_texts()]
    assert len(set(balances)) > 1
    assert balances in (sorted(balances), sorted(balances, reverse=True))
    click(page, "text=C100")
    assert page.url.startswith(bank.url + "/accounts/C100")
    page.go_back()
    assert page.input_value("#search") == "C"


def test_an_account_of_any_name_has_its_page(bank, visit):
    page = visit(bank, "/accounts?lang=fr")
    for name in bank.sql("SELECT account FROM accounts WHERE account GLOB '*[^A-Z0-9]*'"):
        page.goto(bank.url + "/accounts?lang=fr")
        with page.expect_navigation():
            page.locator("#accounts tbody th a", has_text=name[0]).click()
        assert name[0] in page.inner_text("h1") and "owned" not in page.title().split(" · ")[1:]
    assert page.problems == []
