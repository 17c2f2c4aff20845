"""What a block of a report is: a title, sentences, perhaps a table, perhaps a figure."""

from typing import NamedTuple

import pandas as pd

from analysis import safety
from analysis.findings import Findings
from analysis.sessions import RULES
from analysis.wording import numbers

#: Beside every result (statistics.md, 15).
CANNOT_SHOW = (
    "People chose when and what to do, knew what they did, and rated themselves. Pain that is high "
    "tends to fall by itself. These numbers cannot show that X caused the change."
)


class TextTable(NamedTuple):
    """A table as a person reads it: every cell is finished text.

    Attributes
    ----------
    caption : str
        What the table shows.
    columns : tuple of str
        Headers. The first column names the row.
    rows : list of tuple of str
        Cells.
    numeric : tuple of bool
        Per column, whether its cells line up on the right.
    """

    caption: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    numeric: tuple[bool, ...]


class Block(NamedTuple):
    """One block of a report, the same on the HTML page and in the PDF.

    Attributes
    ----------
    title : str
        The heading.
    sentences : tuple of str
        Paragraphs, in order.
    table : TextTable or None
        Its table.
    figure : str
        The name of its figure, or "".
    alt : str
        The figure in words, from the table behind it.
    alarm : bool
        Whether it must stand out: a warning sign.
    """

    title: str
    sentences: tuple[str, ...] = ()
    table: TextTable | None = None
    figure: str = ""
    alt: str = ""
    alarm: bool = False


def warning_block(results: Findings) -> Block:
    """Return the warning signs; a cohort's say how many people, under 6 only that there are some."""
    flags = results.tables["flags"]
    cohort = results.about["kind"] != "one_person"
    sentences = dict.fromkeys(_sign(row, cohort=cohort) for row in flags.itertuples())
    if results.about["not_asked"] and results.about["sessions"]:
        fields = ", ".join(name.replace("_", " ") for name in results.about["not_asked"])
        sentences[safety.TEXTS["M5"].format(fields=fields)] = None
    alarm = bool(flags["text"].isin(["M1", "M2"]).any())
    return Block("Warning signs", tuple(sentences), alarm=alarm)


def raised(results: Findings) -> bool:
    """Return whether an emergency sign (M1 or M2) stands in the log: then no sentence of relief."""
    return bool(results.tables["flags"]["text"].isin(["M1", "M2"]).any())


def _sign(row, *, cohort: bool) -> str:
    text = safety.TEXTS[row.text]
    if cohort and row.text in ("M1", "M3"):
        known = numbers.people(row.n_people) if row.n_people >= 6 else "at least one person"
        text = text.replace("{n} of {total} sessions, last on {date}", known)
        text = text.replace("{n} of {total} sessions", known)
    contact = safety.EMERGENCY_CONTACT
    filled = text.replace("{emergency_contact}.", contact[0].upper() + contact[1:] + ".")
    return filled.format(
        sign=row.sign,
        n=numbers.count(row.n),
        total=numbers.count(row.total),
        date=numbers.day(row.last),
    )


def coverage_block(results: Findings) -> Block:
    """Return how much was logged and how much of it could be used, each with its denominator."""
    about = results.about
    rows = [
        f"{numbers.count(about['rows'])} rows in the log: used {numbers.count(about['used'])}",
        f"refused {numbers.count(about['refused'])}",
    ]
    rows += [
        f"{words} {numbers.count(about[key])}"
        for key, words in (("dropped", "repeated"), ("blank", "blank"))
        if about[key]
    ]
    sentences = [", ".join(rows) + "."]
    if about["sessions"]:
        days = (pd.Timestamp(about["last"]) - pd.Timestamp(about["first"])).days + 1
        sentences += [
            f"Both ratings in {numbers.share_of(about['complete'], about['sessions'])} sessions. "
            f"Sessions on {numbers.count(about['days'])} of {numbers.count(days)} days; longest gap "
            f"{numbers.plural(about['longest_gap'], 'day')}."
        ]
    if about["complete"]:
        worse = about["worse"]
        sentences += [
            f"Pain was up by 1 point or more after {numbers.count(worse['by_1'])} of "
            f"{numbers.count(about['complete'])} sessions, by 2 or more after "
            f"{numbers.count(worse['by_2'])}."
        ]
    return Block("How complete is the log?", tuple(sentences))


def data_block(results: Findings) -> Block:
    """Return what the numbers rest on: files with their hash, parameters, refused rows by rule."""
    about = results.about
    parameters = ", ".join(
        f"{key}={'default' if value is None else value}"
        for key, value in sorted(about["parameters"].items())
    )
    rows = [
        (
            row.file,
            f"{numbers.count(row.rows)} / {numbers.count(row.kept)} / {numbers.count(row.refused)}",
            row.sha256,
        )
        for row in results.tables["sources"].itertuples()
    ]
    table = TextTable(
        "The files read",
        ("file", "rows in / used / refused", "SHA-256"),
        rows,
        (False, True, False),
    )
    refused = "; ".join(
        f"{RULES[row.rule][1]} ({numbers.count(row.n_faults)})"
        for row in results.tables["refused"].itertuples()
    )
    sentences = (f"Refused cells and rows, by the rule they break: {refused}.",) if refused else ()
    ending = f"Parameters: {parameters}. " if parameters else ""
    return Block("Data", (*sentences, f"{ending}Kit: reliefbook {about['kit']}."), table)
