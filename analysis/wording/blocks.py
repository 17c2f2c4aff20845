"""What a block of a report is: a title, sentences, perhaps a table, perhaps a figure."""

from typing import NamedTuple

import pandas as pd

from analysis import safety
from analysis.findings import Findings
from analysis.findings.page import Page, page_of
from analysis.language import N_, _, ngettext
from analysis.sessions import RULES
from analysis.statistics import enough
from analysis.wording import numbers

#: Beside every result (statistics.md, 15).
CANNOT_SHOW = N_(
    "People chose when and what to do, knew what they did, and rated themselves. Pain that is high "
    "tends to fall by itself. These numbers cannot show that a technique caused the change."
)

#: Where nothing is summarised because no session is of a single region and technique.
ONLY_COMBINED = N_("Every session has several regions or techniques: counted, not summarised.")

#: Where a report is made from the sums of several sites.
WITHOUT_ROWS = N_("The sums of the sites do not hold this; it needs the sessions.")


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
    strong : int
        How many of the first sentences are in bold: signs that are no emergency, and not to be missed.
    """

    title: str
    sentences: tuple[str, ...] = ()
    table: TextTable | None = None
    figure: str = ""
    alt: str = ""
    alarms: tuple[str, ...] = ()
    strong: int = 0


def min_people(results: Findings) -> int:
    """Return below how many people a group is only counted: 1 in the report of one person."""
    return results.about["parameters"].get("min_people", 1)


def warning_block(results: Findings) -> Block:
    """Return the warning signs; a cohort's say how many people, under 6 only that there are some."""
    flags, about = results.tables["flags"], results.about
    alarms, sentences = (
        dict.fromkeys(_sign(row, results) for row in flags[part].itertuples())
        for part in (_is_alarm(flags), ~_is_alarm(flags))
    )
    strong = len(sentences)
    if about.get("without_rows") and about["sessions"]:
        sentences[_(safety.SITE_BY_SITE)] = None
    if about["not_asked"] and about["sessions"]:
        fields = ", ".join(_(_FIELDS[name]) for name in about["not_asked"])
        not_asked = safety.TEXTS["M5"]
        sentences[_(not_asked).format(fields=fields)] = None
    alarms = (*alarms, *_refused_signs(results))
    if about["kind"] == "cohort" and not about.get("without_rows") and not about.get("shared"):
        who = _(
            "Who it is: reliefbook check LOG --signs FILE.csv lists them for whoever keeps the log."
        )
        sentences |= {who: None} if len(alarms) else {}
    return Block(_("Warning signs"), tuple(sentences), alarms=alarms, strong=strong)


def _refused_signs(results: Findings) -> list[str]:
    """Return the alarm for refused rows with a sign; the check names their lines."""
    remarks = results.tables.get("remarks")
    if remarks is None or not remarks["rule"].eq("sign-in-refused").any():
        return []
    return [_(safety.REFUSED_SIGN).format(emergency_contact=_contact(results))]


def _contact(results: Findings) -> str:
    """Return whom to call in the country of the report, as a sentence begins."""
    return numbers.capital(safety.emergency_contact(page_of(results).locale))


_FIELDS = {
    "numbness_before": N_("numbness"),
    "tingling_before": N_("tingling"),
    "numbness_place": N_("where it is numb"),
    "symptom_side": N_("side of the symptoms"),
    "weakness": N_("weakness of a leg or foot"),
    "bladder_bowel": N_("trouble with bladder or bowels"),
}


def raised(results: Findings) -> bool:
    """Return whether an emergency sign stands in the log, used or refused: then no sentence of relief."""
    return bool(_is_alarm(results.tables["flags"]).any() or _refused_signs(results))


def with_sign_on_second_page(shown: dict[str, Block]) -> dict[str, Block]:
    """Return the blocks of a report with an emergency sign: who holds only the second page reads of it."""
    sign = _("Warning sign in this log, see page 1; the sessions with it are in these numbers.")
    return {
        name: block._replace(sentences=(sign, *block.sentences)) if name in _SECOND else block
        for name, block in shown.items()
    }


# The block that opens the second page, of a cohort and of one person.
_SECOND = ("done", "groups")


def _is_alarm(flags: pd.DataFrame) -> pd.Series:
    return flags["text"].isin(["M1", "M2"])


