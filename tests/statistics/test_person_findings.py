"""One person's report: its numbers, every sentence of them, and what it refuses to say."""

import re

import numpy as np
import pandas as pd
import pypdf
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from analysis.display.show import draw, to_svg
from analysis.findings import from_json, person_findings, to_json
from analysis.findings.person import FEW_PAIRS, NOT_AS_DRAWN, ONE_PERSON, as_drawn
from analysis.report.pdf import to_pdf
from analysis.sessions import ROW_REPORT, SOURCES, SessionLog, UserError, empty_sessions
from analysis.statistics.plan import randomised_plan
from analysis.wording import blocks

FIRST = pd.Timestamp("2026-03-02")
CANNOT = "High pain tends to fall by itself: this log cannot show that massage was why."


def days(pairs: str, cell: str = "hip,pressure", start: int = 0) -> list[str]:
    """Return the rows of one session a day: "6>4 - 8>" is 6 to 4, a day without, 8 to nothing."""
    return [
        f"P1,{FIRST + pd.Timedelta(days=day):%Y-%m-%d},{cell},{pair.replace('>', ',')}"
        for day, pair in enumerate(pairs.split(), start)
        if pair != "-"
    ]


def log_of(*rows: str, scale: str = "NRS0-10", **columns) -> SessionLog:
    """Return the log of such rows as read, without a file."""
    cells = [row.split(",") for row in rows]
    names = ["participant", "started_at", "region", "technique", "pain_before", "pain_after"]
    named = pd.DataFrame(cells, columns=names, dtype="str").assign(scale=scale, **columns)
    ratings = {name: pd.to_numeric(named[name]).astype("float64") for name in names[4:]}
    started = pd.to_datetime(named["started_at"], format="ISO8601").astype("datetime64[us]")
    reduction = ratings["pain_before"] - ratings["pain_after"]
    blank = empty_sessions().reindex(named.index)
    text = blank.select_dtypes("str").columns
    blank[text] = blank[text].fillna("")
    sessions = blank.assign(
        **named.drop(columns=["started_at", *ratings]),
        **ratings,
        started_at=started,
        pain_reduction=reduction,
    )
    counts = pd.DataFrame([["log.csv", "", 1, *[len(rows)] * 2, 0, 0, 0, 0]], columns=SOURCES)
    none = pd.DataFrame(columns=ROW_REPORT)
    return SessionLog(sessions, none, none, counts)


def shown(*rows: str, columns: dict | None = None, **given) -> dict:
    return blocks(person_findings(log_of(*rows, **(columns or {})), **given))


# --- in short ---


def test_the_average_drop_of_all_sessions_other_than_rest_has_its_interval():
    # Twelve days with a drop of 1 and 3 in turn, two groups of six: by hand mean 2, s = sqrt(12/11);
    # r1 = -11/12, so rho = 0 and all days count. R 4.2.2: qt(0.975, 11) = 2.200985, half-width 0.66363.
    rows = [*days("6>5 6>3 " * 3), *days("6>5 6>3 " * 3, "feet,yoga", 6)]
    assert shown(*rows)["summary"].sentences == (
        "Sessions other than rest were followed by an average drop of 2.0 points (95 % interval "
        "1.3\u00a0to\u00a02.7; both ratings in 12 of 12; few sessions, on 12 days).",
        CANNOT,
    )
    overall = person_findings(log_of(*rows)).tables["overall"].iloc[0]
    assert overall[["low", "high"]].tolist() == pytest.approx([2 - 0.66363, 2 + 0.66363], abs=1e-5)


