"""The command: exit codes, one line for every failure, and no traceback."""

import json
import os
import subprocess
import sys

import pytest

from analysis import shipped
from analysis.intake.mapping import PRESETS


def run(*words: str, cwd=None) -> subprocess.CompletedProcess:
    """Run the command as a user does, in a process of its own."""
    environment = os.environ | {"PYTHONWARNINGS": "error::DeprecationWarning:analysis"}
    return subprocess.run([sys.executable, "-m", "analysis", *map(str, words)], cwd=cwd, env=environment,
                          capture_output=True, encoding="utf-8", timeout=120, check=False)  # fmt: skip


def failed(result: subprocess.CompletedProcess) -> str:
    """Return the one line of a failure."""
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1, result.stderr
    assert "Traceback" not in result.stderr
    return result.stderr.rstrip("\n")


def test_report_says_where_everything_is_and_exits_1_for_refused_rows(tmp_path):
    result = run("report", shipped.example_log(), "--to", "out", cwd=tmp_path)
    assert result.returncode == 1
    assert result.stderr == ""
    assert result.stdout.splitlines() == [
        *(str(tmp_path.__class__("out") / name) for name in
          ("report.html", "report.pdf", "report.ipynb", "findings.json", "refused.csv", "manifest.json")),
        f"reliefbook check {shipped.example_log()} --signs FILE.csv lists who has which sign, for you alone",
        "1,601 rows: 1,589 used, 11 refused, 1 repeated",
        f"reliefbook check {shipped.example_log()} names each refused row and what to do"]  # fmt: skip
    assert (tmp_path / "out" / "report.pdf").read_bytes().startswith(b"%PDF")


def test_report_without_a_log_makes_the_examples(tmp_path):
    result = run("report", "--notebook", "one_person", "-p", "person=P01", cwd=tmp_path)
    assert result.returncode == 1
    assert (tmp_path / "reports" / "example_one_person" / "report.html").is_file()


def test_strict_turns_refused_rows_into_a_failure(write, tmp_path):
    log = write("date,place,what,before,after", "2026-03-01,feet,yoga,5,11")
    assert run("check", log).returncode == 1
    assert run("check", log, "--strict").returncode == 2
    assert failed(run("report", log, "--strict", cwd=tmp_path)) == (
        "reliefbook: 1 rows were refused, nothing was published; correct them (reliefbook check names each), "
        "or run without --strict"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["log.csv"]


def test_check_says_which_column_it_took_and_what_it_refused(write):
    log = write("Date,Place,What I did,Before,After", "2026-03-01,piriformis,t-ball,6,4",
                "2026-03-02,feet,yogga,5,eleven")  # fmt: skip
    result = run("check", log)
    assert result.returncode == 1
    assert result.stdout.splitlines() == [
        "log.csv, Date: note: read as started_at",
        "log.csv, Place: note: read as region",
        "log.csv, What I did: note: read as technique",
        "log.csv, Before: note: read as pain_before",
        "log.csv, After: note: read as pain_after",
        "log.csv: note: no column for the participant: read as the log of one person, called P01",
        "log.csv line 3, What I did: refused: not a technique of the vocabulary; did you mean yoga? write one "
        "of: deep circular strokes, sustained pressure, trigger-point release, deep-tissue massage, "
        "acupressure, tennis ball, piriformis stretcher, stretching, strengthening, yoga, Pilates, rest, "
        "several techniques, other technique; or declare your own under terms: in a mapping; found "
        '"yogga"',
        "log.csv line 3, After: refused: must be a number written in digits, such as 6 or 6.5; "
        'found "eleven"',
        "2 rows: 1 used, 1 refused",
    ]


def test_an_emergency_sign_is_printed_by_both_commands(write, tmp_path):
    log = write("date,place,what,before,after,bladder_bowel", "2026-03-01,feet,yoga,5,4,yes")
    sign = (
        "WARNING SIGN IN THIS LOG: new trouble with bladder or bowels, 1 of 1 sessions, last on 1 Mar 2026. "
        "This can need emergency care. Your local emergency number or nearest emergency department."
    )
    cohort = sign.replace("1 of 1 sessions, last on 1 Mar 2026", "at least one person")
    assert cohort in run("check", log).stdout.splitlines()
    assert sign in run("report", log, "--to", tmp_path / "out").stdout.splitlines()


def test_check_prints_one_json_object(write):
    log = write(
        "date,place,what,before,after", "2026-03-01,feet,yoga,5,4", "2026-03-02,feet,yoga,5,x"
    )
    content = json.loads(run("check", "--json", log).stdout)
    assert content["sessions"] == 1
    assert content["file_error"] is None
    assert content["refused"] == [
        {"file": "log.csv", "line": 3, "column": "after", "value": "x", "rule": "not-a-number",
         "message": "must be a number written in digits, such as 6 or 6.5"}]  # fmt: skip
    assert {row["rule"] for row in content["remarks"]} == {"column-taken", "participant-assumed"}


def test_check_names_a_file_error_in_json_too(tmp_path):
    result = run("check", "--json", tmp_path / "gone.csv")
    assert json.loads(result.stdout)["file_error"]["rule"] == "not-a-file"
    failed(result)


def test_check_publishes_its_page(write, tmp_path):
    log = write("date,place,what,before,after", "2026-03-01,feet,yoga,5,4")
    result = run("check", log, "--to", tmp_path / "out")
    assert result.returncode == 0
    assert "What was refused" in (tmp_path / "out" / "report.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("report", "gone.csv"), "reliefbook: gone.csv: the log must be a file that exists; found nothing "
                                 "there at gone.csv"),
        (("report", "."), "reliefbook: .: no log in this folder; logs end in .csv, "
                          ".tsv, .txt, .xlsx, .ods, .json, .jsonl, .zip, .parquet"),
        (("check",), "reliefbook: no log given; name one or more CSV or XLSX files"),
        (("report", "-p", "nonsense"), "reliefbook: -p must be followed by name=value; found 'nonsense'"),
        (("report", "-p", "log=x.csv"), "reliefbook: log: give the log as an argument, not with -p"),
        (("report", "-p", "min_peple=8"), "reliefbook: min_peple: pain_reduction has no such parameter; it has "
                                          "mapping, reference, min_people, as_of, pseudonyms, vas_two, "
                                          "more_checks, seed, previous, language, locale, paper, large_print, "
                                          "made_on, made_by; did you mean min_people?"),
        (("report", "--notebook", "nope"), "reliefbook: notebook: must be one of check_log, guide, one_person, "
                                           "pain_reduction, or a file; found 'nope'"),
        (("report", "--notebook", "guide"), "reliefbook: guide: the notebook takes no log; open it in "
                                            "JupyterLab instead"),
        (("report", "--mapping", "gone.yml"), "reliefbook: gone.yml: there is no such mapping file; those "
                                              "that come with the kit are " + ", ".join(PRESETS)),
        (("report", "--bogus"), "reliefbook: No such option '--bogus'."),
        (("nonsense",), "reliefbook: No such command 'nonsense'."),
    ],
)  # fmt: skip
def test_a_failure_is_one_line(words, line, tmp_path):
    assert failed(run(*words, cwd=tmp_path)) == line
    assert list(tmp_path.iterdir()) == []


