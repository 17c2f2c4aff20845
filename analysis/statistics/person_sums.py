"""Sections 1 and 2: ratings in whole tenths, and the sums of each person and cell.

The sums are whole numbers, so they merge by addition: exactly, in any order, across files, sites
and partitions. All cohort statistics start from them; a person's sessions are averaged inside
person, region and technique before anything else, so that a frequent logger never counts as many.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from analysis.sessions import SCALES, UserError, in_tenths
from analysis.vocabulary import COMBINED

#: One row of sums is one person's sessions in one cell (region, technique, scale).
KEY = ["participant", "region", "technique", "scale"]

#: The sums of one row, in order. b = pain before, c = pain reduction = before - after, in tenths of
#: a point (VAS: of a mm); squares and products in hundredths. "Two" is 2 points, or 20 mm; for the
#: drops, k2 and kboth (also of high_), a VAS may take 15 mm.
SUMS = {
    "n": "sessions with before and after",
    "Sc": "sum of c",
    "Scc": "sum of c squared",
    "Sb": "sum of b",
    "Sbb": "sum of b squared",
    "Sbc": "sum of b times c",
    "Stwo": "sum of what is called two: a person's mean drop is two if Sc reaches it",
    "nb": "sessions with b above 0",
    "k30": "sessions with b above 0 and c at least 30 % of b",
    "k2": "sessions with c at least two",
    "kboth": "sessions with both",
    "kw": "sessions with c at most minus two (worse)",
    "n_floor": "sessions that start at 1 point (10 mm) or below",
    "n_end_0": "sessions that end at 0",
    "high_n": "sessions that start at 4 points (40 mm) or above",
    "high_k30": "of these, c at least 30 % of b",
    "high_k2": "of these, c at least two",
    "high_kboth": "of these, both",
    "high_kw": "of these, worse by two",
    "n_0_3": "sessions that start at 0 to 3",
    "n_3_6": "sessions that start above 3, to 6",
    "n_6_10": "sessions that start above 6",
    "m": "sessions with before and no after",
    "m_0_3": "of these, start at 0 to 3",
    "m_3_6": "of these, start above 3, to 6",
    "m_6_10": "of these, start above 6",
    "m_b": "of these, b above 0",
    "m_worse": "over these, sum of min(two, top of the scale - b)",
    "m_better": "over these, sum of min(two, b)",
}


def drop_of_two(scale: str, vas_two: int) -> int:
    """Return the smallest drop called "2 points", in tenths: 2 points, or ``vas_two`` mm on a VAS.

    Raises
    ------
    UserError
        When ``vas_two`` is neither 15 nor 20.
    """
    if vas_two not in (15, 20):
        raise UserError(f"vas_two: must be 15 or 20 mm; found {vas_two!r}")
    return 10 * vas_two if SCALES[scale]["unit"] == "mm" else SCALES[scale]["two_points"]


def person_sums(sessions: pd.DataFrame, *, vas_two: int = 20) -> pd.DataFrame:
    """Return the sums of each person and cell.

    Parameters
    ----------
    sessions : DataFrame
        Columns participant, region, technique, scale, pain_before, pain_after (points, or mm). A
        row without pain_before enters nothing; a row without pain_after enters the ``m`` sums.
    vas_two : int
        The drop in mm that counts as 2 points on a VAS: 20, or 15. "Worse" stays 20 mm.

    Returns
    -------
    DataFrame
        One row per participant, region, technique and scale, sorted by them: ``KEY`` and the int64
        columns of ``SUMS``. A cell without sessions is absent.

    Raises
    ------
    UserError
        When ``vas_two`` is neither 15 nor 20.

    Notes
    -----
    Ratings become whole tenths by floor(10x + 0.5 + 1e-9); thresholds are compared on these
    integers (statistics.md, 1 and 2).
    """
    rated = sessions[sessions["pain_before"].notna()]
    groups = rated.groupby(KEY, observed=True, sort=True)
    key = groups.size().index.to_frame(index=False)
    group = groups.ngroup().to_numpy()
    b, after = in_tenths(rated["pain_before"]), rated["pain_after"].notna().to_numpy()
    c = b - in_tenths(rated["pain_after"])
    scale = rated["scale"].astype("category")
    two = scale.map({name: limits["two_points"] for name, limits in SCALES.items()})
    drop = scale.map({name: drop_of_two(name, vas_two) for name in SCALES})
    two, drop = two.to_numpy("int64"), drop.to_numpy("int64")
    complete = _terms_of_complete(b[after], c[after], two[after], drop[after])
    missing = _terms_of_missing(b[~after], two[~after])
    columns = {name: _added(term, group[after], len(key)) for name, term in complete.items()}
    columns |= {name: _added(term, group[~after], len(key)) for name, term in missing.items()}
    return key.assign(**{name: columns[name] for name in SUMS})


def _added(term: np.ndarray, group: np.ndarray, n_groups: int) -> np.ndarray:
    """Return the sum of each group. Whole numbers: exact in floats up to 2**53, and back again."""
    return np.bincount(group, weights=term, minlength=n_groups).astype("int64")


def _terms_of_complete(
    b: np.ndarray, c: np.ndarray, two: np.ndarray, drop: np.ndarray
) -> dict[str, np.ndarray]:
    """Return what each session with both ratings adds to the sums."""
    point = two // 2
    c30, c2, worse, high = (b > 0) & (10 * c >= 3 * b), c >= drop, c <= -two, b >= 4 * point
    return {
        "n": np.ones_like(b),
        "Sc": c,
        "Scc": c * c,
        "Sb": b,
        "Sbb": b * b,
        "Sbc": b * c,
        "Stwo": drop,
        "nb": b > 0,
        "k30": c30,
        "k2": c2,
        "kboth": c30 & c2,
        "kw": worse,
        "n_floor": b <= point,
        "n_end_0": b == c,
        "high_n": high,
        "high_k30": high & c30,
        "high_k2": high & c2,
        "high_kboth": high & c30 & c2,
        "high_kw": high & worse,
        **{f"n_{name}": inside for name, inside in _bands(b, point).items()},
    }


def _terms_of_missing(b: np.ndarray, two: np.ndarray) -> dict[str, np.ndarray]:
    """Return what each session without a rating after adds to the sums."""
    point = two // 2
    return {
        "m": np.ones_like(b),
        **{f"m_{name}": inside for name, inside in _bands(b, point).items()},
        "m_b": b > 0,
        "m_worse": np.minimum(two, 10 * point - b),
        "m_better": np.minimum(two, b),
    }


def _bands(b: np.ndarray, point: np.ndarray) -> dict[str, np.ndarray]:
    """Return for every band of starting pain which sessions start in it."""
    low, high = b <= 3 * point, b > 6 * point
    return {"0_3": low, "3_6": ~low & ~high, "6_10": high}


def merge_sums(*sums: pd.DataFrame, by: list[str] | None = None) -> pd.DataFrame:
    """Return sums added up: of several logs, or over techniques or regions of one.

    Parameters
    ----------
    *sums : DataFrame
        As ``person_sums`` returns them. Each session may be in one of them only, and a person must
        have the same code in all.
    by : list of str, optional
        The key to add up to, a part of ``KEY``; all of it if absent.

    Returns
    -------
    DataFrame
        One row per key, sorted by it; identical in every bit for any order and any split.
    """
    key = by or KEY
    together = pd.concat(sums, ignore_index=True)
    return together.groupby(key, observed=True, sort=True)[list(SUMS)].sum().reset_index()


def cells(sums: pd.DataFrame, by: Sequence[str]) -> Iterator[tuple[dict, pd.DataFrame]]:
    """Yield the name of every cell and its sums, one row a person; sorted by ``by`` and scale.

    A person's sessions are added up to the cell first, so that nobody stands in it twice. Sessions of
    several regions or techniques make cells of their own; they are added to no other one.
    """
    summed_over = [name for name in ("region", "technique") if name not in by]
    single = sums[~sums[summed_over].eq(COMBINED).any(axis=1)]
    people = merge_sums(single, by=["participant", *by, "scale"])
    for key, cell in people.groupby([*by, "scale"], sort=True):
        yield dict(zip([*by, "scale"], key, strict=True)), cell