@pytest.mark.parametrize(
    ("pairs", "sentence"),
    [
        (
            "6>5 6>3 6>4 6>5",
            "Not enough sessions other than rest to summarise: both ratings in 4 of 4, 5 needed.",
        ),
        (
            "6> 6> 6> 6> 6> 6>",
            "Not enough sessions other than rest to summarise: both ratings in 0 of 6, 5 needed.",
        ),
        (
            "6>5 6>3 6>4 6>5 6>4 6>5 6>5 6>4 6>5",
            "The median change within sessions other than rest was a drop of 1 point (both ratings in 9 of "
            "9; no interval is given yet).",
        ),
        (
            "4>6 " * 6,
            "The median change within sessions other than rest was a rise of 2 points (both ratings in 6 of "
            "6; no interval is given yet).",
        ),
        (
            "4>4 " * 6,
            "The median change within sessions other than rest was a change of 0 points (both ratings in 6 "
            "of 6; no interval is given yet).",
        ),
        (
            "6>5 6> " * 6,
            "Sessions other than rest: not enough data: 50 % have no after rating (both ratings in 6 of 12).",
        ),
        (
            "6>4 " * 12,
            "Sessions other than rest were followed by a drop of 2 points (no variation, no interval; both "
            "ratings in 12 of 12).",
        ),
        (
            "6>6 " * 12,
            "Sessions other than rest were followed by a change of 0 points (no variation, no interval; "
            "both ratings in 12 of 12).",
        ),
    ],
)
def test_what_followed_is_said_as_far_as_it_can_be(pairs, sentence):
    sentences = shown(*days(pairs))["summary"].sentences
    assert sentence in sentences
    assert (CANNOT in sentences) == ("ot enough" not in sentence)


@pytest.mark.parametrize(
    ("n_days", "interval", "banner"),
    [(9, False, False), (10, True, True), (19, True, True), (20, True, False)],
)
def test_the_limits_of_the_interval_and_of_its_banner(n_days, interval, banner):
    sentence = shown(*days("6>5 6>3 6>4 " * 7)[:n_days])["summary"].sentences[0]
    assert ("95 % interval" in sentence, f"few sessions, on {n_days} days" in sentence) == (
        interval,
        banner,
    )


def test_an_interval_that_is_too_wide_says_what_it_cannot_tell():
    sentence = shown(*days("9>1 1>9 " * 6))["summary"].sentences[0]
    assert sentence.endswith(" This is too imprecise to tell a useless from a useful difference.")


def test_rest_stands_in_a_sentence_of_its_own():
    rows = [*days("6>5 - " * 6), *days("- 6>5 " * 6, "hip,rest")]
    assert shown(*rows)["summary"].sentences[:2] == (
        "The median change within sessions other than rest was a drop of 1 point (both ratings in 6 of 6; no "
        "interval is given yet).",
        "The median change within sessions of rest was a drop of 1 point (both ratings in 6 of 6; no "
        "interval is given yet).",
    )


def test_sessions_of_several_parts_are_counted_only():
    page = shown(*days("6>5 6>3 " * 6, "combined,combined"))
    assert page["summary"].sentences == (
        "Every session has several regions or techniques: counted, not summarised.",
    )
    assert page["groups"].table.rows == [
        (
            "several regions, several techniques",
            "12 of 12",
            "–",
            "–",
            "–",
            "–",
            "several parts in one session: counted only",
        )
    ]
    alone = shown(*days("6>5 " * 6))["summary"].sentences
    with_parts = shown(*days("6>5 " * 6), *days("9>1 " * 6, "combined,combined", 7))
    assert with_parts["summary"].sentences == alone


def test_millimetres_are_never_points():
    page = shown(*days("60>30 60>50 " * 6), columns={"scale": "VAS0-100"})
    assert page["summary"].sentences[0] == (
        "Sessions other than rest on the 0 to 100 scale were followed by an average drop of 20.0 mm of 100 "
        "(95 % interval 13.4\u00a0to\u00a026.6; both ratings in 12 of 12; few sessions, on 12 days)."
    )
    assert page["responders"].sentences == (
        "Sessions other than rest on the 0 to 100 scale: 30 % lower: 6 of 12 (50 %); 20 mm lower*: 6 of 12 "
        "(50 %); both: 6 of 12 (50 %); 20 mm higher: 0 of 12 (0 %).",
        "* Like the 30 %, set for change over weeks, not one session.",
    )