def _sign(row, results: Findings) -> str:
    """Return the text of a flag: of a cohort in people, of S8 in medians, else in sessions or notes."""
    contact = _contact(results)
    if results.about["kind"] != "one_person" and row.text in ("M1", "M3"):
        text, told = _in_people(row, results)
    elif row.rule == "S8":
        pain = results.tables["fortnights"].iloc[0]
        now, then = (numbers.rating(pain[name]) for name in ("median_last", "median_first"))
        text, told = "M3 of pain", {"now": now, "then": then}
    elif row.text == "M4" and pd.isna(row.n):
        text, told = "M4 of some", {}
    else:
        date = "" if pd.isna(row.last) else numbers.day(row.last)
        counts = {"n": numbers.count(row.n), "total": numbers.count(row.total)}
        text, told = row.text, counts | {"date": date}
    return _(safety.TEXTS[text]).format(sign=_(row.sign), emergency_contact=contact, **told)


def _in_people(row, results: Findings) -> tuple[str, dict[str, str]]:
    """Return which text says a flag of a cohort, and what is filled in; under 6 people are some."""
    if pd.isna(row.n_people) or row.n_people < enough.MIN_PEOPLE:
        return f"{row.text} of some", {}
    people = numbers.people(results.about["people"])
    return f"{row.text} of people", {"n": numbers.count(row.n_people), "people": people}


#: What became of the rows that were not used.
_ROWS = {
    "refused": N_("refused {n}"),
    "dropped": N_("repeated {n}"),
    "skipped": N_("left out {n}"),
    "blank": N_("blank {n}"),
}


def coverage_block(results: Findings) -> Block:
    """Return how much was logged and how much of it could be used, each with its denominator.

    A cohort's block goes on with who got worse; one person's report has a block for it.
    """
    about = results.about
    sentences = [f"{', '.join(_rows(about))}."]
    if about["sessions"]:
        both = _("Both ratings in {share} sessions.")
        sentences.append(both.format(share=numbers.share_of(about["complete"], about["sessions"])))
        sentences += [] if about.get("without_rows") else [_days(about)]
    paragraphs = [" ".join(sentences)]
    if about["kind"] == "cohort" and about["complete"]:
        paragraphs.append(" ".join(worse_sentences(results)))
    if about.get("without_rows"):
        without = _("Days with a session, and single symptoms: {reason}")
        paragraphs.append(without.format(reason=_(WITHOUT_ROWS)))
    who = about["kind"] == "cohort"
    title = _("How complete is the log, and who got worse?") if who else _(COMPLETE)
    return Block(title, tuple(paragraphs))


#: The title of the coverage where nothing is said of who got worse.
COMPLETE = N_("How complete is the log?")


def _rows(about: dict) -> list[str]:
    """Return what became of the rows, those used first."""
    rows, used = about["rows"], numbers.count(about["used"])
    if about["kind"] == "one_person" and about["log_people"] > 1:
        text = ngettext(
            "{n} row in the log of {people}: used {used}",
            "{n} rows in the log of {people}: used {used}",
            _known(rows),
        )
    else:
        text = ngettext(
            "{n} row in the log: used {used}", "{n} rows in the log: used {used}", _known(rows)
        )
    first = text.format(
        n=numbers.count(rows), people=numbers.people(about["log_people"]), used=used
    )
    return [first] + [
        _(words).format(n=numbers.count(about[key]))
        for key, words in _ROWS.items()
        if about[key] or key == "refused"
    ]


def _known(rows: int | None) -> int:
    """Return the number of rows; a share copy of one person of several has none, and is not shown."""
    return rows or 0


def _days(about: dict) -> str:
    days = numbers.days(numbers.n_days(about["first"], about["last"]))
    if about["people"] > 1:
        text = _("The median person logged on {n} of {days}.")
        return text.format(n=numbers.rating(about["days_median"]), days=days)
    return _("Sessions on {n} of {days}; at the longest {gap} without a session.").format(
        n=numbers.count(about["days"]), days=days, gap=numbers.days(about["longest_gap"])
    )


# How far pain was up, on a scale of points and of mm.
_PAIN_UP = {
    "pain up by 1": (
        N_("by 1 point or more after {events}"),
        N_("by 10 mm or more after {events}"),
    ),
    "pain up by 2": (
        N_("by 2 points or more after {events}"),
        N_("by 20 mm or more after {events}"),
    ),
}


