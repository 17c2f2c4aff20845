"""Sums of several sites: the numbers of the pooled log to the last bit, and nothing that names anyone."""

import hashlib
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import safety, shipped
from analysis.cli import cli
from analysis.findings import (
    check_parameters,
    findings,
    from_json,
    read_sums,
    to_json,
    write_sums,
)
from analysis.intake import read_log
from analysis.intake.privacy import pseudonyms
from analysis.report import run_report
from analysis.sessions import SessionLog, UserError
from analysis.statistics import person_sums
from analysis.statistics.person_sums import KEY, SUMS

SECRET = b"sixteen bytes or more"
HEADER = "participant,started_at,region,technique,pain_before,pain_after"


def of_site(log: SessionLog, here: np.ndarray, secret: bytes = SECRET) -> SessionLog:
    """Return some sessions of a log as a site reads them: under pseudonyms, from a file of its own."""
    sessions = log.sessions[here]
    names = pseudonyms(sessions["participant"], secret)
    source = dict.fromkeys(log.sources.columns, 0) | {
        "file": "log 1",
        "sha256": hashlib.sha256(here.tobytes()).hexdigest(),
        "rows": len(sessions),
        "kept": len(sessions),
    }
    return log._replace(
        sessions=sessions.assign(participant=sessions["participant"].map(names)),
        remarks=log.remarks.iloc[:0],
        sources=pd.DataFrame([source]),
    )


def written(log: SessionLog, sites: np.ndarray, folder: Path, **options) -> list[Path]:
    """Write the sums of each site, ``sites`` saying where each session was; return the files."""
    paths = []
    for site in np.unique(sites):
        paths.append(folder / f"site {site}.parquet")
        paths[-1].unlink(missing_ok=True)
        write_sums(of_site(log, sites == site), paths[-1], **options)
    return paths


@pytest.fixture(scope="module")
def both_scales(log):
    """Return the example with the feet rated in mm, and with answers that are warning signs."""
    sessions, rng = log.sessions, np.random.default_rng(1)
    mm = sessions["region"] == "feet"
    ratings = ("pain_before", "pain_after", "pain_reduction")
    changed = {name: sessions[name] * np.where(mm, 10, 1) for name in ratings}
    for name in ("tingling_before", "tingling_after"):
        changed[name] = rng.choice(["", "0", "2", "yes"], len(sessions), p=[0.4, 0.3, 0.2, 0.1])
    changed["symptom_side"] = rng.choice(["", "left", "both"], len(sessions))
    changed["scale"] = np.where(mm, "VAS0-100", "NRS0-10")
    return log._replace(sessions=sessions.assign(**changed).astype(sessions.dtypes.to_dict()))


# ---- the numbers

NEED_SESSIONS = {"next", "separable", "worse_after", "symptoms", "medicine", "weeks", "mixed_model"}
NEED_SESSIONS |= {"since", "since_lines", "rows_seen"}
OF_FILES = {"sources", "refused", "remarks"}


def assert_same_numbers(pooled, whole):
    """Compare every table of a report of sums with that of the pooled log, to the last bit."""
    assert {*whole.tables} - {*pooled.tables} == NEED_SESSIONS & {*whole.tables}
    # What of three tables only the sessions hold; S8 is of the days at one site.
    expected = whole.tables | {
        "cells": whole.tables["cells"].assign(minutes=np.nan),
        "worse": whole.tables["worse"].query("event == 'pain up by 2'"),
        "flags": whole.tables["flags"].query("rule != 'S8'").assign(last=pd.NaT),
    }
    found = pooled.tables | {"flags": pooled.tables["flags"].query("rule != 'S8'")}
    for name in sorted({*found} - OF_FILES):
        pd.testing.assert_frame_equal(
            *(tables[name].reset_index(drop=True) for tables in (found, expected)),
            check_exact=True,
            check_dtype=name != "flags",  # of the missing days
            obj=name,
        )
    alike = {*pooled.about} - {"without_rows", "days", "days_median", "longest_gap", "synthetic"}
    alike -= {"rows", "used", "refused", "dropped", "skipped", "blank"}
    assert {name: pooled.about[name] for name in alike} == {
        name: whole.about[name] for name in alike
    }


