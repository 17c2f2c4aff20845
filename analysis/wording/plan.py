"""A randomised plan in words: how it was followed, and its test."""

from analysis.findings import Findings
from analysis.findings.person import NOT_AS_DRAWN
from analysis.statistics import enough
from analysis.statistics.one_person import CONTRAST_SESSIONS, FEW_SESSIONS, SINGULAR
from analysis.statistics.plan import NOT_FOLLOWED
from analysis.wording import numbers

_WHY_NOT = {
    NOT_AS_DRAWN: "its list is not the one that its seed draws: it was edited, or drawn by another "
    "version",
    NOT_FOLLOWED: "it was followed on too few days",
    FEW_SESSIONS: f"fewer than {CONTRAST_SESSIONS} days with a session were planned for one of the two",
    enough.TWO_SCALES: "its sessions are on two scales",
    SINGULAR: SINGULAR,
    enough.NO_VARIATION: "no variation",
}


def plan_sentences(results: Findings) -> tuple[str, ...]:
    """Return what a plan was, how it was followed, and what its test gave or why there is none.

    Nothing without a plan.
    """
    plan = results.tables["plan"]
    if plan.empty:
        return ()
    (row,) = plan.itertuples()
    followed = (
        f"Randomised plan, {_scheme(row)}: followed on {numbers.share_of(row.n_followed, row.n_planned)} "
        f"days, the other technique on {numbers.count(row.n_other)}, no session with both ratings on "
        f"{numbers.count(row.n_missed)}{_unclear(row)}."
    )
    return (f"{followed}{_before_its_end(row)}", _tested(row))


def _unclear(row) -> str:
    if not row.n_unclear:
        return ""
    return f", and on {numbers.count(row.n_unclear)} it is not known which session came first"


def _scheme(row) -> str:
    first, second = (numbers.name("technique", code) for code in (row.technique, row.reference))
    return (
        f"{numbers.name('region', row.region)}, {first} or {second}, {numbers.day(row.first_day)} to "
        f"{numbers.day(row.last_day)}, blocks of {row.block_size} days, seed {row.seed}"
    )


def _before_its_end(row) -> str:
    """Return the warning that a plan was looked at before its end, or nothing."""
    if not row.n_later:
        return ""
    return (
        f" {numbers.count(row.n_later)} of its days come after the last session of the log: looking before "
        "the end is one look of several."
    )


def _tested(row) -> str:
    """Return the difference as planned with its p-value, or why there is none."""
    if row.reason:
        return f"The plan is not tested: {_WHY_NOT[row.reason]}."
    lists = (
        f"exact over all {numbers.count(row.n_lists)} lists"
        if row.exact
        else f"{numbers.count(row.n_lists)} draws"
    )
    return (
        f"{_compared(row)}, at the same starting pain and day; randomisation test p "
        f"{numbers.p_value(row.p_value)} ({lists}). A day counts for the technique that was planned, "
        "whatever was done."
    )


def _compared(row) -> str:
    """Return which drop was larger and by how much; what is written 0.0 is neither."""
    unit = "points" if row.scale == "NRS0-10" else "mm of 100"
    first, second = (numbers.name("technique", code) for code in (row.technique, row.reference))
    size = numbers.points(abs(row.estimate))
    known = row.low == row.low  # not NaN: the lists are enough for 95 %
    if size == "0.0":
        spread = f" (95 % interval {numbers.interval(row.low, row.high)})" if known else ""
        return (
            f"The drop on days planned for {first} less that on days planned for {second} was 0.0 "
            f"{unit}{spread}"
        )
    more = "smaller" if row.estimate < 0 else "larger"
    sized = numbers.sized_interval(row.estimate, row.low, row.high)
    more += f" (95 % interval {sized})" * known
    return f"The drop was {size} {unit} {more} on days planned for {first} than on days planned for {second}"
