"""Since the last report: which sessions are new, which lines changed, and how often was looked."""

import hashlib
import json
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared import AS_OF, HEADER

from analysis.findings import (
    Findings,
    check_findings,
    from_json,
    person_findings,
    to_json,
)
from analysis.findings.about import about, common
from analysis.findings.since import (
    changed_lines,
    changes,
    line_classes,
    read_previous,
    rows_seen,
    since,
    with_since,
)
from analysis.intake import read_log
from analysis.sessions import UserError, empty_sessions
from analysis.statistics import contrasts, person_sums, reduction
from analysis.wording.since import since_block

COUNTS = ["n_new", "n_edited", "n_withdrawn", "n_same"]
LOOKS = (
    "Looking again and again makes chance findings more likely; intervals are not adjusted for it."
)
AS_BEFORE = "What is shown, and which intervals include 0, is as before."


def report(log, previous=None, *, reference=None, min_people=6, vas_two=20):
    """Return a cohort's findings with the tables that are compared; all of them take a second."""
    given = {"reference": reference, "min_people": min_people, "vas_two": vas_two}
    sums = person_sums(log.sessions)
    tables = {
        "cells": reduction(sums, min_people=min_people),
        "contrasts": contrasts(sums, reference, min_people=min_people),
    }
    results = Findings(about(log, log.sessions, "cohort", given), tables)
    results.tables.update(common(log, log.sessions))
    return with_since(results, log.sessions, previous)


def personal(log, previous=None, **parameters):
    sessions = log.sessions
    if "person" in parameters:
        sessions = sessions[sessions["participant"] == parameters["person"]]
    return with_since(person_findings(log, **parameters), sessions, previous)


def counts(results) -> list[int]:
    return results.tables["since"].loc[0, COUNTS].tolist()


def refusal(act, *arguments, **options) -> str:
    with pytest.raises(UserError) as refused:
        act(*arguments, **options)
    return str(refused.value)


def of_people(n, technique="pressure", *, after=4, day=1):
    """Return rows of the canonical log: n people, whose pain falls, but not in all alike."""
    return [f"P{k},2026-03-{day:02} 10:00,feet,{technique},{6 + k % 2},{after}" for k in range(n)]


# ---- which session is which


def test_a_session_is_known_by_person_and_start_and_told_by_what_was_measured(small_log):
    logged = "P1,2026-03-01 10:00,feet,pressure,6,4"
    first = rows_seen(small_log(logged).sessions)
    text = "participant=2:P1;started_at=26:2026-03-01T10:00:00.000000;"
    assert first["session"].tolist() == [hashlib.sha256(text.encode()).hexdigest()[:16]]
    values = {"region": "feet", "technique": "pressure", "pain_before": "60", "pain_after": "40",
              "scale": "NRS0-10", "parts_named": "feet, pressure"}  # fmt: skip
    text = "".join(f"{name}={len(text)}:{text};" for name, text in sorted(values.items()))
    assert first["content"].tolist() == [hashlib.sha256(text.encode()).hexdigest()[:16]]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("pain_before", 7.1),
        ("pain_after", np.nan),
        ("minutes", 11.0),
        ("region", "thighs"),
        ("technique", "rest"),
        ("scale", "VAS0-100"),
        ("numbness_after", "yes"),
        ("weakness", "new_or_worse"),
        ("medicine", "no"),
        ("parts_named", "feet, yoga"),
    ],
)
def test_every_value_measured_is_an_edit(column, value, log):
    one = log.sessions[log.sessions["region"] == "lower_back"].head(1)
    seen, again = rows_seen(one), rows_seen(one.assign(**{column: value}))
    assert seen["session"].tolist() == again["session"].tolist()
    assert seen["content"].tolist() != again["content"].tolist()


def test_a_blank_is_not_0(log):
    one = log.sessions.head(1)
    zero, blank = (rows_seen(one.assign(pain_after=rating)) for rating in (0.0, np.nan))
    assert zero["content"].tolist() != blank["content"].tolist()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("notes", "own words"),
        ("source_file", "moved.csv"),
        ("source_line", 99),
        ("session_id", "0"),
        ("started_at_utc", pd.Timestamp("2026-03-01T09:00")),
    ],
)
def test_notes_and_where_it_came_from_are_no_edit(column, value, log):
    one = log.sessions.head(1)
    pd.testing.assert_frame_equal(rows_seen(one), rows_seen(one.assign(**{column: value})))


