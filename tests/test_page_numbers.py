"""Every number on a page is in findings.json, rounded as ``wording.numbers`` rounds it; each page re-read.

Block by block: what stands in a block must be in the tables of that block, or be one of the few
numbers that its sentences always have. A number from anywhere else in the findings is a fault.
"""

import datetime
import io
import json
import re
from collections import Counter

import pypdf
import pytest
from bs4 import BeautifulSoup
from pages import Pages, pages

from analysis.findings import to_json
from analysis.wording import blocks

# Block -> the tables it tells of, and the numbers that its own words have: levels of intervals, limits
# of the rules, thresholds of the responder rules, the published benchmark, the ends of the scale.
SOURCES = {
    "head": ([], ""),
    "warnings": (["flags", "fortnights"], "14"),
    "summary": (["overall", "start", "fortnights"], "14 95"),
    "coverage": (["worse"], "1 2"),
    "since": (["since", "since_lines"], "0"),
    "start_pain": (["weeks", "start", "series"], "0 7 10"),
    "symptoms": (["symptoms"], ""),
    "worse": (["worse"], "1 2"),
    "worse_after": (["worse_after"], "1 2"),
    "done": (["cells", "responders", "overall", "medicine"], "2 30 95"),
    "groups": (["groups"], "10 95"),
    "responders": (
        ["overall_responders", "overall_from_4", "overall"],
        "0 1 1.5 1.9 2 4 24 30 36 54 95",
    ),
    "missing": (
        ["overall_sensitivity", "overall_missing_as_no", "overall_responders", "overall"],
        "2 20 30 40",
    ),
    "regions": (["regions", "overall"], "10 30 95"),
    "reduction": (["cells", "person_means"], "0 2 10 95"),
    "contrasts": (["contrasts", "between", "responder_differences", "separable"], "0 2 3 30 50 95"),
    "next": (["next"], "7 95"),
    "sessions": (["start"], "0 10"),
    "question": ([], ""),
    "limits": ([], "0 1 5 6 10 15 20 95"),
    "data": (["sources", "refused"], ""),
}
NUMBER = re.compile(r"(?<![\w.])\d+(?:,\d{3})*(?:\.\d+)?(?![\w])")
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
DATE = re.compile(rf"(\d{{1,2}}) ({MONTHS.replace(' ', '|')}) (\d{{4}})")


@pytest.fixture(scope="module", params=["pain_reduction", "one_person"])
def made(request) -> Pages:
    """Return the report of the cohort, then that of one person."""
    return pages(request.param)


def read_findings(report: Pages) -> dict:
    return json.loads(to_json(report.findings))


def sections(html: str) -> dict[str, str]:
    """Return the text of each block of the HTML page, with the words that stand for its figures."""
    texts = {}
    for section in BeautifulSoup(html, "html.parser").select("main section"):
        if "appendix" in section.get("class", []):
            break  # its tables are compared cell by cell elsewhere
        name = next((name for name in section.get("class", []) if name in SOURCES), "head")
        alts = [image["alt"] for image in section.find_all("img")]
        texts[name] = " ".join([texts.get(name, ""), section.get_text(" "), *alts])
    return texts


def pdf_sections(report: Pages) -> dict[str, str]:
    """Return the text of each block of the PDF: what stands from its heading to the next."""
    reader = pypdf.PdfReader(io.BytesIO(report.pdf))
    foot = re.compile(r"^(\S+: SHA-256 .*|rows in/used/refused .*|page \d+ of \d+)$", re.MULTILINE)
    rest = "\n".join(foot.sub("", page.extract_text()) for page in reader.pages)
    titles = {
        name: block.title for name, block in blocks(report.findings).items() if name != "head"
    }
    texts, before = {}, "head"
    for name, title in titles.items():
        if f"\n{title}\n" in rest:
            texts[before], rest = rest.split(f"\n{title}\n", 1)
            before = name
    return texts | {before: rest}


def numbers_in(value) -> list[float]:
    """Return every number of plain data, in any depth."""
    if isinstance(value, dict):
        return [number for part in value.values() for number in numbers_in(part)]
    if isinstance(value, list):
        return [number for part in value for number in numbers_in(part)]
    return [] if isinstance(value, bool) or not isinstance(value, int | float) else [value]


