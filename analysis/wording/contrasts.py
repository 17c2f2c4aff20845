"""Technique against reference, in words: the paired lines, and the line between different people."""

import pandas as pd

from analysis.findings import Findings
from analysis.statistics.separable import DIFFERENT_MONTHS, DIFFERENT_PEOPLE, TOGETHER
from analysis.wording import numbers
from analysis.wording.blocks import WITHOUT_ROWS, Block, TextTable, min_people

_LORD = (
    "Adjusted means: at the same starting pain now. If A and B were used in different months with "
    "different pain levels, the adjusted line credits that difference to the technique; the "
    "unadjusted line does not."
)
_DEPENDS = "Depends on the adjustment for starting pain – not a robust finding."
_APART = {
    TOGETHER: "used on the same days by most people: cannot be told apart",
    DIFFERENT_MONTHS: "used at different times",
    DIFFERENT_PEOPLE: "used by different people",
}


def contrast_block(results: Findings) -> Block:
    """Return every comparison with its reference, adjusted and unadjusted, refused ones too."""
    contrasts = results.tables["contrasts"]
    title = "Same people, same starting pain"
    if contrasts.empty:
        return Block(title, ("No two techniques were logged on one region: nothing to compare.",))
    family = int(contrasts["p_value"].notna().sum())
    tests = (
        f"; Holm over {numbers.plural(family, 'comparison')}; signed-rank: of symmetry about 0, not of the "
        "mean"
    ) * bool(family)
    table = TextTable(
        f"Difference in drop, in people who logged both ({numbers.units(contrasts['scale'])}{tests})",
        (
            "region: technique − reference",
            "people",
            "sessions of each",
            "slope (df)",
            "adjusted",
            "unadjusted",
            "p",
            "Holm p",
            "signed-rank p",
        ),
        [_contrast(row, results) for row in contrasts.itertuples()],
        (False, True, True, True, False, False, True, True, True),
    )
    return Block(title, tuple(_notes(contrasts, results)), table)


def _notes(contrasts: pd.DataFrame, results: Findings) -> list[str]:
    """Return what holds for all lines, then the warnings about single ones."""
    asked = results.about["parameters"]["reference"]
    default = "rest where it was logged, else the technique of most people"
    notes = [f"Reference: {'set before the run' if asked else default}. {_LORD}"]
    depends = "; ".join(
        compared(row) for row in contrasts[contrasts["depends"]].itertuples() if _differ(row)
    )
    if depends:
        notes.append(f"{depends}: {_DEPENDS}")
    few_repeats = "; ".join(
        compared(row) for row in contrasts[contrasts["few_repeats"]].itertuples()
    )
    if few_repeats:
        notes.append(f"Slope from few sessions, fewer than 20 repeated: {few_repeats}.")
    if "separable" not in results.tables:
        notes.append(f"Whether two techniques were used at other times or together: {WITHOUT_ROWS}")
    # Only where too few people logged both: beside a paired line it would be read as a second answer.
    between = results.tables["between"][contrasts["line"].eq("")]
    rules = results.tables["responder_differences"]
    least = min_people(results)
    return notes + [
        _between(row, rules, least) for row in between[between["reason"] == ""].itertuples()
    ]


def _differ(row) -> bool:
    """Return whether the two lines of a contrast differ as they are written: 0.0 and 0.0 do not."""
    return (numbers.points(row.estimate), numbers.points(row.unadjusted)) != ("0.0", "0.0") or (
        row.low <= 0 <= row.high
    ) != (row.unadjusted_low <= 0 <= row.unadjusted_high)


def _between(row, rules: pd.DataFrame, least: int) -> str:
    """Return the exploratory line between people who logged only one of two techniques."""
    line = (
        "Between different people, exploratory, never pooled with the lines above: "
        f"{compared(row)} {numbers.difference(row.estimate, row.low, row.high)}, Hedges g "
        f"{numbers.two_decimals(row.hedges_g)}; {numbers.people(row.n_people)}"
        f"{numbers.few(row.n_people, least)} with only the one, "
        f"{numbers.count(row.n_people_reference)}{numbers.few(row.n_people_reference, least)} with only "
        "the other"
    )
    if pd.notna(row.adjusted):
        adjusted = numbers.difference(row.adjusted, row.adjusted_low, row.adjusted_high)
        line += f"; at the same starting pain {adjusted}"
    share = responder_difference(row, rules)
    return f"{line}; people whose mean drops by 30 % or more: {share}."


def responder_difference(row, rules: pd.DataFrame) -> str:
    """Return of how many people with only the one, and only the other, the mean drops by 30 %."""
    key = ["region", "technique", "reference", "scale"]
    same = (rules[key] == [getattr(row, name) for name in key]).all(axis=1)
    found = next(rules[same & (rules["rule"] == "30 percent")].itertuples())
    if found.reason:
        return found.reason
    difference = numbers.percentage_points(found.estimate, found.low, found.high)
    return (
        f"{numbers.counted(found.people, found.people_of)} against "
        f"{numbers.counted(found.people_reference, found.people_of_reference)}, {difference}"
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
    return "; ".join([compared(row), *reasons])


def _contrast(row, results: Findings) -> tuple[str, ...]:
    name, least = beside(row, results), min_people(results)
    n_people = numbers.count(row.n_people) + " (few)" * row.few
    sessions = f"{numbers.count(row.n_sessions)}, {numbers.count(row.n_sessions_reference)}"
    if row.line == "":
        refused = (numbers.reason(row, least), *[numbers.UNKNOWN] * 4)
        return (name, numbers.count(row.n_people), *[numbers.UNKNOWN] * 2, *refused)
    adjusted = numbers.difference(row.estimate, row.low, row.high)
    # The p-values are those of the line that is given.
    of_line = " unadjusted" * (row.line == "unadjusted")
    if of_line:
        adjusted = numbers.reason(row, least)
    return (
        name,
        n_people,
        sessions,
        f"{numbers.two_decimals(row.slope)} ({numbers.count(row.df_within)})",
        adjusted,
        numbers.difference(row.unadjusted, row.unadjusted_low, row.unadjusted_high),
        numbers.p_value(row.p_value) + of_line,
        numbers.p_value(row.p_holm),
        numbers.p_value(row.p_signed_rank)
        + of_line
        + " (asymptotic)" * (row.signed_rank_method == "asymptotic"),
    )
