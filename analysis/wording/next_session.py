"""The change within a session beside the start of the next one, in words."""

from analysis.findings import Findings
from analysis.statistics.one_person import INTERVAL_DAYS
from analysis.wording import numbers
from analysis.wording.blocks import WITHOUT_ROWS, Block, min_people


def next_block(results: Findings) -> Block:
    """Return how pain stood right after a session and at the start of the next one."""
    title = "Immediate, and at the next session"
    if "next" not in results.tables:
        return Block(title, (WITHOUT_ROWS,))
    lines = [_line(row, results) for row in results.tables["next"].itertuples()]
    if not lines:
        return Block(title, ("No session of one region to follow.",))
    note = (
        "Next: the same person's next session in the region within 7 days; both drops are from the start "
        "of the first, in the same pairs. People start again when it hurts; this can hide a lasting "
        "change."
    )
    return Block(title, (*lines, note))


def _line(row, results: Findings) -> str:
    kind = "Sessions of rest" if row.sessions_of == "rest" else "Sessions other than rest"
    kind += "" if row.scale == "NRS0-10" else " on the 0 to 100 scale"
    pairs, least = numbers.plural(row.n_pairs, "pair"), min_people(results)
    if results.about["kind"] == "cohort":
        people = numbers.people(row.n_people) + numbers.few(row.n_people, least)
        pairs = f"{people}, {pairs}"
    elif 0 < row.n_pairs < INTERVAL_DAYS:
        return f"{kind}: not enough sessions with a next one ({pairs}; {INTERVAL_DAYS} needed)."
    if row.immediate != row.immediate:  # NaN
        return f"{kind}: {numbers.reason(row, least)} ({pairs})."
    hours = f", median {_hours(row.hours_median)} apart" if row.n_timed else ""
    first, then = (
        f"{numbers.moved(value, row.scale)}{_spread(value, low, high)}"
        for value, low, high in (
            (row.immediate, row.immediate_low, row.immediate_high),
            (row.next, row.next_low, row.next_high),
        )
    )
    return (
        f"{kind}: average {first} right after, average {then} at the start of the next; "
        f"{pairs}{hours}."
    )


def _hours(hours: float) -> str:
    return numbers.plural(round(hours), "hour")


def _spread(value: float, low: float, high: float) -> str:
    return f" ({numbers.moved_interval(value, low, high)})" if low == low else ""  # NaN
