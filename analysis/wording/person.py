"""The report of one person's log in words."""

from analysis import safety
from analysis.findings import Findings
from analysis.statistics import enough
from analysis.statistics.one_person import (
    FEW_DAYS,
    FEW_SESSIONS,
    INTERVAL_DAYS,
    MIN_OVERLAP,
    MIN_SESSIONS,
    MIN_SWITCHES,
    PLAIN_DAYS,
    PLAIN_SESSIONS,
)
from analysis.wording import numbers
from analysis.wording.blocks import (
    ONLY_COMBINED,
    Block,
    TextTable,
    coverage_block,
    data_block,
    raised,
    synthetic,
    warning_block,
    without_sessions,
)
from analysis.wording.contrasts import compared
from analysis.wording.groups import footnotes
from analysis.wording.next_session import next_block
from analysis.wording.plan import plan_sentences
from analysis.wording.since import since_block
from analysis.wording.worse import symptoms_block, worse_after_block


def person_blocks(results: Findings) -> dict[str, Block]:
    """Return the blocks of one person's report, in the order of the pages."""
    shown = {
        "head": _head(results),
        "warnings": warning_block(results),
        "summary": _summary(results),
        "coverage": coverage_block(results),
        "start_pain": _start_pain(results),
        "symptoms": symptoms_block(results),
        "worse_after": worse_after_block(results),
        "since": since_block(results),
        "question": _question(results),
        "groups": _groups(results),
        "contrasts": _contrasts(results),
        "responders": _responders(results),
        "next": _next(results),
        "sessions": _sessions(results),
        "limits": _limits(),
        "data": data_block(results),
    }
    return shown if results.about["sessions"] else without_sessions(shown)


def _head(results: Findings) -> Block:
    about = results.about
    when = f": {numbers.period(about['first'], about['last'])}" if about["sessions"] else ""
    return Block(
        f"Self-massage and stretching log of one person{when}",
        (*synthetic(results), f"Self-tracking log, exploratory. {safety.NOT_ADVICE}"),
    )


def _summary(results: Findings) -> Block:
    about = results.about
    title, sentences = "In short", []
    if not about["sessions"]:
        return Block(title, ("Nothing to summarise: no session could be used.",))
    for row in results.tables["fortnights"].query("scale == 'NRS0-10'").itertuples():
        sentences.append(
            f"Starting pain: median {numbers.rating(row.median_first)} in the first 14 days "
            f"({numbers.sessions(row.n_first)}), {numbers.rating(row.median_last)} in the last 14 "
            f"({numbers.count(row.n_last)})."
        )
    if raised(results):
        return Block(title, (*sentences, "A warning sign stands in this log: read it first."))
    overall = results.tables["overall"]
    followed = [_followed(row) for row in overall.itertuples()] or [ONLY_COMBINED]
    shown = overall["median"].notna().any()
    cannot = "High pain tends to fall by itself: this log cannot show that massage was why."
    return Block(title, (*sentences, *followed, *([cannot] if shown else [])))


def _followed(row) -> str:
    """Return what followed the sessions other than rest, or those of rest."""
    kind = _kind(row)
    logged = numbers.count(row.n_sessions + row.n_missing)
    both = f"both ratings in {numbers.count(row.n_sessions)} of {logged}"
    if row.reason in (FEW_SESSIONS, enough.NO_SESSIONS):
        return f"Not enough {kind} to summarise: {both}, {MIN_SESSIONS} needed."
    if row.reason == enough.MISSING:
        return f"{numbers.capital(kind)}: {numbers.reason(row)} ({both})."
    if row.reason == FEW_DAYS:
        moved = _moved(row.median, row.scale)
        return f"The median change within {kind} was a {moved} ({both}; no interval is given yet)."
    if row.reason == enough.NO_VARIATION:
        moved = _moved(row.estimate, row.scale)
        return f"{numbers.capital(kind)} were followed by a {moved} (no variation, no interval; {both})."
    few = f"; few sessions, on {numbers.count(row.n_days)} days" * row.few
    imprecise = " This is too imprecise to tell a useless from a useful difference." * row.imprecise
    return (
        f"{numbers.capital(kind)} were followed by an average {numbers.moved(row.estimate, row.scale)} "
        f"({numbers.moved_interval(row.estimate, row.low, row.high)}; {both}{few}).{imprecise}"
    )


def _kind(row) -> str:
    """Return which sessions an overall row is of."""
    return {"rest": "sessions of rest"}.get(row.sessions_of, "sessions other than rest") + (
        "" if row.scale == "NRS0-10" else " on the 0 to 100 scale"
    )


def _moved(value: float, scale: str) -> str:
    """Return "drop of 1 point", of a value that is no average: whole where it is whole."""
    size = numbers.rating(abs(value))
    unit = "mm of 100" if scale != "NRS0-10" else "point" if size == "1" else "points"
    return f"{'change' if size == '0' else 'drop' if value > 0 else 'rise'} of {size} {unit}"