@pytest.mark.parametrize(("seed", "vas_two"), [(1, 20), (2, 15)])
def test_tables_of_sites_are_those_of_the_pooled_log(seed, vas_two, both_scales, tmp_path):
    # Most people are at all three sites, and their pseudonyms sort in another order than the codes.
    sites = np.random.default_rng(seed).integers(3, size=len(both_scales.sessions))
    paths = written(both_scales, sites, tmp_path, vas_two=vas_two)
    options = {"vas_two": vas_two, "more_checks": vas_two == 20, "reference": "stretching"}
    pooled = findings(read_sums(paths[::-1]), **options)
    assert_same_numbers(pooled, findings(both_scales, **options))
    assert {"S3", "S4", "S7"} <= {*pooled.tables["flags"]["rule"]}
    assert len(pooled.tables["worse"]) == 2
    text = to_json(pooled)
    assert to_json(from_json(text)) == text


def test_no_bit_depends_on_what_many_people_are_called(log, tmp_path):
    # The exact signed-rank test of 190 people adds up more digits than a float holds, in their order.
    rng, n = np.random.default_rng(5), 1900
    before, after = rng.integers(0, 101, (2, n)) / 10
    sessions = log.sessions.iloc[np.arange(n) % len(log.sessions)].reset_index(drop=True)
    crowd = log._replace(
        sessions=sessions.assign(
            participant=[f"q{number:03}" for number in np.arange(n) % 190],
            region="feet",
            technique=rng.choice(["rest", "pressure"], n),
            pain_before=before,
            pain_after=after,
            pain_reduction=before - after,
        )
    )
    pooled = findings(read_sums(written(crowd, rng.integers(2, size=n), tmp_path)))
    assert_same_numbers(pooled, findings(crowd))
    assert pooled.tables["contrasts"]["signed_rank_method"].tolist() == ["exact"]


@given(
    seed=st.integers(0, 2**32 - 1),
    n_sites=st.integers(1, 3),
    secret=st.binary(min_size=16, max_size=16),
    order=st.randoms(use_true_random=False),
)
@settings(max_examples=10, derandomize=True, database=None, deadline=None)
def test_any_split_and_any_order_of_files_gives_the_sums_of_the_pooled_log(
    both_scales, tmp_path_factory, seed, n_sites, secret, order
):
    folder = tmp_path_factory.mktemp("sites")
    few = both_scales._replace(sessions=both_scales.sessions.sample(60, random_state=seed % 1000))
    sites = np.random.default_rng(seed).integers(n_sites, size=60)
    paths = []
    for site in np.unique(sites):
        paths.append(folder / f"{site}.parquet")
        write_sums(of_site(few, sites == site, secret), paths[-1], vas_two=15)
    order.shuffle(paths)
    pooled, one = read_sums(paths), of_site(few, sites >= 0, secret).sessions
    pd.testing.assert_frame_equal(pooled.sums, person_sums(one, vas_two=15))
    rules = [rule for rule in safety.SIGNS if rule != "S8"]
    signs = safety.met(one)[rules].groupby(one["participant"]).sum().reset_index()
    pd.testing.assert_frame_equal(pooled.signs[["participant", *rules]], signs)


def test_under_keys_of_their_own_sites_share_nobody(small_log, tmp_path):
    log = small_log("P1,2026-03-01,feet,yoga,5,4", "P1,2026-03-02,feet,yoga,5,3")
    first, second = np.array([True, False]), np.array([False, True])
    write_sums(of_site(log, first), tmp_path / "a.parquet")
    write_sums(of_site(log, second), tmp_path / "b.parquet")
    write_sums(of_site(log, second, b"another key of another site"), tmp_path / "c.parquet")
    people = [
        read_sums(tmp_path / "a.parquet", tmp_path / name).signs
        for name in ("b.parquet", "c.parquet")
    ]
    assert [len(signs) for signs in people] == [1, 2]


def test_the_signs_of_people_are_those_of_their_sessions(both_scales):
    sessions = both_scales.sessions
    people = safety.met(sessions).groupby(sessions["participant"]).sum()
    counted = safety.screen_counts(people, total=len(sessions))
    screened = safety.screen(sessions)
    assert "S8" in {*screened["rule"]}
    assert counted["last"].isna().all()
    pd.testing.assert_frame_equal(counted.drop(columns="last"), screened.drop(columns="last"))


