"""Since the last report, in words: sessions, how many looks, and lines whose class changed."""

import json

from analysis.findings import Findings
from analysis.findings.since import ABSENT, EXCLUDES_0, INCLUDES_0, NOT_COMPARABLE, NOT_ENOUGH
from analysis.language import N_, _, ngettext
from analysis.wording import numbers
from analysis.wording.blocks import Block, raised

_TITLE = N_("Since the last report")
_LOOKS = N_(
    "Looking again and again makes chance findings more likely; intervals are not adjusted for it."
)
# Lines named on the page; findings.json has all.
_NAMED = 6
# What two intervals are that differ only in where 0 lies.
_INTERVALS = {INCLUDES_0: N_("interval includes 0"), EXCLUDES_0: N_("interval excludes 0")}


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
    title = _(_TITLE)
    if "since" not in results.tables:
        return Block(title)
    row = results.tables["since"].iloc[0]
    if row["look"] == 1:
        return Block(title, (_("First report of this log: look no. 1."),))
    lines = () if raised(results) else _lines(results, row)
    return Block(title, (_sessions(row), *lines, _looks(row)))


def _sessions(row) -> str:
    """Return how many sessions came, were changed and went; the date is the last day of that log."""
    last = row["previous_last"]
    text = _(
        "Since the last report (log to {day}): +{sessions}, {edited} edited, {withdrawn} withdrawn; look "
        "no. {look}."
    )
    if not last:
        text = _(
            "Since the last report (no session then): +{sessions}, {edited} edited, {withdrawn} withdrawn; "
            "look no. {look}."
        )
    return text.format(
        day=numbers.day(last) if last else "",
        sessions=numbers.sessions(row["n_new"]),
        edited=numbers.count(row["n_edited"]),
        withdrawn=numbers.count(row["n_withdrawn"]),
        look=numbers.count(row["look"]),
    )


def _looks(row) -> str:
    """Return what repeated looks do; from the third on also the end of the log at the first."""
    first = row["first_look"]
    if not first or row["look"] <= 2:
        return _(_LOOKS)
    ended = _("At the first look the log ended on {day}.").format(day=numbers.day(first))
    return f"{ended} {_(_LOOKS)}"


def _lines(results: Findings, row) -> tuple[str, ...]:
    """Return the lines that are or were shown by name, the others counted; and what was not compared."""
    sentences = []
    if row["not_compared"] != "lines":
        sentences += _changed(results.tables["since_lines"], row["not_compared"])
    if row["not_compared"]:
        text = (
            _("Comparisons of techniques of the two reports are not compared: {differs}.")
            if row["not_compared"] == "contrasts"
            else _("Results of the two reports are not compared: {differs}.")
        )
        sentences.append(text.format(differs=_differs(row["differs"])))
    if row["previous_kit"] != results.about["kit"]:
        text = _(
            "The last report was made by reliefbook {then}, this one by {now}: a change can come from that."
        )
        sentences.append(text.format(then=row["previous_kit"], now=results.about["kit"]))
    return tuple(sentences)


def _differs(parameters: str) -> str:
    """Return which parameters were others, as "reference was rest and is not given"."""
    text = _("{name} was {then} and is {now}")
    return "; ".join(
        text.format(name=name, then=_said(then), now=_said(now))
        for name, then, now in json.loads(parameters)
    )


def _said(value: object) -> str:
    return _("not given") if value is None else str(value)


def _changed(lines, not_compared: str) -> list[str]:
    if lines.empty:
        if not_compared:
            return [_("What is shown of groups, and which intervals include 0, is as before.")]
        return [_("What is shown, and which intervals include 0, is as before.")]
    counted = [ABSENT, NOT_ENOUGH, NOT_COMPARABLE]
    silent = lines[["before", "after"]].isin(counted).all(axis=1)
    named = [_line(row) for row in lines[~silent].itertuples()]
    said = []
    if named:
        listed = "; ".join([*named[:_NAMED], *_more(len(named) - _NAMED)])
        said.append(_("Changed: {lines}.").format(lines=listed))
    n = int(silent.sum())
    if n:
        text = ngettext(
            "{n} group or comparison came, went or changed without enough data to show, before and now.",
            "{n} groups or comparisons came, went or changed without enough data to show, before and now.",
            n,
        )
        said.append(text.format(n=numbers.count(n)))
    return said


def _more(n: int) -> list[str]:
    """Return how many lines are not named, as the last of the list."""
    text = ngettext("and {n} more, in findings.json", "and {n} more, in findings.json", max(n, 0))
    return [text.format(n=numbers.count(n))] if n > 0 else []


def _line(row) -> str:
    """Return "buttocks, tennis ball: not enough → shown, interval includes 0"."""
    name = numbers.cell_name(row)
    if row.reference:
        name = _("{group} against {reference}").format(
            group=name, reference=numbers.name("technique", row.reference)
        )
    both = {row.before, row.after} == {INCLUDES_0, EXCLUDES_0}
    before, after = (_(_INTERVALS[text] if both else text) for text in (row.before, row.after))
    return f"{name}: {before} → {after}"
