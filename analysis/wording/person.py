"""The report of one person's log in words."""

from analysis import safety
from analysis.findings import Findings
from analysis.language import N_, _, ngettext, pgettext
from analysis.statistics import enough
from analysis.statistics.one_person import (
    FEW_DAYS,
    FEW_SESSIONS,
    INTERVAL_DAYS,
    MIN_SESSIONS,
    PLAIN_DAYS,
)
from analysis.wording import numbers
from analysis.wording.blocks import (
    ONLY_COMBINED,
    Block,
    TextTable,
    coverage_block,
    data_block,
    opening,
    raised,
    warning_block,
    without_sessions,
    worse_sentences,
)
from analysis.wording.groups import footnotes
from analysis.wording.next_session import next_block
from analysis.wording.person_charts import sessions_block, start_pain_block
from analysis.wording.person_contrasts import person_contrasts_block
from analysis.wording.since import since_block
from analysis.wording.worse import symptoms_block, worse_after_block


def person_blocks(results: Findings) -> dict[str, Block]:
    """Return the blocks of one person's report, in the order of the pages.

    The first page draws pain, the second what followed the sessions (clinician-report.md, 3 and 4). The
    question and who got worse stand higher than there: read by a clinician with a watch, they came last.
    """
    shown = {
        "head": _head(results),
        "warnings": warning_block(results),
        "question": _question(results),
        "summary": _summary(results),
        "coverage": coverage_block(results),
        "worse": _worse(results),
        "start_pain": start_pain_block(results),
        "symptoms": symptoms_block(results),
        "since": since_block(results),
        "data": data_block(results),
        "groups": _groups(results),
        "sessions": sessions_block(results),
        "contrasts": person_contrasts_block(results),
        "responders": _responders(results),
        "worse_after": worse_after_block(results),
        "next": _next(results),
        "limits": _limits(),
    }
    return shown if results.about["sessions"] else without_sessions(shown)


def _head(results: Findings) -> Block:
    about, title = results.about, _("Self-massage and stretching log of one person")
    if about["sessions"]:
        title = _("Self-massage and stretching log of one person: {period}").format(
            period=numbers.period(about["first"], about["last"])
        )
    exploratory = _("Self-tracking log, exploratory. {not_advice}").format(
        not_advice=_(safety.NOT_ADVICE)
    )
    return Block(title, (*opening(results), exploratory))


def _summary(results: Findings) -> Block:
    title, sentences = _("In short"), []
    if not results.about["sessions"]:
        return Block(title, (_("Nothing to summarise: no session could be used."),))
    for row in results.tables["fortnights"].query("scale == 'NRS0-10'").itertuples():
        text = _(
            "Starting pain: median {first} in the first 14 days ({sessions}), {last} in the last 14 "
            "({n_last})."
        )
        sentences.append(
            text.format(
                first=numbers.rating(row.median_first),
                sessions=numbers.sessions(row.n_first),
                last=numbers.rating(row.median_last),
                n_last=numbers.count(row.n_last),
            )
        )
    cannot = _("High pain tends to fall by itself: this log cannot show that massage was why.")
    if raised(results):
        read = _(
            "A warning sign stands in this log: read it first. Less pain does not make it safe."
        )
        return Block(title, (read, *sentences, cannot))
    overall = results.tables["overall"]
    followed = [_followed(row) for row in overall.itertuples()] or [_(ONLY_COMBINED)]
    shown = overall["median"].notna().any()
    return Block(title, (*sentences, *followed, *([cannot] if shown else [])))


