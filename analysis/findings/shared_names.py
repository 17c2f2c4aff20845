"""What no share copy tells, of one person or of many: names, days, files, own words."""

from typing import Any

import numpy as np
import pandas as pd

from analysis.findings.data import Findings
from analysis.findings.page import page_of
from analysis.language import N_
from analysis.vocabulary import vocabulary

#: Lengths are rounded to a multiple of this, as counts of a cohort are.
STEP = 5
#: A value that would tell another, or cannot be had from the report.
NOT_SHOWN = N_("not shown")
#: The reason of a row that stands for several own words.
MERGED = N_("several own words, not added up")

#: What tells groups apart.
KEY = ["region", "technique", "scale"]
#: What is counted of a file.
ROWS = ("rows", "kept", "refused")
_OTHER = "other"
_TERMS = ("region", "technique", "reference")


def common_about(results: Findings) -> dict[str, Any]:
    """Return of ``about`` what both kinds of copies have."""
    about = results.about
    days = None
    if about["first"] is not None:
        days = days_from(pd.Series([about["last"]]), about["first"]).iloc[0]
    parameters = {"reference": _term("technique", about["parameters"].get("reference"))}
    names = ("schema", "kit", "kind", "synthetic", "not_asked")
    return {name: about[name] for name in names} | {
        "shared": True,
        "first": None if days is None else 1,
        "last": None if days is None else int(days),
        "parameters": parameters,
        "page": _page(results),
    }


def _page(results: Findings) -> dict[str, Any]:
    """Return how the page is to look; not who made the report, nor on which day."""
    return page_of(results)._replace(made_on=None, made_by=None)._asdict()


def days_from(times: pd.Series, first: str) -> pd.Series:
    """Return the number of each day, 1 for the first of the log."""
    return (pd.to_datetime(times).dt.normalize() - pd.Timestamp(first)).dt.days + 1


def _term(column: str, code: str | None) -> str | None:
    """Return a word of the vocabulary as it is, and anybody's own word as "other"."""
    table = vocabulary().regions if column == "region" else vocabulary().techniques
    return code if code in {None, "", *table["code"]} else _OTHER


def without_own_terms(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose own words are "other"; rows that were told apart by them coincide."""
    return table.assign(
        **{
            name: pd.Series([_term(name, code) for code in table[name]], table.index, "str")
            for name in _TERMS
            if name in table
        }
    )


def told_apart(table: pd.DataFrame) -> pd.DataFrame:
    """Return comparisons without own words; those that can no longer be told apart are left out."""
    renamed = without_own_terms(table)
    alike = renamed.duplicated([*KEY, "reference"], keep=False)
    return renamed[~alike & (renamed["technique"] != renamed["reference"])].reset_index(drop=True)


def refused_sign(results: Findings) -> pd.DataFrame:
    """Return of the remarks only that a refused row has a sign: no file, line or word of it."""
    remarks = results.tables["remarks"]
    signs = remarks.loc[remarks["rule"] == "sign-in-refused", ["rule"]]
    return signs.drop_duplicates(ignore_index=True)


def numbered_files(sources: pd.DataFrame) -> pd.DataFrame:
    """Return the files by number: a file's name can be a person's, and its hash proves who has it."""
    names = [f"log {number}" for number in range(1, len(sources) + 1)]
    hashes = [NOT_SHOWN] * len(sources)
    kept = sources[list(ROWS)].reset_index(drop=True)
    named = {"file": pd.Series(names, dtype="str"), "sha256": pd.Series(hashes, dtype="str")}
    return pd.DataFrame(named).join(kept)


def to_five(minutes: pd.Series) -> pd.Series:
    """Return minutes to the nearest 5, and no session without length."""
    return (np.floor(minutes / STEP + 0.5) * STEP).clip(lower=STEP)
