"""On paper: rows with their heading on every sheet, which rows they are, as of when; no buttons."""
import collections
import subprocess

import pytest


def printed(page, tmp_path):
    page.pdf(path=tmp_path / "page.pdf", format="A4")
    text = subprocess.run(["pdftotext", "-layout", tmp_path / "page.pdf", "-"], check=True,
                          capture_output=True, text=True).stdout
    return text.split("\f")[:-1]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_transactions_on_paper(bank, visit, tmp_path, scheme):
    page = visit(bank, "/transactions?lang=fr&account=LONG&from=2023-01-01&to=2023-12-31&min=2",
                 color_scheme=scheme)
    sheets = printed(page, tmp_path)
    assert len(sheets) > 1
    for sheet in sheets:
        if "LONG" in sheet.replace("Compte LONG", ""):
            assert "Montant" in sheet and "Solde" in sheet, "a sheet without a heading"
    first = sheets[0]
    for stated in ("01/01/2023", "31/12/2023", "LONG", "2,00", "Appliqué jusqu", "audit"):
        assert stated in first, stated
    whole = "".join(sheets)
    for button in ("Pause", "Filtrer", "Plus anciennes", "English", "CSV"):
        assert button not in whole, button
    for row in page.locator("tbody td.position").all_inner_texts():
        assert row in whole


def colours(path):
    """How often each colour is in a picture that pdftoppm made."""
    kind, size, depth, pixels = path.read_bytes().split(b"\n", 3)
    assert (kind, depth) == (b"P6", b"255")
    return collections.Counter(zip(pixels[0::3], pixels[1::3], pixels[2::3]))


def test_charts_on_paper_are_dark_on_white(bank, visit, tmp_path):
    page = visit(bank, "/accounts/C100?lang=en", color_scheme="dark")
    page.locator("canvas").wait_for()
    printed(page, tmp_path)
    subprocess.run(["pdftoppm", "-r", "100", "-f", "1", "-l", "1", "-singlefile",
                    tmp_path / "page.pdf", tmp_path / "sheet"], check=True)
    found = colours(tmp_path / "sheet.ppm")
    assert found[255, 255, 255] > 0.7 * sum(found.values()), "paper is white"
    line = page.evaluate("""() => {
        document.documentElement.toggleAttribute('data-printing', true);
        return getComputedStyle(document.querySelector('a')).color.match(/\\d+/g).map(Number); }""")
    assert found[tuple(line)] > 200, "the line of the chart, in the colour of the light theme"
    assert page.locator("canvas").count() == 1