def test_no_text_can_look_like_two_values(log):
    one = log.sessions.head(1).assign(medicine="", tool="")
    joined = rows_seen(one.assign(medicine="a;tool=1:b"))
    parted = rows_seen(one.assign(medicine="a", tool="b"))
    assert joined["content"].tolist() != parted["content"].tolist()


@settings(deadline=None, max_examples=25)
@given(st.permutations(range(30)))
def test_the_order_of_rows_is_irrelevant(order):
    sessions = a_day_of_thirty()
    pd.testing.assert_frame_equal(rows_seen(sessions), rows_seen(sessions.iloc[order]))


def a_day_of_thirty() -> pd.DataFrame:
    """Return thirty sessions of one date, every third of them the same."""
    empty = empty_sessions()
    texts = dict.fromkeys(empty.columns[empty.dtypes == "str"], "") | {"scale": "NRS0-10"}
    rows = texts | {"participant": "P1", "started_at": pd.Timestamp("2026-03-01"),
                    "pain_before": np.arange(30) // 3, "parts": 1, "source_line": 0,
                    "session_number": [f"day {n + 1}" for n in range(30)]}  # fmt: skip
    return pd.DataFrame(rows).reindex(columns=empty.columns).astype(empty.dtypes.to_dict())


def test_the_order_of_parts_is_irrelevant(small_log):
    rows = [f"P1,2026-03-01 10:00,feet,{technique},6,4" for technique in ("yoga", "pressure")]
    one, other = (rows_seen(small_log(*order).sessions) for order in (rows, rows[::-1]))
    assert len(one) == 1
    pd.testing.assert_frame_equal(one, other)


def test_a_row_above_moves_no_session_of_a_date_without_a_time(small_log):
    day = [f"P1,2026-03-01,feet,pressure,{before},4" for before in (5, 6, 7)]
    above = "P1,2026-03-01,feet,pressure,9,4"
    previous = rows_seen(small_log(*day).sessions)
    assert previous["session"].nunique() == 1
    assert changes(previous, rows_seen(small_log(above, *day).sessions)) == {
        "n_new": 1, "n_edited": 0, "n_withdrawn": 0, "n_same": 3}  # fmt: skip
    assert changes(previous, rows_seen(small_log(*day[1:]).sessions)) == {
        "n_new": 0, "n_edited": 0, "n_withdrawn": 1, "n_same": 2}  # fmt: skip
    assert changes(previous, rows_seen(small_log(above, *day[1:]).sessions)) == {
        "n_new": 0, "n_edited": 1, "n_withdrawn": 0, "n_same": 2}  # fmt: skip


ROWS = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("123")), max_size=12)


def frame(rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["session", "content"], dtype="str")


@settings(deadline=None, max_examples=60)
@given(ROWS, ROWS, st.randoms(use_true_random=False))
def test_every_row_of_both_reports_is_counted_once(before, after, random):
    new, edited, withdrawn, same = (changes(frame(before), frame(after))[name] for name in COUNTS)
    assert new + edited + same == len(after)
    assert withdrawn + edited + same == len(before)
    assert min(new, edited, withdrawn, same) >= 0
    assert same == sum(min(before.count(row), after.count(row)) for row in set(before))
    random.shuffle(before), random.shuffle(after)
    assert list(changes(frame(before), frame(after)).values()) == [new, edited, withdrawn, same]
    assert list(changes(frame(after), frame(before)).values()) == [withdrawn, edited, new, same]


def test_rows_seen_hold_hashes_and_nothing_else(log):
    seen = rows_seen(log.sessions)
    assert seen.columns.tolist() == ["session", "content"]
    assert len(seen) == len(log.sessions) == seen["session"].nunique()
    assert seen.map(lambda text: bool(re.fullmatch("[0-9a-f]{16}", text))).all(axis=None)
    assert seen["session"].is_monotonic_increasing


# ---- counts and looks


def test_new_edited_and_withdrawn_by_hand(small_log):
    rows = [f"P1,2026-03-{day:02} 10:00,feet,pressure,6,4" for day in range(1, 7)]
    first = personal(small_log(*rows))
    edited = rows[1].replace(",6,4", ",6,5")
    new = [f"P1,2026-04-{day:02} 10:00,feet,pressure,6,4" for day in (1, 2)]
    second = personal(small_log(edited, *rows[2:], *new), first)
    assert counts(second) == [2, 1, 1, 4]
    row = second.tables["since"].iloc[0]
    assert row[["look", "first_look", "previous_first", "previous_last"]].tolist() == [
        2, "2026-03-06", "2026-03-01", "2026-03-06"]  # fmt: skip
    assert (second.about["looks"], second.about["first_look"]) == (2, "2026-03-06")
    assert since_block(second).sentences == (
        "Since the last report (log to 6 Mar 2026): +2 sessions, 1 edited, 1 withdrawn; look no. 2.",
        AS_BEFORE,
        LOOKS,
    )


