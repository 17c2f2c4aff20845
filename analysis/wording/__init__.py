"""Numbers -> the sentences and cells that a person reads; the only place that rounds.

``numbers`` writes single numbers, days and names; ``blocks`` says what a block of a report is;
``cohort`` (with ``groups``, ``missing``, ``contrasts``, ``worse`` and ``next_session``), ``person``
and ``check`` write the blocks of the three kinds of findings, ``shared`` those of a share copy,
``guide`` those of the vocabulary. The HTML page and the PDF show the same blocks; ``appendix`` (with
``comparisons``) writes what follows them on the page alone.
"""

from analysis.findings import Findings
from analysis.wording.appendix import appendix_figures, appendix_tables
from analysis.wording.blocks import Block, TextTable, raised
from analysis.wording.check import check_blocks
from analysis.wording.cohort import cohort_blocks, region_labels
from analysis.wording.missing import missing_totals
from analysis.wording.person import person_blocks
from analysis.wording.shared import shared_blocks

__all__ = [
    "Block",
    "TextTable",
    "appendix_figures",
    "appendix_tables",
    "blocks",
    "missing_totals",
    "raised",
    "region_labels",
]

_KINDS = {"cohort": cohort_blocks, "one_person": person_blocks, "check": check_blocks}


def blocks(results: Findings) -> dict[str, Block]:
    """Return the blocks of a report by name, in the order of its pages."""
    if results.about.get("shared"):
        return shared_blocks(results)
    return _KINDS[results.about["kind"]](results)
