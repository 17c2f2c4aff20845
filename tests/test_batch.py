"""Many reports: the same bytes as one by one, resumable, alone in their folder, never half."""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from filelock import FileLock
from shared import HEADER

from analysis.intake import read as reading
from analysis.intake import read_log
from analysis.report import run_batch, run_report
from analysis.report.batch import Made
from analysis.report.listing import listing
from analysis.safety import emergency_text
from analysis.sessions import UserError

PEOPLE = ("P1", "P2", "p1")


def lines(days: int = 6, people=PEOPLE) -> list[str]:
    """Return a log of people who press their feet; P2 has an emergency sign and one row is refused."""
    rows = [f"{person},2026-03-{day:02},feet,pressure,6,{3 + (day + place) % 3},"
            f"{'yes' if person == 'P2' else 'no'}"
            for place, person in enumerate(people) for day in range(1, days + 1)]  # fmt: skip
    return [f"{HEADER},bladder_bowel", *rows, "P1,2026-03-20,feet,pressure,60,3,no"]


def written(folder: Path, *, days: int = 6, people=PEOPLE) -> Path:
    log = folder / "log.csv"
    log.write_text("\n".join(lines(days, people)) + "\n", encoding="utf-8")
    return log


def bundle(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def is_whole(folder: Path) -> bool:
    """Return whether every file of a bundle is as its manifest says."""
    outputs = json.loads((folder / "manifest.json").read_text("utf-8"))["outputs"]
    return all(
        hashlib.sha256((folder / name).read_bytes()).hexdigest() == told["sha256"]
        for name, told in outputs.items()
    )


@pytest.fixture(scope="module")
def batch(tmp_path_factory):
    """Return the log, the folder and what became of a batch of three people."""
    folder = tmp_path_factory.mktemp("batch")
    log, told = written(folder), []
    made = run_batch(
        [log], folder / "out", tell=lambda each, total: told.append((each.name, total))
    )
    return log, folder / "out", made, told


def test_every_participant_has_a_report_and_each_is_told_once(batch):
    _log, out, made, told = batch
    assert [(each.name, each.status, each.sessions, each.refused, each.last) for each in made] == [
        (name, "made", 6, 1, "2026-03-06") for name in ("P1", "P2", "p1")]  # fmt: skip
    assert sorted(told) == [(name, 3) for name in ("P1", "P2", "p1")]
    # Folders differ also where letter case does not: P1 and p1 are two people.
    assert len({each.folder.casefold() for each in made}) == 3
    assert all(is_whole(out / each.folder) for each in made)
    assert sorted(path.name for path in out.iterdir()) == sorted(
        [*(each.folder for each in made), ".batch.lock", "batch.jsonl", "index.html"])  # fmt: skip


def test_a_report_of_a_batch_is_that_of_the_single_command(batch, tmp_path):
    log, out, made, _told = batch
    alone = run_report(log, tmp_path / "alone", parameters={"person": "P2"})
    assert bundle(alone.folder) == bundle(out / made[1].folder)


def test_the_page_links_every_report_and_names_its_signs(batch):
    _log, out, made, _told = batch
    page = BeautifulSoup((out / "index.html").read_text("utf-8"), "html.parser")
    assert page.blockquote.get_text() == emergency_text()
    assert [link["href"] for link in page.find_all("a")] == [
        f"{each.folder}/report.html" for each in made
    ]
    cells = {row.th.get_text(): [cell.get_text() for cell in row.find_all("td")]
             for row in page.tbody.find_all("tr")}  # fmt: skip
    assert cells["P1"] == ["6", "6 Mar 2026", "1", ""]
    assert cells["P2"] == ["6", "6 Mar 2026", "1", "emergency: new trouble with bladder or bowels"]
    assert not page.find_all("script")


def test_what_is_finished_is_not_made_again(batch):
    log, out, made, _told = batch
    before = {path: path.stat().st_mtime_ns for path in out.rglob("report.*")}
    page = (out / "index.html").read_bytes()
    again = run_batch([log], out)
    assert [each.status for each in again] == ["unchanged"] * 3
    assert [each._replace(status="made") for each in again] == made
    assert {path: path.stat().st_mtime_ns for path in out.rglob("report.*")} == before
    assert (out / "index.html").read_bytes() == page


def test_what_is_missing_changed_or_asked_otherwise_is_made_again(tmp_path):
    log, out = written(tmp_path, people=("A", "B")), tmp_path / "out"
    run_batch([log], out)
    (out / "A" / "manifest.json").unlink()
    with (out / "batch.jsonl").open("a", encoding="utf-8") as journal:
        journal.write('{"made": {"name": "half a li')
    assert [each.status for each in run_batch([log], out)] == ["made", "unchanged"]
    written(tmp_path, days=7, people=("A", "B"))
    assert [(each.status, each.sessions) for each in run_batch([log], out)] == [("made", 7)] * 2
    asked = run_batch([log], out, parameters={"language": "de"})
    assert [each.status for each in asked] == ["made", "made"]
    assert 'lang="de"' in (out / "B" / "report.html").read_text("utf-8")


def test_one_that_fails_leaves_the_others_alone_and_is_told(tmp_path):
    log, out = written(tmp_path, people=("A", "B")), tmp_path / "out"
    (out / "A").mkdir(parents=True)
    (out / "A" / "thesis.txt").write_text("mine", encoding="utf-8")
    failed, made = run_batch([log], out)
    assert made.status == "made"
    assert (failed.status, failed.reason) == ("failed", (
        f"{(out / 'A')}: the folder holds other files (thesis.txt); a report replaces its folder, name a new "
        "one with --to"))  # fmt: skip
    assert (out / "A" / "thesis.txt").read_text("utf-8") == "mine"
    page = BeautifulSoup((out / "index.html").read_text("utf-8"), "html.parser")
    assert page.find("h2").get_text() == "Not made"
    assert "thesis.txt" in page.tbody.get_text()


def test_a_batch_of_files_has_one_report_of_each(tmp_path):
    for site, people in (("a", ("A",)), ("b", tuple("BCDEFGH"))):
        (tmp_path / site).mkdir()
        written(tmp_path / site, people=people)
    logs = [tmp_path / site / "log.csv" for site in "ab"]
    made = run_batch(logs, tmp_path / "out", by="file")
    kinds = [json.loads((tmp_path / "out" / each.folder / "findings.json").read_text("utf-8"))["about"]["kind"]
             for each in made]  # fmt: skip
    assert kinds == ["one_person", "cohort"]
    assert [each.name for each in made] == [str(log) for log in logs]


def test_two_batches_do_not_write_into_one_folder(tmp_path):
    log, out = written(tmp_path), tmp_path / "out"
    out.mkdir()
    with FileLock(out / ".batch.lock"), pytest.raises(UserError) as refused:
        run_batch([log], out)
    assert str(refused.value) == (
        f"{out}: another batch is writing into it; wait until it is done, or name another folder"
    )


def test_a_page_of_something_else_is_not_written_over(tmp_path):
    out = tmp_path / "site"
    out.mkdir()
    (out / "index.html").write_text("my site", encoding="utf-8")
    with pytest.raises(
        UserError, match=r"it holds an index\.html of something else; name a new folder"
    ):
        run_batch([written(tmp_path)], out)
    assert (out / "index.html").read_text("utf-8") == "my site"


def test_names_in_the_page_are_text():
    made = Made("<b>A</b>", "A", "", "made", sessions=1, signs=("S6",))
    page = listing([made, made._replace(name="x", status="failed", reason="<script>1</script>")])
    assert "&lt;b&gt;A&lt;/b&gt;" in page
    assert "<script" not in page


# ---- stopped in the middle


@pytest.mark.slow
def test_killed_at_any_moment_it_leaves_whole_bundles_and_goes_on(tmp_path):
    people = tuple("ABCDEFGH")
    log, out, when = written(tmp_path, people=people), tmp_path / "out", random.Random(6)
    command = [
        sys.executable,
        "-m",
        "analysis",
        "batch",
        str(log),
        "--to",
        str(out),
        "--workers",
        "2",
    ]
    for _attempt in range(4):
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   start_new_session=True)  # fmt: skip
        time.sleep(when.uniform(3, 8))
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        whole = [is_whole(folder) for folder in out.glob("?")] if out.exists() else []
        assert all(whole)
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 1  # a row was refused
    assert " failed" in done.stdout
    assert ", 0 failed" in done.stdout
    assert {path.name for path in out.iterdir()} == {
        *people, ".batch.lock", "batch.jsonl", "index.html"}  # fmt: skip
    alone = run_report(log, tmp_path / "alone", parameters={"person": "H"})
    assert bundle(alone.folder) == bundle(out / "H")


# ---- a log that is kept


@pytest.fixture
def kept(monkeypatch):
    monkeypatch.setattr(reading, "_kept", [])
    return reading._kept


def test_a_kept_log_is_given_again_until_its_file_changes(tmp_path, kept):
    log = written(tmp_path)
    reading.keep_log((str(log),), {"as_of": "2026-07-01"})
    first = read_log(log, as_of="2026-07-01")
    assert first is kept[0].log
    assert read_log(log, as_of="2026-07-01", person="P1") is first
    assert read_log(log, as_of="2026-07-02") is not first
    written(tmp_path, days=7)
    assert len(read_log(log, as_of="2026-07-01").sessions) == 21


def test_whose_log_it_is_counts_where_the_log_does_not_say(tmp_path, kept):
    log = tmp_path / "own.csv"
    log.write_text(
        "date,place,what I did,before,after\n2026-03-01,foot,yoga,5,4\n", encoding="utf-8"
    )
    reading.keep_log((str(log),), {"as_of": "2026-07-01"})
    named = read_log(log, as_of="2026-07-01", person="Ada")
    assert set(named.sessions["participant"]) == {"Ada"}
