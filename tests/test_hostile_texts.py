"""Texts that try to be markup, code or a link stay literal text on every page; notes are on none."""

import csv
import re
from pathlib import Path

import pypdf
import pytest
from bs4 import BeautifulSoup

from analysis.report import run_report
from analysis.report.share import share_report

HOSTILE = Path(__file__).with_name("hostile")
# What the template itself and our tables are made of; a hostile text may add nothing.
TAGS = {
    "html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section", "div", "h1",
    "h2", "h3", "h4", "p", "blockquote", "strong", "em", "table", "caption", "thead", "tbody", "tr", "th",
    "td", "figure", "img", "pre",
}  # fmt: skip


def notes() -> list[str]:
    """Return the hostile notes of our own file: markup, scripts, templates, links."""
    with (HOSTILE / "inj_html_notes.csv").open(encoding="utf-8", newline="") as file:
        return [row["notes"] for row in csv.DictReader(file)]


TERMS = [text for text in notes() if text.isprintable() and len(text) < 60][:8]


@pytest.fixture(scope="module", params=[1, 7], ids=["one person", "cohort"])
def hostile(request, tmp_path_factory):
    """Return the report of a log whose every free text is hostile, and its share copy."""
    folder = tmp_path_factory.mktemp("hostile")
    mapping = folder / "own terms.yml"
    quoted = ", ".join("'" + text.replace("'", "''") + "'" for text in TERMS)
    mapping.write_text(f"name: own\nterms: {{technique: [{quoted}]}}\n", encoding="utf-8")
    log = folder / "<img src=x onerror=alert(1)>.csv"
    with log.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            [
                "participant",
                "started_at",
                "region",
                "technique",
                "pain_before",
                "pain_after",
                "notes",
            ]
        )
        for person in range(request.param):
            for day, term in enumerate(TERMS * 2, start=1):
                note = f"hidden note {notes()[day % len(notes())]}"
                writer.writerow(
                    [f"P{person}", f"2026-03-{day:02}", "feet", term, 6, 4 + person % 2, note]
                )
    own = {"question": "<script>alert(2)</script> {{7*7}}"} if request.param == 1 else {}
    words = {"mapping": str(mapping), "made_by": "<b onclick=x>Dr</b> #panic()"} | own
    report = run_report(log, folder / "report", parameters=words)
    return report, share_report(report.folder, folder / "copy")


def pdf_text(folder) -> str:
    return " ".join(page.extract_text() for page in pypdf.PdfReader(folder / "report.pdf").pages)


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_no_text_becomes_an_element_an_attribute_or_a_link(hostile):
    for made in hostile:
        page = BeautifulSoup((made.folder / "report.html").read_text("utf-8"), "html.parser")
        assert {element.name for element in page.find_all()} <= TAGS
        names = {name for element in page.find_all() for name in element.attrs}
        assert not {name for name in names if name.startswith("on")}
        assert all(image["src"].startswith("data:image/") for image in page.find_all("img"))
        assert not page.find_all(href=True)


def test_own_words_are_literal_text_on_the_page_and_in_the_pdf(hostile):
    report, _copy = hostile
    page = BeautifulSoup((report.folder / "report.html").read_text("utf-8"), "html.parser")
    for text in (squeezed(page.get_text()), squeezed(pdf_text(report.folder))):
        for words in [*TERMS, "<b onclick=x>Dr</b> #panic()", "<img src=x onerror=alert(1)>.csv"]:
            assert squeezed(words) in text, words
        if report.findings.about["kind"] == "one_person":
            assert squeezed("<script>alert(2)</script> {{7*7}}") in text


def test_no_note_is_in_any_file_of_the_report_or_of_the_copy(hostile):
    for made in hostile:
        files = [path for path in made.folder.iterdir() if path.suffix != ".pdf"]
        told = {path.name: path.read_text("utf-8") for path in files} | {
            "pdf": pdf_text(made.folder)
        }
        assert [name for name, text in told.items() if "hidden note" in text] == []


def test_no_own_word_is_in_the_copy(hostile):
    _report, copy = hostile
    told = "".join(
        path.read_text("utf-8") for path in copy.folder.iterdir() if path.suffix != ".pdf"
    )
    told += pdf_text(copy.folder)
    assert [term for term in [*TERMS, "onclick", "alert(2)"] if term in told] == []
