"""One person's sessions in order, in words: pain at the start, and before and after; few are listed."""

from analysis.findings import Findings
from analysis.language import _, ngettext, pgettext
from analysis.statistics.one_person import MIN_SESSIONS
from analysis.wording import numbers
from analysis.wording.blocks import Block, TextTable


def start_pain_block(results: Findings) -> Block:
    """Return pain at the start of every session: drawn, or listed where there are under five."""
    series = results.tables["series"]
    rated = series[series["scale"] == "NRS0-10"]
    title, left_out = (
        _("Pain at the start of each session"),
        _not_drawn(len(series) - len(rated)),
    )
    if rated.empty:
        return Block(title, (_("No session with a rating from 0 to 10 to draw."),))
    if len(rated) < MIN_SESSIONS:
        return Block(title, (" ".join([_listed(rated), *left_out]),))
    note = _(
        "Dot: one session; dashed line: the person's own median. Points more than 7 days apart are not "
        "joined."
    )
    sentences = (" ".join([note, *left_out]),)
    return Block(title, sentences, figure="start_pain", alt=_start_alt(rated))


def _listed(rated) -> str:
    """Return the starting pain of sessions that are too few to draw."""
    listed = "; ".join(
        f"{numbers.day(row.started_at)}: {numbers.rating(row.pain_before)}"
        for row in rated.itertuples()
    )
    text = _("Too few sessions to draw, higher is worse: {listed}.")
    return text.format(listed=listed)


def _start_alt(rated) -> str:
    highest = rated.loc[rated["pain_before"].idxmax()]
    first, last = rated.iloc[0], rated.iloc[-1]
    return _(
        "Line chart: pain at the start of {sessions}, 0 to 10, higher is worse, {first_day} to "
        "{last_day}. First {first}, last {last}, highest {highest} on {day}."
    ).format(
        sessions=numbers.sessions(len(rated)),
        first_day=numbers.day(first["started_at"]),
        last_day=numbers.day(last["started_at"]),
        first=numbers.rating(first["pain_before"]),
        last=numbers.rating(last["pain_before"]),
        highest=numbers.rating(highest["pain_before"]),
        day=numbers.day(highest["started_at"]),
    )


def _not_drawn(n_sessions: int) -> list[str]:
    """Return how many sessions a chart leaves out because of their scale, or nothing."""
    text = ngettext(
        "{n} session on another scale is not drawn.",
        "{n} sessions on another scale are not drawn.",
        n_sessions,
    )
    return [text.format(n=numbers.count(n_sessions))] if n_sessions else []


def sessions_block(results: Findings) -> Block:
    """Return pain before and after every session: drawn, or listed where there are under five."""
    series = results.tables["series"]
    both = series[series["pain_reduction"].notna()]
    rated = both[both["scale"] == "NRS0-10"]
    title = _("Before and after, session by session")
    if both.empty:
        return Block(title, (_("No session has both ratings."),))
    if rated.empty:
        other = _(
            "No session with both ratings from 0 to 10 to draw: this chart takes no other scale."
        )
        return Block(title, (other,))
    left_out = _not_drawn(len(both) - len(rated))
    if len(rated) < MIN_SESSIONS:
        return Block(title, tuple(left_out), _session_table(rated))
    note = _("Open ring: before; filled dot: after. A line up means that pain rose.")
    return Block(
        title, (" ".join([note, *left_out]),), figure="sessions", alt=_sessions_alt(results)
    )


def _session_table(rated) -> TextTable:
    """Return the sessions one by one: under five are listed, not drawn."""
    rows = [
        (
            numbers.day(row.started_at),
            numbers.cell_name(row),
            numbers.rating(row.pain_before),
            numbers.rating(row.pain_after),
        )
        for row in rated.itertuples()
    ]
    columns = (
        pgettext("column", "day"),
        _("region, technique"),
        pgettext("column", "before"),
        pgettext("column", "after"),
    )
    caption = _("Too few sessions to draw: pain before and after, 0 to 10, higher is worse")
    return TextTable(caption, columns, rows, (False, False, True, True))


def _sessions_alt(results: Findings) -> str:
    after = results.tables["start"].iloc[0][["n_lower", "n_same", "n_higher"]].astype(int)
    return _(
        "Dumbbell chart of {sessions} by date, pain before and after, 0 to 10, higher is worse. Lower "
        "after in {lower}, the same in {same}, higher in {higher}."
    ).format(
        sessions=numbers.sessions(after.sum()),
        lower=numbers.count(after["n_lower"]),
        same=numbers.count(after["n_same"]),
        higher=numbers.count(after["n_higher"]),
    )
