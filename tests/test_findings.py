"""All numbers of a report as data: complete, unrounded, and read back the same."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.findings import (
    check_findings,
    findings,
    from_json,
    person_findings,
    to_json,
)
from analysis.findings.cohort import left_out, without_cells
from analysis.intake import read_log
from analysis.sessions import UserError
from analysis.statistics import person_sums, reduction


@pytest.mark.parametrize("kind", ["cohort", "person"])
def test_findings_survive_json(kind, request):
    results = request.getfixturevalue(kind)
    text = to_json(results)
    again = from_json(text)
    assert to_json(again) == text
    assert again.about == results.about
    for name, table in results.tables.items():
        pd.testing.assert_frame_equal(again.tables[name], table.reset_index(drop=True))


def test_json_holds_no_nan_and_names_units(cohort):
    content = json.loads(to_json(cohort), parse_constant=lambda word: pytest.fail(word))
    columns = {column["name"]: column["unit"] for column in content["tables"]["cells"]["columns"]}
    assert columns["estimate"].startswith("points of 0-10")
    assert columns["missing_share"] == "share, 0 to 1"
    assert columns["n_people"] == ""


# Pure numbers and counts: no unit belongs to them.
WITHOUT_UNIT = re.compile(r"n_.*|people|people_of|people(_of)?_reference|sessions_median|t|df|chi_square|"
                          r"adjusted_df|hedges_g|.*(^|_)p|p_value|p_holm|(p|fixed_slope)_signed_rank")  # fmt: skip


def test_every_number_of_a_cohort_has_its_unit(log):
    content = json.loads(to_json(findings(log, more_checks=True)))
    without = {column["name"] for table in content["tables"].values() for column in table["columns"]
               if column["dtype"].startswith("float") and not column["unit"]}  # fmt: skip
    assert [name for name in without if not WITHOUT_UNIT.fullmatch(name)] == []


def test_intervals_of_shares_are_shares(cohort):
    tables = json.loads(to_json(cohort))["tables"]
    for name in ("responders", "overall_from_4", "overall_missing_as_no", "responder_differences"):
        units = {column["name"]: column["unit"] for column in tables[name]["columns"]}
        assert {units["low"], units["high"]} == {"share, 0 to 1"}
    units = {column["name"]: column["unit"] for column in tables["sensitivity"]["columns"]}
    assert units["low"].startswith("points of 0-10")


def test_numbers_are_not_rounded(cohort, log):
    cells = reduction(person_sums(log.sessions)).set_index(["region", "technique"])
    for row in cohort.tables["cells"].itertuples():
        expected = cells.loc[(row.region, row.technique), "estimate"]
        assert row.estimate == expected or (np.isnan(row.estimate) and np.isnan(expected))


def test_findings_hold_no_notes_and_no_names(log):
    text = to_json(findings(log))
    for note in set(log.sessions["notes"]) - {""}:
        assert note not in text
    assert "syn-" not in text.replace("synthetic", "")


def test_another_schema_is_refused(cohort):
    content = json.loads(to_json(cohort))
    content["about"]["schema"] = 99
    with pytest.raises(UserError, match=r"^findings: must have schema version 1; found 99$"):
        from_json(json.dumps(content))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"min_people": 5}, "min_people: must be a whole number of 6 or more, because smaller groups can "
                            "identify a person; found 5"),
        ({"min_people": True}, "min_people: must be a whole number of 6 or more, because smaller groups can "
                               "identify a person; found True"),
        ({"reference": "yoga"}, "reference: nobody logged 'yoga'; logged were pressure"),
    ],
)  # fmt: skip
def test_a_parameter_with_a_wrong_value_is_refused(given, message, small_log):
    log = small_log("P01,2026-03-01,buttocks,pressure,5,4")
    with pytest.raises(UserError) as refused:
        findings(log, **given)
    assert str(refused.value) == message


def test_order_is_the_guides_and_never_by_result(cohort):
    assert cohort.tables["regions"]["region"].tolist() == [
        "lower_back", "buttocks", "thighs", "feet"]  # fmt: skip
    lower_back = cohort.tables["cells"].query("region == 'lower_back'")["technique"].tolist()
    assert lower_back == ["circular_strokes", "stretching", "rest"]


def test_person_means_stand_only_where_the_cell_is_shown(cohort):
    hidden = cohort.tables["cells"].query("estimate.isna()")[["region", "technique"]]
    assert len(hidden) == 2
    merged = cohort.tables["person_means"].merge(hidden, on=["region", "technique"])
    assert merged.empty


def test_regions_leave_rest_out(small_log):
    rows = [f"P{person},2026-03-0{day},buttocks,{technique},{before},4"
            for person in range(8)
            for day, technique, before in ((1, "pressure", 6 + person % 2), (2, "rest", 4))]  # fmt: skip
    results = findings(small_log(*rows))
    region = results.tables["regions"].iloc[0]
    assert (region["n_people"], region["n_sessions"], region["estimate"]) == (8, 8, 2.5)
    overall = results.tables["overall"].set_index("sessions_of")
    assert overall.loc["other than rest", "estimate"] == 2.5
    assert overall.loc["rest", "estimate"] == 0


def test_a_week_counts_each_person_once(small_log):
    often = [
        f"A,2026-03-0{day} 1{hour}:00,feet,pressure,9,9" for day in range(2, 9) for hour in range(3)
    ]
    others = [f"B{person},2026-03-04,feet,pressure,{person},0" for person in range(1, 6)]
    weeks = findings(small_log(*often, *others)).tables["weeks"]
    assert weeks[["n_people", "n_sessions"]].values.tolist() == [[6, 26]]
    assert weeks.loc[0, "median"] == 3.5  # of 1, 2, 3, 4, 5 and 9, not of 26 sessions
    assert weeks.loc[0, "week"] == pd.Timestamp("2026-03-02")


def test_a_week_of_few_people_is_counted_only(small_log):
    weeks = findings(small_log(*[f"P{n},2026-03-04,feet,pressure,5,4" for n in range(5)])).tables[
        "weeks"
    ]
    assert weeks.loc[0, "n_people"] == 5
    assert weeks[["lower_quartile", "median", "upper_quartile"]].isna().all(axis=None)


def test_one_person_of_several_must_be_named(log):
    with pytest.raises(UserError) as refused:
        person_findings(log)
    assert str(refused.value) == "person: the log has 48 people; name one, such as syn-01"
    with pytest.raises(UserError) as refused:
        person_findings(log, person="me")
    assert str(refused.value) == "person: nobody in the log has the code 'me'"


def test_one_persons_groups_by_hand(small_log):
    rows = [
        f"P1,2026-03-0{day},buttocks,pressure,{before},{after}"
        for day, (before, after) in enumerate([(6, 4), (5, 5), (7, 4), (4, 5), (6, 5), (8, "")], 1)
    ]
    rows.append("P1,2026-03-07,feet,pressure,5,4")  # fmt: skip
    groups = person_findings(small_log(*rows)).tables["groups"].set_index("region")
    counts = ["n_all", "n_sessions", "n_lower", "n_same", "n_worse"]
    assert groups.loc["buttocks", counts].tolist() == [6, 5, 3, 1, 1]
    medians = ["median_before", "median_reduction"]
    assert groups.loc["buttocks", medians].tolist() == [6, 1]
    assert groups.loc["feet", medians].isna().all()


@pytest.mark.parametrize("make", [findings, person_findings, check_findings])
def test_a_log_without_sessions_has_findings(make, small_log):
    results = make(small_log())
    assert results.about["sessions"] == 0
    assert to_json(from_json(to_json(results))) == to_json(results)


def test_the_gap_and_the_days_by_hand(small_log):
    rows = [f"P1,2026-03-{day} 10:00,feet,pressure,5,4" for day in ("01", "02", "05", "20")]
    about = person_findings(small_log(*rows)).about
    assert (about["days"], about["longest_gap"]) == (4, 14)
    assert (about["first"], about["last"]) == ("2026-03-01", "2026-03-20")


def test_the_hash_in_the_findings_is_the_files(log):
    import hashlib

    from analysis.shipped import example_log

    digest = hashlib.sha256(example_log().read_bytes()).hexdigest()
    assert (
        findings(read_log(example_log(), as_of="2026-07-01")).tables["sources"]["sha256"][0]
        == digest
    )


def test_a_hidden_group_is_not_told_by_subtraction(cohort, log):
    # Region less its shown groups is what is hidden in it: five people's acupressure on the feet.
    cells = cohort.tables["cells"].set_index(["region", "technique"])
    assert cells.loc[("feet", "acupressure"), "n_people"] == 5
    feet = cohort.tables["regions"].set_index("region").loc["feet"]
    shown = cells.loc[("feet", "pressure")]
    assert (feet["n_people"], feet["n_sessions"]) == (shown["n_people"], shown["n_sessions"])
    assert feet["session_estimate"] == shown["session_estimate"]
    used = log.sessions.query("technique not in ('rest', 'combined') and pain_reduction.notna()")
    overall = cohort.tables["overall"].set_index("sessions_of").loc["other than rest"]
    assert overall["n_sessions"] == len(used) - cells.loc[("feet", "acupressure"), "n_sessions"]


def test_a_hidden_region_is_told_by_no_summary(small_log):
    # Ten people's backs; three of them also worked on the hip, and it hurt more after.
    rows = [f"P{n},2026-03-0{day},lower back,yoga,6,{4 + n % 2}"
            for n in range(10) for day in (1, 2)]  # fmt: skip
    rows += [f"P{n},2026-03-0{day},thighs,yoga,5,8" for n in range(3) for day in (3, 4)]
    tables = findings(small_log(*rows)).tables
    assert tables["cells"]["n_sessions"].tolist() == [20, 6]
    assert tables["overall"].loc[0, ["n_people", "n_sessions"]].tolist() == [10, 20]
    for name in ("worse", "worse_after"):
        up = tables[name].query("event == 'pain up by 2'")
        assert up[["n_with", "n_sessions"]].to_numpy().tolist() == [[0, 20]]
    assert tables["missing_after"]["n_sessions"].sum() == 20
    assert tables["next"]["n_sessions"].tolist() == [20]


def sums_of_uses(rows: list[tuple]) -> pd.DataFrame:
    """Return the sums of one session for each person, region and technique."""
    sessions = pd.DataFrame(rows, columns=["participant", "region", "technique"])
    return person_sums(sessions.assign(scale="NRS0-10", pain_before=6.0, pain_after=4.0))


def test_what_is_left_out_of_one_summary_can_leave_too_few_in_another():
    # Feet: shown yoga, hidden Pilates (4 people), told by the region. Thighs: only a hidden group of
    # 3 others. Together 7 were hidden in the whole; without the 4, the 3 would be told by it.
    rows = [(n, "feet", "yoga") for n in range(6)] + [(n, "feet", "pilates") for n in range(10, 14)]
    sums = sums_of_uses([*rows, *((n, "thighs", "yoga") for n in range(20, 23))])
    out = left_out(sums, 6)
    assert out[["region", "technique"]].to_numpy().tolist() == [
        ["feet", "pilates"],
        ["thighs", "yoga"],
    ]


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 11),
            st.sampled_from(["feet", "thighs", "hip", "combined"]),
            st.sampled_from(["yoga", "pilates", "rest", "combined"]),
        ),
        min_size=10,
        max_size=60,
    )
)
def test_no_summary_holds_hidden_groups_of_fewer_people_than_are_shown(rows):
    sums = sums_of_uses(rows)
    kept = without_cells(sums, left_out(sums, 6))
    size = kept.groupby(["region", "technique"])["participant"].transform("nunique")
    single = ~kept[["region", "technique"]].eq("combined").any(axis=1)
    rest = kept["technique"] == "rest"
    wholes = [kept[single & ~rest], kept[single & rest], kept]
    wholes += [part for _, part in kept[single & ~rest].groupby("region")]
    wholes += [part for _, part in kept.groupby("technique")]
    for whole in wholes:
        if whole["participant"].nunique() >= 6:
            hidden = whole.loc[size[whole.index] < 6, "participant"].nunique()
            assert hidden == 0 or hidden >= 6


def test_hidden_groups_of_six_people_together_stay_in_the_summary(small_log):
    rows = [f"P{n},2026-03-01,feet,{technique},6,{5 - n % 2}"
            for n, technique in enumerate(["yoga", "pilates", "stretching"] * 3)]  # fmt: skip
    results = findings(small_log(*rows))
    assert results.tables["cells"]["estimate"].isna().all()
    assert results.tables["overall"].loc[0, "n_people"] == 9


def test_nothing_of_a_hidden_group_but_its_counts_is_in_the_findings(cohort):
    hidden = cohort.tables["cells"][cohort.tables["cells"]["estimate"].isna()]
    assert len(hidden) == 2
    assert hidden["minutes"].isna().all()
    key = ["region", "technique"]
    for name, columns in (
        ("responders", ["share", "people"]),
        ("sensitivity", ["estimate", "low"]),
    ):
        rows = cohort.tables[name].merge(hidden[key], on=key)
        assert len(rows) == 8
        assert rows[columns].isna().all(axis=None)


def test_flags_of_few_people_carry_no_count_and_no_day(write):
    header = "participant,started_at,region,technique,pain_before,pain_after,weakness"
    rows = [f"P{n},2026-03-01,feet,yoga,6,5,{'new' if n < 2 else 'no'}" for n in range(8)]
    flags = findings(read_log(write(header, *rows), as_of="2026-07-01")).tables["flags"]
    assert flags["rule"].tolist() == ["S6"]
    assert flags[["n", "n_people", "last"]].isna().all(axis=None)
