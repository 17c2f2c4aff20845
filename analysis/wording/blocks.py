"""What a block of a report is: a title, sentences, perhaps a table, perhaps a figure."""

from typing import NamedTuple

import pandas as pd

from analysis import safety
from analysis.findings import Findings
from analysis.sessions import RULES
from analysis.statistics import enough
from analysis.wording import numbers

#: Beside every result (statistics.md, 15).
CANNOT_SHOW = (
    "People chose when and what to do, knew what they did, and rated themselves. Pain that is high "
    "tends to fall by itself. These numbers cannot show that a technique caused the change."
)

#: Where nothing is summarised because no session is of a single region and technique.
ONLY_COMBINED = "Every session has several regions or techniques: counted, not summarised."

#: Where a report is made from the sums of several sites.
WITHOUT_ROWS = "The sums of the sites do not hold this; it needs the sessions."


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
    alarms : tuple of str
        Sentences that stand out, before the others: emergency signs.
    """

    title: str
    sentences: tuple[str, ...] = ()
    table: TextTable | None = None
    figure: str = ""
    alt: str = ""
    alarms: tuple[str, ...] = ()


def min_people(results: Findings) -> int:
    """Return below how many people a group is only counted: 1 in the report of one person."""
    return results.about["parameters"].get("min_people", 1)


def warning_block(results: Findings) -> Block:
    """Return the warning signs; a cohort's say how many people, under 6 only that there are some."""
    flags = results.tables["flags"]
    alarms, sentences = (
        dict.fromkeys(_sign(row, results) for row in flags[part].itertuples())
        for part in (_is_alarm(flags), ~_is_alarm(flags))
    )
    if results.about["not_asked"] and results.about["sessions"]:
        fields = ", ".join(_FIELDS[name] for name in results.about["not_asked"])
        sentences[safety.TEXTS["M5"].format(fields=fields)] = None
    return Block("Warning signs", tuple(sentences), alarms=(*alarms, *_refused_signs(results)))


def _refused_signs(results: Findings) -> list[str]:
    """Return the alarm for refused rows with a sign; the check names their lines."""
    remarks = results.tables.get("remarks")
    if remarks is None or not remarks["rule"].eq("sign-in-refused").any():
        return []
    contact = safety.EMERGENCY_CONTACT
    return [safety.REFUSED_SIGN.format(emergency_contact=contact[0].upper() + contact[1:])]


_FIELDS = {
    "numbness_before": "numbness",
    "tingling_before": "tingling",
    "numbness_place": "where it is numb",
    "symptom_side": "side of the symptoms",
    "weakness": "weakness of a leg or foot",
    "bladder_bowel": "trouble with bladder or bowels",
}


def raised(results: Findings) -> bool:
    """Return whether an emergency sign stands in the log, used or refused: then no sentence of relief."""
    return bool(_is_alarm(results.tables["flags"]).any() or _refused_signs(results))


def _is_alarm(flags: pd.DataFrame) -> pd.Series:
    return flags["text"].isin(["M1", "M2"])


def _sign(row, results: Findings) -> str:
    """Return the text of a flag; S8 is about medians and people, not about a share of sessions."""
    text, found = safety.TEXTS[row.text], "{n} of {total} sessions"
    if results.about["kind"] != "one_person" and row.text in ("M1", "M3"):
        people = "at least one person"
        if pd.notna(row.n_people) and row.n_people >= enough.MIN_PEOPLE:
            people = f"{numbers.count(row.n_people)} of {numbers.people(results.about['people'])}"
        text = text.replace(f"{found}, last on {{date}}", people).replace(found, people)
    elif row.rule == "S8":
        pain = results.tables["fortnights"].iloc[0]
        text = text.replace(
            found,
            f"median {numbers.rating(pain['median_last'])} against "
            f"{numbers.rating(pain['median_first'])}",
        )
    contact = safety.EMERGENCY_CONTACT
    filled = text.replace("{emergency_contact}.", contact[0].upper() + contact[1:] + ".")
    return filled.format(
        sign=row.sign,
        n="some" if pd.isna(row.n) else numbers.count(row.n),
        total=numbers.count(row.total),
        date="" if pd.isna(row.last) else numbers.day(row.last),
    )


#: What became of the rows that were not used.
_ROWS = {"refused": "refused", "dropped": "repeated", "skipped": "left out", "blank": "blank"}