def test_the_first_look_is_kept_from_report_to_report(small_log):
    rows = [f"P1,2026-03-{day:02} 10:00,feet,pressure,6,4" for day in (1, 2, 3)]
    results = personal(small_log(rows[0]))
    for n in (2, 3):
        results = personal(small_log(*rows[:n]), from_json(to_json(results)))
    assert (results.about["looks"], results.about["first_look"]) == (3, "2026-03-01")
    assert since_block(results).sentences == (
        "Since the last report (log to 2 Mar 2026): +1 session, 0 edited, 0 withdrawn; look no. 3.",
        AS_BEFORE,
        f"At the first look the log ended on 1 Mar 2026. {LOOKS}",
    )


def test_a_first_report_says_so(cohort, log):
    results = with_since(cohort, log.sessions, None)
    row = results.tables["since"].iloc[0]
    assert (row["look"], row["first_look"], row["previous_last"]) == (1, "2026-06-03", "")
    assert row[COUNTS].isna().all()
    assert results.tables["since_lines"].empty
    assert since_block(results).sentences == ("First report of this log: look no. 1.",)
    assert since_block(results).title == "Since the last report"


def test_real_findings_have_the_tables_that_are_compared(cohort, person):
    for results, names in ((cohort, ["cells", "contrasts"]), (person, ["groups", "contrasts"])):
        unknown = {name: table.iloc[:0] for name, table in results.tables.items()}
        lines = changed_lines(unknown, results.tables)
        assert lines["table"].drop_duplicates().tolist() == names
        assert set(lines["before"]) == {"absent"}
        assert len(set(lines["after"])) > 1


def test_the_same_log_again_is_another_look_and_no_change(cohort, log):
    first = with_since(cohort, log.sessions, None)
    second = with_since(cohort, log.sessions, first)
    assert counts(second) == [0, 0, 0, 1589]
    assert second.tables["since_lines"].empty
    assert since_block(second).sentences == (
        "Since the last report (log to 3 Jun 2026): +0 sessions, 0 edited, 0 withdrawn; look no. 2.",
        AS_BEFORE,
        LOOKS,
    )


def test_a_report_without_looks_was_the_first(small_log):
    log = small_log(*of_people(6))
    first = report(log)
    plain = {name: first.about[name] for name in first.about if name not in ("looks", "first_look")}
    second = report(log, first._replace(about=plain))
    assert (second.about["looks"], second.about["first_look"]) == (2, "2026-03-01")


def test_an_empty_log_may_come_first_or_last(small_log):
    some = small_log(*of_people(6))
    none = small_log()
    later = report(some, report(none))
    assert counts(later) == [6, 0, 0, 0]
    assert since_block(later).sentences[0] == (
        "Since the last report (no session then): +6 sessions, 0 edited, 0 withdrawn; look no. 2."
    )
    assert later.about["first_look"] is None
    assert counts(report(none, report(some))) == [0, 0, 6, 0]
    third = report(some, later)
    assert third.about["first_look"] is None
    assert since_block(third).sentences[-1] == LOOKS


@pytest.mark.parametrize("first", [True, False])
def test_what_is_added_survives_json(first, log):
    earlier = None if first else report(log._replace(sessions=log.sessions.head(400)))
    results = report(log, earlier)
    again = from_json(to_json(results))
    assert again.about == results.about
    for name in ("rows_seen", "since", "since_lines"):
        pd.testing.assert_frame_equal(again.tables[name], results.tables[name])
    assert results.tables["since_lines"].empty == first


# ---- lines whose class changed


def classes(**columns) -> list[str]:
    return line_classes(pd.DataFrame(columns)).tolist()


