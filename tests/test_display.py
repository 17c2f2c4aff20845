"""Figures and tables: right data, fixed axes, same bytes, literal text."""

import re

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from analysis.display import draw, show_appendix, show_block, show_figure, show_head
from analysis.display.body_map import plot_body_map
from analysis.display.figures import plot_start_pain
from analysis.display.guide import show_guide, show_guide_map
from analysis.display.people import plot_curve, plot_missing, plot_reduction, plot_slopes
from analysis.display.show import FINDINGS_TYPE, to_svg
from analysis.display.style import LARGE, ORDINARY
from analysis.display.tables import block_html, table_html
from analysis.findings import findings, person_findings, with_page
from analysis.wording import Block, TextTable, appendix_tables

FIGURES = [("cohort", "start_pain"), ("cohort", "regions"), ("cohort", "reduction"),
           ("cohort", "curve"), ("cohort", "slopes"), ("cohort", "missing_after"),
           ("person", "start_pain"), ("person", "sessions")]  # fmt: skip


def bundle(shown) -> tuple[dict, dict]:
    return shown._repr_mimebundle_()


@pytest.mark.parametrize(("kind", "name"), FIGURES)
def test_a_figure_is_the_same_bytes_twice_and_has_words(kind, name, request):
    results = request.getfixturevalue(kind)
    data, metadata = bundle(show_figure(results, name))
    again, _ = bundle(show_figure(results, name))
    assert data["image/svg+xml"] == again["image/svg+xml"]
    assert "<dc:date>" not in data["image/svg+xml"]
    alt = metadata["image/svg+xml"]["alt"]
    assert alt == data["text/plain"]
    assert re.match(
        r"(Line chart|Body map|Dot plot|Dumbbell chart|Cumulative curve|Slope graph|Bar chart)", alt
    )
    assert re.search(r"\d", alt)


@pytest.mark.parametrize(("kind", "name"), FIGURES)
def test_drawing_changes_nothing_outside(kind, name, request):
    before = dict(mpl.rcParams)
    draw(request.getfixturevalue(kind), name)
    assert dict(mpl.rcParams) == before
    assert plt.get_fignums() == []


@pytest.mark.parametrize(("kind", "name"), FIGURES)
@pytest.mark.parametrize(("large", "points"), [(False, 9), (True, 14)])
def test_text_in_a_figure_has_the_size_of_its_print(kind, name, large, points, request):
    results = with_page(request.getfixturevalue(kind), large_print=large)
    figure = draw(results, name)
    sizes = {
        text.get_fontsize() for text in figure.findobj(mpl.text.Text) if text.get_text().strip()
    }
    assert min(sizes) >= points
    # On the page a figure in large print is 42.2 times 14 points wide, or as wide as it was drawn.
    assert figure.get_size_inches()[0] * 72 <= (42.2 * 14 if large else 160 / 25.4 * 72 + 1)


@pytest.mark.parametrize(("kind", "name"), FIGURES)
@pytest.mark.parametrize("asked", [{"large_print": True}, {"language": "de"}, {"paper": "Letter"}])
def test_no_label_leaves_its_figure(kind, name, asked, request):
    figure = draw(with_page(request.getfixturevalue(kind), **asked), name)
    figure.draw_without_rendering()
    width, height = figure.get_size_inches() * figure.dpi
    boxes = {
        text.get_text(): text.get_window_extent().extents
        for text in figure.findobj(mpl.text.Text)
        if text.get_text().strip() and text.get_visible()
    }
    outside = {
        text: tuple(map(round, box))
        for text, box in boxes.items()
        if min(box[:2]) < -1 or box[2] > width + 1 or box[3] > height + 1
    }
    assert outside == {}


def test_figures_are_lower_on_letter_with_the_same_text(cohort):
    ordinary, letter = (
        draw(with_page(cohort, paper=paper), "slopes") for paper in ("A4", "Letter")
    )
    assert letter.get_size_inches()[0] == ordinary.get_size_inches()[0]
    assert letter.get_size_inches()[1] == pytest.approx(0.88 * ordinary.get_size_inches()[1])


