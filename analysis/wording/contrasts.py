"""Technique against reference, in words: the paired lines, and the line between different people."""

import pandas as pd

from analysis.findings import Findings
from analysis.wording import numbers
from analysis.wording.blocks import Block, TextTable, min_people

_LORD = (
    "Adjusted means: at the same starting pain now. If A and B were used in different months with "
    "different pain levels, the adjusted line credits that difference to the technique; the "
    "unadjusted line does not."
)
_DEPENDS = "Depends on the adjustment for starting pain – not a robust finding."


def contrast_block(results: Findings) -> Block:
    """Return every comparison with its reference, adjusted and unadjusted, refused ones too."""
    contrasts, least = results.tables["contrasts"], min_people(results)
    title = "Same people, same starting pain"
    columns = (
        "region: technique − reference",
        "people",
        "adjusted",
        "unadjusted",
        "p",
        "Holm p",
        "signed-rank\u00a0p",
    )
    if contrasts.empty:
        return Block(title, ("No two techniques were logged on one region: nothing to compare.",))
    rows = [_contrast(row, least) for row in contrasts.itertuples()]
    family = int(contrasts["p_value"].notna().sum())
    tests = f"; Holm over {numbers.plural(family, 'comparison')}" if family else ""
    table = TextTable(
        f"Difference in drop, in people who logged both (points{tests})",
        columns,
        rows,
        (False, True, False, False, True, True, True),
    )
    asked = results.about["parameters"]["reference"]
    chosen = (
        "set before the run"
        if asked
        else "rest where it was logged, else the technique of most people"
    )
    notes = [f"Reference: {chosen}. {_LORD}"]
    depends = "; ".join(
        _compared(row) for row in contrasts[contrasts["depends"]].itertuples() if _differ(row)
    )
    if depends:
        notes.append(f"{depends}: {_DEPENDS}")
    if contrasts["few_repeats"].any():
        notes.append(
            "Slope from few sessions where fewer than 20 repeated sessions stand behind the "
            "adjustment."
        )
    # Only where too few people logged both: beside a paired line it would be read as a second answer.
    between = results.tables["between"][contrasts["line"].eq("")]
    notes += [_between(row) for row in between[between["reason"] == ""].itertuples()]
    return Block(title, tuple(notes), table)


def _differ(row) -> bool:
    """Return whether the two lines of a contrast differ as they are written: 0.0 and 0.0 do not."""
    return (numbers.points(row.estimate), numbers.points(row.unadjusted)) != ("0.0", "0.0") or (
        row.low <= 0 <= row.high
    ) != (row.unadjusted_low <= 0 <= row.unadjusted_high)


def _between(row) -> str:
    """Return the exploratory line between people who logged only one of two techniques."""
    line = (
        f"Between different people, exploratory: {_compared(row)} "
        f"{_line(row.estimate, row.low, row.high)}; {numbers.people(row.n_people)} with only the one, "
        f"{numbers.count(row.n_people_reference)} with only the other"
    )
    adjusted = _line(row.adjusted, row.adjusted_low, row.adjusted_high)
    return (
        f"{line}; at the same starting pain {adjusted}." if pd.notna(row.adjusted) else f"{line}."
    )


def _compared(row) -> str:
    return (
        f"{numbers.name('region', row.region)}: {numbers.name('technique', row.technique)} − "
        f"{numbers.name('technique', row.reference)}{numbers.scale(row)}"
    )


def _contrast(row, least: int) -> tuple[str, ...]:
    name = _compared(row)
    few = " (few)" if row.few else ""
    n_people = numbers.count(row.n_people) + few
    if row.line == "":
        return (name, numbers.count(row.n_people), numbers.reason(row, least), *["–"] * 4)
    adjusted = _line(row.estimate, row.low, row.high)
    if row.line == "unadjusted":
        adjusted = numbers.reason(row, least)
    return (
        name,
        n_people,
        adjusted,
        _line(row.unadjusted, row.unadjusted_low, row.unadjusted_high),
        numbers.p_value(row.p_value),
        numbers.p_value(row.p_holm),
        numbers.p_value(row.p_signed_rank)
        + " (asymptotic)" * (row.signed_rank_method == "asymptotic"),
    )


def _line(estimate: float, low: float, high: float) -> str:
    sign = "+" if numbers.points(estimate)[0] not in "−0" else ""
    spread = numbers.interval(low, high)
    return f"{sign}{numbers.points(estimate)} " + (
        f"({spread})" if spread != numbers.UNKNOWN else "(no variation)"
    )
