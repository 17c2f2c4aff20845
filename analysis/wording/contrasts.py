"""Technique against reference, in words: the paired lines, and the line between different people."""

import pandas as pd

from analysis.findings import Findings
from analysis.language import N_, _, ngettext
from analysis.statistics.separable import DIFFERENT_MONTHS, DIFFERENT_PEOPLE, TOGETHER
from analysis.wording import numbers
from analysis.wording.blocks import WITHOUT_ROWS, Block, TextTable, min_people

_LORD = N_(
    "Adjusted means: at the same starting pain now. If A and B were used in different months with "
    "different pain levels, the adjusted line credits that difference to the technique; the "
    "unadjusted line does not."
)
_APART = {
    TOGETHER: N_("used on the same days by most people: cannot be told apart"),
    DIFFERENT_MONTHS: N_("used at different times"),
    DIFFERENT_PEOPLE: N_("used by different people"),
}


def contrast_block(results: Findings) -> Block:
    """Return every comparison with its reference, adjusted and unadjusted, refused ones too."""
    contrasts, title = results.tables["contrasts"], _("Same people, same starting pain")
    if contrasts.empty:
        none = _("No two techniques were logged on one region: nothing to compare.")
        return Block(title, (none,))
    table = TextTable(
        _caption(contrasts),
        (
            _("region: technique − reference"),
            _("people"),
            _("sessions of each"),
            _("slope (df)"),
            _("adjusted"),
            _("unadjusted"),
            "p",
            _("Holm p"),
            _("signed-rank p"),
        ),
        [_contrast(row, results) for row in contrasts.itertuples()],
        (False, True, True, True, False, False, True, True, True),
    )
    return Block(title, tuple(_notes(contrasts, results)), table)


def _caption(contrasts: pd.DataFrame) -> str:
    units, family = numbers.units(contrasts["scale"]), int(contrasts["p_value"].notna().sum())
    if not family:
        plain = _("Difference in drop, in people who logged both ({units})")
        return plain.format(units=units)
    tested = ngettext(
        "Difference in drop, in people who logged both ({units}; Holm over {n} comparison; signed-rank: of "
        "symmetry about 0, not of the mean)",
        "Difference in drop, in people who logged both ({units}; Holm over {n} comparisons; signed-rank: of "
        "symmetry about 0, not of the mean)",
        family,
    )
    return tested.format(units=units, n=numbers.count(family))


def _notes(contrasts: pd.DataFrame, results: Findings) -> list[str]:
    """Return what holds for all lines, then the warnings about single ones."""
    asked = results.about["parameters"]["reference"]
    reference = (
        _("Reference: set before the run.")
        if asked
        else _("Reference: rest where it was logged, else the technique of most people.")
    )
    differ = [row for row in contrasts[contrasts["depends"]].itertuples() if _differ(row)]
    depends = _("{pairs}: Depends on the adjustment for starting pain – not a robust finding.")
    few_repeats = _("Slope from few sessions, fewer than 20 repeated: {pairs}.")
    notes = [
        f"{reference} {_(_LORD)}",
        *_named(depends, differ),
        *_named(few_repeats, contrasts[contrasts["few_repeats"]].itertuples()),
    ]
    if "separable" not in results.tables:
        unknown = _("Whether two techniques were used at other times or together: {why}")
        notes.append(unknown.format(why=_(WITHOUT_ROWS)))
    # Only where too few people logged both: beside a paired line it would be read as a second answer.
    between = results.tables["between"][contrasts["line"].eq("")]
    rules, least = results.tables["responder_differences"], min_people(results)
    return notes + [
        _between(row, rules, least) for row in between[between["reason"] == ""].itertuples()
    ]


def _named(note: str, rows) -> list[str]:
    """Return a note with the pairs that it is about, or none."""
    pairs = "; ".join(map(compared, rows))
    return [note.format(pairs=pairs)] if pairs else []


def _differ(row) -> bool:
    """Return whether the two lines of a contrast differ as they are written: 0.0 and 0.0 do not."""
    zero = numbers.points(0)
    return (numbers.points(row.estimate), numbers.points(row.unadjusted)) != (zero, zero) or (
        row.low <= 0 <= row.high
    ) != (row.unadjusted_low <= 0 <= row.unadjusted_high)


