"""The self-massage guide as a page: its words as tables, its regions on the body."""

from analysis.display.body_map import plot_body_map
from analysis.display.show import Shown, picture
from analysis.display.tables import block_html, block_text
from analysis.language import _
from analysis.vocabulary import vocabulary
from analysis.wording import numbers
from analysis.wording.guide import guide_blocks


def show_guide(name: str) -> Shown:
    """Return a table of the guide: regions, subregions, techniques or columns."""
    block = guide_blocks()[name]
    return Shown({"text/html": block_html(block), "text/plain": block_text(block)})


def show_guide_map() -> Shown:
    """Return the body map of the guide: the four regions with their names, no numbers."""
    regions = vocabulary().regions[["code", "name"]].rename(columns={"code": "region"})
    names = [numbers.name("region", code) for code in regions["region"]]
    drawn = plot_body_map(regions.assign(label=[numbers.capital(name) for name in names]))
    alt = _("Body map, seen from behind: {names}.").format(names=", ".join(names[:4]))
    return picture(drawn, "guide", alt)
