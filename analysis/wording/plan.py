"""A randomised plan in words: how it was followed, and its test."""

from analysis.findings import Findings
from analysis.findings.person import NOT_AS_DRAWN
from analysis.language import N_, _, ngettext
from analysis.statistics import enough
from analysis.statistics.one_person import CONTRAST_SESSIONS, FEW_SESSIONS, SINGULAR
from analysis.statistics.plan import NOT_FOLLOWED
from analysis.wording import numbers

_WHY_NOT = {
    NOT_AS_DRAWN: N_(
        "The plan is not tested: its list is not the one that its seed draws: it was edited, or drawn by "
        "another version."
    ),
    NOT_FOLLOWED: N_("The plan is not tested: it was followed on too few days."),
    FEW_SESSIONS: N_(
        "The plan is not tested: fewer than {least} days with a session were planned for one of the two."
    ),
    enough.TWO_SCALES: N_("The plan is not tested: its sessions are on two scales."),
    SINGULAR: N_(
        "The plan is not tested: the technique cannot be told from starting pain and day."
    ),
    enough.NO_VARIATION: N_("The plan is not tested: no variation."),
}


def plan_sentences(results: Findings) -> tuple[str, ...]:
    """Return what a plan was, how it was followed, and what its test gave or why there is none.

    Nothing without a plan.
    """
    plan = results.tables["plan"]
    if plan.empty:
        return ()
    (row,) = plan.itertuples()
    return (" ".join([_followed(row), *_before_its_end(row)]), _tested(row))


def _followed(row) -> str:
    """Return what was planned, and on how many days it was done."""
    text = _(
        "Randomised plan, {scheme}: followed on {share} days, the other technique on {other}, no session "
        "with both ratings on {missed}."
    )
    if row.n_unclear:
        text = _(
            "Randomised plan, {scheme}: followed on {share} days, the other technique on {other}, no session "
            "with both ratings on {missed}, and on {unclear} it is not known which session came first."
        )
    return text.format(
        scheme=_scheme(row),
        share=numbers.share_of(row.n_followed, row.n_planned),
        other=numbers.count(row.n_other),
        missed=numbers.count(row.n_missed),
        unclear=numbers.count(row.n_unclear),
    )


def _scheme(row) -> str:
    first, second = _techniques(row)
    text = _(
        "{region}, {first} or {second}, {first_day} to {last_day}, blocks of {days}, seed {seed}"
    )
    return text.format(
        region=numbers.name("region", row.region),
        first=first,
        second=second,
        first_day=numbers.day(row.first_day),
        last_day=numbers.day(row.last_day),
        days=numbers.days(row.block_size),
        seed=_(row.seed)
        if isinstance(row.seed, str)
        else row.seed,  # a share copy says "not shown"
    )


def _techniques(row) -> tuple[str, str]:
    first, second = (numbers.name("technique", code) for code in (row.technique, row.reference))
    return first, second


def _before_its_end(row) -> list[str]:
    """Return the warning that a plan was looked at before its end, or nothing."""
    text = ngettext(
        "{n} of its days comes after the last session of the log: looking before the end is one look of "
        "several.",
        "{n} of its days come after the last session of the log: looking before the end is one look of "
        "several.",
        row.n_later,
    )
    return [text.format(n=numbers.count(row.n_later))] if row.n_later else []


def _tested(row) -> str:
    """Return the difference as planned with its p-value, or why there is none."""
    if row.reason:
        return _(_WHY_NOT[row.reason]).format(least=numbers.count(CONTRAST_SESSIONS))
    lists = _("exact over all {n} lists") if row.exact else _("{n} draws")
    size, (first, second) = numbers.points(abs(row.estimate)), _techniques(row)
    unit = _("{size} points") if row.scale == "NRS0-10" else _("{size} mm of 100")
    difference = _difference(row).format(
        size=unit.format(size=size),
        interval=_interval(row),
        first=first,
        second=second,
        p=numbers.p_value(row.p_value),
        lists=lists.format(n=numbers.count(row.n_lists)),
    )
    counts = _("A day counts for the technique that was planned, whatever was done.")
    return f"{difference} {counts}"


def _difference(row) -> str:
    """Return the sentence that says which drop was larger; what is written 0.0 is neither."""
    if _is_0(row):
        return _(
            "The drop on days planned for {first} less that on days planned for {second} was {size}"
            "{interval}, at the same starting pain and day; randomisation test p {p} ({lists})."
        )
    if row.estimate < 0:
        return _(
            "The drop was {size} smaller{interval} on days planned for {first} than on days planned for "
            "{second}, at the same starting pain and day; randomisation test p {p} ({lists})."
        )
    return _(
        "The drop was {size} larger{interval} on days planned for {first} than on days planned for "
        "{second}, at the same starting pain and day; randomisation test p {p} ({lists})."
    )


def _interval(row) -> str:
    """Return " (95 % interval 0.6 to 1.8)"; nothing where the lists are too few for 95 %."""
    if row.low != row.low:  # NaN
        return ""
    size = 0 if _is_0(row) else row.estimate
    spread = numbers.sized_interval(size, row.low, row.high)
    interval = _("95 % interval {interval}").format(interval=spread)
    return f" ({interval})"


def _is_0(row) -> bool:
    return numbers.points(row.estimate) == numbers.points(0)
