"""A page that is open follows the ledger, and leaves its reader alone."""
from conftest import event
from e2e.conftest import SAMPLE, applied, click, serve
from playwright.sync_api import expect


def deposit(site, count, memo="new", account="C100", date="2030-01-01"):
    site.send([event(account, "12.34", memo=memo, date=date)])
    applied(site, count)


def many(count):
    return [event(f"A{i % 9}", "1.00", date=f"2024-01-{1 + i % 28:02}", memo=f"m{i}")
            for i in range(count)]


def live(page):
    """Wait until the page follows: what is sent before that may be in its first answer."""
    expect(page.locator("#live")).to_have_attribute("data-state", "on")
    page.evaluate("window.sameDocument = true")


# A mark lasts some seconds only: those that were set are remembered.
REMEMBER_MARKS = """() => {
    window.marked = [];
    new MutationObserver((changes) => changes.forEach(({ target }) =>
        target.hasAttribute('data-new') && window.marked.push(target.id))
    ).observe(document.body, { subtree: true, attributeFilter: ['data-new'] });
}"""


def test_a_deposit_appears_without_a_reload(site, visit):
    site.send(SAMPLE)
    applied(site, 5)
    page = visit(site, "/transactions?lang=fr")
    page.evaluate(REMEMBER_MARKS)
    overview = visit(site, "/?lang=en")
    account = visit(site, "/accounts/C100?lang=en")
    for each in (page, overview, account):
        live(each)
    deposit(site, 6)
    expect(page.locator("tbody tr").first).to_contain_text("new")
    assert page.locator("tbody tr").count() == 6
    assert "12,34" in page.inner_text("tbody tr:first-child")
    page.wait_for_function("window.marked.length > 0")
    assert page.evaluate("window.marked") == [page.locator("tbody tr").first.get_attribute("id")]
    expect(page.locator(".live-news")).to_contain_text("1")
    expect(overview.locator("#totals")).to_contain_text("3,542.34")
    expect(account.locator("#totals")).to_contain_text("842.34")
    expect(page.locator("tr[data-new]")).to_have_count(0)
    for each in (page, overview, account):
        assert each.evaluate("window.sameDocument") and each.problems == []


def test_a_reader_keeps_place_focus_selection_and_what_is_typed(site, visit):
    site.send(many(200))
    applied(site, 200)
    page = visit(site, "/transactions?lang=fr", viewport={"width": 1280, "height": 500})
    live(page)
    page.fill("#memo", "half typed")
    page.locator("#transactions tbody tr").nth(20).scroll_into_view_if_needed()
    row = "#" + page.locator("#transactions tbody tr").nth(20).get_attribute("id")
    link = page.locator(f"{row} td.position a")
    link.focus()
    page.evaluate(f"getSelection().selectAllChildren(document.querySelector('{row} td.memo'))")
    selected = page.evaluate("getSelection().toString()")
    before = page.locator(row).bounding_box()["y"]
    for count in range(201, 204):
        deposit(site, count, memo=f"new {count}")
        expect(page.locator("tbody tr").first).to_contain_text(f"new {count}")
    assert abs(page.locator(row).bounding_box()["y"] - before) < 2, "the page jumped"
    assert page.evaluate("scrollY") > 0
    assert link.evaluate("(link) => link === document.activeElement")
    assert selected and page.evaluate("getSelection().toString()") == selected
    assert page.input_value("#memo") == "half typed"


def test_a_filter_is_kept(site, visit):
    site.send(SAMPLE)
    applied(site, 5)
    page = visit(site, "/transactions?lang=fr&account=C200")
    live(page)
    deposit(site, 6, memo="of another")
    deposit(site, 7, memo="of this", account="C200")
    expect(page.locator("tbody tr").first).to_contain_text("of this")
    assert "of another" not in page.inner_text("main")


def test_an_opened_table_stays_open(site, visit):
    site.send(SAMPLE)
    applied(site, 5)
    page = visit(site, "/?lang=fr")
    live(page)
    page.click("summary")
    deposit(site, 6, date="2024-01-06")
    expect(page.locator("#totals")).to_contain_text("3\u202f142,34")
    assert page.locator("#daily").is_visible()


