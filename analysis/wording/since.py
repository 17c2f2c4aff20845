"""Since the last report, in words: sessions, how many looks, and lines whose class changed."""

from analysis.findings import Findings
from analysis.findings.since import ABSENT, EXCLUDES_0, INCLUDES_0, NOT_COMPARABLE, NOT_ENOUGH
from analysis.wording import numbers
from analysis.wording.blocks import Block, raised

_TITLE = "Since the last report"
_LOOKS = (
    "Looking again and again makes chance findings more likely; intervals are not adjusted for it."
)
# Lines named on the page; findings.json has all.
_NAMED = 6


def since_block(results: Findings) -> Block:
    """Return what differs from the last report: short sentences, no table.

    Parameters
    ----------
    results : Findings
        As ``with_since`` returns them; without its tables the block is empty.

    Notes
    -----
    Under an emergency sign no line is named: beside it nothing on the first page may be read as relief.
    """
    if "since" not in results.tables:
        return Block(_TITLE)
    row = results.tables["since"].iloc[0]
    if row["look"] == 1:
        return Block(_TITLE, ("First report of this log: look no. 1.",))
    lines = () if raised(results) else _lines(results, row)
    return Block(_TITLE, (_sessions(row), *lines, _looks(row)))


def _sessions(row) -> str:
    """Return how many sessions came, were changed and went; the date is the last day of that log."""
    when = numbers.day(row["previous_last"]) if row["previous_last"] else "no session then"
    return (
        f"Since the last report ({when}): +{numbers.sessions(row['n_new'])}, "
        f"{numbers.count(row['n_edited'])} edited, {numbers.count(row['n_withdrawn'])} withdrawn; "
        f"look no. {numbers.count(row['look'])}."
    )


def _looks(row) -> str:
    """Return what repeated looks do; from the third on also the end of the log at the first."""
    first = row["first_look"]
    told = first and row["look"] > 2
    return f"At the first look the log ended on {numbers.day(first)}. {_LOOKS}" if told else _LOOKS


def _lines(results: Findings, row) -> tuple[str, ...]:
    """Return the lines that are or were shown by name, the others counted; and what was not compared."""
    sentences = []
    if row["not_compared"] != "lines":
        sentences += _changed(results.tables["since_lines"], row["not_compared"])
    if row["not_compared"]:
        what = "Comparisons of techniques" if row["not_compared"] == "contrasts" else "Results"
        sentences.append(f"{what} of the two reports are not compared: {row['differs']}.")
    if row["previous_kit"] != results.about["kit"]:
        sentences.append(
            f"The last report was made by reliefbook {row['previous_kit']}, this one by "
            f"{results.about['kit']}: a change can come from that."
        )
    return tuple(sentences)


def _changed(lines, not_compared: str) -> list[str]:
    if lines.empty:
        of_groups = " of groups" if not_compared else ""
        return [f"What is shown{of_groups}, and which intervals include 0, is as before."]
    counted = [ABSENT, NOT_ENOUGH, NOT_COMPARABLE]
    silent = lines[["before", "after"]].isin(counted).all(axis=1)
    named = [_line(row) for row in lines[~silent].itertuples()]
    said = [f"Changed: {'; '.join(named[:_NAMED])}{_more(len(named) - _NAMED)}."] if named else []
    if silent.any():
        n = numbers.plural(int(silent.sum()), "group or comparison", "groups or comparisons")
        said.append(f"{n} came, went or changed without enough data to show, before and now.")
    return said


def _more(n: int) -> str:
    return f"; and {numbers.count(n)} more, in findings.json" if n > 0 else ""


def _line(row) -> str:
    """Return "buttocks, tennis ball: not enough → shown, interval includes 0"."""
    against = f" against {numbers.name('technique', row.reference)}" if row.reference else ""
    before, after = row.before, row.after
    if {before, after} == {INCLUDES_0, EXCLUDES_0}:
        before, after = (text.removeprefix("shown, ") for text in (before, after))
    return f"{numbers.cell_name(row)}{against}: {before} → {after}"
