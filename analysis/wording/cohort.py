"""The cohort report in words."""

import pandas as pd

from analysis import safety
from analysis.findings import Findings
from analysis.language import N_, _, ngettext
from analysis.statistics import enough
from analysis.wording import numbers
from analysis.wording.blocks import (
    CANNOT_SHOW,
    ONLY_COMBINED,
    WITHOUT_ROWS,
    Block,
    coverage_block,
    data_block,
    min_people,
    opening,
    raised,
    warning_block,
    without_sessions,
)
from analysis.wording.contrasts import contrast_block
from analysis.wording.groups import cell_notes, done_block, responder_block
from analysis.wording.missing import missing_block
from analysis.wording.next_session import next_block
from analysis.wording.since import since_block
from analysis.wording.worse import symptoms_block, worse_after_block


def cohort_blocks(results: Findings) -> dict[str, Block]:
    """Return the blocks of the cohort report, in the order of the pages."""
    shown = {
        "head": _head(results),
        "warnings": warning_block(results),
        "summary": _summary(results),
        "coverage": coverage_block(results),
        "since": since_block(results),
        "start_pain": _start_pain(results),
        "symptoms": symptoms_block(results),
        "worse_after": worse_after_block(results),
        "data": data_block(results),
        "done": done_block(results),
        "reduction": _reduction(results),
        "contrasts": contrast_block(results),
        "responders": responder_block(results),
        "next": next_block(results),
        "missing": missing_block(results),
        "limits": _limits(results),
    }
    return shown if results.about["sessions"] else without_sessions(shown)


def _head(results: Findings) -> Block:
    about = results.about
    title = _("Self-massage and stretching log: {people}")
    if about["sessions"]:
        title = _("Self-massage and stretching log: {people}, {period}")
    when = numbers.period(about["first"], about["last"]) if about["sessions"] else ""
    exploratory = _("Exploratory. {not_advice}").format(not_advice=_(safety.NOT_ADVICE))
    return Block(
        title.format(people=numbers.people(about["people"]), period=when),
        (*opening(results), exploratory),
    )


# Sessions of a row of ``overall``: as a sentence begins, and within one.
_REST = (N_("Sessions of rest"), N_("sessions of rest"))
_OTHER = (N_("Sessions other than rest"), N_("sessions other than rest"))
_EVERY = (
    N_("Sessions of all techniques together"),
    N_("sessions of all techniques together"),
)


def _summary(results: Findings) -> Block:
    about, title = results.about, _("In short")
    if not about["sessions"]:
        return Block(title, (_("Nothing to summarise: no session could be used."),))
    if raised(results):
        alarm = _("{sessions} logged. A warning sign stands in this log: read it first.")
        return Block(title, (alarm.format(sessions=numbers.sessions(about["sessions"])),))
    overall = results.tables["overall"]
    rest = overall["sessions_of"].eq("rest")
    told, kind = overall[~rest | overall["reason"].eq("")], _kind if rest.any() else _one_kind
    sentences = [_followed(row, _(kind(row)[0]), min_people(results)) for row in told.itertuples()]
    sentences += cell_notes(told, lambda row: _(kind(row)[1]) + numbers.scale(row))
    if about["people"] == 1:
        sentences.append(_("This log is of one person: the report “one_person” is made for it."))
    if rest.any() and results.tables["contrasts"]["line"].ne("").any():
        # Two averages of different people, one above the other, would be read as a comparison.
        sentences.append(
            _("Whether they differ in the same people: see “Same people, same starting pain”.")
        )
    cannot = _("High pain tends to fall by itself: this log cannot show that massage was why.")
    return Block(title, (*sentences, _(ONLY_COMBINED) if overall.empty else cannot))


def _kind(row) -> tuple[str, str]:
    return _REST if row.sessions_of == "rest" else _OTHER


def _one_kind(row) -> tuple[str, str]:
    return _EVERY


