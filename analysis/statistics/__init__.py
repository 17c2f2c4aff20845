"""Frames in, frames out: the statistics, in the order of the specification.

``person_sums`` (sections 1 and 2: whole tenths, sums of a person and cell that merge by addition),
``intervals`` and ``reduction`` (4: one cell), ``contrasts`` (5: A against B in the same people; 9:
Holm), ``signed_rank`` (6), ``responders`` (7), ``sensitivity`` (8: missing "after"), ``enough``
(10: what is too little). The unit is the person, never the session; nothing is ranked.
"""

from analysis.statistics.between_people import between_people
from analysis.statistics.contrasts import contrasts
from analysis.statistics.enough import MIN_PEOPLE
from analysis.statistics.intervals import mean_interval
from analysis.statistics.multiplicity import holm
from analysis.statistics.person_sums import merge_sums, person_sums
from analysis.statistics.reduction import reduction
from analysis.statistics.responders import responders, wilson
from analysis.statistics.sensitivity import missing_after, sensitivity
from analysis.statistics.signed_rank import signed_rank

__all__ = [
    "MIN_PEOPLE",
    "between_people",
    "contrasts",
    "holm",
    "mean_interval",
    "merge_sums",
    "missing_after",
    "person_sums",
    "reduction",
    "responders",
    "sensitivity",
    "signed_rank",
    "wilson",
]
