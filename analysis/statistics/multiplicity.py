"""Section 9: several comparisons in one report."""

import numpy as np


def simultaneous_level(n_comparisons: int) -> float:
    """Return the level at which ``n_comparisons`` intervals hold together in 95 % (Bonferroni)."""
    return 1 - 0.05 / max(1, n_comparisons)


def holm(p_values: np.ndarray) -> np.ndarray:
    """Return Holm's adjusted p-values; NaN stays NaN and is no part of the family.

    Notes
    -----
    Sorted ascending: adjusted p_(k) = max over j <= k of min(1, (m - j + 1)·p_(j)). R:
    ``p.adjust(p, "holm")``.
    """
    adjusted = np.full(len(p_values), np.nan)
    family = np.flatnonzero(~np.isnan(p_values))
    order = family[np.argsort(p_values[family], kind="stable")]
    steps = p_values[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(steps))
    return adjusted
