"""What was higher after a session, in words: pain by technique, nerve symptoms; no test."""

import pandas as pd

from analysis.findings import Findings
from analysis.language import N_, _, pgettext
from analysis.safety import TEXTS
from analysis.wording import numbers
from analysis.wording.blocks import WITHOUT_ROWS, Block, TextTable, min_people

_UP = ("pain up by 1", "pain up by 2")
_SYMPTOM = "symptom new or higher"


def worse_after_block(results: Findings) -> Block:
    """Return after how many sessions of each technique pain or a symptom was higher."""
    title, least = _("Worse after, by technique"), min_people(results)
    if "worse_after" not in results.tables:
        return Block(title, (_(WITHOUT_ROWS),))
    counts = results.tables["worse_after"]
    pain = counts[counts["event"].isin(_UP)]
    symptom = counts[counts["event"] == _SYMPTOM].set_index("technique")
    rows = [
        _technique(events, symptom.loc[events["technique"].iloc[0]])
        for _key, events in pain.groupby(["technique", "scale"], sort=False)
    ]
    table = TextTable(
        _(
            "Sessions after which pain was up, of those with both ratings; or numbness or tingling new or "
            "higher, of those with both answers"
        ),
        (
            _("technique"),
            _("people"),
            _("pain up by 1"),
            _("pain up by 2"),
            _("numb or tingling, new or more"),
        ),
        rows,
        (False, True, True, True, True),
    )
    if results.about["kind"] == "one_person":
        table = _without_people(table)
    of_mm = _("On the 0 to 100 scale, by 10 and 20 mm; symptoms are of both scales together.")
    return Block(title, (*[of_mm] * _of_mm(pain), *_about_few(rows, least)), table)


def _without_people(table: TextTable) -> TextTable:
    """Return the table without its second column: in one person's log it would say 1 everywhere."""
    columns, numeric = (cells[:1] + cells[2:] for cells in (table.columns, table.numeric))
    rows = [row[:1] + row[2:] for row in table.rows]
    return table._replace(columns=columns, numeric=numeric, rows=rows)


def _technique(events: pd.DataFrame, symptom: pd.Series) -> tuple[str, ...]:
    """Return the row of a technique and scale; its symptoms have no scale of pain."""
    first = next(events.itertuples())
    pain = [_count(row, _("no rating after")) for row in events.itertuples()]
    name = numbers.name("technique", first.technique) + numbers.scale(first)
    return (name, numbers.count(first.n_people), *pain, _count(symptom, _("not asked")))


def _count(row, without: str) -> str:
    """Return "18 of 299"; few where the group has so few people that it is not counted."""
    if row.n_sessions == 0:
        return without
    return _few() if pd.isna(row.n_with) else numbers.counted(row.n_with, row.n_sessions)


def _few() -> str:
    """Return what stands for a count in a group of fewer people than may be shown."""
    return pgettext("people", "few")


def _of_mm(rows: pd.DataFrame) -> bool:
    return bool(rows["scale"].ne("NRS0-10").any())


def _about_few(rows: list[tuple[str, ...]], least: int) -> list[str]:
    """Return what few means, where it stands in a row."""
    hidden = any(_few() in row for row in rows)
    note = _("“{few}”: of a group of fewer than {least} people; not counted here.")
    return [note.format(few=_few(), least=numbers.count(least))] * hidden


# Every symptom, and in which states its sessions are: present, absent, neither.
_TWICE, _ONCE = ("present", "absent", "not answered"), ("yes", "no", "not answered")
_ROWS = {
    "numbness": (N_("numbness"), _TWICE),
    "tingling": (N_("tingling"), _TWICE),
    "weakness": (N_("weakness of a leg or foot"), _ONCE),
    "both legs": (N_("symptoms in both legs"), _ONCE),
    "bladder or bowel": (N_("trouble with bladder or bowels"), _ONCE),
}


def symptoms_block(results: Findings) -> Block:
    """Return how often nerve symptoms were logged, and how those asked twice stood after sessions."""
    title = _("Nerve symptoms")
    if "symptoms" not in results.tables:
        return Block(title, (_(WITHOUT_ROWS),))
    least = min_people(results)
    states = results.tables["symptoms"].set_index(["symptom", "state"])
    blank = states.loc[[(name, of[-1]) for name, (_words, of) in _ROWS.items()]]
    if blank["n_with"].eq(blank["n_sessions"]).all() and blank["n_people"].min() >= least:
        fields, none = ", ".join(_(words) for words, states_of in _ROWS.values()), TEXTS["M5"]
        return Block(title, (_(none).format(fields=fields),))
    table = TextTable(
        _("In how many sessions each was logged; counts, no test. Not answered is not absent."),
        (
            _("symptom"),
            _("present"),
            _("absent"),
            _("not asked or not answered"),
            _("after the session, of those with it"),
        ),
        [_symptom(name, states.loc[name], least) for name in _ROWS],
        (False, True, True, True, False),
    )
    return Block(title, _left_out(results, int(states["n_sessions"].max())), table)


def _left_out(results: Findings, counted: int) -> tuple[str, ...]:
    """Return why the counts from here on are of fewer sessions than were used; nothing where they are not."""
    used = results.about["sessions"]
    text = _("Here and below: {n} of {sessions}, without groups of few people and several parts.")
    if results.about["kind"] == "one_person" or counted == used:
        return ()
    return (text.format(n=numbers.count(counted), sessions=numbers.sessions(used)),)


def _symptom(name: str, states: pd.DataFrame, least: int) -> tuple[str, ...]:
    """Return the row of one symptom."""
    words, (present, absent, blank) = _ROWS[name]
    row = states.loc[present]
    if row["n_people"] < least:
        few = _("not enough people ({n} of {least})").format(
            n=numbers.count(row["n_people"]), least=numbers.count(least)
        )
        return (_(words), few, *[numbers.UNKNOWN] * 3)
    unanswered = numbers.counted(states.loc[blank, "n_with"], row["n_sessions"])
    if states.loc[blank, "n_with"] == row["n_sessions"]:
        return (_(words), *[_("not asked")] * 2, unanswered, numbers.UNKNOWN)
    hidden = _("in 1 to {most} people").format(most=numbers.count(least - 1))
    return (
        _(words),
        hidden if pd.isna(row["n_with"]) else numbers.counted(row["n_with"], row["n_sessions"]),
        numbers.counted(states.loc[absent, "n_with"], row["n_sessions"]),
        unanswered,
        _after(states["n_with"]) if present == "present" else numbers.UNKNOWN,
    )


def _after(told: pd.Series) -> str:
    """Return how a symptom stood after the sessions that had it: more first, harms are not to be sought."""
    if pd.isna(told["worse"]):
        return _few() if told["present"] else numbers.UNKNOWN
    more, less, same, unlike = (
        numbers.count(told[state]) for state in ("worse", "better", "same", "not comparable")
    )
    return _("more after {more}, less {less}, same {same}, one answer missing {unlike}").format(
        more=more, less=less, same=same, unlike=unlike
    )
