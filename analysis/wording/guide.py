"""The self-massage guide in words, from the vocabulary alone."""

from analysis.language import _, pgettext
from analysis.sessions import COLUMNS, Column
from analysis.vocabulary import vocabulary
from analysis.wording.blocks import Block, TextTable


def guide_blocks() -> dict[str, Block]:
    """Return the guide's tables: regions, subregions, techniques, columns."""
    return {
        "regions": _regions(),
        "subregions": _subregions(),
        "techniques": _techniques(),
        "columns": _columns(),
    }


def _regions() -> Block:
    names = vocabulary().techniques.set_index("code")["name"]
    rows = [
        (
            _(row.name),
            ", ".join([*row.anatomy_guide, *(f"{muscle} +" for muscle in row.anatomy_added)]),
            _(row.aim),
            ", ".join(_(names[code]) for code in row.techniques),
            _(row.caution),
        )
        for row in vocabulary().regions.drop(columns="code").itertuples(index=False)
    ]
    columns = (
        _("region"),
        _("anatomy"),
        _("in the guide"),
        _("techniques named for it"),
        _("caution"),
    )
    note = _(
        "+ marks general anatomy that was added and is not from the guide, as all cautions are."
    )
    table = TextTable(_("Regions that may be logged"), columns, rows, (False,) * 5)
    return Block(_("Regions"), (note,), table)


def _subregions() -> Block:
    regions = vocabulary().regions.set_index("code")["name"]
    rows = [
        (_(row.name), _(regions[row.region]), ", ".join(row.aliases), _(row.source))
        for row in vocabulary().subregions.drop(columns="code").itertuples(index=False)
    ]
    table = TextTable(
        _("A muscle or part logged as a region becomes its region"),
        (_("part"), _("region"), _("other words for it"), _("source")),
        rows,
        (False,) * 4,
    )
    return Block(_("Muscles and parts"), (), table)


def _techniques() -> Block:
    rows = [
        (
            _(row.name),
            row.code,
            _(row.kind),
            _(row.definition),
            ", ".join(row.aliases),
            _(row.source),
        )
        for row in vocabulary().techniques.itertuples(index=False)
    ]
    columns = (
        _("technique"),
        _("code"),
        pgettext("technique or tool", "kind"),
        _("what it is"),
        _("other words for it"),
        _("source"),
    )
    caption = _("Techniques and tools; order is the guide's and says nothing about results")
    note = _("A word that is not in this table is refused with its line, never guessed.")
    table = TextTable(caption, columns, rows, (False,) * 6)
    return Block(_("Techniques and tools"), (note,), table)


def _columns() -> Block:
    rows = [
        (
            column.name,
            _("yes") if column.required else "",
            _allowed(column),
            _(column.unit),
            _(column.meaning),
        )
        for column in COLUMNS
    ]
    columns = (_("column"), _("required"), _("allowed"), _("unit"), _("meaning"))
    table = TextTable(_("Columns of a session log"), columns, rows, (False,) * 5)
    return Block(_("What to log"), (), table)


def _allowed(column: Column) -> str:
    """Return what a column takes; words to be typed as they are stay so in every language."""
    return column.allowed if column.kind in ("answer", "code") else _(column.allowed)
