"""All numbers of one report, as data: what ``findings.json`` holds, unrounded.

Everything a page shows comes from here; ``wording`` makes sentences and cells of it, ``display``
draws it. Nothing here is rounded, and no row holds notes. ``data`` says what findings are, ``about``
what every report has, ``page`` how it is to look, ``since`` what differs from the last one, which
``published`` reads. ``sites`` writes and merges the sums of several sites, ``cohort`` and ``person`` make
the tables of the reports, ``shared_copy`` (with ``shared_names``, ``shared_cohort`` and
``shared_person``) those of a copy that may be passed on; ``signs`` lists who has which warning sign, for
the analyst alone.
"""

from analysis.findings.cohort import check_parameters, findings
from analysis.findings.data import Findings, from_json, to_json
from analysis.findings.page import Page, check_page, page_of, with_page
from analysis.findings.person import check_findings, check_flags, person_findings
from analysis.findings.signs import check_signs_path, signs_of_people, write_signs
from analysis.findings.since import read_previous
from analysis.findings.sites import PooledSums, read_sums, write_sums

__all__ = [
    "Findings",
    "Page",
    "PooledSums",
    "check_findings",
    "check_flags",
    "check_page",
    "check_parameters",
    "check_signs_path",
    "findings",
    "from_json",
    "page_of",
    "person_findings",
    "read_previous",
    "read_sums",
    "signs_of_people",
    "to_json",
    "with_page",
    "write_signs",
    "write_sums",
]