def _question(results: Findings) -> Block:
    asked = results.about["parameters"].get("question")  # a share copy has none
    return Block("My question for this visit", (asked or "_" * 60,))


def _start_pain(results: Findings) -> Block:
    series = results.tables["series"]
    rated = series[series["scale"] == "NRS0-10"]
    title = "Pain at the start of each session"
    if rated.empty:
        none = "No session with a rating from 0 to 10 to draw."
        return Block(title, (none,))
    highest = rated.loc[rated["pain_before"].idxmax()]
    alt = (
        f"Line chart: pain at the start of {numbers.sessions(len(rated))}, 0 to 10, higher is "
        f"worse, {numbers.day(rated['started_at'].iloc[0])} to "
        f"{numbers.day(rated['started_at'].iloc[-1])}. First "
        f"{numbers.rating(rated['pain_before'].iloc[0])}, last "
        f"{numbers.rating(rated['pain_before'].iloc[-1])}, highest "
        f"{numbers.rating(highest['pain_before'])} on {numbers.day(highest['started_at'])}."
    )
    note = (
        "Dot: one session; dashed line: the person's own median. Points more than 7 days apart are not "
        "joined."
    )
    left_out = _not_drawn(len(series) - len(rated))
    return Block(title, (note + left_out,), figure="start_pain", alt=alt)


def _not_drawn(n_sessions: int) -> str:
    """Return how many sessions a chart leaves out because of their scale, or nothing."""
    if not n_sessions:
        return ""
    are = "is" if n_sessions == 1 else "are"
    return f" {numbers.sessions(n_sessions)} on another scale {are} not drawn."


def _groups(results: Findings) -> Block:
    groups = results.tables["groups"]
    rows = [
        (
            numbers.cell_name(row),
            f"{numbers.count(row.n_sessions)} of {numbers.count(row.n_all)}",
            numbers.UNKNOWN if row.reason == enough.COMBINED_PARTS else numbers.count(row.n_days),
            numbers.rating(row.minutes),
            numbers.rating(row.median_before),
            _after(row),
            _drop(row),
        )
        for row in groups.itertuples()
    ]
    table = TextTable(
        f"Every group that was logged; drop ({numbers.units(groups['scale'])}), positive is less pain",
        (
            "region, technique",
            "both ratings, of sessions",
            "days",
            "median min",
            "median start",
            "less, same, more pain after",
            "drop (95 % interval)",
        ),
        rows,
        (False, True, True, True, True, True, False),
    )
    note = (
        f"From {INTERVAL_DAYS} days on the average over days, before that the median of the sessions. Groups "
        "used at different times are not comparable."
    )
    return Block("What was done, and what followed", (note,), table)


def _after(row) -> str:
    """Return after how many sessions pain was lower, the same and higher, where that is shown."""
    if row.median_reduction != row.median_reduction:  # NaN
        return numbers.UNKNOWN
    return ", ".join(map(numbers.count, (row.n_lower, row.n_same, row.n_worse)))


def _drop(row) -> str:
    """Return the average drop with its interval, the median, or why there is neither."""
    if row.reason == enough.COMBINED_PARTS:
        return "several parts in one session: counted only"
    if row.reason in (FEW_SESSIONS, enough.NO_SESSIONS):
        return f"not enough sessions (n = {numbers.count(row.n_sessions)}) to summarise"
    if row.reason == FEW_DAYS:
        return f"median {numbers.rating(row.median_reduction)}, no interval yet"
    if row.reason == enough.NO_VARIATION:
        return f"{numbers.points(row.estimate)} (no variation, no interval)"
    if row.reason:
        return numbers.reason(row)
    marks = ", few sessions" * row.few + ", too imprecise" * row.imprecise
    return f"{numbers.points(row.estimate)} ({numbers.interval(row.low, row.high)}){marks}"


def _contrasts(results: Findings) -> Block:
    """Return every technique against its reference, with the layout in time, and the plan's test."""
    title = "Technique against reference, in this log"
    plan = plan_sentences(results)
    trial = "Self-tracking log, not a trial." + _NO_PLAN * (not plan)
    contrasts = results.tables["contrasts"]
    if contrasts.empty:
        none = "No two techniques were logged on one region: nothing to compare."
        return Block(title, (f"{trial} {none}", *plan))
    tested = results.tables["plan"].query("reason == ''")
    planned = [_pair(row) for row in tested.itertuples()]
    rows = [
        (
            compared(row),
            f"{numbers.count(row.n_sessions)}, {numbers.count(row.n_sessions_reference)}",
            numbers.count(row.switches),
            numbers.percent(row.overlap),
            _difference(row, drawn=_pair(row) in planned),
        )
        for row in contrasts.itertuples()
    ]
    table = TextTable(
        f"Difference in drop at the same starting pain and day ({numbers.units(contrasts['scale'])}); "
        "positive is a larger drop with the first",
        (
            "region: technique − reference",
            "sessions",
            "switches",
            "overlap",
            "difference (95 % interval)",
        ),
        rows,
        (False, True, True, True, False),
    )
    asked = results.about["parameters"]["reference"]
    chosen = (
        "set before the run"
        if asked
        else "rest where it was logged, else the technique of most sessions"
    )
    layout = (
        f"{trial} Reference: {chosen}. Overlap: days in both calendar ranges, of the days in either; below "
        f"{numbers.percent(MIN_OVERLAP)}, or below {MIN_SWITCHES} switches between the two, they were used "
        "at different times."
    )
    return Block(title, (layout, *plan), table)


