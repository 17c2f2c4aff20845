"""Sums across sites: each site gives its people's sums, the pooled report is made of their total.

A sums file is one Parquet table, a row per person (under a pseudonym) and cell: the sums of
``person_sums``, and for every rule of ``safety.SIGNS`` the number of sessions that meet it, so that
warning signs stand above a pooled result too. What else a report says of a log is in the metadata
of the file. The sums are whole numbers and merge by addition, so that every table made of them
is that of the pooled log, to the last bit. Small groups are in the file: it is health data, and goes
to the coordinator only.
"""

import hashlib
import io
import itertools
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.findings.about import about, common
from analysis.intake.conclude import report
from analysis.intake.files import expanded, flat, names_of
from analysis.intake.write import put
from analysis.safety import SIGNS, met, screen_counts
from analysis.sessions import SCALES, SOURCES, SessionLog, UserError, empty_sessions
from analysis.statistics import merge_sums, person_sums
from analysis.statistics.person_sums import KEY, SUMS, drop_of_two

#: Version of the layout of a sums file.
SUMS_SCHEMA = 1

_SCHEMA = pa.schema(
    [(name, pa.string()) for name in KEY] + [(name, pa.int64()) for name in (*SUMS, *SIGNS)]
)
_METADATA = b"reliefbook"
# Of a log, what a report says beside its tables.
_ROWS = ("used", "refused", "dropped", "skipped", "blank")
_ABOUT = ("kit", "first", "last", "sessions", "synthetic", "not_asked", "rows", *_ROWS)
# Of the file itself.
_OF_FILE = ("schema", "vas_two", "logs", "sign_in_refused")
_PSEUDONYM = "p[a-z2-7]{12}"
_UNSIGNED = [name for name in (*SUMS, *SIGNS) if name not in ("Sc", "Sbc")]

#: What holds in every row of a file that nobody has changed; top, two and drop are of its scale,
#: signs is the largest of S1 to S9.
_HOLDS = (
    "n + m > 0",
    "signs <= n + m",
    "Sc * Sc <= n * Scc",
    "Sb * Sb <= n * Sbb",
    "Sc <= Sb",
    "Sb <= n * top",
    "Sb - Sc <= n * top",
    "Stwo == n * drop",
    "nb <= n",
    "kboth <= k30",
    "kboth <= k2",
    "k30 <= nb",
    "k2 + kw <= n",
    "n_floor <= n",
    "n_end_0 <= n",
    "high_n <= nb",
    "high_kboth <= high_k30",
    "high_kboth <= high_k2",
    "high_k30 <= k30",
    "high_k2 + high_kw <= high_n",
    "n_0_3 + n_3_6 + n_6_10 == n",
    "m_0_3 + m_3_6 + m_6_10 == m",
    "m_b <= m",
    "m_worse <= m * two",
    "m_better <= m_b * two",
)


class PooledSums(NamedTuple):
    """The sums of one or more sites: what a cohort report is made of in place of a ``SessionLog``.

    Attributes
    ----------
    sums : DataFrame
        As ``merge_sums`` returns them.
    signs : DataFrame
        One row per person: participant, and for every rule of ``safety.SIGNS`` the number of
        sessions that meet it. S8 was asked at each site of the sessions there.
    sources : DataFrame
        One row per file, in the given order: ``sessions.SOURCES``, the rows being those of the
        site's log.
    refused : DataFrame
        Without rows: a site keeps what it refused. Columns as in ``SessionLog``.
    remarks : DataFrame
        One row for each site at which a refused row has an answer that can need emergency care.
    about : dict
        first and last (ISO days, or None), not_asked (columns that no site asked), synthetic (any
        site's log is the shipped example), vas_two.
    """

    sums: pd.DataFrame
    signs: pd.DataFrame
    sources: pd.DataFrame
    refused: pd.DataFrame
    remarks: pd.DataFrame
    about: dict[str, Any]


def write_sums(log: SessionLog, path: str | Path, *, vas_two: int = 20) -> None:
    """Write the sums of a site's log, for a coordinator to merge; the same log, the same bytes.

    Parameters
    ----------
    log : SessionLog
        As ``read_log`` returns it under pseudonyms.
    path : path
        Ends with .parquet; nothing may stand there.
    vas_two : int
        As in ``person_sums``; the same at all sites.

    Raises
    ------
    UserError
        For a log that is not under pseudonyms or names nobody, and for a path that cannot be taken.
    """
    file = Path(path)
    if file.suffix.lower() != ".parquet":
        raise UserError(f"{file}: sums are written as Parquet; end the name with .parquet")
    _refuse_people(log)
    sums = person_sums(log.sessions, vas_two=vas_two)
    signs = met(log.sessions).groupby([log.sessions[name] for name in KEY]).sum()
    table = sums.merge(signs.reset_index(), on=KEY, validate="one_to_one")
    plain = about(log, log.sessions, "cohort", {})
    told = {name: plain[name] for name in _ABOUT} | {
        "schema": SUMS_SCHEMA,
        "vas_two": vas_two,
        "logs": sorted(log.sources.loc[log.sources["kept"] > 0, "sha256"]),
        "sign_in_refused": bool(log.remarks["rule"].eq("sign-in-refused").any()),
    }
    written = pa.Table.from_pandas(table, _SCHEMA, preserve_index=False)
    written = written.replace_schema_metadata({_METADATA: json.dumps(told, sort_keys=True)})
    content = io.BytesIO()
    pq.write_table(written, content)
    if file.exists():  # perhaps the key, which reading has just made
        raise UserError(f"{file}: the file is there already; name a new one")
    put(content.getvalue(), file)