@pytest.mark.parametrize(("kind", "name"), [("cohort", "start_pain"), ("person", "start_pain"),
                                            ("person", "sessions")])  # fmt: skip
def test_pain_is_drawn_from_0_to_10_upwards(kind, name, request):
    axes = draw(request.getfixturevalue(kind), name).axes[0]
    low, high = axes.get_ylim()
    assert low < 0 < 10 < high
    assert (low, high) == (-0.4, 10.4)


def test_every_dot_is_a_person_and_every_row_a_cell(cohort):
    axes = draw(cohort, "reduction").axes[0]
    dots = sum(len(collection.get_offsets()) for collection in axes.collections)
    shown = cohort.tables["cells"].dropna(subset="estimate")
    assert dots == len(cohort.tables["person_means"]) == shown["n_people"].sum()
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels[0] == "lower back, deep circular strokes  (21)"
    assert len(labels) == len(shown)


def test_the_axis_of_reductions_is_the_same_for_small_and_large_data():
    cells = pd.DataFrame([{"region": "feet", "technique": "rest", "scale": "NRS0-10", "n_people": 6,
                           "estimate": 1.0, "low": 0.5, "high": 1.5}])  # fmt: skip
    key = {"region": "feet", "technique": "rest", "scale": "NRS0-10"}
    small = pd.DataFrame([key | {"value": value} for value in (0.1, 0.2)])
    large = pd.DataFrame([key | {"value": value} for value in (-7.0, 2.0)])
    assert plot_reduction(cells, small).axes[0].get_xlim() == (-10, 10)
    assert plot_reduction(cells, large).axes[0].get_xlim() == (-10, 10)