def _followed(row, kind: str, least: int) -> str:
    """Return what followed the sessions of one overall row."""
    logged = numbers.sessions(row.n_sessions + row.n_missing)
    if row.n_people == 0:
        none = _("{kind}: {sessions} logged, none with both ratings.")
        return none.format(kind=kind, sessions=logged)
    if row.reason and row.reason != enough.NO_VARIATION:
        refused = _("{kind}: {sessions} logged; {reason}.")
        if row.reason == enough.FEW:
            refused = _("{kind}: {sessions} logged; {reason} to summarise.")
        return refused.format(kind=kind, sessions=logged, reason=numbers.reason(row, least))
    spread = (
        _("no variation between people")
        if row.reason
        else numbers.moved_interval(row.estimate, row.low, row.high)
    )
    told = _(
        "{kind} were followed by an average {moved} ({marked}; {people}, both ratings in {rated} of "
        "{sessions}); average starting pain {start}."
    )
    return told.format(
        kind=kind,
        moved=numbers.moved(row.estimate, row.scale),
        marked=", ".join([spread, *numbers.marks(row)]),
        people=numbers.people(row.n_people),
        rated=numbers.count(row.n_sessions),
        sessions=logged,
        start=numbers.points(row.mean_before),
    )


def _start_pain(results: Findings) -> Block:
    title = _("Pain at the start of sessions, week by week")
    if "weeks" not in results.tables:
        return Block(title, (_(WITHOUT_ROWS),))
    weeks = results.tables["weeks"]
    shown = weeks.dropna(subset="median")
    if weeks.empty:
        none = _("No rating from 0 to 10 to draw: this chart takes no other scale.")
        return Block(title, (none,))
    if shown.empty:
        few = _("Not enough people in any week ({least} needed) to draw a line.")
        return Block(title, (few.format(least=numbers.count(min_people(results))),))
    note = _(
        "Line: median over people of each person's mean of the week; band: quartiles. Not the same "
        "people log every week."
    )
    return Block(title, (note,), figure="start_pain", alt=_weeks_in_words(shown))


def _weeks_in_words(weeks: pd.DataFrame) -> str:
    """Return the line of starting pain in words, from the weeks that are drawn."""
    first, last = weeks.iloc[0], weeks.iloc[-1]
    highest = weeks.loc[weeks["median"].idxmax()]
    told = _(
        "Line chart: median starting pain over people in {weeks}, 0 to 10, higher is worse. {first} in the "
        "week of {first_week}, {last} in the week of {last_week}, highest {highest} in the week of "
        "{highest_week}."
    )
    return told.format(
        weeks=ngettext("{n} week", "{n} weeks", len(weeks)).format(n=numbers.count(len(weeks))),
        first=numbers.points(first["median"]),
        first_week=numbers.day(first["week"]),
        last=numbers.points(last["median"]),
        last_week=numbers.day(last["week"]),
        highest=numbers.points(highest["median"]),
        highest_week=numbers.day(highest["week"]),
    )


def _reduction(results: Findings) -> Block:
    cells, least = results.tables["cells"], min_people(results)
    title = _("Pain reduction per person")
    told = "; ".join(
        f"{numbers.cell_name(row)}: {numbers.estimate(row, least)}, {numbers.people(row.n_people)}"
        for row in cells.itertuples()
        if not row.reason
    )
    if not told:
        return Block(title, (_("No group has enough people to draw."),))
    alt = _(
        "Dot plot of the drop in pain, one dot a person, with mean and 95 % interval. {groups}."
    )
    note = _(
        "Dot: one person's own average; ring and bar: mean over people and its 95 % interval. Right of 0 "
        "is less pain."
    )
    return Block(title, (note,), figure="reduction", alt=alt.format(groups=told))


def _limits(results: Findings) -> Block:
    unit = _(
        "The unit is the person: own sessions are averaged first, every person counts once. Intervals are "
        "95 % t intervals over people, not adjusted for their number; that of an adjusted line holds the "
        "error of its slope too. Under {least} people only the count is shown, under {few} “few people”."
    )
    left_out = _(
        "No average holds sessions of several parts, without after, or of a group that subtraction would "
        "tell. Order is the guide's, never by result."
    )
    least, few = numbers.count(min_people(results)), numbers.count(enough.FEW_PEOPLE)
    shown = (_(CANNOT_SHOW), unit.format(least=least, few=few), left_out)
    return Block(_("Method and limits"), shown)
