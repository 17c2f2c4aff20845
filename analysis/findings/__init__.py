"""All numbers of one report, as data: what ``findings.json`` holds, unrounded.

Everything a page shows comes from here; ``wording`` makes sentences and cells of it, ``display``
draws it. Nothing here is rounded, and no row holds notes. ``data`` says what findings are, ``about``
what every report has, ``cohort`` and ``person`` make the tables of the reports.
"""

from analysis.findings.cohort import check_parameters, findings
from analysis.findings.data import Findings, from_json, to_json
from analysis.findings.person import (
    MIN_SESSIONS,
    check_findings,
    check_flags,
    person_findings,
)

__all__ = [
    "MIN_SESSIONS",
    "Findings",
    "check_findings",
    "check_flags",
    "check_parameters",
    "findings",
    "from_json",
    "person_findings",
    "to_json",
]
