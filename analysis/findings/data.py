"""What findings are, and how they are written to and read from ``findings.json``."""

import json
import math
from typing import Any, NamedTuple

import pandas as pd

from analysis.sessions import UserError

#: Version of the layout of ``findings.json``.
SCHEMA = 1

_POINTS = "points of 0-10 (VAS: mm of 0-100); reductions: positive is less pain"
_SHARE = "share, 0 to 1"

#: Unit of a column; one without is a name, a count, a text or a pure number.
UNITS = (
    dict.fromkeys(
        (
            "estimate",
            "low",
            "high",
            "sd",
            "standard_error",
            "median",
            "mean_before",
            "mean_after",
            "session_estimate",
            "session_low",
            "session_high",
            "unadjusted",
            "unadjusted_low",
            "unadjusted_high",
            "adjusted",
            "adjusted_low",
            "adjusted_high",
            "simultaneous_low",
            "simultaneous_high",
            "fixed_slope_low",
            "fixed_slope_high",
            "z_low",
            "z_high",
            "immediate",
            "immediate_low",
            "immediate_high",
            "next",
            "next_low",
            "next_high",
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
        _POINTS,
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
            "exact_low",
            "exact_high",
            "shared",
            "shared_other",
            "overlap",
        ),
        _SHARE,
    )
    | {
        "minutes": "minutes",
        "hours_median": "hours",
        "slope": "points per point",
        "week": "first day",
        "last": "day",
    }
)

# Tables whose estimates and intervals are of shares.
_OF_SHARES = ("responders", "from_4", "missing_as_no", "responder_differences")


def unit(table: str, column: str) -> str:
    """Return the unit of a column of one of the tables, or ""."""
    if table.removeprefix("overall_") in _OF_SHARES and column in ("estimate", "low", "high"):
        return _SHARE
    return UNITS.get(column, "")


class Findings(NamedTuple):
    """The numbers of one report.

    Attributes
    ----------
    about : dict
        Plain values: schema, kit, kind (cohort, one_person or check), first and last (ISO days),
        people, sessions, complete (sessions with both ratings), log_people (in the whole log), rows,
        used, refused, dropped, skipped, blank (rows of the files), days (with a session), days_median
        (the same, over people), longest_gap (days without one), not_asked (columns), synthetic (the
        shipped example), parameters; without_rows where sums of sites were read.
    tables : dict of DataFrame
        By name; what their columns are says the function of ``statistics`` that makes them. Cohort:
        overall, regions and cells (``reduction``), person_means, contrasts, between,
        responder_differences, all_pairs, complete_blocks (``friedman``), responders, from_4,
        missing_as_no and sensitivity (each also as overall_, of sessions other than rest, of one region
        and technique), overall_curve, missing_after; of the sessions next, separable, worse,
        worse_after, symptoms, medicine, weeks; bootstrap and mixed_model where asked for. One person: overall,
        groups, contrasts, next, worse, worse_after, symptoms, start, fortnights, series, plan. Check:
        faults, first. All: flags, sources, refused, remarks.
    """

    about: dict[str, Any]
    tables: dict[str, pd.DataFrame]


def to_json(results: Findings) -> str:
    """Return the findings as JSON: names, units, rows; NaN is null. Same findings, same text."""
    tables = {
        name: {
            "columns": [
                {"name": column, "dtype": str(table[column].dtype), "unit": unit(name, column)}
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
