"""A headless Chromium, and the reports that it opens; without a browser the tests are skipped."""

import os
import shutil
from typing import NamedTuple

import pytest
from pages import pages

from analysis.findings import Findings
from analysis.report import run_report
from analysis.report.share import share_report
from analysis.shipped import example_log, example_of_one

#: Set to "required" where a missing browser must fail the tests, not skip them.
_WANTED = "RELIEFBOOK_BROWSER"
_NAMES = ("chromium", "chromium-browser", "google-chrome")
# Chromium has no sandbox for root, and little shared memory in a container.
_ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage"]


class Opened(NamedTuple):
    """A report to open: where its page is, its PDF, and the findings that it shows."""

    address: str
    pdf: str
    findings: Findings


def missing(what: str) -> None:
    """Skip the test, or fail it where a browser is required."""
    if os.environ.get(_WANTED) == "required":
        pytest.fail(f"{what}, and {_WANTED}=required asks for it")
    pytest.skip(f"{what}: the page is not tried in a browser")


# Its event loop is over with the module, so that no other test runs within it.
@pytest.fixture(scope="module")
def browser():
    """Give the system's Chromium, driven by playwright; no browser is ever downloaded."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        missing("Chromium is not installed")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright is not installed")
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=program, args=_ARGUMENTS)
        yield chromium
        chromium.close()


def opened(report) -> Opened:
    page = report.folder / "report.html"
    return Opened(page.as_uri(), str(report.folder / "report.pdf"), report.findings)


@pytest.fixture(scope="session")
def one_person(tmp_path_factory):
    return run_report(example_of_one(), tmp_path_factory.mktemp("bundle") / "one person")


@pytest.fixture(scope="session")
def alarming_log(tmp_path_factory):
    """Give the log of several people with an emergency sign."""
    folder = tmp_path_factory.mktemp("log")
    rows = [f"P{n},2026-03-0{day},feet,yoga,6,{5 - n % 2},{'yes' if n == 1 else 'no'}"
            for n in range(8) for day in (1, 2)]  # fmt: skip
    header = "participant,started_at,region,technique,pain_before,pain_after,bladder_bowel"
    log = folder / "alarm.csv"
    log.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return log


@pytest.fixture(scope="session")
def with_alarm(tmp_path_factory, alarming_log):
    """Give a report with an emergency sign: no result on its first page."""
    return run_report(alarming_log, tmp_path_factory.mktemp("bundle") / "alarm")


@pytest.fixture(params=["published", "one_person"], scope="session")
def report(request) -> Opened:
    """Return the report of the cohort, then that of one person."""
    return opened(request.getfixturevalue(request.param))


@pytest.fixture(scope="session")
def share_copy(published, tmp_path_factory):
    """Give the copy of a cohort's report that may be passed on."""
    return share_report(published.folder, tmp_path_factory.mktemp("bundle") / "copy")


@pytest.fixture(scope="session")
def in_german(tmp_path_factory):
    """Give the cohort's report in German, with every word the longer."""
    folder = tmp_path_factory.mktemp("bundle") / "deutsch"
    return run_report(example_log(), folder, parameters={"language": "de", "locale": "DE"})


@pytest.fixture(
    params=["published", "one_person", "with_alarm", "share_copy", "in_german"], scope="session"
)
def any_report(request) -> Opened:
    """Return every report in turn: with an emergency sign, a share copy, one in German, too."""
    return opened(request.getfixturevalue(request.param))


@pytest.fixture(params=["published", "one_person", "with_alarm"], scope="session")
def on_letter(request, tmp_path_factory, alarming_log) -> Opened:
    """Return every report in turn as it is made for Letter."""
    notebook, log = {
        "published": ("pain_reduction", example_log()),
        "one_person": ("one_person", example_of_one()),
        "with_alarm": ("pain_reduction", alarming_log),
    }[request.param]
    made, folder = pages(notebook, log=str(log), paper="Letter"), tmp_path_factory.mktemp("letter")
    (folder / "report.html").write_text(made.html, encoding="utf-8")
    (folder / "report.pdf").write_bytes(made.pdf)
    return Opened((folder / "report.html").as_uri(), str(folder / "report.pdf"), made.findings)


@pytest.fixture(scope="session")
def small_report(one_person) -> Opened:
    """Return the report to try what does not depend on what is reported."""
    return opened(one_person)


@pytest.fixture(scope="session")
def alarming_report(with_alarm) -> Opened:
    """Return the report that has every kind of part: an alarm, words, tables, figures, an appendix."""
    return opened(with_alarm)


@pytest.fixture(scope="module")
def cut_off(browser):
    """Give a browser window without a network."""
    context = browser.new_context(offline=True)
    yield context
    context.close()


@pytest.fixture
def open_page(cut_off):
    """Return a function that opens a report: in a window so wide, or in the dark."""
    pages = []

    def opener(report: Opened, *, width=1280, height=900, dark=False):
        page = cut_off.new_page()
        pages.append(page)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.goto(report.address)
        return page

    yield opener
    for page in pages:
        page.close()
