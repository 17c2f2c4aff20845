"""Numbers -> the sentences and cells that a person reads; the only place that rounds.

``numbers`` writes single numbers, days and names; ``blocks`` says what a block of a report is;
``cohort`` (with ``groups``, ``regions``, ``missing``, ``contrasts``, ``worse`` and ``next_session``),
``person`` (with ``person_charts``, ``person_contrasts`` and ``plan``; ``since`` serves both) and ``check``
write the blocks of the three kinds of findings, ``shared`` (with ``shared_cohort`` and
``shared_groups``) those of a share copy, ``guide`` those of the vocabulary. The HTML page and the PDF show
the same blocks; ``appendix`` (with ``comparisons``) writes what follows them on the page alone.
"""

from analysis.findings import Findings
from analysis.language import in_its_language
from analysis.wording import appendix
from analysis.wording.blocks import Block, TextTable, raised, with_sign_on_second_page
from analysis.wording.check import check_blocks
from analysis.wording.cohort import cohort_blocks
from analysis.wording.missing import missing_totals
from analysis.wording.person import person_blocks
from analysis.wording.regions import region_labels
from analysis.wording.shared import shared_appendix, shared_blocks

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

appendix_tables = in_its_language(appendix.appendix_tables)
_KINDS = {"cohort": cohort_blocks, "one_person": person_blocks, "check": check_blocks}


@in_its_language
def blocks(results: Findings) -> dict[str, Block]:
    """Return the blocks of a report by name, in the order of its pages."""
    write = shared_blocks if results.about.get("shared") else _KINDS[results.about["kind"]]
    shown = write(results)
    return with_sign_on_second_page(shown) if raised(results) else shown


@in_its_language
def appendix_figures(results: Findings) -> dict[str, Block]:
    """Return what follows the pages of a report or of its share copy with a figure, on the HTML page alone."""
    if results.about.get("shared"):
        return shared_appendix(results)
    return appendix.appendix_figures(results)