def test_an_emergency_sign_leaves_no_relief_in_short():
    page = shown(*days("6>5 6>3 " * 6), columns={"bladder_bowel": "yes"})
    assert page["summary"].sentences == (
        "A warning sign stands in this log: read it first. Less pain does not make it safe.",
        "High pain tends to fall by itself: this log cannot show that massage was why.",
    )


# --- groups ---


def test_every_group_has_what_its_days_allow():
    rows = [
        *days("6>5 6>3 " * 6),
        *days("6>5 6>3 6>6 5>6 6>5", "hip,yoga", 12),
        *days("6>5 6>3", "hip,rest", 18),
        *days("6>5 6> " * 5, "feet,yoga", 20),
        *days("6>4 " * 10, "feet,rest", 30),
    ]
    cells = {row[0]: row[1:] for row in shown(*rows)["groups"].table.rows}
    assert cells == {
        "feet, yoga": ("5 of 10", "5", "–", "–", "–", "not enough data: 50 % have no after rating"),
        "feet, rest": ("10 of 10", "10", "–", "6", "10, 0, 0", "2.0 (no variation, no interval)"),
        # Of all residuals, not of these alone: rho of the whole log widens it a little.
        "hip, sustained pressure": (
            "12 of 12",
            "12",
            "–",
            "6",
            "12, 0, 0",
            cells["hip, sustained pressure"][-1],
        ),
        "hip, yoga": ("5 of 5", "5", "–", "6", "3, 1, 1", "median 1, no interval yet"),
        "hip, rest": ("2 of 2", "2", "–", "–", "–", "not enough sessions (n = 2) to summarise"),
    }
    assert re.fullmatch(
        "2\\.0 \\(1\\.\\d\u00a0to\u00a02\\.\\d\\), few sessions",
        cells["hip, sustained pressure"][-1],
    )


def test_the_groups_of_one_person_of_several_are_those_of_a_log_of_its_own():
    own = days("6>5 6>3 " * 8)
    others = [row.replace("P1", "P2").replace("6,5", "9,0") for row in own]
    alone, among = (
        person_findings(log_of(*rows), person="P1").tables for rows in (own, [*others, *own])
    )
    for name in ("overall", "groups", "contrasts", "next", "worse", "worse_after", "symptoms"):
        assert_frame_equal(among[name], alone[name])


def test_the_order_of_the_rows_is_irrelevant():
    rows = [*days("6>5 - 7>3 - " * 8), *days("- 5>5 - 8>4 " * 8, "hip,rest")]
    tables = [
        person_findings(log_of(*some)).tables for some in (rows, rows[::-1], rows[1::2] + rows[::2])
    ]
    for name in ("overall", "groups", "contrasts", "next"):
        assert_frame_equal(tables[1][name], tables[0][name])
        assert_frame_equal(tables[2][name], tables[0][name])


# --- shares ---


def test_shares_are_counts_of_sessions():
    page = shown(*days("6>4 6>5 3>2 1>0 2>4 0>0"))
    # By hand: 30 % lower after 6>4, 3>2 and 1>0, of the five above 0; 2 points after 6>4 alone.
    assert page["responders"].sentences[0] == (
        "Sessions other than rest: 30 % lower: 3 of 5, 1 session that started at 0 left out; 2 points "
        "lower*: 1 of 6; both: 1 of 6; 2 points higher: 1 of 6."
    )
    assert page["responders"].sentences[1].startswith("* ")


def test_no_share_of_nothing():
    page = shown(*days("0>0 0>1 0>0 0>0 0>0 0>0"))
    assert page["responders"].sentences[0] == (
        "Sessions other than rest: 30 % lower: none started above 0, 6 sessions that started at 0 left out; "
        "2 points lower*: 0 of 6; both: 0 of 6; 2 points higher: 0 of 6."
    )
    few = shown(*days("6>5 6>4"))["responders"]
    assert few.sentences == ("Not enough sessions to show.",)


