"""Charts are drawn from the tables beside them, and follow them."""
import pytest
from conftest import event
from e2e.conftest import SAMPLE, applied, minor
from playwright.sync_api import expect

DRAWN = """(kind) => {
    const canvas = document.querySelector(`figure[data-chart=${kind}] canvas`);
    const chart = canvas && Chart.getChart(canvas);
    return chart && chart.data.datasets.map((set) => ({
        label: set.label, texts: set.texts,
        values: set.data.map((point) => typeof point === 'number' ? point : [point.x, point.y]) }));
}"""


def drawn(page, kind):
    page.locator(f"figure[data-chart={kind}] canvas").wait_for()
    return page.evaluate(DRAWN, kind)


def cells(page, table, key):
    return page.evaluate(f"""[...document.querySelectorAll('#{table} tbody [data-k={key}]')]
        .map((cell) => [cell.dataset.v, cell.textContent.trim()])""")


def test_daily_volume(bank, visit):
    page = visit(bank, "/?lang=fr")
    deposits, withdrawals = drawn(page, "daily")
    assert [deposits["label"], withdrawals["label"]] == ["Dépôts", "Retraits"]
    days = [int(value) for value, _ in cells(page, "daily", "day")]
    for drawn_set, key, sign in ((deposits, "deposits", 1), (withdrawals, "withdrawals", -1)):
        table = cells(page, "daily", key)
        assert [x for x, _ in drawn_set["values"]] == days
        assert [y for _, y in drawn_set["values"]] == \
            [pytest.approx(sign * int(value) / 100) for value, _ in table]
        assert [minor(text) for text in drawn_set["texts"]] == [minor(text) for _, text in table]


def test_amounts_of_accounts(bank, visit):
    page = visit(bank, "/accounts?lang=en")
    deposits, withdrawals = drawn(page, "bars")
    rows = cells(page, "accounts", "deposits")
    assert [x for x, _ in deposits["values"]] == \
        [pytest.approx(int(value) / 100) for value, _ in rows]
    assert all(x <= 0 for x, _ in withdrawals["values"])
    # Beyond 2^53 the drawing is rough, the words are exact.
    assert "92,233,720,368,547,758.07" in deposits["texts"]


# Charts take their place a frame or more after the page: these are waited for.
BESIDE = """() => {
    const canvas = document.querySelector('figure[data-chart=bars] canvas');
    const bars = Chart.getChart(canvas).getDatasetMeta(0).data;
    const top = canvas.getBoundingClientRect().top;
    return [...document.querySelectorAll('#accounts tbody tr')].every((row, i) => {
        const place = row.getBoundingClientRect();
        return Math.abs(top + bars[i].y - (place.top + place.height / 2)) < 4;
    });
}"""
BELOW = """() => {
    const box = document.querySelector('figure[data-chart=bars]').getBoundingClientRect();
    return box.top > document.getElementById('accounts').getBoundingClientRect().top && box.width <= 380;
}"""


def test_bars_stand_beside_their_rows(bank, visit):
    page = visit(bank, "/accounts?lang=en&search=C", viewport={"width": 1600, "height": 900})
    drawn(page, "bars")
    assert page.locator("#accounts tbody tr").count() > 1
    page.wait_for_function(BESIDE)
    page.set_viewport_size({"width": 380, "height": 900})
    page.wait_for_function(BELOW)


@pytest.mark.parametrize("account, least, most", [("C100", 3, 3), ("LONG", 1000, 2000)])
def test_balance_over_time(bank, visit, account, least, most):
    page = visit(bank, f"/accounts/{account}?lang=fr")
    line, = drawn(page, "balance")
    assert least <= len(line["values"]) <= most
    times = [int(value) for value, _ in cells(page, "balance", "time")]
    assert [x for x, _ in line["values"]] == times == sorted(times)
    extremes = bank.sql("""SELECT min(b), max(b) FROM (SELECT sum(amount_minor) OVER
        (ORDER BY date_s, partition, offset) b FROM transactions JOIN accounts USING (account_id)
        WHERE account = ?)""", account)[0]
    values = [round(100 * y) for _, y in line["values"]]
    assert (min(values), max(values)) == extremes, "thinning out must keep what stands out"
    last = bank.sql("SELECT balance_minor FROM balances JOIN accounts USING (account_id) "
                    "WHERE account = ?", account)[0][0]
    assert values[-1] == last


