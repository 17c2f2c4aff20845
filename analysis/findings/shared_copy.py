"""Findings -> those of the share copy: no name, note, day or file, and no count of a small group.

Every table and column of a copy is named where it is made; what is not named is not in it, so that a
table that a report gets later is never shared by accident. ``shared_cohort`` has the rules that hide a
small group, ``shared_person`` the copy of one person, ``shared_names`` what holds of both.
"""

import hashlib
import json

from analysis.findings.data import Findings, to_json
from analysis.findings.shared_cohort import cohort_copy
from analysis.findings.shared_person import person_copy
from analysis.sessions import UserError


def shared_findings(results: Findings) -> Findings:
    """Return the findings of the share copy of a report; the same report gives the same copy.

    Parameters
    ----------
    results : Findings
        Of a cohort or of one person.

    Returns
    -------
    Findings
        ``about`` has shared (True) and tables_sha256 (``tables_hash``); first is 1 and last the number
        of the log's last day. A cohort's counts are texts ("15", "under 8", "not shown"), in ``about``
        too; weeks are numbers from 1. One person's counts and values stay; days are numbers from 1.

    Raises
    ------
    UserError
        When the findings are a copy already, or neither of a cohort nor of one person.
    """
    kind = results.about.get("kind")
    if results.about.get("shared"):
        raise UserError("the report is a share copy already; share the report that it was made of")
    if kind not in _COPIES:
        raise UserError(
            f"a share copy is made of the report of a cohort or of one person; found {kind!r}"
        )
    copy = _COPIES[kind](results)
    return copy._replace(about=copy.about | {"tables_sha256": tables_hash(copy)})


def tables_hash(results: Findings) -> str:
    """Return SHA-256 of the tables: of ``tables`` in findings.json, as JSON without blanks, keys sorted.

    >>> len(tables_hash(Findings({}, {})))
    64
    """
    tables = json.loads(to_json(results))["tables"]
    text = json.dumps(tables, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


_COPIES = {"cohort": cohort_copy, "one_person": person_copy}