def _refuse_people(log: SessionLog) -> None:
    """Raise for a log whose people could be known by their codes, or be taken for others'."""
    people = log.sessions["participant"]
    if not people.str.fullmatch(_PSEUDONYM).all():
        raise UserError("sums leave a site only under pseudonyms; read the log with a key for them")
    if log.remarks["rule"].eq("participant-assumed").any():
        raise UserError(
            "the log names nobody, and people of two such logs would be taken for one; add a column "
            "participant"
        )


class _Site(NamedTuple):
    """A sums file as read."""

    name: str
    sha256: str
    bytes: int
    table: pd.DataFrame
    told: dict[str, Any]


def read_sums(*paths: str | Path | Iterable) -> PooledSums:
    """Return the sums of one or more sites, merged.

    Parameters
    ----------
    *paths : path, folder, pattern, or list of these
        Files that ``write_sums`` wrote. A session may be in one of them only; a person may be in
        several, under the same pseudonym. Own terms must be the same words at all sites.

    Raises
    ------
    UserError
        When a file is no sums file, is of another version, takes another drop for 2 points on a VAS,
        contradicts itself, or is there twice, or a log is in two of them. Nothing is merged then.
    """
    files = [*expanded(flat(paths))]
    if not files:
        raise UserError("no sums given; name one or more files that reliefbook sums export wrote")
    sites = [_site(Path(file), name) for file, name in zip(files, names_of(files), strict=True)]
    for one, other in itertools.combinations(sites, 2):
        _refuse_pair(one, other)
    together = pd.concat([site.table for site in sites], ignore_index=True)
    return PooledSums(
        sums=merge_sums(together),
        signs=together.groupby("participant")[[*SIGNS]].sum().reset_index(),
        sources=pd.DataFrame([_source(site) for site in sites], columns=list(SOURCES)),
        refused=report(pd.DataFrame()),
        remarks=_remarks(sites),
        about=_about([site.told for site in sites]),
    )


def pooled_about(pooled: PooledSums, parameters: dict) -> dict[str, Any]:
    """Return the plain values of a report of sums (``Findings.about``).

    What only the sessions hold is None, and ``without_rows`` says so: days, days_median, longest_gap.
    """
    people = pooled.sums["participant"].nunique()
    complete = int(pooled.sums["n"].sum())
    nothing = _without_sessions(pooled)
    return about(nothing, nothing.sessions, "cohort", parameters) | {
        "without_rows": True,
        "first": pooled.about["first"],
        "last": pooled.about["last"],
        "people": people,
        "log_people": people,
        "sessions": complete + int(pooled.sums["m"].sum()),
        "complete": complete,
        "days": None,
        "days_median": None,
        "longest_gap": None,
        "synthetic": pooled.about["synthetic"],
        "not_asked": pooled.about["not_asked"],
    }


