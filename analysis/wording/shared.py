"""The share copy in words: the same pages without days, names and small groups.

One person's blocks are those of the report, of shared findings. A cohort's are made in
``shared_cohort``: its counts are texts, and what a reader could subtract is not said.
"""

from analysis.findings import Findings
from analysis.findings.shared_names import STEP
from analysis.language import N_, _, in_its_language
from analysis.wording import numbers
from analysis.wording.blocks import Block, parameters_line, refused_line
from analysis.wording.person import person_blocks
from analysis.wording.shared_cohort import shared_cohort_blocks
from analysis.wording.shared_groups import regions_block

#: The first sentence of one person's copy.
NOT_ANONYMOUS = N_("Not anonymous to someone who knows this person.")
_PERSON_COPY = N_(
    "Share copy: no notes, question, dates or clock times; day 1 is that of the first session, minutes are "
    "to the nearest {step}, own words for a region or technique are “other”."
)


def shared_blocks(results: Findings) -> dict[str, Block]:
    """Return the blocks of a share copy, in the order of its pages."""
    if results.about["kind"] == "one_person":
        return _person(results) | {"data": _data(results, *refused_line(results))}
    return shared_cohort_blocks(results) | {"data": _data(results)}


def shared_appendix(results: Findings) -> dict[str, Block]:
    """Return what follows the two pages of a copy, on the HTML page alone: the body map of a cohort."""
    of_cohort = results.about["kind"] == "cohort" and results.about["sessions"]
    return {"regions": regions_block(results)} if of_cohort else {}


@in_its_language
def footer(results: Findings) -> list[str]:
    """Return the lines at the foot of every page of a copy: its tables' hash, not that of a raw file."""
    about = results.about
    copy = _("share copy, reliefbook {version}").format(version=about["kit"])
    if about["sessions"]:
        copy = _("share copy, {period}, reliefbook {version}").format(
            period=numbers.period(about["first"], about["last"]), version=about["kit"]
        )
    return [_("shared tables: SHA-256 {sha256}").format(sha256=about["tables_sha256"]), copy]


def _person(results: Findings) -> dict[str, Block]:
    shown = person_blocks(results)
    del shown["question"]
    head, coverage = shown["head"], shown["coverage"]
    copy = _(_PERSON_COPY).format(step=numbers.count(STEP))
    shown["head"] = head._replace(sentences=(_(NOT_ANONYMOUS), *head.sentences, copy))
    if results.about["of_several"]:
        own = _("{sessions} of this person, in a log of several people.").format(
            sessions=numbers.sessions(results.about["sessions"])
        )
        shown["coverage"] = coverage._replace(sentences=(own, *coverage.sentences[1:]))
    return shown


def _data(results: Findings, *sentences: str) -> Block:
    about = results.about
    made = _("Made of the report of {files}.").format(
        files=", ".join(results.tables["sources"]["file"])
    )
    kit = _("Kit: reliefbook {version}.").format(version=about["kit"])
    tables = _("SHA-256 of the shared tables: {sha256}.").format(sha256=about["tables_sha256"])
    return Block(_("Data"), (*sentences, " ".join([made, *parameters_line(results), kit, tables])))