def test_the_balances_axis_is_the_period_that_was_chosen(bank, visit):
    day_s = 86400
    for query, least, most in (("from=2023-12-01&to=2024-03-31", 19692 * day_s, 19814 * day_s),
                               ("", 19723 * day_s, 19727 * day_s)):
        page = visit(bank, f"/accounts/C100?lang=fr&{query}")
        drawn(page, "balance")
        axis = page.evaluate("""(({ min, max }) => [min, max])(
            Chart.getChart(document.querySelector('figure[data-chart=balance] canvas')).scales.x)""")
        assert least - 4 * day_s < axis[0] <= least and most <= axis[1] < most + 4 * day_s, axis
        line = drawn(page, "balance")[0]["values"]
        assert len(line) == (4 if query else 3) and line[-1][0] == (most if query else line[2][0])
        assert line[-1][1] == line[2][1], "a balance holds until the next transaction"


# Deposits are filled, withdrawals striped: colour is not the only sign.
THEMED = """([green, red]) => {
    const canvas = document.querySelector('figure[data-chart=bars] canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const seen = {};
    for (let i = 0; i < data.length; i += 4) {
        if (data[i + 3] < 255) continue;
        const name = `rgb(${data[i]}, ${data[i + 1]}, ${data[i + 2]})`;
        seen[name] = (seen[name] || 0) + 1;
    }
    return seen[green] > 500 && seen[red] > 0;
}"""


def test_colours_are_the_themes(site, visit):
    site.send(SAMPLE)
    applied(site, 5)
    page = visit(site, "/accounts", color_scheme="light")
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.locator("figure[data-chart=bars] canvas").wait_for()
        found.append([page.evaluate(
            f"getComputedStyle(document.querySelector('#accounts td.{name}')).color")
            for name in ("in", "out")])
        page.wait_for_function(THEMED, arg=found[-1], polling=100)
    assert found[0] != found[1]


def test_charts_have_a_name_and_follow_the_ledger(site, visit):
    site.send(SAMPLE)
    applied(site, 5)
    page = visit(site, "/accounts/C100?lang=fr")
    assert len(drawn(page, "balance")[0]["values"]) == 3
    canvas = page.locator("figure[data-chart=balance] canvas")
    assert canvas.get_attribute("role") == "img" and len(canvas.get_attribute("aria-label")) > 10
    expect(page.locator("#live")).to_have_attribute("data-state", "on")
    site.send([event("C100", "1.00", date="2024-01-09")])
    expect(page.locator("#balance tbody tr")).to_have_count(4)
    page.wait_for_function(f"({DRAWN})('balance')[0].values.length === 4")
    assert drawn(page, "balance")[0]["values"][-1] == [1704758400, pytest.approx(831.0)]
    assert page.locator("canvas").count() == 1 and page.problems == []


DAY = 86400
TICKS = """async ([from, to, width, lang]) => {
    const axis = await import('/time_axis.js');
    const ticks = axis.timeTicks(from, to, width);
    return ticks.map((tick, i) => [tick.value, axis.tickLabel(lang, i, ticks)]);
}"""


@pytest.mark.parametrize("first, last, width, lang, labels", [
    ("2024-01-01", "2024-01-05", 400, "fr",
     [["1 janv.", "2024"], "2 janv.", "3 janv.", "4 janv.", "5 janv."]),
    ("2024-01-01", "2024-01-05", 400, "en", [["Jan 1", "2024"], "Jan 2", "Jan 3", "Jan 4", "Jan 5"]),
    ("2023-11-15", "2024-02-10", 300, "fr", [["déc.", "2023"], ["janv.", "2024"], "févr."]),
    ("2023-12-20", "2024-01-20", 400, "en", [["Dec 25", "2023"], ["Jan 1", "2024"], "Jan 8", "Jan 15"]),
    ("1995-06-01", "2024-06-01", 400, "fr", ["2000", "2005", "2010", "2015", "2020"]),
    ("0001-01-01", "9999-12-31", 800, "fr",
     ["1000", "2000", "3000", "4000", "5000", "6000", "7000", "8000", "9000"]),
])
def test_the_time_axis_is_marked_at_days_months_and_years(bank, visit, first, last, width, lang, labels):
    page = visit(bank, "/?lang=fr", timezone_id="America/New_York")
    ends = page.evaluate("([a, b]) => [Date.parse(a) / 1000, Date.parse(b) / 1000]", [first, last])
    ticks = page.evaluate(TICKS, [*ends, width, lang])
    assert [label for _, label in ticks] == labels
    assert all(value % DAY == 0 for value, _ in ticks)


def test_the_time_axis_of_a_day_has_hours(bank, visit):
    page = visit(bank, "/?lang=fr")
    ticks = page.evaluate(TICKS, [1704067200, 1704067200 + DAY, 400, "fr"])
    assert [label for _, label in ticks] == [
        ["00:00", "1 janv. 2024"], "06:00", "12:00", "18:00", ["00:00", "2 janv. 2024"]]
