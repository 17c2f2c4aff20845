"""What differs from the last report: sessions and shown lines, and how often a log was looked at.

Looking again and again is optional stopping: a report says its place among the looks at a log, so
far as it was given the last one (``--previous``). ``with_since`` is called once, when the findings
are complete.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.findings.about import ordered
from analysis.findings.data import Findings
from analysis.findings.published import published_findings
from analysis.language import N_
from analysis.sessions import COLUMNS, UserError, in_tenths
from analysis.statistics import enough
from analysis.statistics.contrasts import NOT_LOGGED
from analysis.statistics.one_person import DIFFERENT_TIMES, SINGULAR
from analysis.vocabulary import COMBINED

#: What a line of a report can be. A refusal is a result, so a line that is only counted is one, too.
ABSENT = N_("absent")
NOT_ENOUGH = N_("not enough")
NOT_COMPARABLE = N_("not comparable")
NO_INTERVAL = N_("shown, no interval")
NO_VARIATION = N_("no variation")
INCLUDES_0 = N_("shown, interval includes 0")
EXCLUDES_0 = N_("shown, interval excludes 0")

# Text of these columns is no part of what was measured, or is in the session's identity.
_NOT_CONTENT = ("participant", "started_at", "notes")
_RATINGS = ("pain_before", "pain_after")
# The tables whose lines are compared, in the order of the pages.
_TABLES = ("cells", "groups", "contrasts")
_KEY = ["table", "region", "technique", "reference", "scale"]
# Numbers that a table shows where it has no interval.
_VALUES = ("estimate", "median", "median_reduction")
# Parameters that move no line from one class to another; of the person see ``since``.
_ELSEWHERE = ("person", "question", "previous", "plan", "vas_two", "more_checks", "seed")
_COUNTS = ("n_new", "n_edited", "n_withdrawn", "n_same")


def with_since(results: Findings, sessions: pd.DataFrame, previous: Findings | None) -> Findings:
    """Return the findings with what differs from the previous report, ready for the next one.

    Parameters
    ----------
    results : Findings
        Of a cohort or of one person, complete.
    sessions : DataFrame
        The sessions that they are of, one person's in one person's report.
    previous : Findings or None
        As ``read_previous`` returns them; None for a first report.

    Returns
    -------
    Findings
        With the tables ``rows_seen``, ``since`` and ``since_lines``, and in ``about`` looks (1 for a
        first report) and first_look (the last day of the log at the first look, an ISO day or None).

    Raises
    ------
    UserError
        As ``since``.
    """
    current = results._replace(tables=results.tables | {"rows_seen": rows_seen(sessions)})
    tables = since(previous, current)
    looks = {"looks": int(tables["since"].loc[0, "look"]), "first_look": results.about["last"]}
    if previous is not None:
        looks["first_look"] = _first_look(previous.about)
    return Findings(results.about | looks, current.tables | tables)


def rows_seen(sessions: pd.DataFrame) -> pd.DataFrame:
    """Return what tells new, edited and withdrawn sessions apart in the next report, as hashes.

    Parameters
    ----------
    sessions : DataFrame
        In the columns of ``sessions``; those of one report.

    Returns
    -------
    DataFrame
        One row per session, sorted: ``session`` (the first 16 hex digits of SHA-256 of participant,
        local start and a session number that the log gave) and ``content`` (the same of everything
        measured: where, what, minutes, ratings, scale, symptoms, medicine; not of notes, file or
        line). A blank adds nothing, so a log that gains an empty column has no edited session.
        Sessions of one person on one date without a time share ``session``: their number is only
        their place in the file, which a row above them moves.

    Notes
    -----
    A hash of few possibilities can be guessed: who has the code of a person and a diary can try all
    starts and ratings. The table names nobody, but it is no pseudonym either. It stays in the bundle
    of whoever has the log, and never goes into a share copy.
    """
    starts = sessions["started_at"]
    of_date = sessions["session_number"].str.startswith("day ") & (starts == starts.dt.normalize())
    identity = {
        "participant": sessions["participant"],
        "started_at": _days_and_times(starts),
        "session_number": sessions["session_number"].mask(of_date, ""),
    }
    seen = {"session": _hashes(identity), "content": _hashes(_content(sessions))}
    return (
        pd.DataFrame(seen, dtype="str")
        .sort_values(["session", "content"], ignore_index=True)
        .astype("str")
    )


def _content(sessions: pd.DataFrame) -> dict[str, pd.Series]:
    """Return column -> the text of each session's value, whatever the order of its parts."""
    texts = {
        column.name: sessions[column.name]
        for column in COLUMNS
        if column.name not in (*_NOT_CONTENT, *_RATINGS, "minutes")
    }
    for name in _RATINGS:
        tenths = pd.Series(in_tenths(sessions[name]), index=sessions.index).astype("str")
        texts[name] = tenths.where(sessions[name].notna(), "")
    texts["minutes"] = sessions["minutes"].map(str).where(sessions["minutes"].notna(), "")
    named = sessions["parts_named"].unique()
    parts = {text: "; ".join(sorted(text.split("; "))) for text in named}
    return texts | {"parts_named": sessions["parts_named"].map(parts)}


