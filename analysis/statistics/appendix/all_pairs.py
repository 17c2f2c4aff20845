"""Section 9: every pair of techniques of a region; intervals only, exploratory."""

import pandas as pd

from analysis.statistics import enough
from analysis.statistics.contrasts import contrasts

# Named one by one: what ``contrasts`` adjusts over its own family has no meaning over all pairs.
_COLUMNS = [
    "region",
    "technique",
    "reference",
    "scale",
    "n_people",
    "n_sessions",
    "n_sessions_reference",
    "df_within",
    "estimate",
    "low",
    "high",
    "unadjusted",
    "unadjusted_low",
    "unadjusted_high",
    "mean_before",
    "mean_before_reference",
    "few",
    "few_repeats",
    "depends",
    "reason",
]


def all_pairs(sums: pd.DataFrame, *, min_people: int = enough.MIN_PEOPLE) -> pd.DataFrame:
    """Return technique minus reference for every pair of techniques of a region. Exploratory.

    Parameters
    ----------
    sums : DataFrame
        As ``person_sums`` returns them.
    min_people : int
        With fewer people who logged both, only counts are shown.

    Returns
    -------
    DataFrame
        One row per region, pair and scale, sorted by them; of a pair, the technique is the first by
        alphabet. The columns are those of ``contrasts`` without p-values: n_people, n_sessions,
        n_sessions_reference, df_within; estimate, low, high (adjusted for starting pain), unadjusted,
        unadjusted_low, unadjusted_high, mean_before, mean_before_reference in points (VAS: mm);
        few, few_repeats, depends; reason.

    Notes
    -----
    Each row is the row of ``contrasts`` with that reference. With so many pairs some intervals
    exclude 0 by chance, so there is no p-value to pick from (statistics.md, 9).
    """
    frames = []
    for reference in sorted(sums["technique"].unique()):
        regions = sums.loc[sums["technique"] == reference, "region"]
        earlier = sums[(sums["technique"] <= reference) & sums["region"].isin(regions)]
        frames.append(contrasts(earlier, reference, min_people=min_people))
    paired = [frame for frame in frames if len(frame)] or [contrasts(sums.iloc[:0])]
    pairs = pd.concat(paired, ignore_index=True)[_COLUMNS]
    return pairs.sort_values(_COLUMNS[:4], ignore_index=True)
