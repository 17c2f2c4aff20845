"""Which of day and month comes first in dates with the year last: proven by the file, or stated."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.intake.time_forms import ZONE_TEXT, directives, year_last
from analysis.intake.times import TimeRules
from analysis.sessions import UnusableLog

# What can only be a day, beside what can be a month, proves the order; else a date proves nothing.
_ONLY_A_DAY, _A_MONTH = r"(?:1[3-9]|2\d|3[01])", r"(?:0?[1-9]|1[0-2])"
_ANY_ORDER, _PROVES_DAY, _PROVES_MONTH = (
    year_last(first, second, f"(?:{ZONE_TEXT})?")
    for first, second in (
        (r"\d{1,2}", r"\d{1,2}"),
        (_ONLY_A_DAY, _A_MONTH),
        (_A_MONTH, _ONLY_A_DAY),
    )
)
_STATE_ORDER = (
    'write dates as 2026-03-31, or state the order: save a line such as time: {formats: ["%d/%m/%Y"]} '
    '(day first) or time: {formats: ["%m/%d/%Y"]} (month first) as my.yml and add --mapping my.yml'
)


class Example(NamedTuple):
    """A date of the file and its line; no text if there is none."""

    text: str = ""
    line: int = 0


class Evidence(NamedTuple):
    """The first dates with the year last that prove the day first, the month first, or nothing."""

    by_day: Example = Example()
    by_month: Example = Example()
    undecided: Example = Example()


def order_evidence(texts: pa.StringArray | pa.ChunkedArray, lines: np.ndarray) -> Evidence:
    """Return what dates with the year last say about their order.

    Parameters
    ----------
    texts : Arrow array of string
        Cleaned cells without nulls.
    lines : ndarray of int
        The line of each.
    """
    ordered = pc.match_substring_regex(texts, _ANY_ORDER)
    if not pc.any(ordered).as_py():
        return Evidence()
    dates, at = texts.filter(ordered), lines[ordered.to_numpy(zero_copy_only=False)]
    by_day, by_month = (
        pc.match_substring_regex(dates, proof) for proof in (_PROVES_DAY, _PROVES_MONTH)
    )
    neither = pc.invert(pc.or_(by_day, by_month))
    return Evidence(*(_first(dates, at, mask) for mask in (by_day, by_month, neither)))


def _first(
    dates: pa.StringArray | pa.ChunkedArray,
    lines: np.ndarray,
    mask: pa.BooleanArray | pa.ChunkedArray,
) -> Example:
    place = pc.index(mask, True).as_py()
    return Example() if place < 0 else Example(dates[place].as_py(), int(lines[place]))


def merge_evidence(earlier: Evidence, later: Evidence) -> Evidence:
    """Return the evidence of two parts of a file, in their order."""
    return Evidence(*(one if one.text else two for one, two in zip(earlier, later, strict=True)))


def decide_order(
    evidence: Evidence, rules: TimeRules, file: str, column: str
) -> tuple[bool | None, str]:
    """Return whether the day stands first in dates with the year last, and the note that says why.

    A stated format decides, else the file's own dates; None where the file has no such date, and no
    note where nothing had to be proven.

    Raises
    ------
    UnusableLog
        "date-order": when day and month cannot be told apart, or lines prove both orders.
    """
    by_day, by_month, undecided = evidence
    if not any(example.text for example in evidence):
        return None, ""
    if (stated := _stated_order(rules.formats)) is not None:
        return stated, ""
    if by_day.text and by_month.text:
        refused = by_month
        found = (
            f"{by_day.text!r} (line {by_day.line}) has the day first and "
            f"{by_month.text!r} (line {by_month.line}) the month"
        )
    elif by_day.text or by_month.text:
        proof, order = (by_day, "day first") if by_day.text else (by_month, "month first")
        return bool(by_day.text), f"dates were read {order}, as {proof.text!r} proves"
    else:
        refused = undecided
        found = (
            f"{undecided.text!r} could have the day or the month first, and no date in the file "
            "proves which"
        )
    raise UnusableLog(
        file, "date-order", f"{found}; {_STATE_ORDER}", column=column, value=refused.text
    )


def _stated_order(formats: tuple[str, ...]) -> bool | None:
    """Return whether the formats put the day before the month; None if they say neither.

    Only a format with the year last says anything about dates with the year last.
    """
    for form in formats:
        parts = "".join(part for part in directives(form) if part in "dmYy").lower()
        if parts in ("dmy", "mdy"):
            return parts == "dmy"
    return None
