"""Which tool wrote a file, and which of its tables is the log."""

from functools import cache

from analysis.intake.mapping import (
    NO_MAPPING,
    PRESETS,
    FileRules,
    Join,
    Mapping,
    Recognise,
    preset,
)
from analysis.intake.table import Table, remark
from analysis.sessions import UnusableLog
from analysis.vocabulary import clean, fold, vocabulary

_APPLE_WITHIN = 4096
_KNOWN = (
    (
        {"date", "time of day", "category", "rating/amount", "detail"},
        "the file is an export of Bearable, which keeps a severity from 1 to 4 for a part of the day and "
        "no pain before and after a session",
    ),
    (
        {"full_date", "weekday", "mood", "activities"},
        "the file is an export of Daylio, which keeps a mood for the day and no pain before and after a "
        "session",
    ),
)
_INSTEAD = "; keep a table with the columns date, region, technique, pain before, pain after"


def recognise(tables: list[Table], hidden: list[str]) -> Mapping | None:
    """Return the preset that fits a file, the first of ``PRESETS`` that does; None if none.

    Parameters
    ----------
    tables : list of Table
        The tables of the file; only their headers are looked at.
    hidden : list of str
        Names of its hidden sheets.
    """
    sheets = {table.name for table in tables} | set(hidden)
    headers = [{clean(header) for header in table.header} for table in tables]
    for name in PRESETS:
        rule = preset(name).recognise
        if (not rule.sheet or rule.sheet in sheets) and any(_fits(rule, one) for one in headers):
            return preset(name)
    return None


def _fits(rule: Recognise, headers: set[str]) -> bool:
    return (
        headers.issuperset(rule.all_of)
        and (not rule.any_of or not headers.isdisjoint(rule.any_of))
        and headers.isdisjoint(rule.none_of)
    )


def known(header: str) -> bool:
    """Return whether a header is one of the vocabulary's or of a tool that a preset reads."""
    return (
        NO_MAPPING.knows(header)
        or clean(header) in _tool_headers()
        or any(preset(name).knows(header) for name in PRESETS)
    )


@cache
def _tool_headers() -> frozenset[str]:
    rules = [preset(name).recognise for name in PRESETS]
    return frozenset(name for rule in rules for name in (*rule.all_of, *rule.any_of))


def choose(tables: list[Table], mapping: Mapping, file: str) -> Table:
    """Return the table that the mapping names, else the first whose header names a log.

    Other tables that look like a log too are named in its remarks.

    Raises
    ------
    UnusableLog
        "missing-sheet" when the table named is not there.
    """
    stated = _fitting(tables, mapping.file)
    if not stated and not mapping.shipped:
        raise _missing(tables, mapping.file, file)
    logs = [table for table in stated or tables if _is_log(table, mapping)]
    chosen = (logs or stated or tables)[0]
    unread = [table.name for table in logs if table is not chosen]
    chosen.remarks.extend(_unread(name, chosen.name) for name in unread)
    return chosen


def choose_parents(tables: list[Table], mapping: Mapping, file: str) -> Table:
    """Return the table that holds the parents of the log's rows.

    Raises
    ------
    UnusableLog
        "missing-sheet" when it is not there.
    """
    found = _fitting(tables, mapping.join)
    if not found and not mapping.shipped:
        raise _missing(tables, mapping.join, file)
    if not found:
        raise UnusableLog(
            file,
            "missing-sheet",
            f"the rows name their parent in {mapping.join.left}, and the table of the parents is not in "
            "this file; give the whole export, the zip of ODK Central or the workbook of KoboToolbox",
        )
    return found[0]


def _fitting(tables: list[Table], rules: FileRules | Join) -> list[Table]:
    """Return the tables that a mapping means; all of them where it names none."""
    name = rules.sheet or rules.member
    wanted = set(rules.sheet_with)
    return [
        table
        for table in tables
        if (not name or clean(table.name) == name) and wanted.issubset(map(clean, table.header))
    ]


def _missing(tables: list[Table], rules: FileRules | Join, file: str) -> UnusableLog:
    name = rules.sheet or rules.member
    what = repr(name) if name else f"one with the columns {', '.join(rules.sheet_with)}"
    names = ", ".join(repr(table.name) for table in tables)
    return UnusableLog(
        file,
        "missing-sheet",
        f"the mapping reads the table {what}, which is not there; the tables are: {names}",
    )


def _is_log(table: Table, mapping: Mapping) -> bool:
    """Return whether a header names a rating after a session and two things more."""
    names = {vocabulary().headers.get(fold(header)) for header in table.header}
    mapped = {clean(header) for header in table.header}
    names |= {name for name, rule in mapping.columns.items() if mapped.intersection(rule.headers)}
    return "pain_after" in names and len(names - {None}) >= 3


def _unread(name: str, chosen: str) -> dict:
    return remark(
        "sheet-unread",
        f"the sheet {name!r} looks like a log too and was not read, only {chosen!r}; save it as a "
        "file of its own and give both",
    )


def refuse_known(tables: list[Table], file: str) -> None:
    """Raise for the export of an app that keeps no pain before and after a session.

    Raises
    ------
    UnusableLog
        "not-a-session-log".
    """
    for table in tables:
        headers = {clean(header) for header in table.header}
        for names, sentence in _KNOWN:
            if names <= headers:
                raise UnusableLog(file, "not-a-session-log", sentence + _INSTEAD)


def refuse_apple(content: bytes, file: str) -> None:
    """Raise for an export of Apple Health, told from its first bytes.

    Raises
    ------
    UnusableLog
        "not-a-session-log".
    """
    start = content[:_APPLE_WITHIN].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith((b"<?xml", b"<HealthData")) and b"<HealthData" in start:
        raise UnusableLog(
            file,
            "not-a-session-log",
            "the file is an export of Apple Health, which keeps pain as one of five words and no pain "
            "before and after a session" + _INSTEAD,
        )