# --- comparisons ---

LAYOUT = (
    "Self-tracking log, not a trial. No randomised plan was given, so no p-value stands here. Reference: "
    "{}. Overlap: days in both calendar ranges, of the days in either; below 50 %, or below 3 switches between "
    "the two, they were used at different times."
)
DEFAULT = "rest where it was logged, else the technique of most sessions"


def test_a_comparison_has_the_interval_of_least_squares():
    rng = np.random.default_rng(5)
    before = rng.integers(5, 10, 32)
    after = before - rng.integers(0, 4, 32) - np.tile([1, 0], 16)
    pairs = [f"{b}>{a}" for b, a in zip(before, after, strict=True)]
    rows = [
        *days(" ".join(p if i % 2 == 0 else "-" for i, p in enumerate(pairs))),
        *days(" ".join(p if i % 2 else "-" for i, p in enumerate(pairs)), "hip,rest"),
    ]
    # statsmodels 0.15: OLS(c, [1, b, A, day]).fit().conf_int(); residuals without autocorrelation.
    table = person_findings(log_of(*rows)).tables["contrasts"]
    assert table["rho"].tolist() == [0]
    design = np.column_stack([np.ones(32), before, np.tile([1, 0], 16), np.arange(32)])
    fit = sm.OLS(before - after, design).fit()
    assert table.loc[0, ["estimate", "low", "high"]].tolist() == pytest.approx(
        [fit.params[2], *fit.conf_int()[2]], rel=1e-9
    )
    gamma, low, high = (f"{value:.1f}" for value in (fit.params[2], *fit.conf_int()[2]))
    page = shown(*rows)["contrasts"]
    assert page.table.rows == [
        (
            "hip: sustained pressure − rest",
            "16, 16",
            "31",
            "94 %",
            f"+{gamma} ({low}\u00a0to\u00a0{high}), not randomised".replace("-", "−"),
        )
    ]
    assert page.sentences == (LAYOUT.format(DEFAULT),)


@pytest.mark.parametrize(
    ("first", "second", "row"),
    [
        (
            "6>5 7>5 " * 5,
            "- " * 10 + "6>5 8>5 " * 5,
            ("10, 10", "1", "0 %", "used at different times; not comparable"),
        ),
        (
            "6>5 - " * 4,
            "- 6>5 " * 10,
            ("4, 10", "7", "30 %", "not enough sessions (n = 4) to compare"),
        ),
        (
            "6>5 - 6> - " * 8,
            "- 7>5 - 6>3 " * 8,
            ("8, 16", "15", "88 %", "not enough data: 50 % have no after rating"),
        ),
        (
            "6>5 - " * 8,
            "- 6>5 " * 8,
            (
                "8, 8",
                "15",
                "88 %",
                "the technique cannot be told from starting pain and day",
            ),
        ),
    ],
)
def test_a_comparison_that_cannot_be_made_says_why_beside_its_layout(first, second, row):
    page = shown(*days(first), *days(second, "hip,rest"))["contrasts"]
    assert page.table.rows == [("hip: sustained pressure − rest", *row)]


def test_the_reference_is_the_one_that_was_set():
    rows = [*days("6>5 - " * 8), *days("- 6>5 " * 8, "hip,yoga")]
    page = shown(*rows, reference="yoga")["contrasts"]
    assert page.table.rows[0][0] == "hip: sustained pressure − yoga"
    assert page.sentences == (LAYOUT.format("set before the run"),)
    with pytest.raises(UserError) as refused:
        person_findings(log_of(*rows), reference="rest")
    assert str(refused.value) == "reference: nobody logged 'rest'; logged were pressure, yoga"


def test_one_technique_alone_is_compared_with_nothing():
    page = shown(*days("6>5 " * 5))["contrasts"]
    assert page.sentences == (
        "Self-tracking log, not a trial. No randomised plan was given, so no p-value stands here. No two "
        "techniques were logged on one region: nothing to compare.",
    )


# --- a randomised plan ---


