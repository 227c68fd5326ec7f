"""On paper: rows with their heading on every sheet, which rows they are, as of when; no buttons."""
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


def test_a_statement_on_paper_has_its_chart(bank, visit, tmp_path):
    page = visit(bank, "/accounts/C100?lang=en", color_scheme="dark")
    page.locator("canvas").wait_for()
    page.pdf(path=tmp_path / "page.pdf")
    subprocess.run(["pdftoppm", "-r", "50", "-png", tmp_path / "page.pdf", tmp_path / "sheet"], check=True)
    images = subprocess.run(["pdfimages", "-list", tmp_path / "page.pdf"], check=True,
                            capture_output=True, text=True).stdout.splitlines()
    assert len(images) > 2, "the chart is not printed"
    assert page.evaluate("document.documentElement.hasAttribute('data-printing')") is False
