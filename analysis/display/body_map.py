"""The body map: a figure seen from behind, its regions shaded by the pain reduction there."""

from collections.abc import Sequence
from textwrap import wrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse, PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.text import Text
from scipy.interpolate import CubicSpline

from analysis.display.style import ORDINARY, Look
from analysis.language import N_, _
from analysis.wording import numbers

Knots = Sequence[tuple[float, float]]

# Units: hundredths of the figure's height. x runs from the spine to the viewer's right, y from the
# floor (0) to the crown (100). Every body curve is the viewer's right half, mirrored when drawn.
# A curve lists the points it passes through; a smooth Bezier line is laid through them.
WIDTH, HEIGHT = 4.2, 2.6  # inches, as printed on A4 beside its table
X_LIMITS, Y_LIMITS = (-88.44, 88.44), (-6.5, 103.0)

# From the crown down the outside of the arm, round hand and thumb, and up to the armpit.
UPPER_OUTLINE: Knots = (
    (0, 100), (3.35, 98.4), (4.75, 94.4), (4.15, 90.8), (3.4, 87.8), (3.7, 85.6), (5.8, 83.9),
    (9.6, 82.6), (12.6, 80.7), (14.0, 77.0), (14.6, 71.8), (16.5, 64.4), (18.7, 57.4), (19.8, 50.6),
    (20.9, 46.0), (21.2, 42.2), (20.9, 39.4), (20.1, 38.3), (19.2, 38.8), (18.7, 41.0),
    (18.4, 43.4), (18.0, 44.4), (17.6, 43.4), (17.1, 42.6), (16.7, 43.2), (16.9, 46.6),
    (17.0, 50.2), (15.3, 56.6), (13.2, 63.0), (10.4, 73),
)  # fmt: skip
# From the armpit down the flank and the outer leg, round the foot and up the inner leg.
LOWER_OUTLINE: Knots = (
    (10.4, 73), (9.6, 68.4), (8.3, 63.4), (8.1, 59.4), (9.4, 54.0), (10.4, 47.8), (10.1, 41.6),
    (8.9, 34.6), (7.8, 28.6), (7.8, 24.8), (8.2, 20.6), (7.4, 14.6), (6.3, 9.0), (6.05, 5.6),
    (6.5, 3.7), (7.6, 2.0), (8.0, 0.9), (7.3, 0.2), (5.8, 0.1), (4.4, -0.2), (3.1, 0.3),
    (2.6, 2.0), (2.8, 4.2), (2.7, 6.0), (2.9, 9.0), (2.2, 14.0), (1.5, 18.6), (1.7, 23.4),
    (2.0, 27.4), (1.5, 32.6), (0.8, 39.6), (0, 46.4),
)  # fmt: skip
EAR: Knots = ((4.2, 94.6), (5.0, 94.9), (5.5, 94.0), (5.2, 92.4), (4.7, 91.2), (4.1, 91.0))

# Borders between the regions, from the spine outwards past the skin: a region is what lies between
# two neighbouring borders inside the outline, so regions meet without overlapping.
RIB_BORDER: Knots = ((0, 67.3), (1.6, 67.25), (4.4, 66.8), (8, 65.6), (11, 64.2))
ILIAC_BORDER: Knots = ((0, 49.4), (1.1, 51.4), (2.4, 53.9), (4.3, 56.1), (7.0, 57.5), (11, 58.2))
GLUTEAL_BORDER: Knots = ((0, 46.8), (1.6, 45.3), (4.0, 44.6), (6.8, 45.2), (9.0, 46.6), (12, 48.6))
KNEE_BORDER: Knots = ((0, 30.8), (2.0, 30.4), (4.8, 29.8), (7.6, 30.4), (12, 31.4))
BORDERS = {
    "lower_back": (RIB_BORDER, ILIAC_BORDER),
    "buttocks": (ILIAC_BORDER, GLUTEAL_BORDER),
    "thighs": (GLUTEAL_BORDER, KNEE_BORDER),
}