def _days_and_times(starts: pd.Series) -> pd.Series:
    times = np.datetime_as_string(starts.to_numpy("datetime64[us]"), unit="us")
    return pd.Series(times, index=starts.index)


def _hashes(values: dict[str, pd.Series]) -> list[str]:
    """Return a hash of each row's filled values with their columns' names."""
    fields = [_fields(name, values[name]) for name in sorted(values)]
    texts = map("".join, zip(*fields, strict=True))
    return [hashlib.sha256(text.encode()).hexdigest()[:16] for text in texts]


def _fields(name: str, values: pd.Series) -> np.ndarray:
    """Return a column's part of the text that is hashed; a blank has none."""
    codes, distinct = pd.factorize(values)
    # The length before a text: no text can look like the end of one and the start of another.
    texts = [f"{name}={len(text)}:{text};" if text else "" for text in map(str, distinct)]
    return np.array(texts, dtype=object)[codes]


def changes(previous: pd.DataFrame, current: pd.DataFrame) -> dict[str, int]:
    """Return how many sessions are new, edited, withdrawn and the same.

    Parameters
    ----------
    previous, current : DataFrame
        As ``rows_seen`` returns them, in any order.

    Notes
    -----
    new + edited + same = current rows; withdrawn + edited + same = previous rows. A session whose
    person or start was corrected is one withdrawn and one new. Of sessions that share ``session``,
    as many as possible are the same, then as many as possible edited.

    Examples
    --------
    >>> row = lambda *rows: pd.DataFrame(rows, columns=["session", "content"])
    >>> changes(row(("a", "1"), ("b", "1")), row(("a", "2"), ("c", "1")))
    {'n_new': 1, 'n_edited': 1, 'n_withdrawn': 1, 'n_same': 0}
    """
    rows = pd.concat([previous.assign(before=1, after=0), current.assign(before=0, after=1)])
    counts = rows.groupby(["session", "content"])[["before", "after"]].sum()
    same = counts.min(axis=1)
    left = counts.sub(same, axis=0).groupby("session").sum()
    edited = int(left.min(axis=1).sum())
    new, withdrawn = (int(left[name].sum()) - edited for name in ("after", "before"))
    return dict(zip(_COUNTS, (new, edited, withdrawn, int(same.sum())), strict=True))


