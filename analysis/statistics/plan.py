"""Section 11, continued: a randomised plan of two techniques, and the test that it allows.

The p-value rests on nothing but the drawing of the list: the same ratings are looked at under every
list that the scheme could have given.
"""

import datetime
import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.language import N_
from analysis.sessions import UserError
from analysis.statistics import enough
from analysis.statistics.moments import moments
from analysis.statistics.one_person import (
    CONTRAST_SESSIONS,
    FEW_SESSIONS,
    SINGULAR,
    complete_sessions,
    refuse_several,
    residualised,
    singular,
)
from analysis.vocabulary import COMBINED, REST

BLOCKS = (2, 4)
#: Up to so many lists all are looked at; above that, so many are drawn.
ALL_LISTS, DRAWN_LISTS = 20_000, 9_999

# Reasons why a number is NaN, beside those of ``enough`` and ``one_person``.
NOT_FOLLOWED = N_("the plan was followed on too few days")

# Two differences in points that are closer than this are equal: ratings are whole tenths.
_TIE = 1e-9

_ALPHA = 0.05


def randomised_plan(
    techniques: Sequence[str],
    *,
    region: str,
    first_day: datetime.date,
    n_days: int,
    block: int = 2,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return a plan of one session a day, two techniques in random order, balanced in each block.

    Parameters
    ----------
    techniques : sequence of str
        The codes of exactly two; their order does not matter.
    region : str
        Where both are done.
    first_day : date
        The days follow each other from here.
    n_days : int
        A multiple of the block.
    block : int
        2 or 4: in so many days each technique comes equally often.
    rng : Generator
        Draws the order in each block.

    Returns
    -------
    DataFrame
        One row per planned session, in order: day (midnight), block (from 1), technique, region.

    Raises
    ------
    UserError
        For other than two techniques, another block, or days that the block does not divide.
    """
    _refuse_scheme(techniques, region, n_days, block)
    halves = np.tile(np.repeat([0, 1], block // 2), (n_days // block, 1))
    order = rng.permuted(halves, axis=1).ravel()
    days = pd.date_range(pd.Timestamp(first_day).normalize(), periods=n_days)
    return pd.DataFrame(
        {
            "day": days.astype("datetime64[us]"),
            "block": np.arange(n_days) // block + 1,
            "technique": np.array(sorted(techniques), dtype=object)[order],
            "region": region,
        }
    ).astype({"technique": "str", "region": "str"})


def _refuse_scheme(techniques: Sequence[str], region: str, n_days: int, block: int) -> None:
    if isinstance(techniques, str) or len(techniques) != 2 or len(set(techniques)) != 2:
        raise UserError(f"techniques: a plan compares two different ones; found {techniques!r}")
    if COMBINED in (*techniques, region):
        raise UserError(f"plan: {COMBINED!r} is several at once and cannot be planned; name one")
    if block not in BLOCKS:
        raise UserError(f"block: must be 2 or 4 days; found {block!r}")
    if n_days < block or n_days % block:
        raise UserError(
            f"n_days: must be a multiple of the block of {block} days; found {n_days!r}"
        )


class Lists(NamedTuple):
    """Lists of a plan's scheme: one row a list, one column a planned day.

    ``labels`` is true where the technique that comes first by alphabet is planned; ``exact`` says
    that these are all lists, each once, and not a sample.
    """

    labels: np.ndarray
    exact: bool


def plan_lists(plan: pd.DataFrame, *, rng: np.random.Generator) -> Lists:
    """Return all lists that the scheme of a plan could have given, or 9,999 draws above 20,000.

    Parameters
    ----------
    plan : DataFrame
        As ``randomised_plan`` returns it; its rows may be in any order.
    rng : Generator
        Draws the lists; not used where all are returned.

    Returns
    -------
    Lists
        Columns in order of day.

    Raises
    ------
    ValueError
        For a plan that is no list of such a scheme: a block without both techniques equally often,
        a day that stands twice, other than two techniques, several regions.
    """
    _refuse_plan(plan)
    sizes = plan.sort_values("day").groupby("block", sort=False).size()
    orders = [_orders(size) for size in sizes]
    n_lists = math.prod(len(order) for order in orders)
    if n_lists <= ALL_LISTS:
        chosen = np.array(list(itertools.product(*(range(len(order)) for order in orders))))
    else:
        chosen = rng.integers([len(order) for order in orders], size=(DRAWN_LISTS, len(orders)))
    labels = [order[picked] for order, picked in zip(orders, chosen.T, strict=True)]
    return Lists(np.concatenate(labels, axis=1), n_lists <= ALL_LISTS)


def _orders(size: int) -> np.ndarray:
    """Return every order of a block: one row each, true for the first technique."""
    firsts = list(itertools.combinations(range(size), size // 2))
    orders = np.zeros((len(firsts), size), dtype=bool)
    orders[np.arange(len(firsts))[:, None], firsts] = True
    return orders


def _refuse_plan(plan: pd.DataFrame) -> None:
    counts = pd.crosstab(plan["block"], plan["technique"])
    in_order = plan.sort_values("day")["block"].is_monotonic_increasing
    if not (
        len(set(plan["region"])) == 1
        and counts.shape[1] == 2
        and (counts.iloc[:, 0] == counts.iloc[:, 1]).all()
        and plan["day"].is_unique
        and in_order
    ):
        raise ValueError(
            "plan: must be two techniques in one region, balanced in each block of days"
        )


class RandomisationTest(NamedTuple):
    """A technique minus the reference as planned, and the share of lists with at least as much.

    n_planned days; n_followed with a session of the planned technique, n_other with one of the
    other, n_missed without a session with both ratings, n_unclear where several may have come first.
    estimate, low and high (95 %) are in points (VAS: mm); p_value is exact over all n_lists, or from
    n_lists draws. ``reason`` says why a number is NaN; low and high are NaN too where the lists are
    too few for 95 %.
    """

    technique: str
    reference: str
    region: str
    n_planned: int
    n_followed: int
    n_other: int
    n_missed: int
    n_unclear: int
    estimate: float = np.nan
    low: float = np.nan
    high: float = np.nan
    p_value: float = np.nan
    n_lists: int = 0
    exact: bool = False
    reason: str = ""


def randomisation_test(
    sessions: pd.DataFrame,
    plan: pd.DataFrame,
    *,
    reference: str | None = None,
    rng: np.random.Generator,
) -> RandomisationTest:
    """Return the randomisation test of one person's log against the plan it was to follow.

    Parameters
    ----------
    sessions : DataFrame
        Of one person, as for ``person_cells``.
    plan : DataFrame
        As ``randomised_plan`` returned it before the first session.
    reference : str, optional
        Which of the two is subtracted. Default: rest if planned, else the last by alphabet. The
        p-value does not depend on it.
    rng : Generator
        Draws lists where there are more than 20,000.

    Raises
    ------
    ValueError
        For sessions of several people, a plan as ``plan_lists`` refuses it, or a reference that is
        not planned.

    Notes
    -----
    statistics.md, 11. A planned day is answered by the first session of that day with both ratings,
    in the plan's region, by either of the two techniques. Which session that is, and whether there
    is one, is settled without looking at the plan: under the hypothesis that nothing depends on the
    list, the same ratings would then have been looked at under every list, which is what makes p
    exact. For the same reason a day counts for the technique that was planned, whatever was done
    (by intention to treat), and a session of the planned technique later in the day does not
    replace it. Where it is not known which session came first (``moments``), the day has no answer.
    Other sessions, and days without an answer, are left out under every list.

    The statistic is abs(gamma) of c = alpha + beta·b + gamma·[A] + delta·day, the least squares of
    ``person_contrasts``. p is the share of all lists with at least the observed one, or
    (1 + count)/10,000 from 9,999 draws.

    low and high are the ends of the differences that the test does not reject at 5 %: delta is taken
    off the reductions of the days planned for A, and the same lists are looked at again. They hold
    the true difference in 95 % of lists if it is the same on all days.

    A plan that was hardly followed still gives a valid p, of a question nobody asked. So there is
    none when more than 40 % of the planned days (the limit for missing ratings) have no session of
    the planned technique, and none with fewer than 8 answered days for either technique.
    """
    refuse_several(sessions)
    lists = plan_lists(plan, rng=rng)
    in_order = plan.sort_values("day", ignore_index=True)
    pair = _pair(plan, reference)
    answers = _answers(sessions, in_order)
    answered = answers["c"].notna().to_numpy()
    unclear = answers["unclear"].eq(True).to_numpy()
    followed = int((answers["done"] == answers["planned"]).sum())
    test = RandomisationTest(
        *pair,
        region=plan["region"].iloc[0],
        n_planned=len(plan),
        n_followed=followed,
        n_other=int(answered.sum()) - followed,
        n_missed=int((~answered & ~unclear).sum()),
        n_unclear=int(unclear.sum()),
    )
    used = answers[answered]
    label = (used["planned"] == pair[0]).to_numpy()
    reason = _why_not(test, used, label)
    if reason:
        return test._replace(reason=reason)
    estimate, gammas, shares = _gammas(used, label, lists.labels[:, answered])
    n_as_large = int((np.abs(gammas) >= abs(estimate) - _TIE).sum())
    n_lists = len(gammas)
    own = 0 if lists.exact else 1  # a sample of lists is completed by the plan's own
    kept = math.floor(_ALPHA * (n_lists + own)) + 1 - own  # lists as large, for a p above 5 %
    return test._replace(
        estimate=estimate,
        low=estimate - _reach(estimate * shares - gammas, shares, kept),
        high=estimate + _reach(gammas - estimate * shares, shares, kept),
        p_value=(n_as_large + own) / (n_lists + own),
        n_lists=n_lists,
        exact=lists.exact,
    )


def _pair(plan: pd.DataFrame, reference: str | None) -> tuple[str, str]:
    """Return the technique and its reference."""
    first, last = sorted(plan["technique"].unique())
    reference = reference or (REST if REST in (first, last) else last)
    if reference not in (first, last):
        raise ValueError(f"reference: must be {first!r} or {last!r}; found {reference!r}")
    return (first, last) if reference == last else (last, first)


def _answers(sessions: pd.DataFrame, plan: pd.DataFrame) -> pd.DataFrame:
    """Return the plan with the session of each day: done, scale, b, c; missing where there is none.

    ``unclear`` is true, and they are missing, where several sessions may have been the first.
    """
    complete = complete_sessions(sessions)
    of_plan = complete["region"].eq(plan["region"].iloc[0]) & complete["technique"].isin(
        plan["technique"]
    )
    possible = complete[of_plan].rename(columns={"technique": "done"})
    moment = moments(possible["started_at"])
    possible = possible[moment == moment.groupby(possible["day"]).transform("min")]
    unclear = possible["day"].duplicated(keep=False)
    first = possible.mask(unclear).assign(day=possible["day"], unclear=unclear)
    first = first.drop_duplicates("day")
    planned = plan[["day", "technique"]].rename(columns={"technique": "planned"})
    return planned.merge(first, on="day", how="left")


def _why_not(test: RandomisationTest, used: pd.DataFrame, label: np.ndarray) -> str:
    """Return why a log is not tested against its plan, or ""."""
    if len(set(used["scale"])) > 1:
        return enough.TWO_SCALES
    if test.n_planned - test.n_followed > enough.MISSING_REFUSED * test.n_planned:
        return NOT_FOLLOWED
    if min(label.sum(), (~label).sum()) < CONTRAST_SESSIONS:
        return FEW_SESSIONS
    if singular(used, label):
        return SINGULAR
    left = residualised(used["c"].to_numpy("float64"), used)
    return enough.NO_VARIATION if np.ptp(np.round(left, 10)) == 0 else ""


def _gammas(
    used: pd.DataFrame, label: np.ndarray, lists: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """Return gamma under the plan, gamma under each list, and by how much each falls per delta.

    Delta is a difference taken off the reductions of the days planned for the technique: gamma of a
    list becomes gamma - delta·share, and under the plan itself the share is 1.
    """
    labels = np.vstack([label, lists]).astype("float64")
    columns = residualised(np.column_stack([used["c"].to_numpy("float64") / 10, labels.T]), used)
    outcome, left = columns[:, 0], columns[:, 1:]
    squares = (left**2).sum(axis=0)
    # A list that starting pain and day would give away has no gamma; it counts as at least as large.
    defined = squares > _TIE
    gammas = np.divide(outcome @ left, squares, out=np.full(len(labels), np.inf), where=defined)
    shares = np.divide(left[:, 0] @ left, squares, out=np.zeros(len(labels)), where=defined)
    return float(gammas[0]), gammas[1:], shares[1:]


def _reach(rest: np.ndarray, shares: np.ndarray, kept: int) -> float:
    """Return the largest d >= 0 with abs(rest - share·d) >= d in at least ``kept`` lists; or NaN.

    NaN where there is no largest.
    """
    size, share = np.abs(rest), np.where(rest < 0, -shares, shares)
    nothing = size < _TIE  # the plan itself and its mirror image: abs(share) is 1
    share = np.where(nothing, np.abs(share), share)
    always = (nothing & (share > 1 - _TIE)) | np.isinf(size) | (share <= -1)
    # Counted from 0 to the first end; and again from the second on, where share is above 1.
    end, again = np.full(len(size), np.inf), np.full(len(size), np.inf)
    np.divide(size, 1 + share, out=end, where=~always)
    np.divide(size, share - 1, out=again, where=~always & (share > 1))
    if np.isinf(end).sum() + np.isfinite(again).sum() >= kept:
        return np.nan
    ends = np.sort(end)
    counted = len(ends) - np.searchsorted(ends, ends, "left")
    counted += np.searchsorted(np.sort(again), ends, "right")
    return float(ends[(counted >= kept) & np.isfinite(ends)].max())
