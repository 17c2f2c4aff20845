"""Section 7: shares of sessions and counts of people with an immediate change of at least ..."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from analysis.language import N_
from analysis.sessions import SCALES
from analysis.statistics import enough
from analysis.statistics.between_people import only_one
from analysis.statistics.contrasts import Sums
from analysis.statistics.intervals import mean_interval
from analysis.statistics.person_sums import cells
from analysis.statistics.reduction import why_not

#: Rule -> the sums it counts and the sessions it counts among. Never joined by "or".
RULES = {
    "30 percent": ("k30", "nb"),
    "2 points": ("k2", "n"),
    "both": ("kboth", "n"),
    "worse by 2": ("kw", "n"),
}

#: Why a rule has no line although the cell has people enough: by the sessions it counts among.
NONE_STARTED = {
    "nb": N_("no session started above 0"),
    "high_n": N_("no session started at 4 points (40 mm) or above"),
}

_SHARE = ("rule", "n_people", "n_sessions", "missing_share", "much_missing", "share", "low", "high")
_PEOPLE = ("people", "people_of", "people_low", "people_high", "exact_low", "exact_high")
#: The columns of a share of sessions, after those of its cell.
SHARE_COLUMNS = (*_SHARE, "reason")


def responders(
    sums: pd.DataFrame,
    *,
    by: Sequence[str] = ("region", "technique"),
    min_people: int = enough.MIN_PEOPLE,
) -> pd.DataFrame:
    """Return for every cell and rule how often the change within a session was at least so large.

    Parameters
    ----------
    sums : DataFrame
        As ``person_sums`` returns them.
    by : sequence of str
        What makes a cell beside the scale, as in ``reduction``.
    min_people : int
        Below it, only counts are shown.

    Returns
    -------
    DataFrame
        One row per cell, scale and rule ("30 percent", "2 points", "both", "worse by 2"; on a VAS
        what the sums call two, and 20 mm). share, low, high: mean over people of each person's
        share of sessions, with a t interval clipped to 0 to 1 (Wilson on people if all shares are equal);
        n_people and n_sessions behind it. people, people_of: people whose mean change meets the
        rule, of how many, with Wilson's interval people_low, people_high and that of Clopper and
        Pearson exact_low, exact_high. n_start_0: sessions that started at 0, which n_sessions of
        the 30 % line leaves out and those of the other lines hold. missing_share: of the cell's
        sessions, without after; ``much_missing`` (above 20 %) marks a line to be shown with a
        warning. ``reason`` says why a number is NaN.

    Notes
    -----
    Counted on whole tenths: 30 %: b > 0 and 10c >= 3b; 2 points: c >= 20 tenths; of a person:
    10·Sc >= 3·Sb, Sc >= 20n in tenths (statistics.md, 7). Published thresholds describe weeks of treatment,
    not one session.
    """
    rows = []
    for row, cell in counted_cells(sums, by, min_people):
        people = cell[cell["n"] > 0]
        start_0 = np.nan if row["reason"] else int((people["n"] - people["nb"]).sum())
        met = _met_by_mean(people, row["scale"])
        for rule, (count, among) in RULES.items():
            line = row | {"rule": rule, "n_start_0": start_0}
            if not line["reason"]:
                line |= share_line(people, count, among, min_people=min_people)
            if not line["reason"]:
                line |= _people_line(met[rule][people[among].to_numpy() > 0])
            rows.append(line)
    return pd.DataFrame(rows, columns=[*by, "scale", *_SHARE, *_PEOPLE, "n_start_0", "reason"])


def responders_from_4(
    sums: pd.DataFrame,
    *,
    by: Sequence[str] = ("region", "technique"),
    min_people: int = enough.MIN_PEOPLE,
) -> pd.DataFrame:
    """Return the shares of ``responders`` among sessions that started at 4 points (40 mm) or above.

    Parameters
    ----------
    sums, by, min_people
        As in ``responders``.

    Returns
    -------
    DataFrame
        One row per cell, scale and rule: rule, n_people and n_sessions (with such a start), share,
        low, high, missing_share (of all the cell's sessions), much_missing and reason, as in
        ``responders``. The sums hold no mean change of these sessions alone, so no people are
        counted by it.

    Notes
    -----
    At a low start 30 % is reached more easily than 2 points, which are out of reach below 2
    (statistics.md, 7).
    """
    rows = []
    for row, cell in counted_cells(sums, by, min_people):
        for rule, (count, _) in RULES.items():
            line = row | {"rule": rule}
            if not line["reason"]:
                line |= share_line(cell, f"high_{count}", "high_n", min_people=min_people)
            rows.append(line)
    return pd.DataFrame(rows, columns=[*by, "scale", *SHARE_COLUMNS])


def responder_curve(
    sums: pd.DataFrame,
    *,
    by: Sequence[str] = ("region", "technique"),
    min_people: int = enough.MIN_PEOPLE,
) -> pd.DataFrame:
    """Return for every cell which share of people had a mean change of at least each value.

    Parameters
    ----------
    sums, by, min_people
        As in ``responders``.

    Returns
    -------
    DataFrame
        One row per cell, scale and distinct mean change, ascending: n_people, missing_share,
        much_missing, value in points (VAS: mm; positive is less pain), share of people whose mean
        change is at least that. A hidden cell has one row, value and share NaN, and its ``reason``.
        The steps are the people's own means: a copy that shows no dot per person shows no curve.

    Notes
    -----
    The empirical distribution turned round, #{x_i >= value}/G with x_i = Sc_i/n_i. Equal means are
    equal floats, because each is one rounded division of whole numbers. R:
    ``1 - ecdf(x)(v) + mean(x == v)``.
    """
    rows = []
    for row, cell in counted_cells(sums, by, min_people):
        people = cell[cell["n"] > 0]
        curve = [(np.nan, np.nan)] if row["reason"] else _at_least(people)
        rows += [row | {"value": value, "share": share} for value, share in curve]
    columns = ("n_people", "missing_share", "much_missing", "value", "share", "reason")
    return pd.DataFrame(rows, columns=[*by, "scale", *columns])


def _at_least(people: pd.DataFrame) -> Iterator[tuple[float, float]]:
    values, counts = np.unique(people["Sc"] / (10 * people["n"]), return_counts=True)
    return zip(values, counts[::-1].cumsum()[::-1] / len(people), strict=True)


def counted_cells(
    sums: pd.DataFrame, by: Sequence[str], min_people: int
) -> Iterator[tuple[dict, pd.DataFrame]]:
    """Yield of every cell its name, n_people, what is missing and why it is hidden; and its sums."""
    for names, cell in cells(sums, by):
        n, m = int(cell["n"].sum()), int(cell["m"].sum())
        row = names | {"n_people": int((cell["n"] > 0).sum()), "missing_share": m / (n + m)}
        row["reason"] = why_not(names, row, min_people)
        row["much_missing"] = row["missing_share"] > enough.MISSING_WARNED
        yield row, cell


def share_line(people: pd.DataFrame, count: str, among: str, *, min_people: int) -> dict:
    """Return the mean over people of each one's share, with its interval, or why there is none.

    Parameters
    ----------
    people : DataFrame
        The sums of one cell, a row per person.
    count, among : str
        The columns whose ratio is a person's share; who has none of ``among`` is left out.
    min_people : int
        With fewer left, only they are counted.

    Returns
    -------
    dict
        n_people, reason; n_sessions, share, low, high where there is no reason.
    """
    n = people[among].to_numpy()
    asked = n > 0
    n_people = int(asked.sum())
    if n_people == 0:
        return {"n_people": 0, "reason": NONE_STARTED[among]}
    if n_people < min_people:
        return {"n_people": n_people, "reason": enough.FEW}
    mean = mean_interval(people[count].to_numpy()[asked] / n[asked])
    low, high = mean.low, mean.high
    if np.isnan(low):
        low, high = wilson(mean.mean * n_people, n_people)
    return {
        "n_people": n_people,
        "n_sessions": int(n.sum()),
        "share": mean.mean,
        "low": max(0.0, low),
        "high": min(1.0, high),
        "reason": "",
    }


def _met_by_mean(people: pd.DataFrame, scale: str) -> dict[str, np.ndarray]:
    """Return for every rule whether each person's mean change meets it, on whole tenths."""
    n, Sc, Sb, Stwo = (people[name].to_numpy() for name in ("n", "Sc", "Sb", "Stwo"))
    c30, c2, worse = 10 * Sc >= 3 * Sb, Sc >= Stwo, Sc <= -SCALES[scale]["two_points"] * n
    return {"30 percent": c30, "2 points": c2, "both": c30 & c2, "worse by 2": worse}


def _people_line(met: np.ndarray) -> dict:
    """Return how many people meet a rule, of how many, with both intervals."""
    k, n = int(met.sum()), len(met)
    return dict(zip(_PEOPLE, (k, n, *wilson(k, n), *clopper_pearson(k, n)), strict=True))


def wilson(k: float, n: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval for k of n people, clipped to 0 to 1.

    Notes
    -----
    R: ``prop.test(k, n, correct = FALSE)$conf.int``.

    Examples
    --------
    >>> [round(limit, 3) for limit in wilson(0, 7)]
    [0.0, 0.354]
    """
    z = float(special.ndtri(0.975))
    share = k / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    # The ends are exact, so that an interval holds its own share.
    low = 0.0 if k == 0 else float(max(0.0, centre - half))
    high = 1.0 if k == n else float(min(1.0, centre + half))
    return low, high


def clopper_pearson(k: int, n: int) -> tuple[float, float]:
    """Return the exact 95 % interval of Clopper and Pearson for k of n people.

    Notes
    -----
    The 0.025 quantile of Beta(k, n - k + 1) and the 0.975 quantile of Beta(k + 1, n - k). R:
    ``binom.test(k, n)$conf.int``.

    Examples
    --------
    >>> [round(limit, 3) for limit in clopper_pearson(0, 7)]
    [0.0, 0.41]
    """
    low = 0.0 if k == 0 else float(special.betaincinv(k, n - k + 1, 0.025))
    high = 1.0 if k == n else float(special.betaincinv(k + 1, n - k, 0.975))
    return low, high


def responder_differences(
    sums: pd.DataFrame, compared: pd.DataFrame, *, min_people: int = enough.MIN_PEOPLE
) -> pd.DataFrame:
    """Return how much more often people with only A than with only B meet a rule. Exploratory.

    Parameters
    ----------
    sums, compared, min_people
        As in ``between_people``: people who logged both are left out.

    Returns
    -------
    DataFrame
        One row per pair and rule ("30 percent", "2 points"): region, technique, reference, scale,
        rule; people, people_of, people_reference, people_of_reference (people whose mean change
        meets the rule, of how many; who started at 0 always is no part of the 30 %); estimate, low,
        high: the risk difference with Newcombe's interval, also where all of a group meet the rule;
        reason.
    """
    rows = []
    for key, a, b, reason in only_one(sums, compared, min_people=min_people):
        for rule in ("30 percent", "2 points"):
            row = key | {"rule": rule, "reason": reason}
            rows.append(row if reason else row | _difference(a, b, rule, min_people))
    return pd.DataFrame(rows, columns=_DIFFERENCE)


_DIFFERENCE = ["region", "technique", "reference", "scale", "rule", "people", "people_of",
               "people_reference", "people_of_reference", "estimate", "low", "high", "reason"]  # fmt: skip


def _difference(a: Sums, b: Sums, rule: str, min_people: int) -> dict:
    meets = [_meet(cell, rule) for cell in (a, b)]
    if min(map(len, meets)) < min_people:
        return {"reason": enough.FEW}
    (k1, n1), (k0, n0) = ((int(met.sum()), len(met)) for met in meets)
    counts = {"people": k1, "people_of": n1, "people_reference": k0, "people_of_reference": n0}
    return counts | newcombe(k1, n1, k0, n0)._asdict()


def _meet(people: Sums, rule: str) -> np.ndarray:
    """Return whether each person's mean change meets a rule, of those it can be asked of."""
    if rule == "2 points":
        return people["Sc"] >= people["Stwo"]
    return (10 * people["Sc"] >= 3 * people["Sb"])[people["nb"] > 0]


class RiskDifference(NamedTuple):
    """A difference of two shares and its 95 % interval."""

    estimate: float
    low: float
    high: float


def newcombe(k1: int, n1: int, k0: int, n0: int) -> RiskDifference:
    """Return the risk difference k1/n1 - k0/n0 of two groups of different people, with interval.

    Parameters
    ----------
    k1, n1, k0, n0 : int
        People who meet a rule, of how many, in either group. People who are in both groups make
        them not independent: leave them out.

    Notes
    -----
    Newcombe 1998, Stat Med 17:873, method 10: with Wilson's l and u of each share p, from
    d - √((p1 - l1)² + (u0 - p0)²) to d + √((u1 - p1)² + (p0 - l0)²). It has limits also where a
    group is all or none; an odds ratio has not (statistics.md, 14). R:
    ``DescTools::BinomDiffCI(k1, n1, k0, n0, method = "score")``.

    Examples
    --------
    >>> [round(number, 4) for number in newcombe(56, 70, 48, 80)]
    [0.2, 0.0524, 0.3339]
    """
    p1, p0 = k1 / n1, k0 / n0
    (l1, u1), (l0, u0) = wilson(k1, n1), wilson(k0, n0)
    low = p1 - p0 - np.hypot(p1 - l1, u0 - p0)
    high = p1 - p0 + np.hypot(u1 - p1, p0 - l0)
    return RiskDifference(p1 - p0, float(low), float(high))