def pooled_tables(pooled: PooledSums, told: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return what a report of sums has beside ``tables_of_sums``; counts of few people are not hidden.

    Parameters
    ----------
    pooled : PooledSums
        As ``read_sums`` returns them.
    told : DataFrame
        The sums that enter summaries.

    Returns
    -------
    dict of DataFrame
        flags, sources, refused, remarks as of a log; worse as ``worse_after(sessions, by=())`` gives
        it, with the one event that the sums count: "pain up by 2".
    """
    total = int(pooled.sums[["n", "m"]].to_numpy().sum())
    nothing = _without_sessions(pooled)
    return common(nothing, nothing.sessions) | {
        "flags": screen_counts(pooled.signs, total=total),
        "worse": _worse(told),
    }


def _without_sessions(pooled: PooledSums) -> SessionLog:
    """Return the sums as a log that says everything of its files, and has no session."""
    return SessionLog(empty_sessions(), pooled.refused, pooled.remarks, pooled.sources)


def _worse(sums: pd.DataFrame) -> pd.DataFrame:
    people = merge_sums(sums, by=["participant", "scale"])
    counted = {
        "n_with": people["kw"],
        "n_sessions": people["n"],
        "people_with": (people["kw"] > 0).astype("int64"),
        "n_people": (people["n"] > 0).astype("int64"),
    }
    events = people[["scale"]].assign(event="pain up by 2", **counted)
    return events.groupby(["event", "scale"])[[*counted]].sum().reset_index()


# One file


def _site(path: Path, name: str) -> _Site:
    content = path.read_bytes()
    try:
        table = pq.read_table(io.BytesIO(content))
        told = dict(json.loads(table.schema.metadata[_METADATA]))
    except (pa.ArrowException, OSError, TypeError, KeyError, ValueError) as error:
        raise UserError(_no_sums(name)) from error
    found = told.get("schema")
    if found != SUMS_SCHEMA:
        raise UserError(
            f"{name}: sums must have schema version {SUMS_SCHEMA}; found {found!r}. Write and read "
            "them with the same version of reliefbook"
        )
    if not table.schema.equals(_SCHEMA) or not told.keys() == {*_ABOUT, *_OF_FILE}:
        raise UserError(_no_sums(name))
    site = _Site(name, hashlib.sha256(content).hexdigest(), len(content), table.to_pandas(), told)
    broken = _contradiction(site)
    if broken:
        raise UserError(
            f"{name}: the numbers contradict each other, {broken} does not hold; the file was changed "
            "after it was written, get it from the site again"
        )
    return site


def _no_sums(name: str) -> str:
    return f"{name}: not a sums file; reliefbook sums export writes one of a log"


def _contradiction(site: _Site) -> str:
    """Return the first rule that the numbers of a file break, or ""."""
    table, told = site.table, site.told
    if told["rows"] != sum(told[name] for name in _ROWS):
        return f"rows == {' + '.join(_ROWS)}"
    if not told["used"] == told["sessions"] == int((table["n"] + table["m"]).sum()):
        return "used == sessions == sum of n + m"
    if table.isna().any(axis=None) or table[KEY].duplicated().any():
        return "one whole row for each person and cell"
    if not table["participant"].str.fullmatch(_PSEUDONYM).all():
        return "each participant is a pseudonym"
    if not table["scale"].isin(SCALES).all():
        return f"each scale is one of {', '.join(SCALES)}"
    if (table[_UNSIGNED] < 0).any(axis=None):
        return "no count below 0"
    values = {name: table[name] for name in SUMS} | _limits(table["scale"], told["vas_two"])
    values["signs"] = table[[*SIGNS]].max(axis=1)
    return next((rule for rule in _HOLDS if not pd.eval(rule, local_dict=values).all()), "")


def _limits(scale: pd.Series, vas_two: int) -> dict[str, pd.Series]:
    """Return of each row the highest rating of its scale, two points, and the drop called two."""
    limits = {
        "top": {name: limit["top"] for name, limit in SCALES.items()},
        "two": {name: limit["two_points"] for name, limit in SCALES.items()},
        "drop": {name: drop_of_two(name, vas_two) for name in SCALES},
    }
    return {name: scale.map(of).astype("int64") for name, of in limits.items()}


# Several files


def _refuse_pair(one: _Site, other: _Site) -> None:
    """Raise for two files whose sums cannot be added up."""
    if one.sha256 == other.sha256:
        raise UserError(f"{other.name}: the same file as {one.name}; give it once")
    if set(one.told["logs"]) & set(other.told["logs"]):
        raise UserError(
            f"{other.name}: a log in it is also in {one.name}, and its sessions would count twice; "
            "leave one of the two out"
        )
    if one.told["vas_two"] != other.told["vas_two"]:
        raise UserError(
            f"{other.name}: it takes {other.told['vas_two']} mm as 2 points on a 0 to 100 scale, and "
            f"{one.name} {one.told['vas_two']} mm; write all with the same --vas-two"
        )


def _source(site: _Site) -> dict[str, Any]:
    """Return one row of ``SOURCES``; what a report calls used is called kept there."""
    rows = {name: site.told[name] for name in ("rows", *_ROWS)}
    return {
        "file": site.name,
        "sha256": site.sha256,
        "bytes": site.bytes,
        "kept": rows.pop("used"),
        **rows,
    }


def _remarks(sites: list[_Site]) -> pd.DataFrame:
    message = (
        "at this site a row was refused that has an answer that can need emergency care; tell the site "
        "to read it now"
    )
    files = [site.name for site in sites if site.told["sign_in_refused"]]
    return report(pd.DataFrame({"file": files, "rule": "sign-in-refused", "message": message}))


def _about(told: list[dict]) -> dict[str, Any]:
    days = {
        name: [each[name] for each in told if each[name] is not None] for name in ("first", "last")
    }
    return {
        "first": min(days["first"], default=None),
        "last": max(days["last"], default=None),
        "synthetic": any(each["synthetic"] for each in told),
        "not_asked": [
            name for name in told[0]["not_asked"] if all(name in each["not_asked"] for each in told)
        ],
        "vas_two": told[0]["vas_two"],
    }
