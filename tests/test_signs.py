"""The private list of who has which warning sign: its file, where it may lie, and the command."""

import csv
import json
import sys

import pytest
from shared import AS_OF, HEADER

from analysis.cli import main
from analysis.findings import signs_of_people, write_signs
from analysis.intake import read_log
from analysis.sessions import UserError

LOG = [
    f"{HEADER},bladder_bowel,notes",
    "P2,2026-03-01,feet,yoga,5,4,yes,",
    "P1,2026-03-02,feet,yoga,5,4,no,fever at night",
    "P2,2026-03-03,feet,yoga,5,4,no,",
]
LISTED = (
    "participant,rule,text,sign,n,total,last\r\n"
    "P2,S2,M1,new trouble with bladder or bowels,1,2,2026-03-01\r\n"
    "P1,S9,M4,words in the notes,1,1,2026-03-02\r\n"
)


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run the command in a folder of its own; return the exit code and the lines of both outputs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("analysis.cli.signal.signal", lambda *_: None)

    def runner(*words: str) -> tuple[int, list[str], list[str]]:
        monkeypatch.setattr(sys, "argv", ["reliefbook", *words])
        with pytest.raises(SystemExit) as stopped:
            main()
        out, err = capsys.readouterr()
        return int(stopped.value.code or 0), out.splitlines(), err.splitlines()

    return runner


def test_the_list_is_one_row_a_person_and_sign_and_quotes_no_note(write, tmp_path):
    log = read_log(write(*LOG), as_of=AS_OF)
    write_signs(log, tmp_path / "signs.csv")
    assert (tmp_path / "signs.csv").read_bytes().decode() == LISTED
    again = tmp_path / "again.csv"
    write_signs(log, again)
    assert again.read_bytes() == (tmp_path / "signs.csv").read_bytes()


def test_a_spreadsheet_runs_nothing_in_the_list(write, tmp_path):
    # No code that is read begins so; a table that came otherwise may have one.
    log = read_log(write(*LOG[:2]), as_of=AS_OF)
    live = log._replace(sessions=log.sessions.assign(participant="-P1"))
    write_signs(live, tmp_path / "signs.csv")
    with (tmp_path / "signs.csv").open(encoding="utf-8", newline="") as stream:
        assert next(csv.DictReader(stream))["participant"] == "'-P1"


def refusal(log, path) -> str:
    with pytest.raises(UserError) as error:
        write_signs(log, path)
    return str(error.value)


def test_the_list_takes_nobodys_place_and_never_lies_in_a_report(write, tmp_path):
    path = write(*LOG)
    log = read_log(path, as_of=AS_OF)
    assert refusal(log, path) == f"{path}: the file is there already; name a new one"
    other = tmp_path / "signs.xlsx"
    assert (
        refusal(log, other) == f"{other}: the list of signs is a CSV file; end its name with .csv"
    )
    (tmp_path / "report").mkdir()
    for name in ("manifest.json", "findings.json"):
        (tmp_path / "report" / name).write_text("{}")
    inside = tmp_path / "report" / "deeper" / "signs.csv"
    assert refusal(log, inside) == (
        f"{inside}: the list names people and never lies in the folder of a report, which is passed on; name a "
        "file outside it"
    )
    assert path.read_text("utf-8").splitlines() == LOG
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["log.csv", "report"]


def test_check_writes_the_list_or_says_how_to_get_it(write, run, tmp_path):
    write(*LOG)
    alarm = (
        "WARNING SIGN IN THIS LOG: new trouble with bladder or bowels, at least one person. This can need "
        "emergency care. Your local emergency number or nearest emergency department."
    )
    counts = "3 rows: 3 used, 0 refused"
    pointer = "reliefbook check log.csv --signs FILE.csv lists who has which sign, for you alone"
    assert run("check", "log.csv") == (0, [counts, alarm, pointer], [])
    assert run("check", "log.csv", "--signs", "s.csv") == (0, [counts, alarm, "signs: s.csv"], [])
    assert (tmp_path / "s.csv").read_bytes().decode() == LISTED
    assert run("check", "log.csv", "--signs", "s.csv") == (
        2, [], ["reliefbook: s.csv: the file is there already; name a new one"])  # fmt: skip
    assert run("check", "log.csv", "--signs", "out/s.csv", "--to", "out") == (
        2, [], ["reliefbook: out/s.csv: the list names people and never lies in the folder of a report, which is "
                "passed on; name a file outside it"])  # fmt: skip


def test_of_one_person_or_without_a_sign_nothing_points_to_the_list(write, run):
    write(*LOG[:2])
    assert not any("--signs" in line for line in run("check", "log.csv")[1])
    write(LOG[0], "P1,2026-03-01,feet,yoga,5,4,no,", "P2,2026-03-01,feet,yoga,5,4,no,")
    assert run("check", "log.csv") == (0, ["2 rows: 2 used, 0 refused"], [])


def test_the_object_for_machines_has_the_same_rows(write, run):
    write(*LOG)
    code, out, err = run("check", "--json", "log.csv")
    assert (code, err) == (0, [])
    log = read_log("log.csv", as_of=AS_OF)
    assert json.loads("\n".join(out))["signs"] == signs_of_people(log).to_dict("records")
    _, out, err = run("check", "--json", "log.csv", "--signs", "s.csv")
    assert len(json.loads("\n".join(out))["signs"]) == 2
    assert err == ["signs: s.csv"]
    _, out, _err = run("check", "--json", "gone.csv")
    assert json.loads("\n".join(out))["signs"] == []