def of_scale(scale: str, values: list[float]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a cell of one scale and its people's means."""
    key = {"region": "feet", "technique": "rest", "scale": scale}
    cell = key | {"n_people": len(values), "estimate": 1.0, "low": 0.5, "high": 1.5}
    return pd.DataFrame([cell]), pd.DataFrame([key | {"value": value} for value in values])


def test_mm_are_never_drawn_as_points():
    points, mm = of_scale("NRS0-10", [1.0, 2.0]), of_scale("VAS0-100", [10.0, 60.0])
    cells, means = (pd.concat(parts, ignore_index=True) for parts in zip(points, mm, strict=True))
    one, other = plot_reduction(cells, means, vas_two=15).axes
    assert (one.get_xlim(), other.get_xlim()) == ((-10, 10), (-100, 100))
    assert other.get_xlabel() == "pain reduction within a session, mm on the 0 to 100 scale"
    drawn = [
        collection.get_offsets()[:, 0].tolist()
        for axes in (one, other)
        for collection in axes.collections
    ]
    assert drawn == [[1, 2], [10, 60]]
    assert [axes.get_yticklabels()[0].get_text() for axes in (one, other)] == [
        "feet, rest  (2)", "feet, rest (mm of 100)  (2)"]  # fmt: skip
    dashed = [
        line.get_xdata()[0]
        for axes in (one, other)
        for line in axes.get_lines()
        if line.is_dashed()
    ]
    assert dashed == [2, 15]


def test_the_curve_falls_after_each_persons_own_value():
    curve = pd.DataFrame(
        {"scale": "NRS0-10", "value": [-1.0, 2.0, 3.0], "share": [1.0, 0.75, 0.25]}
    )
    axes = plot_curve(curve).axes[0]
    step = next(line for line in axes.get_lines() if line.get_drawstyle() == "steps-pre")
    assert axes.get_xlim() == (-10, 10)
    # Drawn before each point: 1 up to -1, 0.75 up to 2, 0.25 up to 3, then 0.
    assert step.get_xdata().tolist() == [-10, -1, 2, 3, 10]
    assert step.get_ydata().tolist() == [1, 1, 0.75, 0.25, 0]


def test_a_slope_is_dashed_where_pain_was_not_lower():
    key = {"region": "feet", "technique": "rest", "scale": "NRS0-10"}
    means = pd.DataFrame([key | {"value": before - after, "mean_before": before, "mean_after": after}
                          for before, after in ((6.0, 4.0), (5.0, 5.0), (3.0, 4.0))])  # fmt: skip
    axes = plot_slopes(means).axes[0]
    assert axes.get_ylim() == (-0.4, 10.4)
    lines = {tuple(line.get_ydata()): line.is_dashed() for line in axes.get_lines()}
    assert lines == {(6, 4): False, (5, 5): True, (3, 4): True}


def test_a_bar_is_the_share_missing_with_its_counts():
    totals = pd.DataFrame({"label": ["rest", "yoga"], "share": [0.25, np.nan], "n_missing": [5, np.nan],
                           "n_sessions": [20, np.nan]})  # fmt: skip
    axes = plot_missing(totals).axes[0]
    assert [bar.get_width() for bar in axes.patches if bar.get_height() == 0.6] == [0.25]
    assert axes.get_xlim() == (0, 1)
    assert [text.get_text() for text in axes.texts] == ["5 of 20"]


@pytest.mark.parametrize("look", [ORDINARY, LARGE])
def test_labels_beside_the_body_keep_their_place(look):
    label = "Lower back\n1.1 (0.6\u00a0to\u00a01.8) too imprecise\n14 people (few)"
    figure = plot_body_map(regions(estimate=[1.0] * 4).assign(label=label), look)
    figure.draw_without_rendering()
    boxes = [
        text.get_window_extent()
        for text in figure.findobj(mpl.text.Text)
        if text.get_text().strip()
    ]
    width, height = figure.get_size_inches() * figure.dpi
    assert all(
        box.x0 >= 0 and box.x1 <= width and box.y0 >= 0 and box.y1 <= height for box in boxes
    )
    overlapping = [
        (one, other) for n, one in enumerate(boxes) for other in boxes[:n] if one.overlaps(other)
    ]
    assert overlapping == []


def test_sessions_more_than_a_week_apart_are_not_joined():
    days = ["2026-03-01", "2026-03-08", "2026-03-16", "2026-03-17"]
    series = pd.DataFrame({"started_at": pd.to_datetime(days), "scale": "NRS0-10",
                           "pain_before": [5.0, 6.0, 4.0, 3.0]})  # fmt: skip
    lines = plot_start_pain(series, 4.5).axes[0].get_lines()
    assert [len(line.get_xdata()) for line in lines[:2]] == [2, 2]


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (findings, ("start_pain", "reduction", "regions", "curve", "slopes", "missing_after")),
        (person_findings, ("start_pain", "sessions")),
    ],
)
def test_where_nothing_is_to_be_drawn_the_block_says_so(make, names, small_log):
    results = make(small_log())
    for name in names:
        data, _ = bundle(show_figure(results, name))
        assert data == {"text/html": "", "text/plain": "Nothing to draw."}
        shown, _ = bundle(show_block(results, name))
        assert shown["text/plain"] == "No session to show."


def regions(**columns) -> pd.DataFrame:
    return pd.DataFrame({"region": ["lower_back", "buttocks", "thighs", "feet"],
                         "label": ["Lower back", "Buttocks", "Thighs", "Feet"], **columns})  # fmt: skip


def faces(figure) -> set:
    return {patch.get_facecolor() for patch in figure.axes[0].patches}


def test_the_shade_of_a_region_does_not_depend_on_the_others():
    one = plot_body_map(regions(estimate=[1.0, np.nan, np.nan, np.nan]))
    other = plot_body_map(regions(estimate=[1.0, 4.0, 3.0, 2.0]))
    assert len(faces(one) & faces(other)) == len(faces(one) - {(1.0, 1.0, 1.0, 1.0)})


def test_shades_darken_with_the_drop_so_that_grey_keeps_them():
    def darkness(value):
        figure = plot_body_map(regions(estimate=[value] * 4))
        return min(np.dot(face[:3], (0.2126, 0.7152, 0.0722)) for face in faces(figure))

    light = [darkness(value) for value in (0, 1, 2, 3, 4, 5)]
    assert light == sorted(light, reverse=True)
    assert darkness(9) == darkness(5)


