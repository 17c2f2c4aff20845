"""The report of one person's log in words."""

from analysis import safety
from analysis.findings import MIN_SESSIONS, Findings
from analysis.vocabulary import COMBINED
from analysis.wording import numbers
from analysis.wording.blocks import (
    Block,
    TextTable,
    coverage_block,
    data_block,
    raised,
    synthetic,
    warning_block,
    without_sessions,
)


def person_blocks(results: Findings) -> dict[str, Block]:
    """Return the blocks of one person's report, in the order of the pages."""
    shown = {
        "head": _head(results),
        "warnings": warning_block(results),
        "summary": _summary(results),
        "coverage": coverage_block(results),
        "start_pain": _start_pain(results),
        "question": _question(results),
        "groups": _groups(results),
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
            f"({numbers.plural(row.n_first, 'session')}), {numbers.rating(row.median_last)} in the last 14 "
            f"({numbers.count(row.n_last)})."
        )
    if raised(results):
        return Block(title, (*sentences, "A warning sign stands in this log: read it first."))
    followed = [_followed(row) for row in results.tables["medians"].itertuples() if row.n_all]
    shown = any(row.n_sessions >= MIN_SESSIONS for row in results.tables["medians"].itertuples())
    cannot = "High pain tends to fall by itself: this log cannot show that massage was why."
    return Block(title, (*sentences, *followed, *([cannot] if shown else [])))


def _followed(row) -> str:
    """Return what followed the sessions other than rest, or those of rest."""
    kind = "sessions of rest" if row.sessions_of == "rest" else "sessions other than rest"
    both = f"both ratings in {numbers.count(row.n_sessions)} of {numbers.count(row.n_all)}"
    if row.n_sessions < MIN_SESSIONS:
        return f"Not enough {kind} to summarise: {both}, {MIN_SESSIONS} needed."
    drop = row.median_reduction
    size = f"{numbers.rating(abs(drop))} point{'' if abs(drop) == 1 else 's'}"
    moved = f"a {'drop' if drop > 0 else 'rise'} of {size}"
    return (
        f"The median change within {kind} was {moved if drop else 'no change'} ({both}; no interval is given "
        "yet)."
    )


def _question(results: Findings) -> Block:
    asked = results.about["parameters"]["question"]
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
        f"Line chart: pain at the start of {numbers.plural(len(rated), 'session')}, 0 to 10, higher is "
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
    other = len(series) - len(rated)
    left_out = f" {numbers.plural(other, 'session')} on another scale are not drawn." * bool(other)
    return Block(title, (note + left_out,), figure="start_pain", alt=alt)


def _groups(results: Findings) -> Block:
    rows = []
    for row in results.tables["groups"].itertuples():
        if COMBINED in (row.region, row.technique):
            followed = "several parts in one session: counted only"
        elif row.n_sessions < MIN_SESSIONS:
            followed = f"not enough sessions (n = {numbers.count(row.n_sessions)}) to summarise"
        else:
            followed = (
                f"less pain after {numbers.count(row.n_lower)}, same {numbers.count(row.n_same)}, more "
                f"{numbers.count(row.n_worse)}; median drop {numbers.rating(row.median_reduction)}"
            )
        rows.append(
            (
                numbers.cell_name(row),
                f"{numbers.count(row.n_sessions)} of {numbers.count(row.n_all)}",
                numbers.rating(row.minutes),
                numbers.rating(row.median_before),
                followed,
            )
        )
    table = TextTable(
        "Every group that was logged",
        (
            "region, technique",
            "both ratings, of sessions",
            "median min",
            "median start",
            "what followed",
        ),
        rows,
        (False, True, True, True, False),
    )
    return Block(
        "What was done, and what followed",
        (
            "Groups of one person used at different times are not comparable; no average is compared here.",
        ),
        table,
    )


def _sessions(results: Findings) -> Block:
    series = results.tables["series"]
    rated = series[(series["scale"] == "NRS0-10") & series["pain_reduction"].notna()]
    title = "Before and after, session by session"
    if rated.empty:
        none = "No session has both ratings."
        return Block(title, (none,))
    change = rated["pain_reduction"]
    alt = (
        f"Dumbbell chart of {numbers.plural(len(rated), 'session')} by date, pain before and after, 0 "
        f"to 10, higher is worse. Lower after in {numbers.count((change > 0).sum())}, the same in "
        f"{numbers.count((change == 0).sum())}, higher in {numbers.count((change < 0).sum())}."
    )
    note = "Open ring: before; filled dot: after. A line up means that pain rose."
    return Block(title, (note,), figure="sessions", alt=alt)


def _limits() -> Block:
    return Block(
        "Method and limits",
        (
            "The person chose when and what to do, knew what was done, and rated it. Pain that is high tends "
            "to fall by itself. These numbers cannot show that a technique caused the change.",
            f"Groups with fewer than {MIN_SESSIONS} sessions with both ratings are counted only; from then "
            "on the median is shown, without an interval. Sessions of several regions or techniques are "
            "counted and not compared. Order is the guide's, never by result.",
        ),
    )
