"""The report of one person's log in words."""

from analysis import safety
from analysis.findings import MIN_SESSIONS, Findings
from analysis.vocabulary import COMBINED
from analysis.wording import numbers
from analysis.wording.blocks import (
    CANNOT_SHOW,
    Block,
    TextTable,
    coverage_block,
    data_block,
    raised,
    warning_block,
)


def person_blocks(results: Findings) -> dict[str, Block]:
    """Return the blocks of one person's report, in the order of the pages."""
    return {
        "head": _head(results),
        "warnings": warning_block(results),
        "summary": _summary(results),
        "coverage": coverage_block(results),
        "start_pain": _start_pain(results),
        "groups": _groups(results),
        "sessions": _sessions(results),
        "limits": _limits(),
        "data": data_block(results),
    }


def _head(results: Findings) -> Block:
    about = results.about
    when = f": {numbers.period(about['first'], about['last'])}" if about["sessions"] else ""
    return Block(
        f"Self-massage and stretching log of one person{when}",
        (f"Self-tracking log, exploratory. {safety.NOT_ADVICE}",),
    )


def _summary(results: Findings) -> Block:
    about = results.about
    title, sentences = "In short", []
    if not about["sessions"]:
        return Block(title, ("Nothing to summarise: no session could be used.",))
    fortnights = results.tables["fortnights"].set_index("part")
    if len(fortnights):
        first, last = fortnights.loc["first"], fortnights.loc["last"]
        sentences.append(
            f"Starting pain: median {numbers.rating(first['median'])} in the first 14 days "
            f"({numbers.plural(first['n_sessions'], 'session')}), {numbers.rating(last['median'])} in "
            f"the last 14 ({numbers.count(last['n_sessions'])})."
        )
    if raised(results):
        sentences.append("A warning sign stands in this log: read it first.")
    elif about["complete"] < MIN_SESSIONS:
        sentences.append(
            f"{numbers.plural(about['sessions'], 'session')} logged; not enough with both "
            f"scores to summarise ({about['complete']} of {MIN_SESSIONS})."
        )
    elif about["median_reduction"] is not None:
        sentences.append(
            f"{_followed(about)} High pain tends to fall by itself: this log cannot show "
            "that massage was why."
        )
    return Block(title, tuple(sentences))


def _followed(about: dict) -> str:
    drop = about["median_reduction"]
    moved = (
        "no change"
        if drop == 0
        else f"a {'drop' if drop > 0 else 'rise'} of {numbers.rating(abs(drop))}"
    )
    return (
        f"The median change within a session was {moved} (both ratings in "
        f"{numbers.count(about['complete'])} of {numbers.plural(about['sessions'], 'session')})."
    )


def _start_pain(results: Findings) -> Block:
    series = results.tables["series"]
    rated = series[series["scale"] == "NRS0-10"]
    title = "Pain at the start of each session"
    if rated.empty:
        none = "No session with a rating from 0 to 10 to draw."
        return Block(title, (none,), figure="start_pain", alt=f"No chart: {none.lower()}")
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
        "Dot: one session; dashed line: the person's own median. Points more than 7 days apart are "
        "not joined. Higher is worse."
    )
    return Block(title, (note,), figure="start_pain", alt=alt)


def _groups(results: Findings) -> Block:
    rows = []
    for row in results.tables["groups"].itertuples():
        if COMBINED in (row.region, row.technique):
            followed = "several parts in one session: counted only"
        elif row.n_sessions < MIN_SESSIONS:
            followed = f"not enough sessions (n = {numbers.count(row.n_sessions)}) to summarise"
        else:
            followed = (
                f"{numbers.rating(row.median_before)} → {numbers.rating(row.median_after)}; "
                f"median drop {numbers.rating(row.median_reduction)}; pain up after "
                f"{numbers.count(row.n_worse)} of {numbers.count(row.n_sessions)}"
            )
        rows.append(
            (
                numbers.cell_name(row),
                numbers.count(row.n_all),
                f"{numbers.count(row.n_sessions)} of {numbers.count(row.n_all)}",
                numbers.rating(row.minutes),
                followed,
            )
        )
    table = TextTable(
        "Every group that was logged (pain before → after)",
        ("region, technique", "sessions", "both ratings", "median min", "what followed"),
        rows,
        (False, True, True, True, False),
    )
    return Block(
        "What was done, and what followed",
        (
            "Groups of one person used at different times are not comparable; no average is compared "
            "here.",
        ),
        table,
    )


def _sessions(results: Findings) -> Block:
    series = results.tables["series"]
    rated = series[(series["scale"] == "NRS0-10") & series["pain_reduction"].notna()]
    title = "Before and after, session by session"
    if rated.empty:
        none = "No session has both ratings."
        return Block(title, (none,), figure="sessions", alt=f"No chart: {none.lower()}")
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
            CANNOT_SHOW.replace("People", "The person")
            .replace("knew what they did", "knew what was done")
            .replace("rated themselves", "rated it")
            .replace("X", "a technique"),
            f"Groups with fewer than {MIN_SESSIONS} sessions with both ratings are counted only; from then "
            "on the median is shown, without an interval. Sessions of several regions or techniques are "
            "counted and not compared. Order is the guide's, never by result.",
        ),
    )