def test_a_region_with_a_rise_is_hatched_and_one_without_data_is_blank():
    figure = plot_body_map(regions(estimate=[-0.5, np.nan, 1.0, 1.0]))
    texts = [text.get_text() for text in figure.findobj(mpl.text.Text)]
    assert {"pain rose", "not enough data"} <= set(texts)
    assert any(patch.get_hatch() for patch in figure.axes[0].patches)
    calm = plot_body_map(regions(estimate=[0.5, 1.0, 1.0, 1.0]))
    assert not any(patch.get_hatch() for patch in calm.axes[0].patches)


def test_an_estimate_written_0_is_not_drawn_as_a_rise(small_log):
    rows = [f"P{n},2026-03-01,feet,pressure,5,{5.1 if n == 0 else 5}" for n in range(6)]
    results = findings(small_log(*rows))
    assert results.tables["regions"].loc[0, "estimate"] < 0
    texts = [text.get_text() for text in draw(results, "regions").findobj(mpl.text.Text)]
    assert "pain rose" not in texts


def test_a_term_of_the_log_is_drawn_literally():
    cells = pd.DataFrame([{"region": "<b>$x^2$", "technique": "rest", "scale": "NRS0-10", "n_people": 6,
                           "estimate": 1.0, "low": 0.5, "high": 1.5}])  # fmt: skip
    means = cells[["region", "technique", "scale"]].assign(value=1.0)
    figure = plot_reduction(cells, means)
    to_svg(figure)
    assert figure.axes[0].get_yticklabels()[0].get_text() == "<b>$x^2$, rest  (6)"


def test_a_table_has_caption_headers_and_escaped_cells():
    table = TextTable("a < b", ("who & what", "n"), [("<script>", "1")], (False, True))
    assert table_html(table) == (
        "<table><caption>a &lt; b</caption>"
        '<thead><tr><th scope="col">who &amp; what</th><th scope="col" class="number">n</th></tr></thead>'
        '<tbody><tr><th scope="row">&lt;script&gt;</th><td class="number">1</td></tr></tbody></table>'
    )


def test_an_alarm_stands_out_and_a_table_without_rows_is_left_out():
    block = Block("t", ("<i>",), TextTable("c", ("a",), [], (False,)), alarms=("stop",))
    assert block_html(block) == (
        '<div class="block"><div class="alarm"><p>stop</p></div><p>&lt;i&gt;</p></div>'
    )


def test_the_head_carries_the_findings(cohort):
    data, _ = bundle(show_head(cohort))
    assert data[FINDINGS_TYPE]["about"]["people"] == 48
    assert "Self-massage and stretching log: 48 people" in data["text/html"]


def test_a_block_is_html_and_plain_text(cohort):
    data, metadata = bundle(show_block(cohort, "coverage"))
    assert data["text/plain"].startswith(
        "1,601 rows in the log: used 1,589, refused 11, repeated 1."
    )
    assert metadata == {"reliefbook": {"block": "coverage"}}


def test_the_appendix_shows_every_table_under_its_title(cohort):
    data, _ = bundle(show_appendix(cohort))
    titles = re.findall(r"<h3>(.*?)</h3>", data["text/html"])
    assert titles == [block.title for block in appendix_tables(cohort).values()]
    assert data["text/html"].count("<table>") == len(titles) - 1  # nothing was refitted
    assert "run the report with more_checks" in data["text/plain"]


@pytest.mark.parametrize("name", ["regions", "subregions", "techniques", "columns"])
def test_the_guide_shows_its_words(name):
    data, _ = bundle(show_guide(name))
    assert "<caption>" in data["text/html"]


def test_the_guide_has_a_body_map_without_numbers():
    data, _ = bundle(show_guide_map())
    assert data["text/plain"] == "Body map, seen from behind: lower back, buttocks, thighs, feet."
