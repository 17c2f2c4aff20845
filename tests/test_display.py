"""Figures and tables: right data, fixed axes, same bytes, literal text."""

import re

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from analysis.display import draw, show_block, show_figure, show_head
from analysis.display.body_map import plot_body_map
from analysis.display.figures import plot_reduction, plot_start_pain
from analysis.display.guide import show_guide, show_guide_map
from analysis.display.show import FINDINGS_TYPE, to_svg
from analysis.display.tables import block_html, table_html
from analysis.findings import findings, person_findings
from analysis.wording import Block, TextTable

FIGURES = [("cohort", "start_pain"), ("cohort", "regions"), ("cohort", "reduction"),
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
    assert re.match(r"(Line chart|Body map|Dot plot|Dumbbell chart)", alt)
    assert re.search(r"\d", alt)


@pytest.mark.parametrize(("kind", "name"), FIGURES)
def test_drawing_changes_nothing_outside(kind, name, request):
    before = dict(mpl.rcParams)
    draw(request.getfixturevalue(kind), name)
    assert dict(mpl.rcParams) == before
    assert plt.get_fignums() == []


@pytest.mark.parametrize(("kind", "name"), FIGURES)
def test_text_in_a_figure_is_nine_points_or_more(kind, name, request):
    figure = draw(request.getfixturevalue(kind), name)
    sizes = {
        text.get_fontsize() for text in figure.findobj(mpl.text.Text) if text.get_text().strip()
    }
    assert min(sizes) >= 9


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
    assert plot_reduction(cells, small).axes[0].get_xlim() == (-5, 5)
    assert plot_reduction(cells, large).axes[0].get_xlim() == (-10, 10)


def test_sessions_more_than_a_week_apart_are_not_joined():
    days = ["2026-03-01", "2026-03-08", "2026-03-16", "2026-03-17"]
    series = pd.DataFrame({"started_at": pd.to_datetime(days), "scale": "NRS0-10",
                           "pain_before": [5.0, 6.0, 4.0, 3.0]})  # fmt: skip
    lines = plot_start_pain(series, 4.5).axes[0].get_lines()
    assert [len(line.get_xdata()) for line in lines[:2]] == [2, 2]


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (findings, ("start_pain", "reduction", "regions")),
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


@pytest.mark.parametrize("name", ["regions", "subregions", "techniques", "columns"])
def test_the_guide_shows_its_words(name):
    data, _ = bundle(show_guide(name))
    assert "<caption>" in data["text/html"]


def test_the_guide_has_a_body_map_without_numbers():
    data, _ = bundle(show_guide_map())
    assert data["text/plain"] == "Body map, seen from behind: lower back, buttocks, thighs, feet."