def _followed(row) -> str:
    """Return what followed the sessions other than rest, or those of rest."""
    logged = numbers.count(row.n_sessions + row.n_missing)
    both = _("both ratings in {n} of {logged}").format(
        n=numbers.count(row.n_sessions), logged=logged
    )
    if row.reason in (FEW_SESSIONS, enough.NO_SESSIONS):
        text = _("Not enough {sessions} to summarise: {both}, {least} needed.")
        return text.format(sessions=_kind(row), both=both, least=numbers.count(MIN_SESSIONS))
    if row.reason == enough.MISSING:
        return f"{numbers.capital(_kind(row))}: {numbers.reason(row)} ({both})."
    if row.reason == FEW_DAYS:
        text = _(
            "The median change within {sessions} was a {drop} ({both}; no interval is given yet)."
        )
        drop = _moved(row.median, row.scale)
        return text.format(sessions=_kind(row), drop=drop, both=both)
    if row.reason == enough.NO_VARIATION:
        text = _("{Sessions} were followed by a {drop} (no variation, no interval; {both}).")
        drop = _moved(row.estimate, row.scale)
        return text.format(Sessions=numbers.capital(_kind(row)), drop=drop, both=both)
    return _averaged(row, both)


def _averaged(row, both: str) -> str:
    """Return the average that followed with what it carries: interval, counts, warnings."""
    notes = [numbers.moved_interval(row.estimate, row.low, row.high), both]
    if row.few:
        notes.append(_("few sessions, on {days}").format(days=numbers.days(row.n_days)))
    sentence = _("{Sessions} were followed by an average {drop} ({notes}).").format(
        Sessions=numbers.capital(_kind(row)),
        drop=numbers.moved(row.estimate, row.scale),
        notes="; ".join(notes),
    )
    imprecise = _("This is too imprecise to tell a useless from a useful difference.")
    return f"{sentence} {imprecise}" if row.imprecise else sentence


# Which sessions an overall row is of, of points and of mm.
_KINDS = {
    True: (N_("sessions of rest"), N_("sessions of rest on the 0 to 100 scale")),
    False: (N_("sessions other than rest"), N_("sessions other than rest on the 0 to 100 scale")),
}


def _kind(row) -> str:
    """Return which sessions an overall row is of."""
    points, mm = _KINDS[row.sessions_of == "rest"]
    return _(points) if row.scale == "NRS0-10" else _(mm)


def _moved(value: float, scale: str) -> str:
    """Return "drop of 1 point", of a value that is no average: whole where it is whole."""
    written = f"{abs(value):.1f}"
    n = 1 if written == "1.0" else 2
    mm = scale != "NRS0-10"
    if written == "0.0":
        text = _("change of {size} mm of 100") if mm else _("change of {size} points")
    elif value > 0:
        points = ngettext("drop of {size} point", "drop of {size} points", n)
        text = _("drop of {size} mm of 100") if mm else points
    else:
        points = ngettext("rise of {size} point", "rise of {size} points", n)
        text = _("rise of {size} mm of 100") if mm else points
    return text.format(size=numbers.rating(abs(value)))


def _question(results: Findings) -> Block:
    asked = results.about["parameters"].get("question")  # a share copy has none
    return Block(_("My question for this visit"), (asked or "_" * 60,))


def _worse(results: Findings) -> Block:
    """Return after how many sessions pain or a symptom was higher, with a 0 where it is one."""
    none = _("No session has both ratings.")
    return Block(_("Worse after a session"), tuple(worse_sentences(results)) or (none,))


def _groups(results: Findings) -> Block:
    groups = results.tables["groups"]
    rows = [
        (
            numbers.cell_name(row),
            numbers.counted(row.n_sessions, row.n_all),
            numbers.UNKNOWN if row.reason == enough.COMBINED_PARTS else numbers.count(row.n_days),
            numbers.rating(row.minutes),
            numbers.rating(row.median_before),
            _after(row),
            _drop(row),
        )
        for row in groups.itertuples()
    ]
    caption = _("Every group that was logged; drop ({units}), positive is less pain")
    columns = (
        _("region, technique"),
        _("both ratings, of sessions"),
        pgettext("column", "days"),
        _("median min"),
        _("median start"),
        _("less, same, more pain after"),
        _("drop (95 % interval)"),
    )
    numeric = (False, True, True, True, True, True, False)
    units = numbers.units(groups["scale"])
    table = TextTable(caption.format(units=units), columns, rows, numeric)
    note = _(
        "From {days} days on the average over days, before that the median of the sessions. Groups used "
        "at different times are not comparable."
    )
    return Block(
        _("What was done, and what followed"),
        (note.format(days=numbers.count(INTERVAL_DAYS)),),
        table,
    )


