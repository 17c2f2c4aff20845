"""How numbers, days and names are written, in the language of the report; the only place that rounds.

Python rounds, Babel knows the signs of a language: the same digits stand on a page in any of them.
"""

from decimal import Decimal
from functools import cache
from numbers import Integral

import pandas as pd
from babel.dates import format_date
from babel.numbers import format_decimal

from analysis.language import _, current, ngettext, pgettext
from analysis.statistics import enough
from analysis.vocabulary import vocabulary

#: Stands in a cell whose number cannot be known; the reason is said beside it.
UNKNOWN = "–"

# How a day is written, by language: short, and the same for every country that speaks it.
_DAYS = {"en": "d MMM y", "de": "d. MMM y"}


def points(value: float) -> str:
    """Return a mean in points with one decimal and a real minus sign.

    >>> points(-0.26)
    '−0.3'
    """
    return _written(f"{value + 0.0:.1f}") if _known(value) else UNKNOWN


def rating(value: float) -> str:
    """Return a rating or a median of ratings: whole if it is whole, else one decimal."""
    return _written(f"{value:.1f}".removesuffix(".0")) if _known(value) else UNKNOWN


def two_decimals(value: float) -> str:
    """Return a slope or a standardised difference, with two decimals."""
    return _written(f"{value:.2f}") if _known(value) else UNKNOWN


def interval(low: float, high: float) -> str:
    """Return "0.6 to 1.8", which no line break parts."""
    return _range(points(low), points(high)) if _known(low) else UNKNOWN


def count(value: float | str) -> str:
    """Return a whole number with a thousands separator; the words of a share copy as they are.

    >>> count("1590"), count("under 8")
    ('1,590', 'under 8')
    """
    if isinstance(value, str) and not value.isdigit():
        return _(value)
    return _written(str(int(value))) if _known(value) else UNKNOWN


def percent(share: float) -> str:
    """Return a share as a whole percent."""
    return _percent(f"{100 * share:.0f}") if _known(share) else UNKNOWN


def above(share: float, limit: float) -> str:
    """Return a share above a limit: with one decimal where whole percents would write them alike.

    >>> above(0.302, 0.3), above(0.31, 0.3)
    ('30.2 %', '31 %')
    """
    whole = percent(share)
    return _percent(f"{100 * share:.1f}") if whole == percent(limit) else whole


def share_of(k: int, n: int) -> str:
    """Return "31 of 40 (78 %)"; below 10 the counts alone."""
    return _of(count(k), count(n)) + (f" ({percent(k / n)})" if n >= 10 else "")


def counted(k: float, n: float) -> str:
    """Return "31 of 40" without a percent, for a cell; unknown where the count is hidden."""
    return _of(count(k), count(n)) if _known(k) else UNKNOWN


def share(value: float, low: float, high: float) -> str:
    """Return a share with its interval: "32 % (28 to 37 %)", each of which no line break parts."""
    spread = f" ({share_interval(low, high)})" if _known(low) else ""
    return f"{percent(value)}{spread}".replace(" %", "\u00a0%") if _known(value) else UNKNOWN


def share_interval(low: float, high: float) -> str:
    """Return "28 to 37 %", which no line break parts."""
    return _range(_written(f"{100 * low:.0f}"), percent(high)).replace(" %", "\u00a0%")


def percentage_points(value: float, low: float, high: float) -> str:
    """Return a difference of two shares: "+20 percentage points (−11 to 50)"."""
    spread = _range(_written(f"{100 * low:.0f}"), _written(f"{100 * high:.0f}"))
    return _("{difference} percentage points ({interval})").format(
        difference=_plus(_written(f"{100 * value:.0f}")), interval=spread
    )


def p_value(value: float) -> str:
    """Return a p-value with two decimals, three below 0.1, never 0."""
    if not _known(value):
        return UNKNOWN
    if value < 0.001:
        return f"<{_written('0.001')}"
    return _written(f"{value:.3f}" if value < 0.0995 else f"{value:.2f}")


def people(n: int) -> str:
    """Return "1 person" or "14 people"."""
    return ngettext("{n} person", "{n} people", _how_many(n)).format(n=count(n))


def sessions(n: int) -> str:
    """Return "1 session" or "14 sessions"."""
    return ngettext("{n} session", "{n} sessions", _how_many(n)).format(n=count(n))


def _how_many(n: int | str) -> int:
    """Return a number for the choice of singular and plural; the words of a share copy are many."""
    return 2 if isinstance(n, str) and not n.isdigit() else int(n)


def days(n: int) -> str:
    """Return "1 day" or "14 days"."""
    return ngettext("{n} day", "{n} days", n).format(n=count(n))


def capital(text: str) -> str:
    """Return words that begin a sentence."""
    return text[0].upper() + text[1:]


def day(value: pd.Timestamp | str | int) -> str:
    """Return "3 Mar 2026"; "day 12" of a day that is counted."""
    if isinstance(value, Integral):
        return _("day {n}").format(n=_written(str(value)))
    return format_date(pd.Timestamp(value).date(), _DAYS[current()], locale=current())


def period(first: str | int, last: str | int) -> str:
    """Return "3 Mar 2026 to 30 May 2026 (89 days)", or "day 1 to day 89"."""
    if isinstance(first, Integral):
        return _("{first} to {last}").format(first=day(first), last=day(last))
    return _("{first} to {last} ({days})").format(
        first=day(first), last=day(last), days=days(n_days(first, last))
    )


def n_days(first: str | int, last: str | int) -> int:
    """Return the number of days from the first to the last, both counted.

    >>> n_days("2026-03-03", "2026-03-04"), n_days(1, 2)
    (2, 2)
    """
    if isinstance(first, Integral):
        return last - first + 1
    return (pd.Timestamp(last) - pd.Timestamp(first)).days + 1