def test_a_cell_cannot_steer_the_terminal(write):
    log = write("date,place,what,before,after", "2026-03-01,feet,\x1b[2Jyoga\u202e,5,4")
    printed = run("check", log).stdout
    assert "\x1b" not in printed
    assert 'found "\\u001b[2Jyoga\\u202e"' in printed


def test_debug_shows_the_traceback(tmp_path):
    assert "Traceback" in run("--debug", "check", "gone.csv", cwd=tmp_path).stderr


def test_help_and_version_need_nothing_heavy():
    code = (
        "import sys; from analysis.cli import cli; cli.main(['--help'], standalone_mode=False); "
        "print([name for name in ('pandas', 'matplotlib', 'papermill') if name in sys.modules])"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    )
    assert printed.stdout.splitlines()[-1] == "[]"


def test_check_draws_nothing(write):
    log = write("date,place,what,before,after", "2026-03-01,feet,yoga,5,4")
    code = (
        "import sys; from analysis.cli import cli; "
        f"cli.main(['check', {str(log)!r}], standalone_mode=False); "
        "print('matplotlib' in sys.modules)"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    )
    assert printed.stdout.splitlines()[-1] == "False"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to a process")
def test_a_run_that_is_stopped_leaves_nothing_behind(tmp_path):
    (tmp_path / "tmp").mkdir()
    (tmp_path / "work").mkdir()
    running = subprocess.Popen([sys.executable, "-m", "analysis", "report", "--to", "out"], cwd=tmp_path / "work",
                               env=os.environ | {"TMPDIR": str(tmp_path / "tmp")})  # fmt: skip
    while running.poll() is None and not list((tmp_path / "tmp").glob("reliefbook-*")):
        pass  # until the notebook is about to run
    running.terminate()
    assert running.wait(timeout=60) == 143
    assert list((tmp_path / "work").iterdir()) == []
    assert list((tmp_path / "tmp").glob("reliefbook-*")) == []


def test_nothing_is_saved_over_a_file_that_is_there(tmp_path):
    log = tmp_path / "log.csv"
    log.write_text("date,place,what I did,before,after\n2026-03-01,thigh,rest,6,4\n")
    before = log.read_bytes()
    for option in ("--save", "--suggest"):
        result = run("check", log, option, log)
        assert result.returncode == 2
        assert result.stderr == f"reliefbook: {log}: the file is there already; name a new one\n"
    assert log.read_bytes() == before


def test_corrections_in_the_folder_of_the_report_are_not_replaced(tmp_path):
    log = tmp_path / "log.csv"
    log.write_text("date,place,what I did,before,after\n2026-03-01,moon,rest,6,4\n")
    run("report", log, "--to", tmp_path / "out")
    refused = tmp_path / "out" / "refused.csv"
    result = run("report", log, refused, "--to", tmp_path / "out")
    assert result.returncode == 2
    assert result.stderr == (
        f"reliefbook: {refused}: it lies in the report's own folder, which is replaced; copy it to another "
        "place first, or name another folder with --to\n"
    )
    assert b"moon" in refused.read_bytes()


def test_suggest_save_and_pseudonyms_work_from_the_command(tmp_path):
    log = tmp_path / "log.csv"
    log.write_text("Who,Date,Place,What I did,Before,After\nAnna1,2026-03-01,thigh,rest,6,4\n")
    assert run("check", log, "--suggest", tmp_path / "my.yml").returncode == 0
    result = run("check", log, "--mapping", tmp_path / "my.yml", "--save", tmp_path / "tidy.csv",
                 "--pseudonymise", tmp_path / "key")  # fmt: skip
    assert result.returncode == 0
    saved = (tmp_path / "tidy.csv").read_text()
    assert (
        saved.splitlines()[0]
        == "participant,started_at,region,technique,pain_before,pain_after,scale"
    )
    assert "Anna1" not in saved + result.stdout
    assert run("check", tmp_path / "tidy.csv").stdout == "1 row: 1 used, 0 refused\n"


def test_the_command_alone_shows_its_help():
    assert run().stderr.startswith("Usage: reliefbook [OPTIONS] COMMAND [ARGS]...\n")