# Fine lines that model the figure: spine and cleft; then hairline, shoulder blade, fold of the
# armpit, elbow, fingers, hollow of the knee, calf muscle, Achilles tendon and heel.
MIDLINES: tuple[Knots, ...] = (((0, 83.0), (0, 76.0), (0, 68.6)), ((0, 49.4), (0, 48.0), (0, 46.6)))
DETAILS: tuple[Knots, ...] = (
    ((0, 88.4), (1.8, 88.7), (3.3, 89.6)),
    ((3.4, 79.8), (2.9, 77.0), (3.6, 73.8), (4.9, 72.4), (6.6, 73.2)),
    ((10.4, 73.0), (10.7, 75.2), (11.6, 77.2)),
    ((14.3, 63.0), (15.2, 62.5), (16.1, 62.9)),
    ((19.5, 42.6), (19.6, 41.2), (19.7, 39.8)), ((20.3, 42.6), (20.4, 41.2), (20.3, 40.2)),
    ((3.0, 26.3), (4.8, 25.6), (6.6, 26.3)),
    ((4.7, 22.4), (4.9, 19.6), (4.8, 16.6)),
    ((3.8, 10.8), (4.0, 7.4), (3.6, 4.2)), ((5.1, 10.8), (4.9, 7.4), (5.3, 4.2)),
    ((6.3, 3.9), (6.3, 2.0), (5.6, 0.5)),
)  # fmt: skip

# The soles, toes up, in a frame whose origin is the middle of the pair's heel line.
SOLES_AT = (18.4, 2.2)
SOLE_OUTLINE: Knots = (
    (3.6, 0.0), (5.4, 1.8), (5.8, 5.8), (6.7, 10.6), (5.9, 13.6), (3.0, 14.6), (0.95, 12.6),
    (1.8, 8.6), (1.9, 5.0), (1.7, 1.8), (3.6, 0.0),
)  # fmt: skip
ARCH: Knots = ((0.2, 11.1), (3.2, 10.6), (5.0, 7.6), (3.2, 4.6), (0.2, 4.1))
TOES = (  # x, y, width, height of each toe
    (1.9, 16.3, 2.0, 2.7), (3.65, 16.5, 1.25, 1.9), (4.95, 16.0, 1.15, 1.7),
    (6.05, 15.2, 1.1, 1.55), (6.95, 14.1, 1.05, 1.4),
)  # fmt: skip
FOOT_TO_SOLE = ((6.0, 15.0), (3.2, 3.2))  # x and y of the line that says: this is that foot

# A label hangs on a level rule, which passes behind the arm and on into the region: x of the
# label's left edge, y of the rule, x where the rule comes to the front, x of the dot it ends in.
LEFT, RIGHT, COLUMN = -86.0, 29.0, 58.0
LINE_STEP = 6.0  # from one line of a label to the next
LINE_LENGTH = 19  # characters that fit beside the figure
SCALE_Y = 9.0  # lower edge of the strip of shades
LABELS = {
    "lower_back": (LEFT, 64.5, -12.0, -3.8),
    "buttocks": (RIGHT, 50.6, 12.0, 5.4),
    "thighs": (LEFT, 37.4, -12.0, -5.0),
    "feet": (RIGHT, 13.0, 26.0, SOLES_AT[0] + 3.5),
}

INK, LINE, FAINT, SKIN, TINT = "#2b2f33", "#59626a", "#a9b0b6", "#faf8f5", "#d0dde6"
SHADES = LinearSegmentedColormap.from_list("relief", ["#dde8f0", "#93b3c8", "#43748f", "#123a55"])
POINTS = Normalize(0, 5, clip=True)  # the same on every map, so that two maps can be compared

# How an area is filled. A white edge parts shaded neighbours; an area without a shade shows its
# own edge, so it lies above them.
FILLED = {"edgecolor": "white", "linewidth": 1.4, "zorder": 3}
UNSHADED = {"facecolor": "white", "edgecolor": LINE, "linewidth": 0.8, "zorder": 3.1}
ROSE = UNSHADED | {"hatch": "//////", "hatchcolor": LINE, "hatch_linewidth": 0.7}
BLANK = UNSHADED | {"linestyle": (0, (1, 1.8)), "zorder": 3.2}
KEYS = ((ROSE, N_("pain rose")), (BLANK, N_("not enough data")))  # the first of 9 letters at most