def coverage_block(results: Findings) -> Block:
    """Return how much was logged and how much of it could be used, each with its denominator."""
    about = results.about
    others = about["kind"] == "one_person" and about["log_people"] > 1
    whose = f"in the log of {numbers.people(about['log_people'])}" if others else "in the log"
    rows = [f"{numbers.plural(about['rows'], 'row')} {whose}: used {numbers.count(about['used'])}"]
    rows += [
        f"{words} {numbers.count(about[key])}"
        for key, words in _ROWS.items()
        if about[key] or key == "refused"
    ]
    sentences = [", ".join(rows) + "."]
    if about["sessions"]:
        both = numbers.share_of(about["complete"], about["sessions"])
        days = "" if about.get("without_rows") else f" {_days(about)}"
        sentences = [f"{sentences[0]} Both ratings in {both} sessions.{days}"]
    if about["complete"] and "worse" in results.tables:
        sentences.append(" ".join(_worse(results.tables["worse"], min_people(results))))
    if about.get("without_rows"):
        sentences.append(f"Days with a session, and single symptoms: {WITHOUT_ROWS}")
    checked = about["kind"] == "check"
    title = "How complete is the log?" if checked else "How complete is the log, and who got worse?"
    return Block(title, tuple(sentences))


def _days(about: dict) -> str:
    days = numbers.n_days(about["first"], about["last"])
    if about["people"] > 1:
        return (
            f"The median person logged on {numbers.rating(about['days_median'])} of "
            f"{numbers.days(days)}."
        )
    gap = numbers.days(about["longest_gap"])
    return (
        f"Sessions on {numbers.count(about['days'])} of {numbers.days(days)}; at the longest "
        f"{gap} without a session."
    )


# How far pain was up, on a scale of points and of mm.
_PAIN_UP = {"pain up by 1": ("1 point", "10 mm"), "pain up by 2": ("2 points", "20 mm")}


def _worse(worse: pd.DataFrame, least: int) -> list[str]:
    """Return after how many sessions pain or a symptom was higher; no sentence mixes two scales."""
    counted = worse[worse["n_sessions"] > 0]
    pain = counted["event"].isin(list(_PAIN_UP))
    return [_pain_up(scale, rows, least) for scale, rows in counted[pain].groupby("scale")] + [
        "Answers before and after: numbness or tingling was new or higher after "
        f"{_events(row, least)}."
        for row in counted[~pain].itertuples()
    ]


def _pain_up(scale: str, rows: pd.DataFrame, least: int) -> str:
    points = scale == "NRS0-10"
    parts = "; ".join(
        f"by {_PAIN_UP[row.event][not points]} or more after {_events(row, least)}"
        for row in rows.itertuples()
    )
    return f"Pain {'' if points else 'on the 0 to 100 scale '}was up {parts}."


def _events(row, least: int) -> str:
    """Return "54 of 1,467 (4 %) sessions in 26 of 48 people", or why not."""
    sessions = numbers.sessions(row.n_sessions)
    if row.n_people < least:
        return f"{numbers.UNKNOWN} of {sessions}, not enough people ({row.n_people} of {least})"
    people = f" in {numbers.counted(row.people_with, row.n_people)} people" * (row.n_people > 1)
    return f"{numbers.share_of(row.n_with, row.n_sessions)} sessions{people}"


# What a log without a session has to say (clinician-report.md, 9).
_ALWAYS = ("head", "warnings", "summary", "coverage", "question", "limits", "data")


def without_sessions(shown: dict[str, Block]) -> dict[str, Block]:
    """Return the blocks of a log without a session: results are said to be missing, not drawn."""
    return {
        name: block if name in _ALWAYS else Block(block.title, ("No session to show.",))
        for name, block in shown.items()
    }


def synthetic(results: Findings) -> tuple[str, ...]:
    """Return the sentence that the report of the shipped example opens with."""
    return ("SYNTHETIC EXAMPLE: nobody's data, made to show the kit.",) * results.about["synthetic"]


def data_block(results: Findings) -> Block:
    """Return what the numbers rest on: files with their hash, parameters, refused rows by rule."""
    about = results.about
    parameters = ", ".join(
        f"{key}={'not given' if value is None else value}"
        for key, value in sorted(about["parameters"].items())
        if key != "question"
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
    sentences = (f"Refused, and what such a row must have: {refused}.",) if refused else ()
    ending = f"Parameters: {parameters}. " if parameters else ""
    return Block("Data", (*sentences, f"{ending}Kit: reliefbook {about['kit']}."), table)