def _between(row, rules: pd.DataFrame, least: int) -> str:
    """Return the exploratory line between people who logged only one of two techniques."""
    plain = _(
        "Between different people, exploratory, never pooled with the lines above: {pair} {difference}, "
        "Hedges g {g}; {people} with only the one, {others} with only the other; people whose mean drops by "
        "30 % or more: {share}."
    )
    with_start = _(
        "Between different people, exploratory, never pooled with the lines above: {pair} {difference}, "
        "Hedges g {g}; {people} with only the one, {others} with only the other; at the same starting pain "
        "{adjusted}; people whose mean drops by 30 % or more: {share}."
    )
    n, others = row.n_people, row.n_people_reference
    return (with_start if pd.notna(row.adjusted) else plain).format(
        pair=compared(row),
        difference=numbers.difference(row.estimate, row.low, row.high),
        g=numbers.two_decimals(row.hedges_g),
        people=numbers.people(n) + numbers.few(n, least),
        others=numbers.count(others) + numbers.few(others, least),
        adjusted=numbers.difference(row.adjusted, row.adjusted_low, row.adjusted_high),
        share=responder_difference(row, rules),
    )


def responder_difference(row, rules: pd.DataFrame) -> str:
    """Return of how many people with only the one, and only the other, the mean drops by 30 %."""
    key = ["region", "technique", "reference", "scale"]
    same = (rules[key] == [getattr(row, name) for name in key]).all(axis=1)
    found = next(rules[same & (rules["rule"] == "30 percent")].itertuples())
    if found.reason:
        return _(found.reason)
    return _("{people} against {others}, {difference}").format(
        people=numbers.counted(found.people, found.people_of),
        others=numbers.counted(found.people_reference, found.people_of_reference),
        difference=numbers.percentage_points(found.estimate, found.low, found.high),
    )


def compared(row) -> str:
    """Return "buttocks: sustained pressure − rest", with the scale where it is not 0 to 10."""
    return (
        f"{numbers.name('region', row.region)}: {numbers.name('technique', row.technique)} − "
        f"{numbers.name('technique', row.reference)}{numbers.scale(row)}"
    )


def beside(row, results: Findings) -> str:
    """Return the pair, and why the log cannot tell its techniques apart where it cannot."""
    table = results.tables.get("separable")
    if table is None:
        return compared(row)
    pair = {row.technique, row.reference}
    here = table[(table["region"] == row.region) & table["technique"].isin(pair)]
    reasons = here.loc[here["other"].isin(pair), "reason"].map(_APART).dropna()
    return "; ".join([compared(row), *map(_, reasons)])


def people_of(row) -> str:
    """Return how many people a comparison is of, with its warning where they are few."""
    return numbers.count(row.n_people) + (numbers.few_mark() if row.few else "")


def _contrast(row, results: Findings) -> tuple[str, ...]:
    name, least = beside(row, results), min_people(results)
    if row.line == "":
        refused = (numbers.reason(row, least), *[numbers.UNKNOWN] * 4)
        return (name, numbers.count(row.n_people), *[numbers.UNKNOWN] * 2, *refused)
    # The p-values are those of the line that is given.
    adjusted = numbers.difference(row.estimate, row.low, row.high)
    p_value, signed_rank = numbers.p_value(row.p_value), _signed_rank(row)
    if row.line == "unadjusted":
        adjusted = numbers.reason(row, least)
        p_value = _("{p} unadjusted").format(p=p_value)
    return (
        name,
        people_of(row),
        f"{numbers.count(row.n_sessions)}, {numbers.count(row.n_sessions_reference)}",
        f"{numbers.two_decimals(row.slope)} ({numbers.count(row.df_within)})",
        adjusted,
        numbers.difference(row.unadjusted, row.unadjusted_low, row.unadjusted_high),
        p_value,
        numbers.p_value(row.p_holm),
        signed_rank,
    )


def _signed_rank(row) -> str:
    """Return the p-value of the signed-rank test, of which line and how it was computed."""
    p, asymptotic = numbers.p_value(row.p_signed_rank), row.signed_rank_method == "asymptotic"
    if row.line == "unadjusted":
        told = _("{p} unadjusted (asymptotic)") if asymptotic else _("{p} unadjusted")
        return told.format(p=p)
    return _("{p} (asymptotic)").format(p=p) if asymptotic else p