def test_a_line_is_shown_or_not_and_its_interval_lies_somewhere():
    nan = np.nan
    assert classes(
        estimate=[1, 1, -1, 1, 0, 2, nan, nan, nan],
        low=[0.5, -0.5, -2, 0, nan, nan, nan, nan, nan],
        high=[1.5, 2.5, -0.5, 2, nan, nan, nan, nan, nan],
        reason=["", "", "", "", "no variation", "not enough days for an interval",
                "not enough people", "too many sessions without after",
                "used at different times; not comparable"],
    ) == [
        "shown, interval excludes 0", "shown, interval includes 0", "shown, interval excludes 0",
        "shown, interval includes 0", "no variation", "shown, no interval", "not enough",
        "not enough", "not comparable"]  # fmt: skip


def test_of_a_contrast_the_line_that_is_shown_counts():
    nan = np.nan
    assert classes(
        line=["adjusted", "unadjusted", "unadjusted", ""],
        low=[-1, nan, nan, nan],
        high=[1, nan, nan, nan],
        estimate=[0, nan, nan, nan],
        unadjusted=[0.5, 0.5, 0.5, nan],
        unadjusted_low=[0.1, 0.1, nan, nan],
        unadjusted_high=[0.9, 0.9, nan, nan],
        reason=["", "too few", "too few", "the reference was not logged in this region"],
    ) == [
        "shown, interval includes 0",
        "shown, interval excludes 0",
        "no variation",
        "not comparable",
    ]


def test_a_difference_that_is_not_shown_is_no_result():
    told_apart = "the technique cannot be told from starting pain and day"
    assert classes(
        unadjusted=[0.5], estimate=[np.nan], low=[np.nan], high=[np.nan], reason=[told_apart]
    ) == ["not comparable"]


def test_a_group_with_a_median_alone_is_shown_without_an_interval():
    assert classes(median_reduction=[2, np.nan]) == ["shown, no interval", "not enough"]


def test_a_line_that_came_went_or_changed_by_hand(small_log):
    first = report(small_log(*of_people(5), *of_people(6, "yoga", day=2)))
    second = report(small_log(*of_people(6), *of_people(2, "rest", day=3)), first)
    assert second.tables["since_lines"].values.tolist() == [
        ["cells", "feet", "pressure", "", "NRS0-10", "not enough", "shown, interval excludes 0"],
        ["cells", "feet", "yoga", "", "NRS0-10", "shown, interval excludes 0", "absent"],
        ["cells", "feet", "rest", "", "NRS0-10", "absent", "not enough"],
        ["contrasts", "feet", "pressure", "rest", "NRS0-10", "absent", "not enough"],
        ["contrasts", "feet", "pressure", "yoga", "NRS0-10", "not enough", "absent"],
    ]  # fmt: skip
    assert since_block(second).sentences == (
        "Since the last report (log to 2 Mar 2026): +3 sessions, 0 edited, 6 withdrawn; look no. 2.",
        "Changed: feet, sustained pressure: not enough → shown, interval excludes 0; feet, yoga: shown, "
        "interval excludes 0 → absent.",
        "3 groups or comparisons came, went or changed without enough data to show, before and now.",
        LOOKS,
    )


def with_lines(results, rows) -> Findings:
    lines = pd.DataFrame(rows, columns=results.tables["since_lines"].columns, dtype="str")
    return results._replace(tables=results.tables | {"since_lines": lines})


def test_an_interval_that_moved_over_0_and_more_lines_than_a_page_holds(small_log):
    log = small_log(*of_people(6))
    results = report(log, report(log))
    shown, other = "shown, interval includes 0", "shown, interval excludes 0"
    line = ["contrasts", "feet", "stretching", "rest", "VAS0-100", shown, other]
    assert since_block(with_lines(results, [line])).sentences[1] == (
        "Changed: feet, stretching (mm of 100) against rest: interval includes 0 → interval excludes 0."
    )
    many = since_block(with_lines(results, [line] * 8)).sentences[1]
    assert many.count("→") == 6
    assert many.endswith("interval excludes 0; and 2 more, in findings.json.")


def test_lines_of_combined_sessions_are_left_out(small_log):
    parts = ["P1,2026-03-01 10:00,feet,yoga,6,4", "P1,2026-03-01 10:00,feet,stretching,6,4"]
    rows = of_people(6, day=2)
    second = report(small_log(*rows, *parts), report(small_log(*rows)))
    assert "combined" in second.tables["cells"]["technique"].tolist()
    assert counts(second) == [1, 0, 0, 6]
    assert second.tables["since_lines"].empty


def test_one_persons_groups_change_from_counted_to_shown(small_log):
    rows = [f"P1,2026-03-{day:02} 10:00,feet,pressure,6,4" for day in range(1, 6)]
    tables = [personal(small_log(*some)).tables for some in (rows[:4], rows)]
    lines = changed_lines(*tables)
    assert lines.query("table == 'groups'")[["before", "after"]].values.tolist() == [
        ["not enough", "shown, no interval"]]  # fmt: skip