def since(previous: Findings | None, current: Findings) -> dict[str, pd.DataFrame]:
    """Return what differs from the previous report: the tables ``since`` and ``since_lines``.

    Parameters
    ----------
    previous : Findings or None
        Of the last report of this log; None for a first report.
    current : Findings
        With the table ``rows_seen``.

    Returns
    -------
    dict of DataFrame
        ``since``, one row: look, first_look, previous_first and previous_last (the period of the
        previous report), previous_kit, n_new, n_edited, n_withdrawn, n_same (sessions; missing in
        a first report), not_compared ("", contrasts or lines) and differs (why: JSON, a list of the
        parameters that were others, each with its name, its value then and now). Days are ISO days,
        "" where there is none.
        ``since_lines``, one row for each line whose class changed, in the guide's order: table
        (cells, groups or contrasts), region, technique, reference ("" where none), scale, before,
        after; a class is one of the constants above. Lines of combined sessions, which are always
        counted only, and tables that one of the two has not, are left out.

    Raises
    ------
    UserError
        When the previous report is of another kind or person, lists no sessions (sums of sites have
        none), or none of its sessions is in this log. Where only a parameter differs the sessions
        are compared and the lines are not: a class would have changed without a session.
    """
    if previous is None:
        return {"since": _summary(1, current.about["last"]), "since_lines": _no_lines()}
    _refuse_other(previous.about, current.about)
    counts = _counted(previous, current)
    not_compared, differs = _differing(previous.about, current.about)
    left = {"": _TABLES, "contrasts": _TABLES[:-1], "lines": ()}[not_compared]
    before, after = (
        {name: table for name, table in findings.tables.items() if name in left}
        for findings in (previous, current)
    )
    summary = _summary(
        previous.about.get("looks", 1) + 1,
        _first_look(previous.about),
        previous_first=previous.about["first"] or "",
        previous_last=previous.about["last"] or "",
        previous_kit=previous.about["kit"],
        not_compared=not_compared,
        differs=differs,
        **counts,
    )
    return {"since": summary, "since_lines": changed_lines(before, after)}


def _first_look(about: dict[str, Any]) -> str | None:
    """Return the last day of the log at the first look; a report without one was the first."""
    return about.get("first_look", about["last"])


def _summary(look: int, first_look: str | None, **known: Any) -> pd.DataFrame:
    """Return the one row of ``since``; what is not known is missing, or blank text."""
    texts = ("previous_first", "previous_last", "previous_kit", "not_compared", "differs")
    row = {"look": look, "first_look": first_look or ""} | dict.fromkeys(texts, "") | known
    counts = {name: pd.array([row.get(name)], dtype="Int64") for name in _COUNTS}
    columns = {name: [value] for name, value in row.items() if name not in _COUNTS}
    frame = pd.DataFrame(columns).astype(dict.fromkeys(("first_look", *texts), "str"))
    return frame.assign(**counts)


def _refuse_other(previous: dict[str, Any], current: dict[str, Any]) -> None:
    kinds = {"cohort": "a cohort", "one_person": "one person", "check": "a check"}
    if previous["kind"] != current["kind"]:
        raise UserError(
            f"previous: must be a report of {kinds[current['kind']]}, as this one is; found one of "
            f"{kinds.get(previous['kind'], previous['kind'])}"
        )
    was, now = (about["parameters"].get("person") for about in (previous, current))
    if was and now and was != now:
        raise UserError(f"previous: must be a report of {now!r}, as this one is; found {was!r}")


def _counted(previous: Findings, current: Findings) -> dict[str, int]:
    """Return ``changes`` of two reports, or raise where they cannot be of one log."""
    if "rows_seen" not in previous.tables:
        raise UserError(
            "previous: must be a report that lists the sessions it saw; found none listed: it is of sums "
            "of sites, or of an older reliefbook; name another, or none"
        )
    seen = [findings.tables["rows_seen"] for findings in (previous, current)]
    counts = changes(*seen)
    if all(map(len, seen)) and not counts["n_same"] + counts["n_edited"]:
        raise UserError(
            f"previous: must be the last report of this log; found none of its {len(seen[0]):,} sessions "
            "here: it is of another person or log, or codes or times were written otherwise"
        )
    return counts


def _differing(previous: dict[str, Any], current: dict[str, Any]) -> tuple[str, str]:
    """Return what cannot be compared ("", contrasts or lines), and as JSON the parameters that differ."""
    was, now = previous["parameters"], current["parameters"]
    names = [
        name
        for name in sorted(was.keys() & now.keys() - set(_ELSEWHERE))
        if (was[name], type(was[name])) != (now[name], type(now[name]))
    ]
    which = "" if not names else "contrasts" if names == ["reference"] else "lines"
    differs = [[name, was[name], now[name]] for name in names]
    return which, json.dumps(differs, ensure_ascii=False) if differs else ""


