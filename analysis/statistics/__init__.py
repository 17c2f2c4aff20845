"""Frames in, frames out: the statistics, in the order of the specification.

Sections 1 and 2: ``person_sums`` (whole tenths, sums of a person and cell that merge by addition),
``moments`` (what is known of the order of sessions). 3 and 4: ``intervals`` and ``reduction`` (one
cell). 5: ``contrasts`` (A against B in the same people), ``between_people`` (in different ones) and
``separable`` (whether a log could tell them apart). 6: ``signed_rank``. 7: ``responders``. 8:
``sensitivity`` (missing "after"). 9: ``multiplicity`` (Holm). 10: ``enough`` (what is too little). 11:
``one_person``, and ``plan`` (a randomised plan and its test). 12: ``next_session`` (immediate and
lasting) and ``worse_after``, with ``medicine`` (taken the same day). 13: ``appendix`` (sensitivity
analyses). The unit is the person, never the session; nothing is ranked.
"""

from analysis.statistics.between_people import between_people
from analysis.statistics.contrasts import contrasts
from analysis.statistics.enough import MIN_PEOPLE
from analysis.statistics.intervals import mean_interval
from analysis.statistics.medicine import medicine
from analysis.statistics.multiplicity import holm
from analysis.statistics.next_session import next_session
from analysis.statistics.one_person import person_cells, person_contrasts
from analysis.statistics.person_sums import merge_sums, person_sums
from analysis.statistics.plan import randomisation_test, randomised_plan
from analysis.statistics.reduction import reduction
from analysis.statistics.responders import (
    responder_curve,
    responder_differences,
    responders,
    responders_from_4,
    wilson,
)
from analysis.statistics.sensitivity import missing_after, responders_missing_as_no, sensitivity
from analysis.statistics.separable import separable
from analysis.statistics.signed_rank import signed_rank
from analysis.statistics.worse_after import symptoms, worse_after

__all__ = [
    "MIN_PEOPLE",
    "between_people",
    "contrasts",
    "holm",
    "mean_interval",
    "medicine",
    "merge_sums",
    "missing_after",
    "next_session",
    "person_cells",
    "person_contrasts",
    "person_sums",
    "randomisation_test",
    "randomised_plan",
    "reduction",
    "responder_curve",
    "responder_differences",
    "responders",
    "responders_from_4",
    "responders_missing_as_no",
    "sensitivity",
    "separable",
    "signed_rank",
    "symptoms",
    "wilson",
    "worse_after",
]
