"""How long the statistics of a cohort take, beside plain pandas and statsmodels on the same rows.

Run in an environment with ``pip install -e ".[benchmarks]"``::

    python tests/benchmarks/cohort.py

2,000 people, 4 regions, 10 techniques, 1,000,000 sessions. From the sums: every default table that
needs only each person's sums. From the rows: the sums, those tables, and the tables that need dates
or symptoms. Each time is the smallest of three, for other work on a machine only adds to it.

Beside them, in the same run: the means and intervals of the cells by ``groupby.apply`` in plain
pandas, which must be the kit's, and for one contrast the regression of pain reduction on pain before,
technique and person, with errors clustered by person, in statsmodels. It answers the question of one
row of ``contrasts`` in another way, and has a column per person: it gets 200 people, and the kit the
same. Exits with 1 when a limit is missed.
"""

import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats

from analysis.statistics import (
    between_people,
    contrasts,
    missing_after,
    next_session,
    person_sums,
    reduction,
    responders,
    sensitivity,
    separable,
    worse_after,
)
from analysis.statistics.responders import responder_curve
from analysis.statistics.worse_after import SYMPTOMS, symptoms
from analysis.vocabulary import REST

SESSIONS, PEOPLE, FEWER_PEOPLE, REPEATS = 1_000_000, 2_000, 200, 3
LIMIT_SUMS, LIMIT_ROWS = 1.0, 3.0
CELL = ["region", "technique"]
REGIONS = np.array(["buttock", "hip", "calf", "foot"])
TECHNIQUES = np.array([REST, *(f"technique_{number}" for number in range(1, 10))])


def log(rng: np.random.Generator) -> pd.DataFrame:
    """Return the sessions table of a large cohort; one rating after in twenty is missing."""
    before = rng.integers(0, 11, SESSIONS)
    after = np.clip(before - rng.integers(-2, 5, SESSIONS), 0, 10).astype("float64")
    minutes = rng.integers(0, 730 * 24 * 60, SESSIONS).astype("timedelta64[m]")
    answers = np.array(["", "no", "yes", "3"])
    words = {
        "participant": np.char.mod("P%04d", rng.integers(0, PEOPLE, SESSIONS)),
        "region": rng.choice(REGIONS, SESSIONS),
        "technique": rng.choice(TECHNIQUES, SESSIONS),
        "scale": np.full(SESSIONS, "NRS0-10"),
        "parts_named": np.full(SESSIONS, ""),
        **{f"{name}_before": rng.choice(answers, SESSIONS) for name in SYMPTOMS},
        **{f"{name}_after": rng.choice(answers, SESSIONS) for name in SYMPTOMS},
    }
    return pd.DataFrame(words, dtype="str").assign(
        started_at=np.datetime64("2024-01-01T00:00:00", "us") + minutes,
        pain_before=before.astype("float64"),
        pain_after=np.where(rng.random(SESSIONS) < 0.05, np.nan, after),
    )


def from_sums(sums: pd.DataFrame) -> None:
    """Make every default table that needs the sums alone."""
    for by in (CELL, ["region"], []):
        for table in (reduction, responders, sensitivity):
            table(sums, by=by)
    between_people(sums, contrasts(sums))
    missing_after(sums)
    responder_curve(sums)


def from_rows(sessions: pd.DataFrame) -> None:
    """Make all default tables of a cohort."""
    from_sums(person_sums(sessions))
    for table in (next_session, separable, worse_after, symptoms):
        table(sessions)


def plain_pandas(sessions: pd.DataFrame) -> pd.DataFrame:
    """Return mean and interval of every cell, over the means of its people, as one would write it."""
    change = sessions.assign(reduction=sessions["pain_before"] - sessions["pain_after"])
    own = change.groupby([*CELL, "participant"])["reduction"].apply(lambda values: values.mean())

    def interval(means: pd.Series) -> pd.Series:
        means = means.dropna()
        half = stats.t.ppf(0.975, len(means) - 1) * means.std() / np.sqrt(len(means))
        middle = means.mean()
        return pd.Series({"estimate": middle, "low": middle - half, "high": middle + half})

    return own.groupby(CELL).apply(interval).unstack()


def regression(sessions: pd.DataFrame) -> float:
    """Return technique minus rest by least squares, clustered by person, from one region's rows."""
    import statsmodels.formula.api as smf

    complete = sessions.dropna(subset="pain_after")
    complete = complete.assign(
        reduction=complete["pain_before"] - complete["pain_after"],
        other=(complete["technique"] != REST).astype("float64"),
        person=pd.factorize(complete["participant"])[0],
    )
    model = smf.ols("reduction ~ pain_before + other + C(person)", complete)
    return model.fit(cov_type="cluster", cov_kwds={"groups": complete["person"]}).params["other"]


def seconds(work: Callable[[], object]) -> float:
    """Return the smallest time of some runs."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def told(name: str, took: float, remark: str = "") -> None:
    """Print one line."""
    print(f"{name:<52}{took:8.3f} s  {remark}")


def kept(took: float, limit: float) -> str:
    """Return whether a limit was kept, in words."""
    return f"limit {limit:.0f} s {'kept' if took < limit else 'MISSED'}"


def main() -> None:
    """Print the times and their ratios."""
    sessions = log(np.random.default_rng(20260331))
    sums = person_sums(sessions)
    cells = reduction(sums).set_index(CELL)[["estimate", "low", "high"]]
    if not np.allclose(cells, plain_pandas(sessions), rtol=1e-12, atol=1e-12):
        sys.exit("plain pandas has other means or intervals than the kit")
    print(
        f"{SESSIONS:,} sessions, {PEOPLE:,} people, {len(cells)} cells, {len(sums):,} rows of sums"
    )
    by_sums, by_rows = seconds(lambda: from_sums(sums)), seconds(lambda: from_rows(sessions))
    told("all default tables, from the sums", by_sums, kept(by_sums, LIMIT_SUMS))
    told("all default tables, from the rows", by_rows, kept(by_rows, LIMIT_ROWS))
    for table in (person_sums, next_session, separable, worse_after, symptoms):
        told(f"  of these {table.__name__}", seconds(lambda table=table: table(sessions)))
    ours = seconds(lambda: reduction(person_sums(sessions)))
    plain = seconds(lambda: plain_pandas(sessions))
    told("cells from the rows: the kit", ours)
    told("  groupby.apply in plain pandas", plain, f"{plain / ours:.1f} times the kit's")
    few = sessions[sessions["participant"] < f"P{FEWER_PEOPLE:04d}"]
    pair = few[few["technique"].isin(TECHNIQUES[:2]) & (few["region"] == REGIONS[0])]
    ours, fitted = seconds(lambda: contrasts(person_sums(pair))), seconds(lambda: regression(pair))
    told(f"one contrast, {len(pair):,} sessions: the kit", ours)
    told("  regression in statsmodels", fitted, f"{fitted / ours:.1f} times the kit's")
    sys.exit(by_sums >= LIMIT_SUMS or by_rows >= LIMIT_ROWS)


if __name__ == "__main__":
    main()
