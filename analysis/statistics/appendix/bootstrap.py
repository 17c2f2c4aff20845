"""Section 13: bootstrap-t intervals over people, for cells and contrasts."""

from functools import reduce

import numpy as np
import pandas as pd

from analysis.language import N_
from analysis.statistics import enough
from analysis.statistics.contrasts import Sums, by_technique, chosen

_MIN_PEOPLE, _FEW_PEOPLE = 15, 30
_MIN_DRAWS = 199
# Share of the draws outside the interval: if more were dropped, they alone could move its ends.
_MAX_DROPPED = 0.05
# People drawn at a time, over all draws of a chunk: bounds the memory, changes no number.
_CHUNK = 200_000
# Values closer than this are equal, as in ``mean_interval``.
_EQUAL = 1e-10

#: Why a bootstrap interval is NaN although the cell or contrast is shown.
FEW_PEOPLE = N_("bootstrap only from 15 people")
DROPPED = N_("too many bootstrap draws without variation or slope")


def bootstrap_t(
    sums: pd.DataFrame,
    *,
    cells: pd.DataFrame,
    pairs: pd.DataFrame,
    rng: np.random.Generator,
    n_draws: int = 1999,
) -> pd.DataFrame:
    """Return a bootstrap-t interval over people for every cell and every contrast.

    Parameters
    ----------
    sums : DataFrame
        As ``person_sums`` returns them.
    cells, pairs : DataFrame
        As ``reduction`` (by region and technique) and ``contrasts`` return them for these sums.
    rng : Generator
        Draws n_draws × n_people whole numbers for each row with an interval, in the order of rows.
    n_draws : int
        Of each row, 199 or more. 1999 makes the ends the 50th and the 1950th ratio.

    Returns
    -------
    DataFrame
        The rows of ``cells`` (reference is ""), then those of ``pairs``: region, technique,
        reference, scale; line ("mean" for a cell; "adjusted" for starting pain or "unadjusted", as in
        ``pairs``); n_people; estimate, low, high in points (VAS: mm); n_draws and n_dropped (draws
        without variation or slope; 0 where nothing was drawn); few (15 to 29 people); reason.

    Raises
    ------
    ValueError
        When ``n_draws`` is below 199.

    Notes
    -----
    People are drawn with all their sums; the slope is estimated again in every draw. With the draw's
    ratios t* = (estimate* - estimate)/SE*, the interval is estimate - t*(0.975)·SE to
    estimate - t*(0.025)·SE. R: ``boot::boot.ci(type = "stud")``. SE = SD/√G of one value per person;
    on the adjusted line this is D_i - B·(SBC_i - beta·SSB_i)/(SSB/G), B the mean difference in
    starting pain: its mean is that of D_i, its SD also holds the error of the slope. A row with more
    than 5 % of its draws dropped has no interval (statistics.md, 10, 13 and 14).
    """
    if n_draws < _MIN_DRAWS:
        raise ValueError(f"n_draws: must be {_MIN_DRAWS} or more; found {n_draws}")
    means = cells.assign(reference="", line=np.where(cells["estimate"].isna(), "", "mean"))
    names = [*_KEY, "line", "n_people", "reason"]
    used = {key: by_technique(part) for key, part in sums.groupby(["region", "scale"])}
    rows = [
        _row(row, used, rng, n_draws)
        for table in (means, pairs)
        for row in table[names].to_dict("records")
    ]
    return pd.DataFrame(rows, columns=_COLUMNS)


_KEY = ["region", "technique", "reference", "scale"]
_COLUMNS = [
    *_KEY,
    "line",
    "n_people",
    "estimate",
    "low",
    "high",
    "n_draws",
    "n_dropped",
    "few",
    "reason",
]