def forms(value: float) -> set[str]:
    """Return a number as a page may write it: rating, mean, slope or p, count, percent."""
    size = abs(value)
    return {f"{size:,.0f}", f"{size:.1f}", f"{size:.2f}", f"{size:.3f}", f"{100 * size:.0f}",
            f"{100 * size:.1f}"}  # fmt: skip


def told(found: dict, block: str) -> set[str]:
    """Return all that a block may write: its tables' numbers, its own words', and of rows how many."""
    names, constants = SOURCES[block]
    tables = [found["tables"][name] for name in names if name in found["tables"]]
    values = [number for table in tables for number in numbers_in(table["rows"])]
    values += [len(table["rows"]) for table in tables] + logged(tables)
    values += numbers_in(found["about"])
    first, last = (found["about"][end] for end in ("first", "last"))
    days = datetime.date.fromisoformat(last) - datetime.date.fromisoformat(first)
    return set(constants.split()) | {str(days.days + 1)}.union(*map(forms, values))


def logged(tables: list[dict]) -> list[float]:
    """Return n_sessions + n_missing of every row that has both: the sessions logged."""
    sums = []
    for table in tables:
        places = {column["name"]: place for place, column in enumerate(table["columns"])}
        if {"n_sessions", "n_missing"} <= set(places):
            both = [[row[places[name]] or 0 for name in ("n_sessions", "n_missing")]
                    for row in table["rows"]]  # fmt: skip
            sums += [sum(pair) for pair in both]
            sums.append(sum(map(sum, both)))
    return sums


def unexplained(text: str, found: dict, block: str) -> list[str]:
    """Return the numbers of a block's text that are not in its findings."""
    text = text.replace("\u00a0", " ")
    for number, month, year in DATE.findall(text):
        date = datetime.date(int(year), MONTHS.split().index(month) + 1, int(number))
        if date.isoformat() not in json.dumps(found):
            return [f"{number} {month} {year}"]
    text = DATE.sub("", text)
    for source in found["tables"]["sources"]["rows"]:
        text = text.replace(source[0], "").replace(source[1], "").replace("SHA-256", "")
    text = re.sub(r"\bP?\d[\w.]*\.\d[\w.]*\.\d\b", "", text)  # versions
    shares = {(k, n): f"{100 * float(k.replace(',', '')) / float(n.replace(',', '')):.0f}"
              for k, n in re.findall(r"([\d,]+) of ([\d,]*\d)", text)
              if float(n.replace(",", ""))}  # fmt: skip
    allowed = told(found, block) | set(shares.values())
    return [number for number in NUMBER.findall(text) if number not in allowed]


def faults(texts: dict[str, str], found: dict) -> dict[str, list[str]]:
    """Return the unexplained numbers of each block that has any."""
    unknown = {name: unexplained(text, found, name) for name, text in texts.items()}
    return {name: numbers for name, numbers in unknown.items() if numbers}


def test_every_number_of_the_page_is_in_the_findings(made):
    texts = sections(made.html)
    assert set(texts) == set(SOURCES) & (set(blocks(made.findings)))
    assert faults(texts, read_findings(made)) == {}


def test_every_number_of_the_pdf_is_in_the_findings(made):
    texts = pdf_sections(made)
    assert {"head", "summary", "coverage", "contrasts", "limits"} <= set(texts)
    assert faults(texts, read_findings(made)) == {}


def test_a_number_that_is_not_in_the_findings_is_seen(made):
    found = read_findings(made)
    for table in ("overall", "contrasts", "worse_after"):
        for row in found["tables"][table]["rows"]:
            row[:] = [value + 3.17 if isinstance(value, float) else value for value in row]
            row[:] = [value + 7919 if type(value) is int else value for value in row]
    for texts in (sections(made.html), pdf_sections(made)):
        assert set(faults(texts, found)) >= {"summary", "contrasts", "worse_after"}


@pytest.mark.parametrize("name", ["pain_reduction", "one_person"])
def test_another_language_has_the_same_numbers(name):
    english, german = (pages(name, language=language).html for language in ("en", "de"))
    swapped = str.maketrans(",.", ".,")
    told = {
        block: Counter(NUMBER.findall(text.replace("\u00a0", " ")))
        for block, text in sections(english).items()
    }
    also = {
        block: Counter(NUMBER.findall(text.replace("\u00a0", " ").translate(swapped)))
        for block, text in sections(german).items()
    }
    assert also == told
