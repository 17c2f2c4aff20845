"""How every figure looks: shapes that survive greyscale, one width, text of 9 points or more."""

import seaborn as sns

INK, SOFT, PALE = "#2b2b33", "#7b8089", "#d9dde3"
BLUE, TINT = sns.color_palette("blend:#cfe0ee,#1f5f8b", 2)[::-1]
#: Inches: 160 mm, the text width of an A4 page.
WIDTH = 6.3
STYLE = {
    "font.size": 9,
    "axes.labelsize": 9,
    "axes.titlesize": 9,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
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