def _row(row: dict, used: dict, rng: np.random.Generator, n_draws: int) -> dict:
    row = row | {
        "n_draws": 0,
        "n_dropped": 0,
        "few": _MIN_PEOPLE <= row["n_people"] < _FEW_PEOPLE,
    }
    if not row["line"]:  # hidden in the main table
        return row
    if row["n_people"] < _MIN_PEOPLE:
        return row | {"reason": FEW_PEOPLE}
    people = _people(row, used[row["region"], row["scale"]])
    # In an order of their own, so that the draws do not depend on what the people are called.
    return row | _interval(people[np.lexsort(people.T)], rng, n_draws)


def _people(row: dict, used: dict[str, Sums]) -> np.ndarray:
    """Return one row per person: of a cell the mean reduction, of a contrast its difference.

    On the adjusted line, the difference of mean starting pain and the parts in SBC and SSB follow.
    """
    names = ("technique",) if row["line"] == "mean" else ("technique", "reference")
    logged = np.all([used[row[name]]["n"] > 0 for name in names], axis=0)
    sums = [chosen(used[row[name]], logged) for name in names]
    reduction, start = _difference(sums, "Sc"), _difference(sums, "Sb")
    if row["line"] != "adjusted":
        return reduction[:, np.newaxis]
    sbc, ssb = (
        sum((each["n"] * each[of_b] - each["Sb"] * each[of]) / each["n"] for each in sums)
        for of_b, of in (("Sbc", "Sc"), ("Sbb", "Sb"))
    )
    return np.column_stack([reduction, start, sbc, ssb])


def _difference(sums: list[Sums], of: str) -> np.ndarray:
    """Return each person's mean in the one cell, or in the first minus the second, in points."""
    return reduce(np.subtract, [each[of] / each["n"] / 10 for each in sums])


def _interval(people: np.ndarray, rng: np.random.Generator, n_draws: int) -> dict:
    """Return estimate and interval from one row per person."""
    estimate, error = _mean_and_error(_values(people))
    if np.isnan(error):
        return {"estimate": float(estimate), "reason": enough.NO_VARIATION}
    ratios = []
    for n_chunk in _chunks(n_draws, len(people)):
        drawn = people[rng.integers(len(people), size=(n_chunk, len(people)))]
        means, errors = _mean_and_error(_values(drawn))
        ratios.append((means - estimate) / errors)
    ratios = np.concatenate(ratios)
    usable = ratios[~np.isnan(ratios)]
    row = {"estimate": float(estimate), "n_draws": n_draws, "n_dropped": n_draws - len(usable)}
    if row["n_dropped"] > _MAX_DROPPED * n_draws:
        return row | {"reason": DROPPED}
    # The (n + 1)·q-th ratio, R's type 6.
    lower, upper = np.quantile(usable, [0.025, 0.975], method="weibull")
    return row | {
        "low": float(estimate - upper * error),
        "high": float(estimate - lower * error),
        "reason": "",
    }


def _chunks(n_draws: int, n_people: int) -> list[int]:
    size = max(1, _CHUNK // n_people)
    return [min(size, n_draws - start) for start in range(0, n_draws, size)]


def _values(people: np.ndarray) -> np.ndarray:
    """Return one value per person (last axis) of each draw; NaN in a draw without a slope."""
    if people.shape[-1] == 1:
        return people[..., 0]
    difference, start, sbc, ssb = np.moveaxis(people, -1, 0)
    total = ssb.mean(axis=-1, keepdims=True)
    total = np.where(total == 0, np.nan, total)  # exact: starting pain never varied
    slope = sbc.mean(axis=-1, keepdims=True) / total
    of_slope = start.mean(axis=-1, keepdims=True) * (sbc - slope * ssb) / total
    return difference - slope * start - of_slope


def _mean_and_error(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard error over the last axis; the error is NaN without variation."""
    varies = np.ptp(values, axis=-1) > _EQUAL
    error = np.std(values, axis=-1, ddof=1) / np.sqrt(values.shape[-1])
    return np.mean(values, axis=-1), np.where(varies, error, np.nan)
