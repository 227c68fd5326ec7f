"""When a page that is open asks for itself again, and when it does not."""
from conftest import event
from e2e.conftest import APPEARS_MS, SAMPLE, applied
from e2e.test_live import deposit, live
from playwright.sync_api import expect

# Every answer takes the server so long; window.asked has when each was asked for.
SLOW = """() => {
    const fetched = window.fetch;
    window.asked = [];
    window.fetch = async (...words) => {
        window.asked.push(performance.now());
        await new Promise((resolve) => setTimeout(resolve, 400));
        return fetched(...words);
    };
}"""


def told(page, position):
    """Wait until the page was told of a commit."""
    expect(page.locator("#freshness")).to_contain_text(position, timeout=APPEARS_MS)


def test_pages_that_a_commit_does_not_change_are_not_asked_for(site, visit):
    site.send(SAMPLE, key=False, partition=0)
    applied(site, 5)
    pages = [visit(site, path + "?lang=en") for path in ("/events/0/0", "/nothing", "/accounts/NOBODY")]
    asked = []
    for page in pages:
        live(page)
        page.on("request", lambda request: asked.append(request.url))
    for count in range(6, 9):
        site.send([event()], key=False, partition=0)
        applied(site, count)
        for page in pages:
            told(page, f"0:{count - 1}")
    assert asked == []


def test_a_page_that_takes_long_is_asked_for_the_more_rarely(site, visit):
    page = visit(site, "/transactions?lang=fr")
    live(page)
    page.evaluate(SLOW)
    for count in range(1, 30):
        deposit(site, count)
        if page.evaluate("window.asked.length") == 3:
            break
        page.wait_for_timeout(200)
    expect(page.locator("tbody tr")).to_have_count(count, timeout=APPEARS_MS)
    asked = page.evaluate("window.asked")
    assert len(asked) >= 3 and min(b - a for a, b in zip(asked, asked[1:])) >= 5 * 400 - 20, asked


def test_words_beside_the_numbers_follow_them(site, visit):
    site.send([event("C100", "1.00", date=f"2024-01-{1 + i % 28:02}T00:{i % 60:02}:00Z")
               for i in range(2100)])
    applied(site, 2100)
    page = visit(site, "/accounts/C100?lang=en")
    live(page)
    expect(page.locator("figcaption")).to_contain_text("2,100")
    plot = page.locator(".plot canvas").element_handle()
    deposit(site, 2101)
    expect(page.locator("figcaption")).to_contain_text("2,101", timeout=APPEARS_MS)
    assert plot.evaluate("(canvas) => canvas.isConnected"), "the chart was drawn anew"
    assert page.problems == []


# Is a link's middle where a click would reach it, or under something else?
UNCOVERED = """(link) => {
    const place = link.getBoundingClientRect();
    const at = document.elementFromPoint(place.left + place.width / 2, place.top + place.height / 2);
    return link.contains(at) || (at?.contains(link) ?? false);
}"""


def test_what_has_the_focus_is_not_under_the_heading(site, visit):
    site.send([event(f"A{i % 9}", "1.00", memo=f"m{i}") for i in range(50)])
    applied(site, 50)
    page = visit(site, "/transactions?lang=fr", viewport={"width": 1280, "height": 400})
    page.locator("#transactions tbody tr").nth(45).locator("a").last.focus()
    for _ in range(80):
        page.keyboard.press("Shift+Tab")
        assert page.evaluate(f"({UNCOVERED})(document.activeElement)"), page.evaluate(
            "document.activeElement.outerHTML")