def name(column: str, code: str) -> str:
    """Return the plain name of a region or technique."""
    return _(vocabulary().name(column, code))


def cell_name(row) -> str:
    """Return "buttocks, sustained pressure", with the scale where it is not 0 to 10."""
    return f"{name('region', row.region)}, {name('technique', row.technique)}{scale(row)}"


def reason(row, min_people: int = enough.MIN_PEOPLE) -> str:
    """Return why a row shows no number, as a result of its own.

    >>> from types import SimpleNamespace
    >>> reason(SimpleNamespace(reason="not enough people", n_people=3))
    'not enough people (3 of 6)'
    """
    if row.reason == enough.FEW:
        return _("not enough people ({n} of {least})").format(
            n=count(row.n_people), least=count(min_people)
        )
    if row.reason == enough.MISSING and hasattr(row, "missing_share"):
        shares = [row.missing_share, getattr(row, "missing_share_reference", 0)]
        missing = above(max(shares), enough.MISSING_REFUSED)
        return _("not enough data: {share} have no after rating").format(share=missing)
    return _(row.reason)


def scale(row) -> str:
    """Return the scale of a row where it is not 0 to 10, as an ending of its name."""
    unit = _("mm of 100")
    return "" if row.scale == "NRS0-10" else f" ({unit})"


def units(scales: pd.Series) -> str:
    """Return in what the numbers of a table on these scales are, for its caption."""
    mm = scales.ne("NRS0-10")
    if not mm.any():
        return _("points")
    return _("mm of 100") if mm.all() else _("points; mm on the 0 to 100 scale")


def two(scale: str, vas_two: int = 20) -> str:
    """Return what "2 points" are on a scale: a setting may make them 15 mm on a VAS."""
    return _("2 points") if scale == "NRS0-10" else _("{n} mm").format(n=count(vas_two))


def moved(value: float, scale: str) -> str:
    """Return "drop of 1.2 points" or "rise of 3.0 mm of 100"; what rounds to 0.0 is no change."""
    size, in_points = points(abs(value)), scale == "NRS0-10"
    if points(value) == points(0):
        text = _("change of {size} points") if in_points else _("change of {size} mm of 100")
    elif value > 0:
        text = _("drop of {size} points") if in_points else _("drop of {size} mm of 100")
    else:
        text = _("rise of {size} points") if in_points else _("rise of {size} mm of 100")
    return text.format(size=size)


def sized_interval(value: float, low: float, high: float) -> str:
    """Return the interval of the size of a value: that of a negative one is turned round."""
    return interval(low, high) if value >= 0 else interval(-high, -low)


def moved_interval(value: float, low: float, high: float) -> str:
    r"""Return the interval of what ``moved`` says, in its direction: that of a rise is turned round.

    >>> moved_interval(-0.9, -1.6, -0.2)
    '95 % interval 0.2\xa0to\xa01.6'
    """
    if points(value) == points(0):  # neither a drop nor a rise: which is positive has to be said
        return _("95 % interval of the drop {interval}").format(interval=interval(low, high))
    return _("95 % interval {interval}").format(interval=sized_interval(value, low, high))


def mean(value: float, low: float, high: float) -> str:
    """Return "1.2 (0.6 to 1.8)"; without an interval it says that nothing varied."""
    spread = interval(low, high) if _known(low) else _("no variation")
    return f"{points(value)} ({spread})" if _known(value) else UNKNOWN


def difference(value: float, low: float, high: float) -> str:
    """Return "+0.4 (−0.3 to 1.1)", the difference of two drops."""
    return _plus(mean(value, low, high)) if _known(value) else UNKNOWN


def estimate(row, min_people: int) -> str:
    """Return "1.2 (0.6 to 1.8)" with its marks, or why there is none."""
    if row.reason and row.reason != enough.NO_VARIATION:
        return reason(row, min_people)
    spread = _("no variation, no interval") if row.reason else interval(row.low, row.high)
    estimated = f"{points(row.estimate)} ({spread})"
    return " ".join([estimated, ", ".join(marks(row))]).rstrip()


def marks(row) -> list[str]:
    """Return the warnings that an average over people carries wherever it is written."""
    return [_("few people")] * row.few + [_("too imprecise")] * row.imprecise


def few(n_people: int, min_people: int) -> str:
    """Return " (few)", which stands after a number of people that is shown with a warning."""
    return few_mark() if min_people <= n_people < enough.FEW_PEOPLE else ""


def few_mark() -> str:
    """Return " (few)"."""
    mark = pgettext("people", "few")
    return f" ({mark})"


def _of(k: str, n: str) -> str:
    return _("{k} of {n}").format(k=k, n=n)


def _range(low: str, high: str) -> str:
    """Return "0.6 to 1.8", which no line break parts."""
    return _("{low} to {high}").format(low=low, high=high).replace(" ", "\u00a0")


def _percent(number: str) -> str:
    return f"{_written(number)} %"


def _plus(text: str) -> str:
    """Return a written number with its plus; nothing stands before one that is written as 0."""
    number = text.split(" ")[0]
    return text if number[0] == "−" or not number.strip("0.,") else f"+{text}"


def _written(number: str) -> str:
    """Return a rounded number in the signs of the language, with a real minus and no minus before 0."""
    plain = number.removeprefix("-") if not number.strip("-0.") else number
    return _localised(plain, current())


@cache
def _localised(number: str, language: str) -> str:
    decimals = len(number.partition(".")[2])
    pattern = f"#,##0.{'0' * decimals}" if decimals else "#,##0"
    return format_decimal(Decimal(number), pattern, locale=language).replace("-", "−")


def _known(value: float | None) -> bool:
    return bool(pd.notna(value))
