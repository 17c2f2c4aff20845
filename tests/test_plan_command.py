"""``reliefbook plan``: files, words, refusals, and the way into the report."""

import datetime
import sys

import icalendar
import pytest

from analysis.cli import main
from analysis.findings.person import as_drawn
from analysis.intake.plan_file import read_plan
from analysis.report import run_report
from analysis.safety import emergency_text

RUN = ("--techniques", "t-ball", "nothing", "--region", "hip", "--first-day", "2026-03-02")


@pytest.fixture
def plan(tmp_path, monkeypatch, capsys):
    """Run the command in a folder of its own; return the exit code and the lines of both outputs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("analysis.cli.signal.signal", lambda *_: None)

    def run(*words: str) -> tuple[int, list[str], list[str]]:
        monkeypatch.setattr(sys, "argv", ["reliefbook", "plan", *words])
        with pytest.raises(SystemExit) as stopped:
            main()
        out, err = capsys.readouterr()
        return int(stopped.value.code or 0), out.splitlines(), err.splitlines()

    return run


def test_a_plan_is_a_list_and_a_calendar(plan, tmp_path):
    assert plan(*RUN, "--seed", "7", "--to", "plan.csv") == (
        0,
        [
            emergency_text(),
            "plan.csv",
            "plan.ics",
            "hip, 2 Mar 2026 to 29 Mar 2026 (28 days): 14 of rest, 14 of tennis ball; seed 7",
            "after the last day: reliefbook report log.csv -p plan=plan.csv",
        ],
        [],
    )
    drawn = read_plan(tmp_path / "plan.csv")
    assert as_drawn(drawn)
    assert drawn["seed"].unique().tolist() == [7]
    calendar = icalendar.Calendar.from_ical((tmp_path / "plan.ics").read_bytes())
    days = [event.start for event in calendar.events]
    assert days == [datetime.date(2026, 3, 2) + datetime.timedelta(days=n) for n in range(28)]


def test_the_same_seed_gives_the_same_bytes_and_another_another_list(plan, tmp_path):
    for name, seed in (("a", "7"), ("b", "7"), ("c", "8")):
        plan(*RUN, "--seed", seed, "--to", f"{name}.csv")
    a, b, c = (
        [(tmp_path / f"{name}.{kind}").read_bytes() for kind in ("csv", "ics")] for name in "abc"
    )
    assert a == b
    assert a[0] != c[0]
    assert a[1] != c[1]


def test_without_a_seed_or_a_day_nobody_picks_the_list(plan, tmp_path):
    before = datetime.date.today()
    for name in "ab":
        plan(*RUN[:5], "--to", f"{name}.csv")
    plans = [read_plan(tmp_path / f"{name}.csv") for name in "ab"]
    assert plans[0]["seed"][0] != plans[1]["seed"][0]
    tomorrows = {day + datetime.timedelta(days=1) for day in (before, datetime.date.today())}
    assert {plan["day"].min().date() for plan in plans} <= tomorrows


@pytest.mark.parametrize(
    ("weeks", "block", "n_days", "each"),
    [("3", "2", 22, 11), ("2", "4", 16, 8), ("1", "4", 8, 4)],
)
def test_weeks_become_whole_blocks(plan, tmp_path, weeks, block, n_days, each):
    _, out, err = plan(*RUN, "--weeks", weeks, "--block", block, "--seed", "1", "--to", "p.csv")
    assert f"({n_days} days): {each} of rest, {each} of tennis ball; seed 1" in out[3]
    assert read_plan(tmp_path / "p.csv")["block_size"].unique().tolist() == [int(block)]
    too_short = "too short to be tested: the report needs 8 days of each technique with a session; plan more weeks"
    assert err == ([too_short] if each < 8 else [])


def test_a_muscle_is_its_region_and_own_terms_are_those_of_the_mapping(plan, tmp_path):
    plan("--techniques", "TrP", "Yoga", "--region", "piriformis", "--to", "a.csv")
    assert read_plan(tmp_path / "a.csv")["region"][0] == "buttocks"
    assert set(read_plan(tmp_path / "a.csv")["technique"]) == {"trigger_point_release", "yoga"}
    (tmp_path / "my.yml").write_text("terms: {technique: [Ice pack], region: [piriformis]}\n")
    words = ("--techniques", "ice pack", "rest", "--region", "piriformis")
    code, _, err = plan(*words, "--to", "b.csv")
    assert (code, err[0][:52]) == (2, "reliefbook: technique: not a technique of the vocabu")
    code, _, _ = plan(*words, "--mapping", "my.yml", "--to", "b.csv")
    own = read_plan(tmp_path / "b.csv")
    assert (code, set(own["technique"]), own["region"][0]) == (
        0,
        {"Ice pack", "rest"},
        "piriformis",
    )


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ("--techniques", "nothing", "rest", "--region", "hip"),
            "techniques: a plan compares two different ones; found ['rest', 'rest']",
        ),
        (
            ("--techniques", "mixed", "rest", "--region", "hip"),
            "plan: 'combined' is several at once and cannot be planned; name one",
        ),
        (
            (*RUN[:5], "--weeks", "0"),
            "Invalid value for '--weeks': 0 is not in the range 1<=x<=52.",
        ),
        ((*RUN[:5], "--block", "3"), "Invalid value for '--block': '3' is not one of '2', '4'."),
        (
            (*RUN[:5], "--first-day", "2026-02-30"),
            "Invalid value for '--first-day': '2026-02-30' does not match the format '%Y-%m-%d'.",
        ),
        (
            (*RUN[:5], "--seed", "1" + 15 * "0"),
            "seed: must be a whole number of up to 15 digits; found 1000000000000000",
        ),
        (("--techniques", "yoga", "rest"), "Missing option '--region'."),
    ],
)
def test_a_plan_that_cannot_be_drawn_is_refused_in_one_line(plan, tmp_path, words, line):
    assert plan(*words, "--to", "plan.csv") == (2, [], [f"reliefbook: {line}"])
    assert list(tmp_path.iterdir()) == []


def test_a_word_that_may_mean_several_is_never_guessed(plan, tmp_path):
    code, _, (line,) = plan("--techniques", "ball", "rest", "--region", "hip", "--to", "plan.csv")
    assert code == 2
    assert "did you mean tennis_ball or other?" in line
    assert line.endswith("; found 'ball'")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("there", ["plan.csv", "plan.ics"])
def test_nothing_is_written_over_a_file_that_is_there(plan, tmp_path, there):
    (tmp_path / there).write_text("mine")
    expected = f"reliefbook: {there}: the file is there already; name a new one"
    assert plan(*RUN, "--to", "plan.csv") == (2, [], [expected])
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(there, "mine")]


@pytest.mark.parametrize(
    ("to", "line"),
    [
        ("plan.txt", "plan.txt: a plan is written as .csv; end the name of the file with it"),
        (
            "gone/plan.csv",
            "gone/plan.csv: the file cannot be written (No such file or directory); choose another place",
        ),
        ("", ": the file is there already; name a new one"),
    ],
)
def test_a_place_that_takes_no_plan_is_refused(plan, tmp_path, to, line):
    assert plan(*RUN, "--to", to) == (2, [], [f"reliefbook: {line}"])
    assert list(tmp_path.iterdir()) == []


def test_a_plan_goes_into_the_report_from_any_folder(plan, tmp_path, monkeypatch):
    plan(*RUN, "--seed", "7", "--to", "plan.csv")
    rows = [
        f"{day:%Y-%m-%d},hip,{technique.replace('_', ' ')},{5 + day.day * 7 % 5},{3 + day.day % 3}"
        for day, technique in read_plan("plan.csv")[["day", "technique"]].itertuples(index=False)
    ]
    log = tmp_path / "log.csv"
    log.write_text("\n".join(["date,place,what,before,after", *rows, ""]))
    made = run_report("log.csv", "out", parameters={"plan": "plan.csv"})
    (row,) = made.findings.tables["plan"].itertuples()
    assert (row.n_followed, row.n_lists, row.reason) == (28, 2**14, "")
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "followed on 28 of 28 (100 %) days" in page
    assert str(tmp_path) not in page