def planned(n_days: int = 28, seed: int = 7, block: int = 2) -> pd.DataFrame:
    plan = randomised_plan(
        ("pressure", "rest"),
        region="hip",
        first_day=FIRST.date(),
        n_days=n_days,
        block=block,
        rng=np.random.default_rng(seed),
    )
    return plan.assign(block_size=block, seed=seed)


def followed(plan: pd.DataFrame, more: int = 2) -> list[str]:
    """Return the log of who followed a plan: drops of 1, after pressure of so many points more."""
    rows = []
    for number, session in enumerate(plan.itertuples()):
        before = 5 + number * 7 % 5
        after = before - 1 - more * (session.technique == "pressure")
        rows.append(f"P1,{session.day:%Y-%m-%d} 10:00,hip,{session.technique},{before},{after}")
    return rows


@pytest.fixture(scope="module")
def tested():
    """Return the findings of a plan of 28 days that was followed."""
    return person_findings(log_of(*followed(planned())), plan=planned())


HOW = (
    "Randomised plan, hip, sustained pressure or rest, 2 Mar 2026 to 29 Mar 2026, blocks of 2 days, seed 7: "
    "followed on {} days, the other technique on {}, no session with both ratings on {}."
)
AS_PLANNED = " A day counts for the technique that was planned, whatever was done."


def test_a_plan_that_was_followed_has_its_exact_test(tested):
    # By hand: pressure is followed by 2 points more in every block of two, so only the list itself and
    # its mirror have a difference as large: p = 2/16,384.
    (row,) = tested.tables["plan"].itertuples()
    assert (row.estimate, row.p_value) == (pytest.approx(2), 2 / 2**14)
    assert blocks(tested)["contrasts"].sentences[1:] == (
        HOW.format("28 of 28 (100 %)", 0, 0),
        "The drop was 2.0 points larger (95 % interval 2.0\u00a0to\u00a02.0) on days planned for sustained "
        "pressure than on days planned for rest, at the same starting pain and day; "
        "randomisation test p <0.001 (exact over all 16,384 lists)." + AS_PLANNED,
    )
    assert to_json(from_json(to_json(tested))) == to_json(tested)


def test_the_reference_of_a_plan_turns_the_sentence():
    plan = planned()
    page = shown(*followed(plan), plan=plan, reference="pressure")["contrasts"]
    assert page.sentences[2].startswith(
        "The drop was 2.0 points smaller (95 % interval 2.0\u00a0to\u00a02.0) on days planned for rest than "
        "on days planned for sustained pressure, "
    )


def test_more_lists_than_are_looked_at_are_drawn():
    plan = planned(32)
    log = log_of(*followed(plan))
    results, again = (person_findings(log, plan=plan, seed=1) for _ in range(2))
    assert_frame_equal(results.tables["plan"], again.tables["plan"])
    page = blocks(results)["contrasts"]
    assert "randomisation test p <0.001 (9,999 draws)." in page.sentences[2]


def test_days_that_did_not_follow_the_plan_are_told():
    plan = planned()
    rows = followed(plan)
    rows[3] = rows[3].replace("pressure", "?").replace("rest", "pressure").replace("?", "rest")
    page = shown(*rows[:10], *rows[12:], plan=plan)["contrasts"]
    assert page.sentences[1] == HOW.format("25 of 28 (89 %)", 1, 2)
    assert "randomisation test p " in page.sentences[2]


def test_a_plan_that_is_not_over_says_so():
    plan = planned()
    page = shown(*followed(plan)[:20], plan=plan)["contrasts"]
    assert page.sentences[1] == HOW.format("20 of 28 (71 %)", 0, 8) + (
        " 8 of its days come after the last session of the log: looking before the end is one look of several."
    )


def test_a_plan_that_was_hardly_followed_is_not_tested():
    plan = planned()
    page = shown(*followed(plan)[1::2], plan=plan)["contrasts"]
    assert page.sentences[1:] == (
        HOW.format("14 of 28 (50 %)", 0, 14),
        "The plan is not tested: it was followed on too few days.",
    )