def changed_lines(
    previous: dict[str, pd.DataFrame], current: dict[str, pd.DataFrame]
) -> pd.DataFrame:
    """Return one row for each line whose class differs between two reports' tables.

    Parameters
    ----------
    previous, current : dict of DataFrame
        ``Findings.tables``. Only tables that both have are compared.

    Returns
    -------
    DataFrame
        ``since_lines`` of ``since``.
    """
    both = [name for name in _TABLES if name in previous and name in current]
    before, after = (_classes(tables, both) for tables in (previous, current))
    lines = before.merge(after, how="outer", on=_KEY, suffixes=("_before", "_after"))
    lines = lines.rename(columns={"class_before": "before", "class_after": "after"})
    lines = lines.fillna({"before": ABSENT, "after": ABSENT})
    lines = ordered(lines[lines["before"] != lines["after"]].sort_values(_KEY))
    place = {name: number for number, name in enumerate(_TABLES)}
    return lines.sort_values(
        "table", key=lambda names: names.map(place), kind="stable", ignore_index=True
    )


def _no_lines() -> pd.DataFrame:
    return pd.DataFrame(columns=[*_KEY, "before", "after"], dtype="str")


def _classes(tables: dict[str, pd.DataFrame], names: list[str]) -> pd.DataFrame:
    """Return the class of every line of the tables named: ``_KEY`` and class."""
    parts = [_no_lines()[_KEY].assign(**{"class": _no_lines()["before"]})]
    for name in names:
        table = tables[name]
        table = table[~table[["region", "technique"]].eq(COMBINED).any(axis=1)]
        keys = {"table": name, "reference": table.get("reference", "")}
        line = table[["region", "technique", "scale"]].assign(**keys)
        parts.append(line.assign(**{"class": line_classes(table)})[[*_KEY, "class"]].astype("str"))
    return pd.concat(parts, ignore_index=True)


def line_classes(table: pd.DataFrame) -> np.ndarray:
    """Return the class of each line of a table: whether it is shown, and where its interval lies.

    Parameters
    ----------
    table : DataFrame
        Of reductions or contrasts. Where ``line`` is unadjusted, that interval counts; without low
        and high no line has an interval.
    """
    low, high = (_limit(table, name) for name in ("low", "high"))
    reasons = table.get("reason", pd.Series("", index=table.index))
    lines = table.get("line", reasons)
    shown = table[[name for name in _VALUES if name in table]].notna().any(axis=1)
    known = low.notna() & high.notna()
    cases = [
        (known & (low <= 0) & (high >= 0), INCLUDES_0),
        (known, EXCLUDES_0),
        ((reasons == enough.NO_VARIATION) | (lines == "unadjusted"), NO_VARIATION),
        (shown, NO_INTERVAL),
        (reasons.isin([NOT_LOGGED, DIFFERENT_TIMES, SINGULAR]), NOT_COMPARABLE),
    ]
    conditions, words = zip(*cases, strict=True)
    masks = [condition.to_numpy(bool) for condition in conditions]
    return np.select(masks, [np.array(word) for word in words], NOT_ENOUGH)


def _limit(table: pd.DataFrame, name: str) -> pd.Series:
    """Return one end of the interval that a line shows."""
    if name not in table:
        return pd.Series(np.nan, index=table.index)
    end = table[name].astype("float64")
    if "line" not in table:
        return end
    return end.where(table["line"] != "unadjusted", table[f"unadjusted_{name}"].astype("float64"))


def read_previous(folder: str | Path | None) -> Findings | None:
    """Return the findings of a published bundle; None for None, so that a notebook needs no branch.

    Parameters
    ----------
    folder : path or None
        Of the bundle: ``findings.json``, and ``manifest.json`` with its SHA-256.

    Raises
    ------
    UserError
        When the folder is no bundle, a file is damaged, or the findings were changed since: what
        they are compared with must be what was published.
    """
    return None if folder is None else published_findings(folder)
