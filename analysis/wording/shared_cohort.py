"""The share copy of a cohort in words: counts are texts, and what could be subtracted is not said."""

from analysis import safety
from analysis.findings import Findings
from analysis.findings.shared_cohort import LEAST, UNDER
from analysis.findings.shared_names import NOT_SHOWN, STEP
from analysis.language import N_, _, ngettext
from analysis.wording import numbers
from analysis.wording.blocks import (
    CANNOT_SHOW,
    WITHOUT_ROWS,
    Block,
    opening,
    raised,
    warning_block,
    without_sessions,
)
from analysis.wording.shared_groups import (
    contrasts_block,
    done_block,
    kind_of,
    missing_block,
    next_block,
    of_people,
    reduction_block,
    responders_block,
)

_COPY = N_(
    "Share copy: no names, notes or dates; counts under {least} are not told, nor what would tell them, "
    "and the others are rounded to {step}."
)


def shared_cohort_blocks(results: Findings) -> dict[str, Block]:
    """Return the blocks of a cohort's copy, in the order of its pages, but the last, "data"."""
    shown = {
        "head": _head(results),
        "warnings": warning_block(results),
        "summary": _summary(results),
        "coverage": _coverage(results),
        "start_pain": _start_pain(results),
        "symptoms": _symptoms(results),
        "done": done_block(results),
        "reduction": reduction_block(results),
        "contrasts": contrasts_block(results),
        "responders": responders_block(results),
        "next": next_block(results),
        "missing": missing_block(results),
        "limits": _limits(),
    }
    return shown if results.about["sessions"] else without_sessions(shown)


def _head(results: Findings) -> Block:
    about, who = results.about, numbers.people(results.about["people"])
    if str(about["people"]).isdigit() and about["sessions"]:
        who = _("about {people}").format(people=who)  # rounded, and not to be taken for the number
    title = _("Self-massage and stretching log: {people}").format(people=who)
    if about["sessions"]:
        period = numbers.period(about["first"], about["last"])
        title = _("Self-massage and stretching log: {people}, {period}").format(
            people=who, period=period
        )
    copy = _(_COPY).format(least=numbers.count(LEAST), step=numbers.count(STEP))
    exploratory = _("Exploratory. {not_advice}").format(not_advice=_(safety.NOT_ADVICE))
    return Block(title, (*opening(results), exploratory, copy))


def _summary(results: Findings) -> Block:
    title, about = _("In short"), results.about
    if not about["sessions"]:
        return Block(title, (_("Nothing to summarise: no session could be used."),))
    if raised(results):
        alarm = _("{sessions} logged. A warning sign stands in this log: read it first.")
        return Block(title, (alarm.format(sessions=numbers.sessions(about["sessions"])),))
    followed = [_followed(row) for row in results.tables["overall"].itertuples()]
    cannot = _("High pain tends to fall by itself: this log cannot show that massage was why.")
    return Block(title, (*followed, cannot))


def _followed(row) -> str:
    """Return what followed the sessions of one overall row, or why that is not told."""
    if row.reason:
        return f"{kind_of(row)}: {_(row.reason)}."
    text = _(
        "{Sessions} were followed by an average {drop} ({interval}; {people}); average starting pain "
        "{start}."
    )
    return text.format(
        Sessions=kind_of(row),
        drop=numbers.moved(row.estimate, row.scale),
        interval=numbers.moved_interval(row.estimate, row.low, row.high),
        people=numbers.people(row.n_people),
        start=numbers.points(row.mean_before),
    )


def _coverage(results: Findings) -> Block:
    about = results.about
    used = _("{sessions} used; rows refused: {refused}.").format(
        sessions=numbers.sessions(about["sessions"]), refused=numbers.count(about["refused"])
    )
    sentences = [used]
    if about["sessions"]:
        both = _("Both ratings in {n} of them.").format(n=numbers.count(about["complete"]))
        sentences.append(both if about["without_rows"] else f"{both} {_median_days(about)}")
        sentences += [_worse(row) for row in results.tables["worse"].itertuples()]
    return Block(_("How complete is the log, and who got worse?"), tuple(sentences))


def _median_days(about: dict) -> str:
    days = numbers.days(numbers.n_days(about["first"], about["last"]))
    text = _("The median person logged on {n} of {days}.")
    return text.format(n=numbers.count(about["days_median"]), days=days)


