"""The self-massage guide as a page: its words as tables, its regions on the body."""

from analysis.display.body_map import plot_body_map
from analysis.display.show import Shown, picture
from analysis.display.tables import block_html, block_text
from analysis.vocabulary import vocabulary
from analysis.wording.guide import guide_blocks


def show_guide(name: str) -> Shown:
    """Return a table of the guide: regions, subregions, techniques or columns."""
    block = guide_blocks()[name]
    return Shown({"text/html": block_html(block), "text/plain": block_text(block)})


def show_guide_map() -> Shown:
    """Return the body map of the guide: the four regions with their names, no numbers."""
    regions = vocabulary().regions[["code", "name"]].rename(columns={"code": "region"})
    regions = regions.assign(label=regions["name"].str.capitalize())
    names = ", ".join(regions["name"][:4])
    return picture(plot_body_map(regions), "guide", f"Body map, seen from behind: {names}.")
