"""What pages show is what SQLite has, to the cent, beyond what a double can hold."""
import pytest
from e2e.conftest import click, minor

TOTALS = """SELECT sum(amount_minor / 100), sum(amount_minor % 100), count(*) FROM transactions
            WHERE amount_minor {} 0"""


def exact(bank, condition):
    """Sums in SQLite, in two parts: it fails beyond 64 bits."""
    units, cents, count = bank.sql(TOTALS.format(condition))[0]
    return units * 100 + cents, count


def cells(page, table, column):
    return page.evaluate(f"""[...document.querySelectorAll('#{table} tbody tr')]
        .map((row) => row.cells[{column}].innerText.trim())""")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_overview_adds_up(bank, visit, language):
    page = visit(bank, f"/?lang={language}")
    totals = page.evaluate("""Object.fromEntries([...document.querySelectorAll('#totals > div')]
        .map((div) => [div.querySelector('dt').innerText.trim(),
                       div.querySelector('dd').firstChild.textContent]))""")
    deposits, withdrawals = exact(bank, ">"), exact(bank, "<")
    french = language == "fr"
    assert minor(totals["Dépôts" if french else "Deposits"]) == deposits[0]
    assert minor(totals["Retraits" if french else "Withdrawals"]) == withdrawals[0]
    assert minor(totals["Total des soldes" if french else "Total of balances"]) == \
        deposits[0] + withdrawals[0]
    assert minor(totals["Comptes" if french else "Accounts"]) == \
        bank.sql("SELECT count(*) FROM balances")[0][0]
    assert minor(totals["Transactions"]) == deposits[1] + withdrawals[1]
    assert minor(totals["Événements rejetés" if french else "Rejected events"]) == \
        bank.sql("SELECT count(*) FROM rejections")[0][0]


def test_days_are_those_of_the_view(bank, visit):
    page = visit(bank)
    rows = page.evaluate("""[...document.querySelectorAll('#daily tbody tr')].map((row) =>
        [...row.querySelectorAll('[data-k]')].map((cell) => cell.dataset.v))""")
    assert len(rows) > 20
    stored = {str(day * 86400): (deposits, withdrawals) for day, deposits, withdrawals in bank.sql(
        """SELECT date_s / 86400 AS day, sum(max(amount_minor, 0)), sum(max(-amount_minor, 0))
           FROM transactions WHERE account_id NOT IN
           (SELECT account_id FROM accounts WHERE account = 'MAX') GROUP BY day""")}
    for day, deposits, withdrawals in rows:
        if (int(deposits), int(withdrawals)) != (0, 0) and int(deposits) < 2**53:
            assert stored[day] == (int(deposits), int(withdrawals)), day


def test_transactions_are_the_newest_of_the_view(bank, visit):
    page = visit(bank, "/transactions?lang=fr")
    shown = [minor(text) for text in cells(page, "transactions", 3)]
    stored = [row[0] for row in bank.sql("SELECT amount_minor FROM transactions ORDER BY date_s DESC, "
                                         "partition DESC, offset DESC LIMIT ?", len(shown))]
    assert len(shown) >= 25 and sorted(shown) == sorted(stored)


def test_accounts_have_their_counts_sums_and_balances(bank, visit):
    page = visit(bank, "/accounts?lang=en")
    stored = {row[0]: row[1:] for row in bank.sql(
        """SELECT account, balance_minor, deposit_count, withdrawal_count, deposits_minor,
           withdrawals_minor FROM balances JOIN accounts USING (account_id)""")}
    rows = page.evaluate("""[...document.querySelectorAll('#accounts tbody tr')]
        .map((row) => [...row.cells].map((cell) => cell.innerText.trim()))""")
    assert len(rows) == len(stored)
    for name, deposit_count, withdrawal_count, _, deposits, withdrawals, balance, _ in rows:
        assert (minor(balance), int(deposit_count.replace(",", "")),
                int(withdrawal_count.replace(",", "")), minor(deposits),
                -minor(withdrawals)) == stored[name]


def test_the_heat_map_is_graded_by_its_numbers(bank, visit):
    page = visit(bank, "/accounts")
    heat = page.evaluate("""[...document.querySelectorAll('td.heat')].map((cell) =>
        [parseInt(cell.innerText.replace(/\\D/g, '')),
         parseInt(cell.className.match(/heat-(\\d)/)[1])])""")
    assert len({step for _, step in heat}) > 2
    for count, step in heat:
        assert (count == 0) == (step == 0)
        assert all(step >= other for less, other in heat if less < count)


def test_an_accounts_statement_opens_and_closes(bank, visit):
    page = visit(bank, "/accounts/A3?from=2024-02-01&to=2024-02-29&lang=fr")
    opening = bank.sql("""SELECT sum(amount_minor) FROM transactions JOIN accounts USING (account_id)
                          WHERE account = 'A3' AND date_s < unixepoch('2024-02-01')""")[0][0]
    closing = bank.sql("""SELECT sum(amount_minor) FROM transactions JOIN accounts USING (account_id)
                          WHERE account = 'A3' AND date_s < unixepoch('2024-03-01')""")[0][0]
    assert minor(page.inner_text("#statement .opening .number")) == opening
    assert minor(page.inner_text("#statement .closing .number")) == closing
    deposits = [minor(text) for text in page.locator("#statement td.in").all_inner_texts()]
    withdrawals = [minor(text) for text in page.locator("#statement td.out").all_inner_texts()]
    # The last of each is the sum of those before.
    assert sum(deposits[:-1]) == deposits[-1] and sum(withdrawals[:-1]) == withdrawals[-1]
    assert opening + deposits[-1] - withdrawals[-1] == closing


def test_a_declared_balance_that_disagrees_is_marked(bank, visit):
    page = visit(bank, "/accounts/C300")
    assert minor(page.inner_text(".disagrees")) == 1100
    assert visit(bank, "/accounts/C100").locator(".disagrees").count() == 0


def test_an_event_tells_its_verdict_and_its_bytes(bank, visit):
    page = visit(bank, "/rejections?lang=fr")
    assert page.locator("tbody tr").count() == bank.sql("SELECT count(*) FROM rejections")[0][0]
    click(page, "a:text-is('0:" + str(bank.sql(
        "SELECT max(offset) FROM rejections WHERE partition = 0")[0][0]) + "')")
    assert page.locator(".verdict.rejected").count() == 1
    assert '{"account":"C100"}' in page.inner_text("main")
    click(page, "a[rel=prev]")
    assert "<b>not JSON</b>" in page.inner_text("main")
    assert page.locator("main b:text('not JSON')").count() == 0