def test_pause_stops_it_and_is_remembered_in_the_tab(site, visit):
    site.send(SAMPLE)
    applied(site, 5)
    page = visit(site, "/transactions?lang=en")
    live(page)
    button = page.get_by_role("button", name="Pause")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".live-state")).to_contain_text("Paused")
    other = visit(site, "/transactions?lang=en")
    live(other)
    deposit(site, 6)
    expect(other.locator("tbody tr")).to_have_count(6)
    assert page.locator("tbody tr").count() == 5
    page.reload()
    expect(button).to_have_attribute("aria-pressed", "true")
    deposit(site, 7)
    expect(other.locator("tbody tr")).to_have_count(7)
    assert page.locator("tbody tr").count() == 6
    button.click()
    expect(page.locator("tbody tr")).to_have_count(7)
    expect(page.locator(".live-state")).to_have_text("Live")


HIDE = """(hidden) => {
    Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
}"""


def test_a_hidden_tab_lets_go_and_catches_up(site, visit):
    site.send(SAMPLE)
    applied(site, 5)
    page = visit(site, "/transactions?lang=fr")
    other = visit(site, "/transactions?lang=fr")
    live(page)
    live(other)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    with page.expect_event("requestfailed", lambda request: "/live" in request.url):
        page.evaluate(HIDE, True)
    deposit(site, 6)
    expect(other.locator("tbody tr")).to_have_count(6)
    assert asked == [] and page.locator("tbody tr").count() == 5
    page.evaluate(HIDE, False)
    expect(page.locator("tbody tr")).to_have_count(6)


def test_a_server_that_is_gone_is_told_and_found_again(ledger, visit, terminate, unused_port):
    site = ledger.init(4)
    site.port = unused_port  # one that nobody is given meanwhile
    service = serve(site)
    site.send(SAMPLE)
    applied(site, 5)
    page = visit(site, "/transactions?lang=fr")
    live(page)
    terminate(service)
    expect(page.locator("#live")).to_have_attribute("data-state", "lost")
    assert "Connexion perdue" in page.inner_text(".live-state")
    assert page.locator("tbody tr").count() == 5, "the last known numbers must stay"
    serve(site)
    deposit(site, 6)
    expect(page.locator("tbody tr")).to_have_count(6)
    expect(page.locator("#live")).to_have_attribute("data-state", "on")


def test_the_back_button_shows_what_is_true_now(site, visit):
    site.send(SAMPLE)
    applied(site, 5)
    page = visit(site, "/transactions?lang=fr")
    live(page)
    click(page, "text=C200 >> nth=0")
    live(page)
    deposit(site, 6)
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(6)
    assert page.problems == []


def test_a_rebuild_underneath_is_followed(site, visit):
    site.send(SAMPLE)
    applied(site, 5)
    page = visit(site, "/?lang=fr")
    live(page)
    before = page.get_attribute("#live", "data-commit")
    site.run("project", "--reset")
    deposit(site, 6)
    expect(page.locator("#totals")).to_contain_text("3\u202f142,34")
    assert page.evaluate("window.sameDocument") and before.startswith("1:")


def test_many_commits_are_few_requests(site, visit):
    """A page asks again at most every 150 ms, however often the ledger commits."""
    page = visit(site, "/transactions?lang=fr")
    live(page)
    site.send([event("C100", "1.00")])
    expect(page.locator("tbody tr")).to_have_count(1)
    for count in range(39):
        site.send([event("C100", "1.00")])
    applied(site, 40)
    expect(page.locator("tbody tr")).to_have_count(40)
    asked = page.evaluate("""performance.getEntriesByType('resource')
        .filter((entry) => entry.initiatorType === 'fetch').map((entry) => entry.startTime)""")[1:]
    assert 1 <= len(asked) <= (asked[-1] - asked[0]) / 150 + 2, asked