_EVENTS = {
    ("pain up by 1", "NRS0-10"): N_(
        "Pain was up by 1 point or more after {sessions}, in {people}."
    ),
    ("pain up by 2", "NRS0-10"): N_(
        "Pain was up by 2 points or more after {sessions}, in {people}."
    ),
    ("pain up by 1", "VAS0-100"): N_(
        "Pain was up by 10 mm of 100 or more after {sessions}, in {people}."
    ),
    ("pain up by 2", "VAS0-100"): N_(
        "Pain was up by 20 mm of 100 or more after {sessions}, in {people}."
    ),
}
_SYMPTOM = N_("Numbness or tingling was new or higher after {sessions}, in {people}.")


def _worse(row) -> str:
    """Return in how many people something was higher after a session; of few, only that they are few."""
    sessions = _("one or more sessions")
    if row.n_with.isdigit():
        sessions = of_people(row.n_with, numbers.sessions(row.n_sessions))
    people = of_people(row.people_with, numbers.people(row.n_people))
    text = _(_EVENTS.get((row.event, row.scale), _SYMPTOM))
    return text.format(sessions=sessions, people=people)


def _start_pain(results: Findings) -> Block:
    title = _("Pain at the start of sessions, week by week")
    if "weeks" not in results.tables:
        return Block(title, (_(WITHOUT_ROWS),))
    weeks = results.tables["weeks"]
    shown = weeks.dropna(subset="median")
    if shown.empty:
        none = _("No week has {least} people with a rating from 0 to 10.")
        return Block(title, (none.format(least=numbers.count(LEAST)),))
    first, last = shown.iloc[0], shown.iloc[-1]
    alt = ngettext(
        "Line chart: median starting pain over people in {n} week, 0 to 10, higher is worse. {first} in "
        "week {first_week}, {last} in week {last_week}.",
        "Line chart: median starting pain over people in {n} weeks, 0 to 10, higher is worse. {first} in "
        "week {first_week}, {last} in week {last_week}.",
        len(shown),
    ).format(
        n=numbers.count(len(shown)),
        first=numbers.points(first["median"]),
        first_week=numbers.count(first["week"]),
        last=numbers.points(last["median"]),
        last_week=numbers.count(last["week"]),
    )
    note = _(
        "Line: median over people of each person's mean of the week; band: quartiles. Not the same people "
        "log every week."
    )
    return Block(title, (note,), figure="start_pain", alt=alt)


_SYMPTOMS = {
    "numbness": N_(
        "Numbness: new or higher after a session in {worse}, there before or after one in {present}."
    ),
    "tingling": N_(
        "Tingling: new or higher after a session in {worse}, there before or after one in {present}."
    ),
}


_NOT_ASKED = {"numbness": N_("Numbness: not asked."), "tingling": N_("Tingling: not asked.")}


def _symptoms(results: Findings) -> Block:
    title = _("Numbness and tingling")
    if "symptoms" not in results.tables:
        return Block(title, (_(WITHOUT_ROWS),))
    states = results.tables["symptoms"].set_index(["symptom", "state"])
    lines = []
    for name, text in _SYMPTOMS.items():
        if f"{name}_before" in results.about["not_asked"]:
            lines.append(_(_NOT_ASKED[name]))
            continue
        worse, present = (states.loc[(name, state)] for state in ("worse", "present"))
        told = of_people(present["people_with"], numbers.people(present["n_people"]))
        lines.append(_(text).format(worse=numbers.count(worse["people_with"]), present=told))
    return Block(title, (*lines, _("Counts, no test. Not answered is not absent.")))


_METHOD = N_(
    "The unit is the person: own sessions are averaged first, every person counts once. Intervals are 95 % "
    "t intervals over people, not adjusted for their number. Order is the guide's, never by result."
)
_HIDDEN = N_(
    "“{under}” is 0 to {most}. “{not_shown}”: it would tell of a hidden group, or cannot be added up. Own "
    "words for a region or technique are “other”. Rounded counts need not add up. The report that this copy "
    "was made of has every group, p-values and all checks."
)


def _limits() -> Block:
    hidden = _(_HIDDEN).format(
        under=_(UNDER), most=numbers.count(LEAST - 1), not_shown=_(NOT_SHOWN)
    )
    return Block(_("Method and limits"), (_(CANNOT_SHOW), _(_METHOD), hidden))