def test_pains_that_rose_are_counted_by_hand(small_log, tmp_path):
    rows = [
        f"P{n},2026-03-0{day},feet,yoga,5,{7 if n < 6 else 6}" for n in range(8) for day in (1, 2)
    ]
    log = small_log(*rows, "P7,2026-03-03,feet,rest,5,")
    pooled = findings(read_sums(written(log, np.zeros(17), tmp_path)))
    assert pooled.tables["worse"].to_dict("records") == [
        {"event": "pain up by 2", "scale": "NRS0-10", "n_with": 12, "n_sessions": 16,
         "people_with": 6, "n_people": 8}]  # fmt: skip
    means = pooled.tables["person_means"]
    assert means[["value", "mean_before", "mean_after"]].to_numpy().tolist() == [
        *[[-2, 5, 7]] * 6, *[[-1, 5, 6]] * 2]  # fmt: skip


def test_signs_of_few_are_hidden_and_harms_are_counted_as_in_the_report_of_a_log(write, tmp_path):
    rows = [f"P{n},2026-03-01,feet,yoga,6,{8 if n < 5 else 5},{'new' if n < 2 else 'no'}"
            for n in range(8)]  # fmt: skip
    log = read_log(write(f"{HEADER},weakness", *rows), as_of="2026-07-01")
    pooled = findings(read_sums(written(log, np.zeros(8), tmp_path)))
    assert pooled.tables["flags"]["rule"].tolist() == ["S6"]
    assert pooled.tables["flags"][["n", "n_people", "last"]].isna().all(axis=None)
    counts = pooled.tables["worse"][["n_with", "n_sessions", "people_with", "n_people"]]
    assert counts.to_numpy().tolist() == [[5, 8, 5, 8]]


def test_what_is_said_of_the_logs_is_said_of_all(write, tmp_path):
    asked = write(f"{HEADER},weakness", "P1,2026-03-03,feet,yoga,5,4,no", name="asked.csv")
    not_asked = write(HEADER, "P2,2026-03-01,feet,yoga,5,", "P2,2026-03-09,feet,yoga,5,11",
                      "P3,2026-03-02,feet,yoga,5,4", name="not asked.csv")  # fmt: skip
    paths = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    for log, path in zip((asked, not_asked), paths, strict=True):
        write_sums(read_log(log, as_of="2026-07-01", pseudonyms=tmp_path / "key"), path)
    pooled = findings(read_sums(tmp_path / "[ab].parquet"))
    counts = ("rows", "used", "refused", "sessions", "complete", "people", "synthetic")
    assert [pooled.about[name] for name in counts] == [4, 3, 1, 3, 2, 3, False]
    assert (pooled.about["first"], pooled.about["last"]) == ("2026-03-01", "2026-03-03")
    assert pooled.about["not_asked"] == [
        "numbness_before", "tingling_before", "numbness_place", "symptom_side", "bladder_bowel"]  # fmt: skip
    assert pooled.tables["sources"][["file", "rows", "kept", "refused"]].values.tolist() == [
        ["a.parquet", 1, 1, 0], ["b.parquet", 3, 2, 1]]  # fmt: skip


def test_sites_without_a_session_have_findings(small_log, tmp_path):
    write_sums(of_site(small_log(), np.zeros(0, dtype=bool)), tmp_path / "none.parquet")
    pooled = findings(read_sums(tmp_path / "none.parquet"))
    lacking = ("first", "last", "days", "days_median", "longest_gap")
    assert [pooled.about[name] for name in lacking] == [None] * 5
    assert (pooled.about["without_rows"], pooled.about["sessions"]) == (True, 0)
    assert to_json(from_json(to_json(pooled))) == to_json(pooled)


# ---- the file


def told(path: Path) -> dict:
    return json.loads(pq.read_schema(path).metadata[b"reliefbook"])


def command(*words) -> list[str]:
    """Return what a command that must not fail prints, and its exit code as the last line."""
    result = CliRunner().invoke(cli, list(map(str, words)))
    assert isinstance(result.exception, SystemExit | None), result.exception
    return [*result.output.splitlines(), str(result.exit_code)]


