"""How every figure looks: shapes that survive greyscale, one width, text of 9 points or more.

In large print the text is of 14 points and more at the figure's own size, and a page never shows a
figure smaller than that.
"""

from typing import Any, NamedTuple

import seaborn as sns

from analysis.findings import Page

INK, SOFT, PALE = "#2b2b33", "#7b8089", "#d9dde3"
BLUE, TINT = sns.color_palette("blend:#cfe0ee,#1f5f8b", 2)[::-1]


class Look(NamedTuple):
    """How large a figure is drawn.

    Attributes
    ----------
    text : float
        Size of the text in points.
    width : float
        Of the figure, in inches.
    height : float
        How high a figure is, where 1 is its height on A4.
    panel : float
        Height of a small panel, in inches: four stand beside each other, three rows of them on a page.
    letters : int
        In a line of a small panel's title.
    labels : int
        Numbers that fit beside each other along the axis of time.
    """

    text: float
    width: float
    height: float
    panel: float
    letters: int
    labels: int

    @property
    def style(self) -> dict[str, Any]:
        """Return the settings of matplotlib."""
        sizes = (
            "font.size",
            "axes.labelsize",
            "axes.titlesize",
            "xtick.labelsize",
            "ytick.labelsize",
        )
        return dict.fromkeys(sizes, self.text) | _COLOURS


#: 160 mm, the text width of an A4 page.
ORDINARY = Look(9, 6.3, height=1, panel=2.0, letters=19, labels=11)
#: Letter is 18 mm lower than A4.
LETTER = ORDINARY._replace(height=0.88, panel=1.76)
#: 208 mm, for paper that lies on its side; as much higher as the text is larger.
LARGE = Look(14, 8.2, height=14 / 9, panel=2.1, letters=15, labels=9)


def look_of(page: Page) -> Look:
    """Return how large the figures of a page are drawn."""
    if page.large_print:
        return LARGE
    return LETTER if page.paper == "Letter" else ORDINARY


_COLOURS = {
    "axes.edgecolor": SOFT,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.hashsalt": "reliefbook",
    "text.parse_math": False,
}
