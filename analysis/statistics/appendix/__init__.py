"""Sensitivity analyses for an appendix: other methods on the cells and contrasts of a report.

``bootstrap_t`` (people drawn anew, studentised), ``mixed_model`` (random technique slope, z interval),
``friedman`` (people who logged everything), ``all_pairs`` (every pair of techniques, intervals only).
They stand beside the default of statistics.md, 4 and 5, and never replace it (sections 9, 10, 13).
"""

from analysis.statistics.appendix.all_pairs import all_pairs
from analysis.statistics.appendix.bootstrap import bootstrap_t
from analysis.statistics.appendix.friedman import friedman
from analysis.statistics.appendix.mixed_model import mixed_model

__all__ = ["all_pairs", "bootstrap_t", "friedman", "mixed_model"]