def test_a_table_that_one_report_has_not_is_not_compared(small_log):
    tables = report(small_log(*of_people(6), *of_people(6, "rest", day=2))).tables
    assert len(tables["contrasts"]) == 1
    without = {name: table for name, table in tables.items() if name != "contrasts"}
    assert changed_lines(tables, without).empty
    assert changed_lines(without, tables).empty


def test_the_order_of_a_tables_rows_is_irrelevant(log):
    # The guide's order; where two lines share region and technique, their reference's and scale's.
    tables = [report(log._replace(sessions=log.sessions.head(n))).tables for n in (400, 1589)]
    turned = [{name: table.iloc[::-1] for name, table in both.items()} for both in tables]
    assert len(changed_lines(*tables)) > 3
    pd.testing.assert_frame_equal(changed_lines(*tables), changed_lines(*turned))


def test_beside_an_emergency_sign_no_line_is_named(write):
    header = f"{HEADER},bladder_bowel"
    logs = [
        read_log(write(header, *[f"{row},{sign}" for row in of_people(n)]), as_of=AS_OF)
        for n, sign in ((5, "no"), (6, "yes"))
    ]
    results = report(logs[1], report(logs[0]))
    assert len(results.tables["since_lines"]) == 1
    assert since_block(results).sentences == (
        "Since the last report (log to 1 Mar 2026): +1 session, 5 edited, 0 withdrawn; look no. 2.",
        LOOKS,
    )


# ---- what cannot be compared


def test_with_another_number_of_people_no_line_is_compared(small_log):
    log = small_log(*of_people(7))
    results = report(log, report(log), min_people=8)
    assert counts(results) == [0, 0, 0, 7]
    assert results.tables["since_lines"].empty
    assert since_block(results).sentences == (
        "Since the last report (log to 1 Mar 2026): +0 sessions, 0 edited, 0 withdrawn; look no. 2.",
        "Results of the two reports are not compared: min_people was 6 and is 8.",
        LOOKS,
    )


def test_with_another_reference_the_groups_are_still_compared(small_log):
    rows = [*of_people(6, "yoga"), *of_people(6, "rest", day=2)]
    first = report(small_log(*rows, *of_people(5, day=3)))
    same = report(small_log(*rows, *of_people(5, day=3)), first, reference="yoga")
    assert since_block(same).sentences[1:] == (
        "What is shown of groups, and which intervals include 0, is as before.",
        "Comparisons of techniques of the two reports are not compared: reference was not given and is yoga.",
        LOOKS,
    )
    more = report(small_log(*rows, *of_people(6, day=3)), first, reference="yoga")
    assert more.tables["since_lines"]["table"].tolist() == ["cells"]
    assert since_block(more).sentences[1] == (
        "Changed: feet, sustained pressure: not enough → shown, interval excludes 0."
    )


def test_a_parameter_that_moves_no_line_is_no_hindrance(small_log):
    log = small_log(*of_people(6))
    results = report(log, report(log), vas_two=15)
    assert since_block(results).sentences[1] == AS_BEFORE
    first, second = (personal(small_log(of_people(1)[0]), question=word) for word in ("a", "b"))
    assert since(first, second)["since"].loc[0, "differs"] == ""


def test_another_version_is_said(small_log):
    log = small_log(*of_people(6))
    first = report(log)
    results = report(log, first._replace(about=first.about | {"kit": "0.0.9"}))
    assert since_block(results).sentences[2] == (
        f"The last report was made by reliefbook 0.0.9, this one by {first.about['kit']}: a change can "
        "come from that."
    )


def test_a_report_of_another_kind_is_refused(small_log):
    log = small_log("P1,2026-03-01 10:00,feet,pressure,6,4")
    assert refusal(personal, log, report(log)) == (
        "previous: must be a report of one person, as this one is; found one of a cohort"
    )
    assert refusal(report, log, check_findings(log)) == (
        "previous: must be a report of a cohort, as this one is; found one of a check"
    )


