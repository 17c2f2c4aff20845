"""How a report is to look and read: nothing here changes a number of it."""

import re
from typing import NamedTuple

import pandas as pd

from analysis.findings.data import Findings
from analysis.language import LANGUAGES
from analysis.sessions import UserError

PAPERS = ("A4", "Letter")
# A line of the head, not a letter.
_LONGEST = 120


class Page(NamedTuple):
    """What a reader of the page asked for.

    Attributes
    ----------
    language : str
        A key of ``LANGUAGES``.
    locale : str or None
        The country whose emergency number is printed, as a code of two letters; None prints the general
        words. Never guessed from the language.
    paper : str
        A4 or Letter.
    large_print : bool
        Nothing smaller than 14 pt; then the report has more than two pages.
    made_on : str or None
        ISO day to be printed as the day of making. None prints none: the same log gives the same bytes.
    made_by : str or None
        Who made it, in their own words.
    """

    language: str = "en"
    locale: str | None = None
    paper: str = "A4"
    large_print: bool = False
    made_on: str | None = None
    made_by: str | None = None


def with_page(results: Findings, **asked) -> Findings:
    """Return findings that know how their page is to look.

    Parameters
    ----------
    results : Findings
        Of any kind of report.
    **asked
        As the attributes of ``Page``; what is left out has its default.

    Raises
    ------
    UserError
        For a value that is none of those allowed.
    """
    page = check_page(**asked)
    return results._replace(about=results.about | {"page": page._asdict()})


def page_of(results: Findings) -> Page:
    """Return how a report's page is to look; the defaults for findings that do not say."""
    return Page(**results.about.get("page", {}))


def check_page(**asked) -> Page:
    """Return the page that was asked for, or raise a UserError that names the value and the rule."""
    page = Page(**asked)
    _one_of("language", page.language, tuple(LANGUAGES))
    _one_of("paper", page.paper, PAPERS)
    if page.locale is not None and not re.fullmatch("[A-Za-z]{2}", page.locale):
        raise UserError(
            f"locale: must be a country's code of two letters, such as NZ; found {page.locale!r}"
        )
    if page.made_on is not None:
        _check_day(page.made_on)
    if page.made_by is not None and len(page.made_by) > _LONGEST:
        raise UserError(
            f"made_by: must have at most {_LONGEST} characters; found {len(page.made_by)}"
        )
    return page._replace(locale=page.locale and page.locale.upper())


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise UserError(f"{name}: must be one of {', '.join(allowed)}; found {value!r}")


def _check_day(text: str) -> None:
    """Raise for what is not an ISO day of the calendar."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) or pd.isna(
        pd.to_datetime(text, errors="coerce")
    ):
        raise UserError(f"made_on: must be a day such as 2026-05-31; found {text!r}")
