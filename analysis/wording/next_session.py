"""The change within a session beside the start of the next one, in words."""

from analysis.findings import Findings
from analysis.language import _, ngettext
from analysis.statistics.one_person import INTERVAL_DAYS
from analysis.wording import numbers
from analysis.wording.blocks import WITHOUT_ROWS, Block, min_people


def next_block(results: Findings) -> Block:
    """Return how pain stood right after a session and at the start of the next one."""
    title = _("Immediate, and at the next session")
    if "next" not in results.tables:
        return Block(title, (_(WITHOUT_ROWS),))
    lines = [_line(row, results) for row in results.tables["next"].itertuples()]
    if not lines:
        return Block(title, (_("No session of one region to follow."),))
    note = _(
        "Next: the same person's next session in the region within 7 days; both drops are from the start "
        "of the first, in the same pairs. People start again when it hurts; this can hide a lasting "
        "change."
    )
    return Block(title, (*lines, note))


def _kind(row) -> str:
    """Return which sessions a row is of."""
    rest, points = row.sessions_of == "rest", row.scale == "NRS0-10"
    if rest:
        return _("Sessions of rest") if points else _("Sessions of rest on the 0 to 100 scale")
    if points:
        return _("Sessions other than rest")
    return _("Sessions other than rest on the 0 to 100 scale")


def _line(row, results: Findings) -> str:
    least = min_people(results)
    pairs = ngettext("{n} pair", "{n} pairs", row.n_pairs).format(n=numbers.count(row.n_pairs))
    if results.about["kind"] == "cohort":
        people = numbers.people(row.n_people) + numbers.few(row.n_people, least)
        pairs = f"{people}, {pairs}"
    elif 0 < row.n_pairs < INTERVAL_DAYS:
        few = _("{kind}: not enough sessions with a next one ({pairs}; {needed} needed).")
        return few.format(kind=_kind(row), pairs=pairs, needed=numbers.count(INTERVAL_DAYS))
    if row.immediate != row.immediate:  # NaN
        return f"{_kind(row)}: {numbers.reason(row, least)} ({pairs})."
    told = _(
        "{kind}: average {immediate} right after, average {next} at the start of the next; {pairs}."
    )
    return told.format(
        kind=_kind(row),
        immediate=_moved(row.immediate, row.immediate_low, row.immediate_high, row.scale),
        next=_moved(row.next, row.next_low, row.next_high, row.scale),
        pairs=f"{pairs}, {_apart(row.hours_median)}" if row.n_timed else pairs,
    )


def _apart(hours: float) -> str:
    n = round(hours)
    median = ngettext("median {n} hour apart", "median {n} hours apart", n)
    return median.format(n=numbers.count(n))


def _moved(value: float, low: float, high: float, scale: str) -> str:
    """Return "drop of 1.2 points (95 % interval 0.6 to 1.8)"."""
    moved = numbers.moved(value, scale)
    return f"{moved} ({numbers.moved_interval(value, low, high)})" if low == low else moved  # NaN