def test_a_report_of_another_person_is_refused(small_log):
    log = small_log(*of_people(2))
    first = personal(log, person="P0")
    assert refusal(personal, log, first, person="P1") == (
        "previous: must be a report of 'P1', as this one is; found 'P0'"
    )
    alone = personal(small_log(of_people(1)[0]))
    assert refusal(personal, log, alone, person="P1") == (
        "previous: must be the last report of this log; found none of its 1 sessions here: it is of another "
        "person or log, or codes or times were written otherwise"
    )
    assert counts(personal(log, alone, person="P0")) == [0, 0, 0, 1]


def test_a_report_without_the_list_of_its_sessions_is_refused(small_log):
    log = small_log(*of_people(6))
    first = report(log)
    tables = {name: table for name, table in first.tables.items() if name != "rows_seen"}
    assert refusal(report, log, first._replace(tables=tables)) == (
        "previous: must be a report that lists the sessions it saw; found none listed: it is of sums of "
        "sites, or of an older reliefbook; name another, or none"
    )


# ---- the bundle


@pytest.fixture
def bundle(tmp_path, small_log):
    """Write findings and a manifest with their hash, as a bundle has them; text may be another."""

    def writer(text=None):
        content = (text or to_json(report(small_log(*of_people(6))))).encode()
        digest = hashlib.sha256(content).hexdigest()
        recorded = {"outputs": {"findings.json": {"sha256": digest, "bytes": len(content)}}}
        folder = tmp_path / "bundle"
        folder.mkdir()
        (folder / "findings.json").write_bytes(content)
        (folder / "manifest.json").write_text(json.dumps(recorded), encoding="utf-8")
        return folder

    return writer


def test_a_published_bundle_is_read(published):
    assert to_json(read_previous(published.folder)) == to_json(published.findings)
    assert read_previous(str(published.folder)).about["sessions"] == 1589


def test_no_bundle_is_no_previous_report():
    assert read_previous(None) is None


def test_a_bundle_on_disk_is_compared(bundle, small_log):
    assert counts(report(small_log(*of_people(8)), read_previous(bundle()))) == [2, 0, 0, 6]


def test_edited_findings_are_refused(bundle):
    folder = bundle()
    path = folder / "findings.json"
    path.write_text(path.read_text("utf-8").replace('"looks": 1', '"looks": 0'), encoding="utf-8")
    assert refusal(read_previous, folder) == (
        f"{path}: must be as it was published; found another SHA-256 than the manifest's; name an "
        "unchanged bundle, or make the report again"
    )


@pytest.mark.parametrize("missing", ["findings.json", "manifest.json"])
def test_a_folder_that_is_no_bundle_is_refused(missing, bundle):
    folder = bundle()
    (folder / missing).unlink()
    assert refusal(read_previous, folder) == (
        f"{folder / missing}: a report's folder has this file; found none to read (No such file or "
        "directory); name the folder that reliefbook report wrote"
    )


def test_a_file_in_place_of_the_folder_is_refused(bundle):
    path = bundle() / "findings.json"
    assert refusal(read_previous, path) == (
        f"{path / 'findings.json'}: a report's folder has this file; found none to read (Not a directory); "
        "name the folder that reliefbook report wrote"
    )
    assert "found none to read (embedded null byte); name" in refusal(read_previous, "no\0path")


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '{"outputs": {"findings.json": 1}}', "[" * 100_000]
)
def test_a_damaged_manifest_is_refused(text, bundle):
    folder = bundle()
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    assert refusal(read_previous, folder) == (
        f"{folder / 'manifest.json'}: must be the manifest of a report; found damaged or other text; name "
        "an unchanged bundle, or make the report again"
    )


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"about": 1}', '{"about": {"schema": 1}}', '{"about": {"schema": 1}, "tables": [1]}',
     '{"about": {"schema": 1}, "tables": {"a": {"columns": [{"name": "x", "dtype": "y"}], "rows": []}}}',
     "[" * 100_000],
)  # fmt: skip
def test_damaged_findings_are_refused(text, bundle):
    folder = bundle(text)
    assert refusal(read_previous, folder) == (
        f"{folder / 'findings.json'}: must be the findings of a report; found damaged or other text; "
        "make the report again"
    )


def test_findings_of_another_schema_are_refused(bundle):
    folder = bundle('{"about": {"schema": 99}}')
    assert refusal(read_previous, folder) == (
        f"{folder / 'findings.json'}: must have schema version 1; found 99; make that report again with this "
        "reliefbook"
    )


def test_findings_without_the_tables_have_an_empty_block(cohort):
    tables = {name: table for name, table in cohort.tables.items() if not name.startswith("since")}
    assert since_block(cohort._replace(tables=tables)).sentences == ()
