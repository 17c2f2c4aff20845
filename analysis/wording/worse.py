"""What was higher after a session, in words: pain by technique, numbness and tingling; no test."""

import pandas as pd

from analysis.findings import Findings
from analysis.wording import numbers
from analysis.wording.blocks import WITHOUT_ROWS, Block, TextTable, min_people

# Stands for a count in a group of fewer people than may be shown.
_FEW = "few"
_UP = ("pain up by 1", "pain up by 2")
_SYMPTOM = "symptom new or higher"


def worse_after_block(results: Findings) -> Block:
    """Return after how many sessions of each technique pain or a symptom was higher."""
    title, least = "Worse after, by technique", min_people(results)
    if "worse_after" not in results.tables:
        return Block(title, (WITHOUT_ROWS,))
    counts = results.tables["worse_after"]
    pain = counts[counts["event"].isin(_UP)]
    symptom = counts[counts["event"] == _SYMPTOM].set_index("technique")
    rows = [
        _technique(events, symptom.loc[events["technique"].iloc[0]])
        for _, events in pain.groupby(["technique", "scale"], sort=False)
    ]
    table = TextTable(
        "Sessions after which pain was up, of those with both ratings; or numbness or tingling new or "
        "higher, of those with both answers",
        ("technique", "people", "pain up by 1", "pain up by 2", "numb or tingling, new or more"),
        rows,
        (False, True, True, True, True),
    )
    if results.about["kind"] == "one_person":
        table = _without_people(table)
    notes = (
        ["On the 0 to 100 scale, by 10 and 20 mm; symptoms are of both scales together."]
        if _of_mm(pain)
        else []
    )
    return Block(title, (*notes, *_about_few(rows, least)), table)


def _without_people(table: TextTable) -> TextTable:
    """Return the table without its second column: in one person's log it would say 1 everywhere."""
    columns, numeric = (cells[:1] + cells[2:] for cells in (table.columns, table.numeric))
    rows = [row[:1] + row[2:] for row in table.rows]
    return table._replace(columns=columns, numeric=numeric, rows=rows)


def _technique(events: pd.DataFrame, symptom: pd.Series) -> tuple[str, ...]:
    """Return the row of a technique and scale; its symptoms have no scale of pain."""
    first = next(events.itertuples())
    pain = [_count(row, "no rating after") for row in events.itertuples()]
    name = numbers.name("technique", first.technique) + numbers.scale(first)
    return (name, numbers.count(first.n_people), *pain, _count(symptom, "not asked"))


def _count(row, without: str) -> str:
    """Return "18 of 299"; few where the group has so few people that it is not counted."""
    if row.n_sessions == 0:
        return without
    return _FEW if pd.isna(row.n_with) else numbers.counted(row.n_with, row.n_sessions)


def _of_mm(rows: pd.DataFrame) -> bool:
    return bool(rows["scale"].ne("NRS0-10").any())


def _about_few(rows: list[tuple[str, ...]], least: int) -> list[str]:
    """Return what few means, where it stands in a row."""
    hidden = any(_FEW in row for row in rows)
    return [f"“{_FEW}”: of a group of fewer than {least} people; not counted here."] * hidden


def symptoms_block(results: Findings) -> Block:
    """Return how numbness and tingling stood after sessions, and how often they were logged."""
    title, least = "Numbness and tingling", min_people(results)
    if "symptoms" not in results.tables:
        return Block(title, (WITHOUT_ROWS,))
    by_symptom = results.tables["symptoms"].groupby("symptom", sort=False)
    first, *lines = [
        _symptom(name, states.set_index("state"), least) for name, states in by_symptom
    ]
    note = "Counts, no test. Not answered is not absent."
    return Block(title, (f"{note} {first}", *lines))


# Worse first: harms are not to be looked for behind the rest.
_AFTER = {
    "worse": "worse after",
    "same": "same",
    "better": "better",
    "not comparable": "not comparable",
}


def _symptom(name: str, states: pd.DataFrame, least: int) -> str:
    """Return the line of one symptom, what was worse first."""
    told, every = states["n_with"], states["n_sessions"]["present"]
    head = f"{name.capitalize()} ({numbers.sessions(every)})"
    logged = told[["present", "absent", "not answered"]]
    people = states["n_people"]["present"]
    if people < least:
        return f"{head}: not enough people ({numbers.count(people)} of {least})."
    if logged["not answered"] == every:
        return f"{head}: not asked, or never answered."
    present, absent, blank = map(numbers.count, logged)
    without = f"absent {absent}, not answered {blank}"
    if logged["present"] == 0:
        return f"{head}: present 0, {without}."
    after = ", ".join(f"{words} {numbers.count(told[state])}" for state, words in _AFTER.items())
    return f"{head}: {after}, of {present} with it; {without}."