def worse_sentences(results: Findings) -> list[str]:
    """Return after how many sessions pain or a symptom was higher; no sentence mixes two scales."""
    worse, least = results.tables.get("worse"), min_people(results)
    if worse is None:
        return []
    counted = worse[worse["n_sessions"] > 0]
    pain = counted["event"].isin(list(_PAIN_UP))
    symptom = _("Answers before and after: numbness or tingling was new or higher after {events}.")
    return [_pain_up(scale, rows, least) for scale, rows in counted[pain].groupby("scale")] + [
        symptom.format(events=_events(row, least)) for row in counted[~pain].itertuples()
    ]


def _pain_up(scale: str, rows: pd.DataFrame, least: int) -> str:
    points = scale == "NRS0-10"
    parts = "; ".join(
        _(_PAIN_UP[row.event][not points]).format(events=_events(row, least))
        for row in rows.itertuples()
    )
    text = _("Pain was up {parts}.") if points else _("Pain on the 0 to 100 scale was up {parts}.")
    return text.format(parts=parts)


def _events(row, least: int) -> str:
    """Return "54 of 1,467 (4 %) sessions in 26 of 48 people", or why not."""
    if row.n_people < least:
        return _("– of {sessions}, not enough people ({n} of {least})").format(
            sessions=numbers.sessions(row.n_sessions),
            n=numbers.count(row.n_people),
            least=numbers.count(least),
        )
    share = numbers.share_of(row.n_with, row.n_sessions)
    if row.n_people == 1:
        return _("{share} sessions").format(share=share)
    people = numbers.counted(row.people_with, row.n_people)
    return _("{share} sessions in {people} people").format(share=share, people=people)


# What a log without a session has to say (clinician-report.md, 9).
_ALWAYS = ("head", "warnings", "summary", "coverage", "question", "limits", "data")


def without_sessions(shown: dict[str, Block]) -> dict[str, Block]:
    """Return the blocks of a log without a session: results are said to be missing, not drawn."""
    return {
        name: block if name in _ALWAYS else Block(block.title, (_("No session to show."),))
        for name, block in shown.items()
    }


def opening(results: Findings) -> tuple[str, ...]:
    """Return what the head begins with: that the log is the shipped example; who made it and when."""
    synthetic = _("SYNTHETIC EXAMPLE: nobody's data, made to show the kit.")
    return ((synthetic,) if results.about["synthetic"] else ()) + _made(page_of(results))


def _made(page: Page) -> tuple[str, ...]:
    """Return the day of making and whoever made it, so far as the page is to say so."""
    if page.made_on and page.made_by:
        text = _("Made {day} by {name}.")
    elif page.made_on:
        text = _("Made {day}.")
    elif page.made_by:
        text = _("Made by {name}.")
    else:
        return ()
    day = numbers.day(page.made_on) if page.made_on else ""
    return (text.format(day=day, name=page.made_by),)


def data_block(results: Findings) -> Block:
    """Return what the numbers rest on: files with their hash, refused rows by rule; see also the footer."""
    rows = [
        (
            row.file,
            f"{numbers.count(row.rows)} / {numbers.count(row.kept)} / {numbers.count(row.refused)}",
            row.sha256,
        )
        for row in results.tables["sources"].itertuples()
    ]
    table = TextTable(
        _("The files read"),
        (_("file"), _("rows in / used / refused"), "SHA-256"),
        rows,
        (False, True, False),
    )
    return Block(_("Data"), refused_line(results), table)


def parameters_line(results: Findings) -> tuple[str, ...]:
    """Return the sentence that names every parameter with its value; none where there are none."""
    none = _("not given")
    parameters = ", ".join(
        f"{key}={none if value is None else value}"
        for key, value in sorted(results.about["parameters"].items())
        if key != "question"
    )
    text = _("Parameters: {parameters}.")
    return (text.format(parameters=parameters),) if parameters else ()


def refused_line(results: Findings) -> tuple[str, ...]:
    """Return the sentence that counts refused rows by what they must have; none where there are none."""
    refused = "; ".join(
        f"{_(RULES[row.rule][1])} ({numbers.count(row.n_faults)})"
        for row in results.tables["refused"].itertuples()
    )
    text = _("Rows refused because this was not so: {rules}.")
    return (text.format(rules=refused),) if refused else ()