def _after(row) -> str:
    """Return after how many sessions pain was lower, the same and higher, where that is shown."""
    if row.median_reduction != row.median_reduction:  # NaN
        return numbers.UNKNOWN
    return ", ".join(map(numbers.count, (row.n_lower, row.n_same, row.n_worse)))


def _drop(row) -> str:
    """Return the average drop with its interval, the median, or why there is neither."""
    if row.reason == enough.COMBINED_PARTS:
        return _("several parts in one session: counted only")
    if row.reason in (FEW_SESSIONS, enough.NO_SESSIONS):
        text = _("not enough sessions (n = {n}) to summarise")
        return text.format(n=numbers.count(row.n_sessions))
    if row.reason == FEW_DAYS:
        text = _("median {median}, no interval yet")
        return text.format(median=numbers.rating(row.median_reduction))
    if row.reason == enough.NO_VARIATION:
        text = _("{mean} (no variation, no interval)")
        return text.format(mean=numbers.points(row.estimate))
    if row.reason:
        return numbers.reason(row)
    shown = f"{numbers.points(row.estimate)} ({numbers.interval(row.low, row.high)})"
    marks = [_("few sessions")] * row.few + [_("too imprecise")] * row.imprecise
    return ", ".join([shown, *marks])


def _responders(results: Findings) -> Block:
    """Return after how many sessions pain was lower by at least so much."""
    title = _("Immediate change of at least …")
    overall = results.tables["overall"]
    shown = overall[overall["median"].notna()]
    if shown.empty:
        return Block(title, (_("Not enough sessions to show."),))
    return Block(title, (*map(_shares, shown.itertuples()), *footnotes(shown["scale"])))


def _shares(row) -> str:
    """Return how many sessions of an overall row meet each rule; never joined by "or"."""
    n, from_above_0 = int(row.n_sessions), int(row.nb)
    text = _(
        "{Sessions}: 30 % lower: {of_30}; {two} lower*: {of_two}; both: {of_both}; {two} higher: "
        "{of_worse}."
    )
    return text.format(
        Sessions=numbers.capital(_kind(row)),
        two=numbers.two(row.scale),
        of_30=_of_30(row, n - from_above_0),
        of_two=numbers.share_of(row.k2, n),
        of_both=numbers.share_of(row.kboth, n),
        of_worse=numbers.share_of(row.kw, n),
    )


def _of_30(row, at_0: int) -> str:
    """Return the share of the sessions that started above 0, and how many others are left out."""
    share = numbers.share_of(row.k30, int(row.nb)) if row.nb else _("none started above 0")
    left_out = _("{sessions} that started at 0 left out").format(sessions=numbers.sessions(at_0))
    return ", ".join([share, left_out]) if at_0 else share


def _next(results: Findings) -> Block:
    """Return the immediate change beside the start of the next session."""
    block, following = next_block(results), results.tables["next"]
    if not (following["immediate"].notna() & (following["n_pairs"] >= INTERVAL_DAYS)).any():
        return block
    *lines, note = block.sentences
    none = _("One person: no interval.")
    return block._replace(sentences=(*lines, f"{note} {none}"))


_CHOSE = N_(
    "The person chose when and what to do, knew what was done, and rated it. Pain that is high tends to "
    "fall by itself. These numbers cannot show that a technique caused the change."
)
_METHOD = N_(
    "Under {sessions} sessions with both ratings: the count only; under {days} days: the median; under "
    "{plain}: “few sessions”. 95 % t intervals over days, wider where days that follow each other are "
    "alike, not adjusted for their number; more than 1 point to each side is too imprecise to tell a "
    "useless from a useful difference. Sessions of several parts are counted only. Order is the guide's, "
    "never by result."
)


def _limits() -> Block:
    method = _(_METHOD).format(
        sessions=numbers.count(MIN_SESSIONS),
        days=numbers.count(INTERVAL_DAYS),
        plain=numbers.count(PLAIN_DAYS),
    )
    return Block(_("Method and limits"), (_(_CHOSE), method))
