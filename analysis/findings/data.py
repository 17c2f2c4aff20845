"""What findings are, and how they are written to and read from ``findings.json``."""

import json
import math
from typing import Any, NamedTuple

import pandas as pd

from analysis.sessions import UserError

#: Version of the layout of ``findings.json``.
SCHEMA = 1

#: Unit of the columns of all tables; a column without a unit is a name, a count or a text.
UNITS = (
    dict.fromkeys(
        (
            "estimate",
            "low",
            "high",
            "sd",
            "median",
            "mean_before",
            "session_estimate",
            "session_low",
            "session_high",
            "unadjusted",
            "unadjusted_low",
            "adjusted",
            "adjusted_low",
            "adjusted_high",
            "unadjusted_high",
            "mean_before_reference",
            "value",
            "pain_before",
            "pain_after",
            "pain_reduction",
            "lower_quartile",
            "upper_quartile",
            "median_before",
            "median_first",
            "median_last",
            "median_reduction",
        ),
        "points of 0-10 (VAS: mm of 0-100); reductions: positive is less pain",
    )
    | dict.fromkeys(
        (
            "missing_share",
            "missing_share_reference",
            "positive",
            "zero",
            "negative",
            "worse_share",
            "floor_share",
            "end_0_share",
            "largest_share",
            "share",
            "share_positive",
            "people_low",
            "people_high",
        ),
        "share, 0 to 1",
    )
    | {"minutes": "minutes", "slope": "points per point", "week": "first day", "last": "day"}
)


class Findings(NamedTuple):
    """The numbers of one report.

    Attributes
    ----------
    about : dict
        Plain values: schema, kit, kind (cohort, one_person or check), first and last (ISO days),
        people, sessions, complete (sessions with both ratings), worse (sessions after which pain was
        up by 1, by 2; people with one by 2, of people), log_people (in the whole log), rows, used,
        refused, dropped, skipped, blank (rows of the files), days (with a session), days_median (the
        same, over people), longest_gap (days without one), not_asked (columns), synthetic (the shipped example),
        parameters.
    tables : dict of DataFrame
        By name. Cohort: overall, overall_responders, overall_sensitivity (sessions other than rest, of
        one region and technique), regions, cells, person_means, contrasts, between, responders,
        sensitivity, weeks. One person: groups, medians, start, fortnights, series. Check: faults, first.
        All: flags, sources, refused, remarks.
    """

    about: dict[str, Any]
    tables: dict[str, pd.DataFrame]


def to_json(results: Findings) -> str:
    """Return the findings as JSON: names, units, rows; NaN is null. Same findings, same text."""
    tables = {
        name: {
            "columns": [
                {"name": column, "dtype": str(table[column].dtype), "unit": UNITS.get(column, "")}
                for column in table
            ],
            "rows": [
                [_plain(value) for value in row] for row in table.itertuples(index=False, name=None)
            ],
        }
        for name, table in results.tables.items()
    }
    return (
        json.dumps(
            {"about": results.about, "tables": tables},
            indent=1,
            sort_keys=True,
            ensure_ascii=False,
            allow_nan=False,
        )
        + "\n"
    )


def from_json(text: str) -> Findings:
    """Return the findings that ``to_json`` wrote.

    Raises
    ------
    UserError
        When the text is of another schema version.
    """
    content = json.loads(text)
    found = content.get("about", {}).get("schema")
    if found != SCHEMA:
        raise UserError(f"findings: must have schema version {SCHEMA}; found {found!r}")
    return Findings(
        content["about"], {name: _frame(table) for name, table in content["tables"].items()}
    )


def _frame(table: dict) -> pd.DataFrame:
    names = [column["name"] for column in table["columns"]]
    frame = pd.DataFrame(table["rows"], columns=names, dtype=object)
    return frame.astype({column["name"]: column["dtype"] for column in table["columns"]})


def _plain(value: Any) -> Any:
    """Return a JSON value; numbers keep every digit, times are ISO text."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    plain = value.item() if hasattr(value, "item") else value
    return None if isinstance(plain, float) and math.isnan(plain) else plain