def test_a_plan_that_is_too_short_is_not_tested():
    plan = planned(14)
    page = shown(*followed(plan), plan=plan)["contrasts"]
    assert page.sentences[2] == (
        "The plan is not tested: fewer than 8 days with a session were planned for one of the two."
    )


def test_two_days_that_changed_places_are_no_list_of_the_seed():
    plan = planned()
    plan.loc[[4, 5], "technique"] = plan.loc[[5, 4], "technique"].to_numpy()
    results = person_findings(log_of(*followed(plan)), plan=plan)
    (row,) = results.tables["plan"].itertuples()
    assert (row.n_followed, row.reason, row.n_lists) == (28, NOT_AS_DRAWN, 0)
    assert np.isnan(row.estimate)
    assert np.isnan(row.p_value)
    assert blocks(results)["contrasts"].sentences[2] == (
        "The plan is not tested: its list is not the one that its seed draws: it was edited, or drawn by "
        "another version."
    )


def test_a_plan_in_millimetres_says_so():
    plan = planned()
    points = [row.split(",") for row in followed(plan)]
    rows = [",".join([*p[:4], f"{p[4]}0", f"{p[5]}0"]) for p in points]
    log = log_of(*rows, scale="VAS0-100")
    page = blocks(person_findings(log, plan=plan))["contrasts"]
    assert page.sentences[2].startswith("The drop was 20.0 mm of 100 larger (95 % interval ")


@given(st.integers(0, 10**9), st.sampled_from([(2, 8), (4, 12)]), st.integers(0, 1), st.booleans())
@settings(derandomize=True, database=None, deadline=None, max_examples=20)
def test_only_the_list_of_the_seed_is_as_drawn(seed, scheme, block, swap):
    size, n_days = scheme
    plan = planned(n_days, seed, size).sample(frac=1, random_state=1)
    if swap:
        inside = plan["block"] == block + 1
        other = {"pressure": "rest", "rest": "pressure"}
        plan.loc[inside, "technique"] = plan.loc[inside, "technique"].map(other)
    assert as_drawn(plan) != swap


def test_a_p_value_stands_on_page_2_and_only_with_a_plan(person, tested):
    written = re.compile(r"\bp [<0-9]|p-value [<0-9]")
    for results, places in ((person, []), (tested, ["contrasts"])):
        page = blocks(results)
        texts = {name: " ".join([*block.sentences, block.alt]) for name, block in page.items()}
        assert [name for name, text in texts.items() if written.search(text)] == places
        assert list(page).index("contrasts") > list(page).index("groups")


# --- and the next session ---


def test_the_next_session_of_one_person_has_no_interval():
    # By hand: twelve sessions a day apart from 6 to 4, the next starts at 6 again; eleven pairs.
    log = log_of(*days("6>4 " * 12))
    row = person_findings(log).tables["next"].iloc[0]
    assert (row["immediate"], row["next"], row["n_pairs"], row["reason"]) == (2, 0, 11, ONE_PERSON)
    assert np.isnan(row["immediate_low"])
    assert blocks(person_findings(log))["next"].sentences[-1].endswith(" One person: no interval.")


def test_fewer_than_five_pairs_are_counted_only():
    row = person_findings(log_of(*days("6>4 " * 5))).tables["next"].iloc[0]
    assert (row["n_pairs"], row["reason"]) == (4, FEW_PAIRS)
    assert row[["immediate", "next", "hours_median"]].isna().all()
    assert "no interval" not in shown(*days("6>4 " * 5))["next"].sentences[-1]


# --- the page ---


def test_the_report_of_the_example_has_two_pages(person, tmp_path):
    figures = {name: to_svg(draw(person, name)) for name in ("start_pain", "sessions")}
    (tmp_path / "report.pdf").write_bytes(to_pdf(person, "How?", figures))
    assert len(pypdf.PdfReader(tmp_path / "report.pdf").pages) == 2