_NO_PLAN = " No randomised plan was given, so no p-value stands here."


def _pair(row) -> tuple:
    """Return what two techniques are compared on, whichever is the reference."""
    return (row.region, row.scale, {row.technique, row.reference})


def _difference(row, *, drawn: bool) -> str:
    """Return a difference with its interval, or why there is none."""
    if row.reason == FEW_SESSIONS:
        fewer = min(row.n_sessions, row.n_sessions_reference)
        return f"not enough sessions (n = {numbers.count(fewer)}) to compare"
    if row.reason and row.reason != enough.NO_VARIATION:
        return numbers.reason(row)
    # The banner is also for enough sessions whose order nobody drew; a tested plan has its sentence.
    few = min(row.n_sessions, row.n_sessions_reference) < PLAIN_SESSIONS
    banner = ", few sessions" if few else ", not randomised" * (not drawn)
    marks = banner * row.few + ", too imprecise" * row.imprecise
    return f"{numbers.difference(row.estimate, row.low, row.high)}{marks}"


def _responders(results: Findings) -> Block:
    """Return after how many sessions pain was lower by at least so much."""
    title = "Immediate change of at least …"
    overall = results.tables["overall"]
    shown = overall[overall["median"].notna()]
    if shown.empty:
        return Block(title, ("Not enough sessions to show.",))
    return Block(title, (*map(_shares, shown.itertuples()), *footnotes(shown["scale"])))


def _shares(row) -> str:
    """Return how many sessions of an overall row meet each rule; never joined by "or"."""
    two = numbers.two(row.scale)
    n, from_above_0 = int(row.n_sessions), int(row.nb)
    of_30 = numbers.share_of(row.k30, from_above_0) if from_above_0 else "none started above 0"
    at_0 = n - from_above_0
    left_out = f", {numbers.sessions(at_0)} that started at 0 left out" * bool(at_0)
    return (
        f"{numbers.capital(_kind(row))}: 30 % lower: {of_30}{left_out}; {two} lower*: "
        f"{numbers.share_of(row.k2, n)}; both: {numbers.share_of(row.kboth, n)}; {two} higher: "
        f"{numbers.share_of(row.kw, n)}."
    )


def _next(results: Findings) -> Block:
    """Return the immediate change beside the start of the next session."""
    block, following = next_block(results), results.tables["next"]
    if not (following["immediate"].notna() & (following["n_pairs"] >= INTERVAL_DAYS)).any():
        return block
    *lines, note = block.sentences
    return block._replace(sentences=(*lines, f"{note} One person: no interval."))


def _sessions(results: Findings) -> Block:
    series = results.tables["series"]
    rated = series[(series["scale"] == "NRS0-10") & series["pain_reduction"].notna()]
    title = "Before and after, session by session"
    if rated.empty:
        none = "No session has both ratings."
        if series["pain_reduction"].notna().any():
            none = "No session with both ratings from 0 to 10 to draw: this chart takes no other scale."
        return Block(title, (none,))
    change = rated["pain_reduction"]
    alt = (
        f"Dumbbell chart of {numbers.sessions(len(rated))} by date, pain before and after, 0 "
        f"to 10, higher is worse. Lower after in {numbers.count((change > 0).sum())}, the same in "
        f"{numbers.count((change == 0).sum())}, higher in {numbers.count((change < 0).sum())}."
    )
    other = int(series["pain_reduction"].notna().sum()) - len(rated)
    note = "Open ring: before; filled dot: after. A line up means that pain rose."
    return Block(title, (note + _not_drawn(other),), figure="sessions", alt=alt)


def _limits() -> Block:
    return Block(
        "Method and limits",
        (
            "The person chose when and what to do, knew what was done, and rated it. Pain that is high tends "
            "to fall by itself. These numbers cannot show that a technique caused the change.",
            f"Under {MIN_SESSIONS} sessions with both ratings: the count only; under {INTERVAL_DAYS} days: the "
            f"median; under {PLAIN_DAYS}: “few sessions”. 95 % t intervals over days, wider where days that "
            "follow each other are alike, not adjusted for their number; more than 1 point to each side is "
            "too imprecise to tell a useless from a useful difference. Sessions of several parts are "
            "counted only. Order is the guide's, never by result.",
        ),
    )