def plot_body_map(regions: pd.DataFrame, look: Look = ORDINARY) -> Figure:
    """Draw the body map: a figure from behind with one shaded area per region.

    Nothing is computed or rounded here. The shade runs from 0 to 5 points on every map, whatever
    the data, so that two maps can be compared; a larger drop gets the darkest shade.

    Parameters
    ----------
    regions : pandas.DataFrame
        One row per region to show. ``region`` is its code; only ``lower_back``, ``buttocks``,
        ``thighs`` and ``feet`` have a place on the body, other rows are left out. ``label`` is
        the finished text beside the figure, drawn literally, ``$`` included: the first line is
        the heading, the lines below it are broken only if too long (19 characters, three lines
        fit). ``estimate`` is the pain reduction in points of the 0 to 10 scale: below 0 the
        region is hatched, where it is missing the region stays blank. Without that column, all
        regions get one light tint and there is no scale.
    look : Look
        Of ordinary or of large print.

    Returns
    -------
    matplotlib.figure.Figure
        A figure of 4.2 by 2.6 inches, larger in large print, that pyplot knows nothing of.
    """
    figure = Figure(figsize=(WIDTH, HEIGHT), facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1), xlim=X_LIMITS, ylim=Y_LIMITS)
    axes.set_axis_off()
    body = _draw_body(axes)
    used = []
    for row in regions[regions["region"].isin(LABELS)].to_dict("records"):
        filling = _filling(row["estimate"]) if "estimate" in row else FILLED | {"facecolor": TINT}
        used.append(filling)
        if row["region"] == "feet":
            _draw_soles(axes, filling)
        else:
            _draw_region(axes, row["region"], filling, body)
        _draw_label(axes, row["region"], row["label"])
    if "estimate" in regions:
        _draw_scale(axes)
        _draw_keys(axes, [(filling, _(text)) for filling, text in KEYS if filling in used])
    return _enlarged(figure, look.text / ORDINARY.text)


def _enlarged(figure: Figure, scale: float) -> Figure:
    """Return the figure with all its text as much larger as itself, so that every label keeps its place."""
    figure.set_size_inches(WIDTH * scale, HEIGHT * scale)
    for text in figure.findobj(Text):
        text.set_fontsize(text.get_fontsize() * scale)
    return figure


def _filling(estimate: float) -> dict:
    if pd.isna(estimate):
        return BLANK
    return ROSE if estimate < 0 else FILLED | {"facecolor": SHADES(POINTS(estimate))}


def _bend(knots: Knots) -> np.ndarray:
    """Return the Bezier vertices of a smooth line through the knots; a ring is smooth all round."""
    points = np.asarray(knots, dtype=float)
    chords = np.hypot(*np.diff(points, axis=0).T)
    place = np.concatenate([[0], np.cumsum(chords)])
    ends = "periodic" if knots[0] == knots[-1] else "natural"
    handles = CubicSpline(place, points, bc_type=ends)(place, 1)
    leaving = points[:-1] + handles[:-1] * chords[:, None] / 3
    arriving = points[1:] - handles[1:] * chords[:, None] / 3
    curve = np.stack([leaving, arriving, points[1:]], axis=1).reshape(-1, 2)
    return np.vstack([points[:1], curve])


def _join(*curves: np.ndarray, closed: bool = True) -> Path:
    """Return one path along the curves; a straight line bridges a gap, a shared end is a corner."""
    vertices, codes = [], []
    for curve in curves:
        vertices.append(curve)
        codes += [Path.LINETO if codes else Path.MOVETO] + [Path.CURVE4] * (len(curve) - 1)
    if closed:
        vertices.append(vertices[0][:1])
        codes.append(Path.CLOSEPOLY)
    return Path(np.vstack(vertices), codes)


def _mirror(knots: Knots) -> Knots:
    return [(-x, y) for x, y in reversed(knots)]


def _draw_body(axes: Axes) -> PathPatch:
    """Draw the figure without regions and return its skin, which regions are clipped to."""
    upper = _bend([*_mirror(UPPER_OUTLINE), *UPPER_OUTLINE[1:]])  # smooth across the crown
    outline = _join(upper, _bend(LOWER_OUTLINE), _bend(_mirror(LOWER_OUTLINE)))
    for ear in (EAR, _mirror(EAR)):
        _add(axes, _join(_bend(ear)), facecolor=SKIN, edgecolor=LINE, linewidth=0.8, zorder=1)
    for line in (*MIDLINES, *DETAILS, *map(_mirror, DETAILS)):
        path = _join(_bend(line), closed=False)
        _add(axes, path, fill=False, edgecolor=FAINT, linewidth=0.7, capstyle="round", zorder=3.5)
    _add(axes, outline, fill=False, edgecolor=LINE, linewidth=0.9, zorder=5)
    return _add(axes, outline, facecolor=SKIN, linewidth=0, zorder=2)


