"""Section 13: the mixed model with a random technique slope, beside each contrast."""

import warnings
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from analysis.language import N_
from analysis.sessions import SCALES, in_tenths

_MIN_PEOPLE = 20
# The likelihood is summed person by person in Python: 2,000 people take 5 to 10 seconds a contrast
# (200,000 sessions of 100 people 2), and with so many the default needs no second opinion.
_MAX_PEOPLE = 2_000
_MIN_VARIANCE = 1e-4  # points squared

#: Why a contrast that is shown has no number here.
FEW_PEOPLE = N_("model not usable: fewer than 20 people logged both")
MANY_PEOPLE = N_("model not usable: more than 2,000 people logged both")
NO_FIT = N_("model not usable: the fit gave a warning (not converged, or a variance near 0)")
VARIANCE_AT_0 = N_("model not usable: a variance between people at 0")


def mixed_model(sessions: pd.DataFrame, *, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return for every contrast the technique's coefficient in a mixed model with random slope.

    Parameters
    ----------
    sessions : DataFrame
        Columns participant, region, technique, scale, pain_before, pain_after (points, or mm). A row
        without one of the ratings does not enter.
    pairs : DataFrame
        The contrasts, as ``contrasts`` returns them for the same sessions.

    Returns
    -------
    DataFrame
        The rows of ``pairs``: region, technique, reference, scale, n_people (logged both),
        n_sessions (theirs, of both techniques), estimate, z_low, z_high in points (VAS: mm), reason.
        The interval is estimate ± 1.96 standard errors: a z interval, too narrow with few people.

    Notes
    -----
    pain_reduction = α + β·pain_before + γ·[technique] + u_i + v_i·[technique] + e over the sessions
    of people who logged both; u and v normal with free covariance; REML. R:
    ``lme4::lmer(reduction ~ before + technique + (1 + technique | participant))``. Given only with 20
    to 2,000 people, when the fit raised no warning (one that did not converge raises one), and when
    u + v·x has a variance above 1e-4 points² for every direction: no variance at 0 and no correlation
    of ±1 (statistics.md, 10, 13 and 14).
    """
    complete = sessions[sessions["pain_before"].notna() & sessions["pain_after"].notna()]
    rows = []
    for pair in pairs.to_dict("records"):
        reason = _why_not(pair)
        row = {name: pair[name] for name in _COLUMNS[:5]}
        row["n_sessions"] = pair["n_sessions"] + pair["n_sessions_reference"]
        rows.append(row | ({"reason": reason} if reason else _fitted(complete, pair)))
    return pd.DataFrame(rows, columns=_COLUMNS)


_COLUMNS = ["region", "technique", "reference", "scale", "n_people", "n_sessions", "estimate", "z_low",
            "z_high", "reason"]  # fmt: skip


def _why_not(pair: dict) -> str:
    if not pair["line"]:  # hidden in the main table
        return pair["reason"]
    if pair["n_people"] < _MIN_PEOPLE:
        return FEW_PEOPLE
    return MANY_PEOPLE if pair["n_people"] > _MAX_PEOPLE else ""


def _fitted(complete: pd.DataFrame, pair: dict) -> dict:
    point = SCALES[pair["scale"]]["two_points"] / 2  # in tenths; on a VAS 10 mm
    people = _people(complete, pair, point)
    person = np.repeat(np.arange(len(people)), [len(rows) for rows in people])
    technique, before, reduction = np.concatenate(people).T
    constant = np.ones_like(before)
    fixed = np.column_stack([constant, before - before.mean(), technique])
    fit = _fit(reduction, fixed, np.column_stack([constant, technique]), person)
    if fit is None:
        return {"reason": NO_FIT}
    if np.linalg.eigvalsh(fit.covariance)[0] <= _MIN_VARIANCE:
        return {"reason": VARIANCE_AT_0}
    estimate = fit.coefficients[2] * point / 10
    half = special.ndtri(0.975) * fit.errors[2] * point / 10
    return {"estimate": estimate, "z_low": estimate - half, "z_high": estimate + half, "reason": ""}


def _people(complete: pd.DataFrame, pair: dict, point: float) -> list[np.ndarray]:
    """Return [technique], before and reduction of each person with both, in units of ``point``.

    People and sessions come in an order of their own: sums must not depend on names.
    """
    here = complete[
        (complete["region"] == pair["region"])
        & (complete["scale"] == pair["scale"])
        & complete["technique"].isin([pair["technique"], pair["reference"]])
    ]
    here = here[here.groupby("participant")["technique"].transform("nunique") == 2]
    before, after = in_tenths(here["pain_before"]), in_tenths(here["pain_after"])
    ordered = pd.DataFrame(
        {
            "technique": (here["technique"] == pair["technique"]).to_numpy("float64"),
            "before": before / point,
            "reduction": (before - after) / point,
        }
    ).assign(participant=here["participant"].to_numpy())
    ordered = ordered.sort_values(list(ordered.columns))
    people = ordered.groupby("participant")[["technique", "before", "reduction"]]
    return sorted((rows.to_numpy() for _, rows in people), key=np.ndarray.tolist)


class _Fit(NamedTuple):
    """Fixed coefficients, their standard errors, and the covariance of what differs by person."""

    coefficients: np.ndarray
    errors: np.ndarray
    covariance: np.ndarray


def _fit(
    outcome: np.ndarray, fixed: np.ndarray, random: np.ndarray, person: np.ndarray
) -> _Fit | None:
    """Return the REML fit, or None when it failed or any warning was raised on the way."""
    from statsmodels.regression.mixed_linear_model import MixedLM  # takes a second to import

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            result = MixedLM(outcome, fixed, groups=person, exog_re=random).fit(reml=True)
            return _Fit(result.fe_params, result.bse_fe, result.cov_re)
        except (Warning, np.linalg.LinAlgError):
            return None
