"""The self-massage guide in words, from the vocabulary alone."""

from analysis.sessions import COLUMNS
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
            row.name,
            ", ".join([*row.anatomy_guide, *(f"{muscle} +" for muscle in row.anatomy_added)]),
            row.aim,
            ", ".join(names[code] for code in row.techniques),
            row.caution,
        )
        for row in vocabulary().regions.drop(columns="code").itertuples(index=False)
    ]
    columns = ("region", "anatomy", "in the guide", "techniques named for it", "caution")
    note = "+ marks general anatomy that was added and is not from the guide, as all cautions are."
    return Block(
        "Regions", (note,), TextTable("Regions that may be logged", columns, rows, (False,) * 5)
    )


def _subregions() -> Block:
    regions = vocabulary().regions.set_index("code")["name"]
    rows = [
        (row.name, regions[row.region], ", ".join(row.aliases), row.source)
        for row in vocabulary().subregions.drop(columns="code").itertuples(index=False)
    ]
    table = TextTable(
        "A muscle or part logged as a region becomes its region",
        ("part", "region", "other words for it", "source"),
        rows,
        (False,) * 4,
    )
    return Block("Muscles and parts", (), table)


def _techniques() -> Block:
    rows = [
        (row.name, row.code, row.kind, row.definition, ", ".join(row.aliases), row.source)
        for row in vocabulary().techniques.itertuples(index=False)
    ]
    table = TextTable(
        "Techniques and tools; order is the guide's and says nothing about results",
        ("technique", "code", "kind", "what it is", "other words for it", "source"),
        rows,
        (False,) * 6,
    )
    note = "A word that is not in this table is refused with its line, never guessed."
    return Block("Techniques and tools", (note,), table)


def _columns() -> Block:
    rows = [
        (
            column.name,
            "yes" if column.required else "",
            column.allowed,
            column.unit,
            column.meaning,
        )
        for column in COLUMNS
    ]
    table = TextTable(
        "Columns of a session log",
        ("column", "required", "allowed", "unit", "meaning"),
        rows,
        (False,) * 5,
    )
    return Block("What to log", (), table)
