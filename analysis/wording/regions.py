"""Where people worked, in words: the regions of the body map, and the labels beside them."""

import pandas as pd

from analysis.findings import Findings
from analysis.language import _
from analysis.vocabulary import COMBINED
from analysis.wording import numbers
from analysis.wording.blocks import ONLY_COMBINED, Block, TextTable, min_people
from analysis.wording.groups import cell_notes


def regions_block(results: Findings) -> Block:
    """Return the average drop by region, beside it what followed rest; no region is compared."""
    regions, title = results.tables["regions"], _("Where people worked")
    regions = regions[regions["region"] != COMBINED]
    if regions.empty:
        return Block(title, (_no_region(results),))
    table = _table(regions, min_people(results))
    told = "; ".join(
        f"{row[0]}: {row[-1]}, {numbers.people(region.n_people)}"
        for row, region in zip(table.rows, regions.itertuples(), strict=True)
    )
    note = _("People chose the regions for their own reasons; the numbers do not compare them.")
    return Block(
        title,
        (" ".join([note, *_rest_beside(results)]), *cell_notes(regions, _region)),
        table,
        figure="regions",
        alt=_("Body map, seen from behind. Average drop in pain by region: {regions}.").format(
            regions=told
        ),
    )


def _table(regions: pd.DataFrame, least: int) -> TextTable:
    rows = [
        (
            _region(row),
            numbers.count(row.n_people),
            numbers.count(row.n_sessions),
            numbers.points(row.mean_before),
            numbers.estimate(row, least),
        )
        for row in regions.itertuples()
    ]
    caption = _(
        "Average drop in pain by region, all techniques but rest ({units}; positive is less pain)"
    )
    return TextTable(
        caption.format(units=numbers.units(regions["scale"])),
        (_("region"), _("people"), _("sessions"), _("start"), _("drop (95 % interval)")),
        rows,
        (False, True, True, True, False),
    )


def _region(row) -> str:
    return numbers.name("region", row.region) + numbers.scale(row)


def _no_region(results: Findings) -> str:
    """Return why no region has a row although there are sessions."""
    if results.tables["overall"].empty:
        return _(ONLY_COMBINED)
    none = _("No session other than rest was of one region.")
    return " ".join([none, *_rest_beside(results)])


def _rest_beside(results: Findings) -> list[str]:
    """Return what followed rest, which the map leaves out."""
    overall = results.tables["overall"]
    rest = overall[(overall["sessions_of"] == "rest") & (overall["scale"] == "NRS0-10")]
    if rest.empty or rest["estimate"].isna().all():
        return []
    row = next(rest.itertuples())
    estimate = numbers.estimate(row, min_people(results))
    return [_("After sessions of rest, left out here: {estimate}.").format(estimate=estimate)]


def region_labels(regions: pd.DataFrame, least: int) -> pd.DataFrame:
    """Return the regions with the ``label`` that stands beside each on the body map.

    The first line is the region's name, the others its numbers, or why there are none. An estimate
    that is written 0.0 is drawn as 0, so that the map never says "pain rose" beside it.
    """
    rows = list(regions.itertuples())
    zero = numbers.points(0)
    return regions.assign(
        label=[_label(row, least) for row in rows],
        estimate=[0.0 if numbers.points(row.estimate) == zero else row.estimate for row in rows],
    )


def _label(row, least: int) -> str:
    lines = [numbers.capital(numbers.name("region", row.region))]
    if row.reason:
        return "\n".join([*lines, numbers.estimate(row, least)])
    few = numbers.few_mark() if row.few else ""
    lines += [numbers.estimate(row._replace(few=False), least), numbers.people(row.n_people) + few]
    return "\n".join(lines)