def _add(axes: Axes, path: Path, **look) -> PathPatch:
    return axes.add_patch(PathPatch(path, **look))


def _draw_region(axes: Axes, code: str, look: dict, body: PathPatch) -> None:
    upper, lower = BORDERS[code]
    back = lower[::-1]
    area = _join(_bend(_mirror(upper)), _bend(upper), _bend(back), _bend(_mirror(back)))
    _add(axes, area, **look).set_clip_path(body)


def _draw_soles(axes: Axes, look: dict) -> None:
    """Draw both soles with the arch as the region, joined to the foot whose soles they are."""
    axes.plot(*FOOT_TO_SOLE, color=LINE, linewidth=0.6, zorder=1)
    line = {"edgecolor": LINE, "linewidth": 0.8}
    for side in (1, -1):
        place = np.array([side, 1.0])
        outline = _join(_bend(SOLE_OUTLINE) * place + SOLES_AT)
        skin = _add(axes, outline, facecolor=SKIN, linewidth=0, zorder=2)
        _add(axes, _join(_bend(ARCH) * place + SOLES_AT), **look).set_clip_path(skin)
        _add(axes, outline, fill=False, zorder=5, **line)
        for x, y, width, height in TOES:
            toe = Ellipse(np.array([x, y]) * place + SOLES_AT, width, height, angle=-12 * side)
            toe.set(facecolor=SKIN, zorder=2, **line)
            axes.add_patch(toe)


def _draw_label(axes: Axes, code: str, label: str) -> None:
    x, y, front, dot = LABELS[code]
    heading, *given = label.split("\n")
    details = [part for line in given for part in wrap(line, LINE_LENGTH) or [""]]
    _write(axes, x, y + 2.0, heading, fontsize=10, fontweight="bold")
    for number, line in enumerate(details):
        _write(axes, x, y - 6.2 - number * LINE_STEP, line)
    margin = x if x < 0 else x + COLUMN
    axes.plot([margin, dot], [y, y], color=LINE, linewidth=0.6, zorder=1)
    # Inside the region the rule comes to the front, on a white bed that shows on any shade.
    axes.plot([front, dot], [y, y], color="white", lw=1.8, solid_capstyle="butt", zorder=4)
    axes.plot([front, dot], [y, y], color=LINE, linewidth=0.6, zorder=4.5)
    axes.plot(dot, y, "o", color=INK, markersize=3.6, markeredgecolor="white", zorder=6)


def _write(axes: Axes, x: float, y: float, text: str, **look) -> None:
    look = {"fontsize": 9, "color": INK, "va": "baseline"} | look
    axes.text(x, y, text, parse_math=False, **look)


def _draw_scale(axes: Axes) -> None:
    edges = np.linspace(LEFT, LEFT + COLUMN, 101)
    points = np.linspace(0, 5, 100)[np.newaxis]
    # Edges in the face's colour close the hairlines that viewers show between the cells.
    strip = {"cmap": SHADES, "norm": POINTS, "edgecolors": "face", "linewidth": 0.3}
    axes.pcolormesh(edges, [SCALE_Y, SCALE_Y + 2], points, **strip)
    for tick in range(6):
        _write(axes, LEFT + COLUMN * tick / 5, SCALE_Y - 5.6, numbers.count(tick), ha="center")
    _write(axes, LEFT, SCALE_Y + 4.0, _("average drop, of 10"))


def _draw_keys(axes: Axes, keys: list[tuple[dict, str]]) -> None:
    for x, (look, text) in zip((LEFT, LEFT + 30), keys, strict=False):
        axes.add_patch(Rectangle((x, SCALE_Y - 13.4), 3.6, 3.2, **look))
        _write(axes, x + 5, SCALE_Y - 13.2, text)