def refusal(*words) -> str:
    """Return why a command failed."""
    result = CliRunner().invoke(cli, list(map(str, words)))
    assert isinstance(result.exception, UserError)
    return str(result.exception)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Return the sums of the example, as the command writes them."""
    folder = tmp_path_factory.mktemp("site")
    command("sums", "export", shipped.example_log(), "--to", folder / "a.parquet",
            "--pseudonymise", folder / "key", "--as-of", "2026-07-01")  # fmt: skip
    return folder / "a.parquet"


def test_the_command_says_who_may_have_the_file(write, tmp_path):
    log = write(f"{HEADER},bladder_bowel", "P1,2026-03-01,feet,yoga,5,4,yes",
                "P1,2026-03-02,feet,yoga,5,eleven,yes")  # fmt: skip
    path = tmp_path / "sums.parquet"
    printed = command("sums", "export", log, "--to", path, "--pseudonymise", tmp_path / "key")
    contact = "Your local emergency number or nearest emergency department."
    assert printed == [
        str(path),
        "WARNING SIGN IN THIS LOG: new trouble with bladder or bowels, at least one person. This can need "
        f"emergency care. {contact}",
        "CHECK NOW: at least one refused row of this log has an answer that can need emergency care. Read "
        f"the refused rows. {contact}",
        "2 rows: 1 used, 1 refused",
        "This file is personal health data and shows groups of few people: give it to the coordinator of "
        "the sites only.",
        "If a person may be at several sites, under one code, all sites must use the same key file: pass "
        "it on by hand or encrypted, never with the sums nor to the coordinator. If a code means another "
        "person at another site, each site must use a key of its own.",
        "1",
    ]
    pooled = findings(read_sums(path))
    assert pooled.tables["flags"]["rule"].tolist() == ["S2"]
    assert pooled.tables["remarks"].values.tolist() == [
        ["sums.parquet", pd.NA, "", "sign-in-refused",
         "at this site a row was refused that has an answer that can need emergency care; tell the site "
         "to read it now", 1]]  # fmt: skip
    assert (pooled.about["rows"], pooled.about["used"], pooled.about["refused"]) == (2, 1, 1)


def test_without_a_key_nothing_leaves_the_site(tmp_path):
    words = ("sums", "export", shipped.example_log(), "--to", tmp_path / "a.parquet")
    assert refusal(*words) == (
        "--pseudonymise: sums are personal health data and leave a site only under pseudonyms; name a key "
        "file, which is made if it is not there"
    )
    assert list(tmp_path.iterdir()) == []


def test_the_file_has_the_sums_and_the_counts_and_no_name(site, log):
    table = pq.read_table(site)
    assert table.column_names == [*KEY, *SUMS, *safety.SIGNS]
    content = site.read_bytes()
    for word in (*log.sessions["participant"].unique(), "example_log", "syn-"):
        assert word.encode() not in content
    digest = hashlib.sha256(shipped.example_log().read_bytes()).hexdigest()
    assert told(site) == {
        "schema": 1, "kit": "0.1.0", "vas_two": 20, "first": "2026-01-05", "last": "2026-06-03",
        "sessions": 1589, "rows": 1601, "used": 1589, "refused": 11, "dropped": 1, "skipped": 0, "blank": 0,
        "not_asked": safety.not_asked(log.sessions), "sign_in_refused": False, "synthetic": True,
        "logs": [digest]}  # fmt: skip


def test_the_same_log_and_key_give_the_same_bytes(site, tmp_path):
    key = shutil.copy(site.with_name("key"), tmp_path / "copied")
    command("sums", "export", shipped.example_log(), "--to", tmp_path / "b.parquet",
            "--pseudonymise", key, "--as-of", "2026-07-01")  # fmt: skip
    assert (tmp_path / "b.parquet").read_bytes() == site.read_bytes()


def test_a_file_that_is_there_is_not_written_over(log, tmp_path):
    path = tmp_path / "key.parquet"
    words = ("sums", "export", shipped.example_log(), "--to", path, "--pseudonymise", path)
    # The key is made first; it must not be lost by the sums.
    assert refusal(*words) == f"{path}: the file is there already; name a new one"
    assert len(path.read_bytes()) == 64
    with pytest.raises(
        UserError, match=r"sums are written as Parquet; end the name with .parquet$"
    ):
        write_sums(of_site(log, np.ones(len(log.sessions), dtype=bool)), tmp_path / "sums.csv")


def test_people_who_could_be_known_or_taken_for_others_are_not_written(log, write, tmp_path):
    with pytest.raises(UserError) as refused:
        write_sums(log, tmp_path / "a.parquet")
    assert str(refused.value) == (
        "sums leave a site only under pseudonyms; read the log with a key for them"
    )
    nameless = write("date,place,what,before,after", "2026-03-01,feet,yoga,5,4")
    words = ("sums", "export", nameless, "--to", tmp_path / "a.parquet", "--pseudonymise", "key")
    assert refusal(*words[:-1], tmp_path / "key") == (
        "the log names nobody, and people of two such logs would be taken for one; add a column "
        "participant"
    )
    assert not (tmp_path / "a.parquet").exists()


def changed(path: Path, to: Path, *, about: dict | None = None, **columns) -> Path:
    """Write a copy of a sums file with other numbers in its first row, or other things said of it."""
    table = pq.read_table(path)
    frame = table.to_pandas()
    for name, value in columns.items():
        frame.loc[0, name] = value
    metadata = {b"reliefbook": json.dumps(told(path) | (about or {}))}
    written = pa.Table.from_pandas(frame, preserve_index=False).cast(table.schema)
    pq.write_table(written.replace_schema_metadata(metadata), to)
    return to


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ({"k30": -1}, "no count below 0"),
        ({"Scc": 1}, "Sc * Sc <= n * Scc"),
        ({"Sb": 10**9}, "Sb * Sb <= n * Sbb"),
        ({"kboth": 900}, "kboth <= k30"),
        ({"nb": 900}, "nb <= n"),
        ({"kw": 900}, "k2 + kw <= n"),
        ({"Stwo": 1}, "Stwo == n * drop"),
        ({"n_0_3": 900}, "n_0_3 + n_3_6 + n_6_10 == n"),
        ({"high_n": 900}, "high_n <= nb"),
        ({"S2": 900}, "signs <= n + m"),
        ({"S2": -1}, "no count below 0"),
        ({"n": 900}, "used == sessions == sum of n + m"),
        ({"about": {"refused": 0}}, "rows == used + refused + dropped + skipped + blank"),
        ({"about": {"vas_two": 15}, "scale": "VAS0-100"}, "Stwo == n * drop"),
        ({"scale": "NRS0-11"}, "each scale is one of NRS0-10, VAS0-100"),
        ({"participant": "Anna"}, "each participant is a pseudonym"),
        ({"region": None}, "one whole row for each person and cell"),
    ],
)  # fmt: skip
def test_numbers_that_contradict_each_other_are_refused(columns, rule, site, tmp_path):
    with pytest.raises(UserError) as refused:
        read_sums(changed(site, tmp_path / "b.parquet", **columns))
    assert str(refused.value) == (
        f"b.parquet: the numbers contradict each other, {rule} does not hold; the file was changed after "
        "it was written, get it from the site again"
    )


def test_a_row_that_stands_twice_is_refused(site, tmp_path):
    table = pq.read_table(site)
    pq.write_table(pa.concat_tables([table, table.slice(0, 1)]), tmp_path / "b.parquet")
    with pytest.raises(UserError, match="sum of n \\+ m does not hold"):
        read_sums(tmp_path / "b.parquet")


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ({"schema": 2}, "b.parquet: sums must have schema version 1; found 2. Write and read them with the "
                        "same version of reliefbook"),
        ({"vas_two": 15, "logs": []}, "b.parquet: it takes 15 mm as 2 points on a 0 to 100 scale, and "
                                      "a.parquet 20 mm; write all with the same --vas-two"),
        ({"kit": "9"}, "b.parquet: a log in it is also in a.parquet, and its sessions would count twice; leave "
                       "one of the two out"),
        ({}, "b.parquet: the same file as a.parquet; give it once"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_added_up_are_refused(about, message, site, tmp_path):
    other = changed(site, tmp_path / "b.parquet", about=about)
    if not about:
        shutil.copy(site, other)
    with pytest.raises(UserError) as refused:
        read_sums(site, other)
    assert str(refused.value) == message


def test_what_is_no_sums_file_is_refused(site, write, tmp_path):
    table = pq.read_table(site)
    pq.write_table(table.replace_schema_metadata(None), tmp_path / "bare.parquet")
    pq.write_table(table.drop_columns("S9"), tmp_path / "short.parquet")
    silent = table.replace_schema_metadata({b"reliefbook": b'{"schema": 1}'})
    pq.write_table(silent, tmp_path / "silent.parquet")
    names = ("bare.parquet", "short.parquet", "silent.parquet")
    for path in (*(tmp_path / name for name in names), write("no table")):
        with pytest.raises(UserError) as refused:
            read_sums(path)
        assert str(refused.value) == (
            f"{path.name}: not a sums file; reliefbook sums export writes one of a log"
        )
    with pytest.raises(UserError, match=r"^no sums given; name one or more files that"):
        read_sums([])


def test_parameters_must_agree_with_the_sums(log, tmp_path):
    pooled = read_sums(written(log, np.zeros(len(log.sessions)), tmp_path, vas_two=15))
    with pytest.raises(UserError) as refused:
        check_parameters(pooled)
    assert str(refused.value) == (
        "vas_two: the sums take 15 mm as 2 points, so the report must too; found 20"
    )
    with pytest.raises(UserError, match=r"^reference: nobody logged 'yoga'; logged were "):
        check_parameters(pooled, vas_two=15, reference="yoga")
    check_parameters(pooled, vas_two=15, reference="rest")


# ---- the report


def two_sites(folder: Path) -> list[Path]:
    """Write the sums of the first and of the second months of the example, most people in both."""
    header, *lines = shipped.example_log().read_text("utf-8").splitlines()
    for name, part in (("north", lines[:800]), ("south", lines[800:])):
        (folder / f"{name}.csv").write_text("\n".join([header, *part]) + "\n", "utf-8")
        command("sums", "export", folder / f"{name}.csv", "--to", folder / f"{name}.parquet",
                "--pseudonymise", folder / "key", "--as-of", "2026-07-01")  # fmt: skip
    return [folder / "north.parquet", folder / "south.parquet"]


def test_a_report_of_sums_is_a_bundle_of_the_pooled_numbers(tmp_path, cohort):
    paths = two_sites(tmp_path)
    words = ("--to", tmp_path / "out", "-p", "more_checks=yes")
    printed = command("report", "--sums", *paths, *words)
    assert printed[-3:] == [
        "1,601 rows: 1,589 used, 11 refused, 1 repeated",
        "reliefbook check at its site names each refused row and what to do",
        "1",
    ]
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))
    assert manifest["notebook"] == "pain_reduction"
    assert manifest["parameters"]["sums"] == ["north.parquet", "south.parquet"]
    assert manifest["parameters"]["log"] is None
    assert manifest["parameters"]["more_checks"] is True
    assert [source["file"] for source in manifest["inputs"]] == ["north.parquet", "south.parquet"]
    assert [source["sha256"] for source in manifest["inputs"]] == [
        hashlib.sha256(path.read_bytes()).hexdigest() for path in paths
    ]
    assert (tmp_path / "out" / "refused.csv").read_text("utf-8-sig") == (
        "file,line,column,value,rule,message\n"
    )
    results = from_json((tmp_path / "out" / "findings.json").read_text("utf-8"))
    pd.testing.assert_frame_equal(results.tables["contrasts"], cohort.tables["contrasts"])
    assert len(results.tables["bootstrap"]) > 0
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert safety.emergency_text() in page
    assert not re.search(r"[ >](nan|NaT|None)[ <]", page.replace("None is", ""))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--notebook", "one_person"), "one_person: the notebook takes no sums; sums make a report by "
                                       "pain_reduction"),
        (("--notebook", "check_log"), "check_log: the notebook takes no sums; sums make a report by "
                                      "pain_reduction"),
        (("--as-of", "2026-07-01"), "as_of: sums were read at the sites; leave it out"),
        (("--strict",), "11 rows were refused, nothing was published; correct them (reliefbook check at its "
                        "site names each), or run without --strict"),
        (("-p", "sums=x"), "sums: give the files as arguments beside --sums, not with -p"),
        (("-p", "more_checks=maybe"), "more_checks: must be yes or no; found 'maybe'"),
        (("-p", "min_people=5"), "min_people: must be a whole number of 6 or more, because smaller groups can "
                                 "identify a person; found 5"),
    ],
)  # fmt: skip
def test_a_report_of_sums_is_refused_before_anything_runs(
    words, message, site, tmp_path, monkeypatch
):
    monkeypatch.setattr("papermill.execute_notebook", lambda *a, **k: pytest.fail("ran"))
    assert refusal("report", "--sums", site, "--to", tmp_path / "out", *words) == message
    assert list(tmp_path.iterdir()) == []


def test_a_report_is_of_a_log_or_of_sums(site):
    with pytest.raises(UserError, match=r"^a report is made of a log or of sums, not of both$"):
        run_report(shipped.example_log(), sums=site)
    assert refusal("report", "--sums") == "no sums given; name one or more files"
