"""The share copy: nobody, no day and no small group can be had from it, not by subtraction either."""

import base64
import email
import email.policy
import hashlib
import html
import json
import math
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pypdf
import pytest

from analysis.findings import Findings, findings, from_json, shared_cohort, to_json, with_page
from analysis.findings.shared_cohort import TELLS, UNDER, rounded
from analysis.findings.shared_copy import shared_findings, tables_hash
from analysis.findings.shared_names import MERGED, NOT_SHOWN
from analysis.intake import read_log
from analysis.report import run_report
from analysis.report.email import checked_address, draft
from analysis.report.share import FILES, share_report
from analysis.safety import emergency_text
from analysis.sessions import UserError
from analysis.shipped import example_of_one
from analysis.wording import appendix_figures, blocks

HEADER = "participant,started_at,region,technique,minutes,pain_before,pain_after,tingling_before,tingling_after"


# ---- reading a copy


@pytest.fixture(scope="module")
def copy(published, tmp_path_factory):
    """Return the copy of the example's cohort report, with a draft."""
    return share_report(
        published.folder, tmp_path_factory.mktemp("share") / "copy", email_to="dr@example.org"
    )


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """Return the report of one person with a question, and its copy."""
    folder = tmp_path_factory.mktemp("own")
    asked = {"person": "P01", "question": "May I ask about swimming?"}
    report = run_report(example_of_one(), folder / "report", parameters=asked)
    return report, share_report(report.folder, folder / "copy")


def contents(folder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def words(folder) -> dict[str, str]:
    """Return every text of a copy as a person or a program reads it, by file."""
    page = (folder / "report.html").read_text("utf-8")
    # Pictures are SVG in base64; what they say is words, too.
    pictures = re.findall(r"base64,([A-Za-z0-9+/=]+)", page)
    seen = re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL)
    drawn = "".join(base64.b64decode(picture).decode() for picture in pictures)
    pdf = pypdf.PdfReader(folder / "report.pdf")
    texts = {
        "page": html.unescape(seen),
        "alt": html.unescape(" ".join(re.findall(r'alt="([^"]*)"', page))),
        # Letters are drawn as shapes; matplotlib says in a comment what they are.
        "drawn": " ".join(re.findall("<!-- (.*?) -->", drawn)),
        "pdf": " ".join(part.extract_text() for part in pdf.pages) + str(pdf.metadata.title),
    }
    for name in ("findings.json", "manifest.json"):
        texts[name] = (folder / name).read_text("utf-8")
    return texts


# ---- hidden counts: an attack


class Count(NamedTuple):
    """What a reader knows of a count: the least and the most that it can be."""

    low: float
    high: float


ANY = Count(0, math.inf)


def known(text: str, whole: Count = ANY) -> Count:
    if text == UNDER:
        return Count(0, 7)
    if text == "all but under 8":
        return Count(max(8, whole.low - 7), whole.high)
    if text == NOT_SHOWN:
        return ANY
    return Count(max(8, int(text) - 2), int(text) + 2)


class Attack:
    """All that is known of the counts of a copy, narrowed until nothing more follows."""

    def __init__(self) -> None:
        self.counts: dict[tuple, Count] = {}
        self.nested: list[tuple[tuple, tuple]] = []
        self.unions: list[tuple[tuple, list[tuple]]] = []
        self.sums: list[tuple[tuple, list[tuple]]] = []

    def narrow(self, key: tuple, low: float, high: float) -> bool:
        """Return whether bounds make a count narrower."""
        was = self.counts[key]
        now = Count(max(was.low, low), min(was.high, high))
        assert now.low <= now.high, f"{key}: the bounds contradict each other"
        self.counts[key] = now
        return now != was

    def run(self) -> dict[tuple, Count]:
        """Return the counts when nothing more follows from what are parts of what."""
        moved = True
        while moved:
            moved = False
            for whole, part in self.nested:
                moved |= self.narrow(part, 0, self.counts[whole].high)
                moved |= self.narrow(whole, self.counts[part].low, math.inf)
            for whole, parts in self.unions + self.sums:
                exact = (whole, parts) in self.sums
                for part in parts:
                    others = [self.counts[other] for other in parts if other != part]
                    least = self.counts[whole].low - sum(other.high for other in others)
                    most = self.counts[whole].high
                    most -= sum(other.low for other in others) if exact else 0
                    moved |= self.narrow(part, least, most)
                lows, highs = zip(*[self.counts[part] for part in parts], strict=True)
                moved |= self.narrow(whole, sum(lows) if exact else max(lows), sum(highs))
        return self.counts


def attacked(copy: Findings, true: dict | None = None) -> dict[tuple, Count]:
    """Return what follows from a copy's counts; with the true ones, also from what holds of all people."""
    attack, tables = Attack(), copy.tables
    for name in ("people", "sessions", "complete"):
        attack.counts[(name,)] = known(str(copy.about[name]))
    keys = {
        "cells": ["region", "technique", "scale"],
        "regions": ["region", "scale"],
        "overall": ["sessions_of", "scale"],
        "contrasts": ["region", "technique", "reference", "scale"],
        "weeks": ["week"],
        "next": ["sessions_of", "scale"],
    }
    for name, key in keys.items():
        for row in tables.get(name, pd.DataFrame(columns=key)).to_dict("records"):
            attack.counts[(name, *[row[part] for part in key])] = known(row["n_people"])
    for row in tables["worse"].to_dict("records"):
        at = ("worse", row["event"], row["scale"])
        attack.counts[(*at, "n")] = known(row["n_people"])
        attack.counts[(*at, "with")] = known(row["people_with"], attack.counts[(*at, "n")])
        attack.counts[(*at, "sessions")] = known(row["n_sessions"])
        attack.counts[(*at, "sessions with")] = known(row["n_with"])
        attack.nested += [((*at, "n"), (*at, "with")), ((*at, "sessions"), (*at, "sessions with")),
                          ((*at, "sessions with"), (*at, "with"))]  # fmt: skip
    for row in tables["symptoms"].to_dict("records"):
        at = ("symptoms", row["symptom"], row["state"])
        attack.counts[at] = known(row["people_with"], attack.counts[("people",)])
    for row in tables["responders"].to_dict("records"):
        at = ("responders", row["scale"], row["rule"])
        attack.counts[(*at, "of")] = known(row["people_of"])
        attack.counts[at] = known(row["people"], attack.counts[(*at, "of")])
        attack.nested.append(((*at, "of"), at))
    _together(attack, true)
    return attack.run()


def _together(attack: Attack, true: dict | None) -> None:
    """Say which counts are parts of which; people may be in several parts."""
    of = {name: [key for key in attack.counts if key[0] == name] for name in
          ("cells", "regions", "overall", "weeks", "symptoms", "worse")}  # fmt: skip
    for whole in of["regions"]:
        parts = [
            key
            for key in of["cells"]
            if key[1] == whole[1] and key[3] == whole[2] and key[2] != "rest"
        ]
        attack.unions.append((whole, parts))
    for whole in of["overall"]:
        rest = whole[1] == "rest"
        parts = [key for key in of["cells"] if key[3] == whole[2] and (key[2] == "rest") == rest
                 and "combined" not in key]  # fmt: skip
        attack.unions.append((whole, parts))
        if not rest:
            attack.unions.append((whole, [key for key in of["regions"] if key[2] == whole[2]]))
    attack.nested += [
        (("people",), key) for name in of for key in of[name] if "sessions" not in str(key[-1])
    ]
    attack.nested.append((("sessions",), ("complete",)))
    by_event = [key for key in of["worse"] if key[1] == "pain up by 1" and key[-1] == "sessions"]
    if by_event:
        # A report leaves sessions out of a whole that would give a small group away.
        attack.counts[("left out",)] = ANY
        attack.sums.append((("complete",), [*by_event, ("left out",)]))
    if true is not None:
        # All people are at most those of all groups: where it holds, the reader may know that it does.
        wholes = [of[name] for name in ("cells", "overall", "weeks") if of[name]]
        attack.unions += [
            (("people",), parts)
            for parts in wholes
            if true[("people",)] <= sum(true[part] for part in parts)
        ]


def truth(report: Findings) -> dict[tuple, int]:
    """Return the counts that a copy may hide, of the report."""
    tables = report.tables
    keys = {
        "cells": ["region", "technique", "scale"],
        "regions": ["region", "scale"],
        "overall": ["sessions_of", "scale"],
        "contrasts": ["region", "technique", "reference", "scale"],
    }
    true = {
        (name, *[row[part] for part in key]): row["n_people"]
        for name, key in keys.items()
        for row in tables[name].to_dict("records")
    }
    monday = tables["weeks"]["week"].min()
    for row in tables["weeks"].itertuples():
        true[("weeks", (row.week - monday).days // 7 + 1)] = row.n_people
    for row in tables["worse"].itertuples():
        true[("worse", row.event, row.scale, "n")] = row.n_people
        true[("worse", row.event, row.scale, "with")] = row.people_with
    return true | {("people",): report.about["people"], ("complete",): report.about["complete"]}


def random_log(seed: int) -> list[str]:
    """Return a log of a few groups around the sizes at which a count is hidden."""
    rng = np.random.default_rng(seed)
    rows, person = [], 0
    groups = [
        ("feet", "yoga"),
        ("feet", "rest"),
        ("feet", "stretching"),
        ("thighs", "yoga"),
        ("hip", "rest"),
    ]
    chosen = [groups[place] for place in sorted(rng.choice(5, rng.integers(1, 5), replace=False))]
    disjoint = rng.random() < 0.6
    for region, technique in chosen:
        size = int(rng.choice([1, 3, 6, 7, 7, 8, 9, 12, 13, 17]))
        for place in range(size):
            code = person if disjoint else place
            person += 1
            for _ in range(int(rng.integers(1, 4))):
                before = int(rng.integers(2, 10))
                after = (
                    "" if rng.random() < 0.05 else int(np.clip(before + rng.integers(-4, 3), 0, 10))
                )
                day = pd.Timestamp("2026-03-01") + pd.Timedelta(days=int(rng.integers(0, 21)))
                tingling = rng.choice(["0,0", "0,1", "2,1", ","], p=[0.6, 0.1, 0.2, 0.1])
                rows.append(f"Q{code},{day:%Y-%m-%d},{region},{technique},{rng.integers(3, 40)},{before},{after},"
                            f"{tingling}")  # fmt: skip
    return rows


def reported(write, rows: list[str], **options) -> Findings:
    return findings(read_log(write(HEADER, *rows), as_of="2026-07-01"), **options)


@pytest.mark.parametrize("seed", range(15))
def test_no_hidden_count_can_be_had_by_subtraction(seed, write):
    report = reported(write, random_log(seed))
    copy = from_json(to_json(shared_findings(report)))
    true = truth(report)
    for known_to_hold in (None, true):
        for key, bounds in attacked(copy, known_to_hold).items():
            if key in true and pd.notna(true[key]):
                assert bounds.low <= true[key] <= bounds.high, key
            assert bounds.high > 7 or bounds.high - bounds.low >= 1, (key, bounds)


def groups_of(sizes: dict[str, int]) -> list[str]:
    """Return one session of each of so many people a technique, nobody in two of them."""
    return [f"{technique[0].upper()}{n},2026-03-0{1 + n % 9},feet,{technique},10,6,{3 + n % 4},,"
            for technique, size in sizes.items() for n in range(size)]  # fmt: skip


# 43 people, at least 43 by the rounded whole, are at most 12 + 12 + 12 and the hidden ones: 7.
TELLING = {"yoga": 12, "stretching": 12, "pilates": 12, "acupressure": 7}


def test_a_whole_that_would_tell_its_hidden_part_is_not_shown(write):
    report = reported(write, groups_of(TELLING))
    copy = shared_findings(report)
    cells = copy.tables["cells"].set_index("technique")["n_people"]
    assert cells["acupressure"] == UNDER
    assert list(copy.tables["regions"]["n_people"]) == [NOT_SHOWN]
    assert NOT_SHOWN in set(copy.tables["overall"]["n_people"])
    assert copy.about["people"] == "45"
    bounds = attacked(copy, truth(report))[("cells", "feet", "acupressure", "NRS0-10")]
    assert bounds.high - bounds.low >= 1


def test_the_attack_finds_what_is_told_without_the_audit(write, monkeypatch):
    monkeypatch.setattr(shared_cohort, "_told", lambda whole, parts: False)
    copy = shared_findings(reported(write, groups_of(TELLING)))
    bounds = attacked(copy)[("cells", "feet", "acupressure", "NRS0-10")]
    assert bounds == Count(7, 7)


@pytest.mark.parametrize("n", range(41))
def test_a_count_is_one_of_five_or_is_under_8(n):
    assert rounded(n) == (UNDER if n < 8 else str(5 * round(n / 5)))


def test_the_average_of_a_region_is_not_told_beside_a_hidden_group(write):
    copy = shared_findings(reported(write, groups_of({"yoga": 12, "stretching": 7})))
    assert list(copy.tables["regions"]["reason"]) == [TELLS]
    assert copy.tables["regions"][["estimate", "low", "high", "mean_before"]].isna().all(axis=None)
    assert list(copy.tables["overall"]["reason"]) == [TELLS]
    assert blocks(copy)["summary"].sentences[0] == (
        "Sessions other than rest: not shown, it would tell of a group that is hidden."
    )
    alone = shared_findings(reported(write, groups_of({"yoga": 12, "stretching": 5})))
    # Under 6 people the report itself leaves them out of the region, so it is of the others alone.
    assert list(alone.tables["regions"]["reason"]) == [""]


def test_no_table_of_a_cohorts_copy_tells_how_many_by_a_formula(copy):
    columns = {name for table in copy.findings.tables.values() for name in table}
    assert columns == {
        "sessions_of", "scale", "n_people", "mean_before", "estimate", "low", "high", "few", "imprecise", "reason",
        "region", "technique", "minutes", "reference", "unadjusted", "unadjusted_low", "unadjusted_high", "line",
        "depends", "rule", "people", "people_of", "share", "assumption", "text", "sign", "n", "total", "last",
        "file", "event", "people_with", "n_with", "n_sessions", "symptom", "state", "week", "lower_quartile",
        "median", "upper_quartile", "immediate", "immediate_low", "immediate_high", "next", "next_low",
        "next_high",
    }  # fmt: skip
    assert "person_means" not in copy.findings.tables
    assert "rows_seen" not in copy.findings.tables


def test_values_of_a_cohort_have_one_decimal_and_minutes_are_fives(copy):
    for name in ("cells", "regions", "overall", "contrasts"):
        for column, values in copy.findings.tables[name].select_dtypes("float64").items():
            assert values.dropna().round(1).equals(values.dropna()), (name, column)
    minutes = copy.findings.tables["cells"]["minutes"].dropna()
    assert len(minutes)
    assert (minutes % 5 == 0).all()


def test_a_share_that_stands_for_few_people_is_not_told(write):
    rows = [f"P{n},2026-03-01,feet,yoga,10,6,{1 if n < 7 else 6},," for n in range(30)]
    rules = shared_findings(reported(write, rows)).tables["responders"]
    assert list(rules["people"]) == [UNDER, UNDER]
    assert rules[["share", "low", "high"]].isna().all(axis=None)
    shown = [f"P{n},2026-03-01,feet,yoga,10,6,{1 if n < 10 else 6},," for n in range(30)]
    assert list(shared_findings(reported(write, shown)).tables["responders"]["share"]) == [
        0.33,
        0.33,
    ]


def test_where_all_but_few_have_it_no_number_is_told(write):
    rows = [f"P{n},2026-03-01,feet,yoga,10,5,{7 if n < 27 else 4},," for n in range(30)]
    copy = shared_findings(reported(write, rows))
    row = copy.tables["worse"].iloc[0]
    assert (row["people_with"], row["n_people"], row["n_with"]) == (
        "all but under 8",
        "30",
        NOT_SHOWN,
    )
    assert blocks(copy)["coverage"].sentences[2] == (
        "Pain was up by 1 point or more after one or more sessions, in all but under 8 of 30 people."
    )


def test_every_count_of_the_page_is_a_multiple_of_five(copy):
    counted = re.compile(r"(\d[\d,]*) (?:people|person|sessions|session|used)\b")
    for name in ("page", "pdf", "alt"):
        text = " ".join(words(copy.folder)[name].split())
        numbers = [
            int(n.replace(",", "")) for n in counted.findall(text.replace("under 8 people", ""))
        ]
        assert len(numbers) > 3
        assert [n for n in numbers if n % 5] == []


# ---- own words


def test_own_words_are_other_and_coinciding_groups_are_not_added_up(write):
    report = reported(
        write, groups_of({"yoga": 12, "stretching": 9, "pilates": 10, "acupressure": 8})
    )
    named = {"yoga": "<script>alert(1)</script>", "stretching": "=cmd|' /C calc'!A0"}
    tables = {name: table.replace(named) for name, table in report.tables.items()}
    copy = shared_findings(report._replace(tables=tables))
    cells = copy.tables["cells"].set_index("technique")
    assert list(cells.index) == ["acupressure", "pilates", "other"]
    assert tuple(cells.loc["other", ["n_people", "reason"]]) == (NOT_SHOWN, MERGED)
    assert pd.isna(cells.loc["other", "estimate"])
    one = shared_findings(
        report._replace(tables={name: table.replace({"yoga": "Omas Griff"}) for name, table in
                                report.tables.items()})
    )  # fmt: skip
    assert one.tables["cells"].set_index("technique").loc["other", "n_people"] == "10"


HOSTILE = [
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "\u05d0\u05d1 right to left",
    "x" * 40,
]


@pytest.mark.parametrize("people", [1, 12])
def test_nobody_and_no_word_of_anybody_is_in_any_byte_of_a_copy(people, tmp_path, write):
    mapping = tmp_path / "Ursula.yml"
    terms = json.dumps(HOSTILE, ensure_ascii=False)
    header = "participant,started_at,region,technique,minutes,pain_before,pain_after,bladder_bowel,notes,medicine"
    columns = ", ".join(f"{name}: {name}" for name in header.split(","))
    own_terms = f"{{technique: {terms}, region: [Knie-Geheim]}}"
    mapping.write_text(f"name: mine\nterms: {own_terms}\ncolumns: {{{columns}}}\n", "utf-8")
    rows = [
        f'ZEBRA-{n:02d},2026-03-{day:02d} 17:53,{region},"{technique}",{11 + day},6,{3 + n % 4},no,'
        f"secretnote {n},secretpill"
        for n in range(people)
        for day, (region, technique) in enumerate(
            [("feet", "yoga"), ("Knie-Geheim", "yoga"), *[("feet", term) for term in HOSTILE]] * 2, start=1)
    ]  # fmt: skip
    log = write(header, *rows, name="Erika Musterfrau.csv")
    parameters = {"mapping": str(mapping)} | (
        {"question": "secretquestion?"} if people == 1 else {}
    )
    report = run_report(log, tmp_path / "report", parameters=parameters)
    assert report.findings.about["used" if people == 1 else "sessions"] == len(rows)
    made = share_report(report.folder, tmp_path / "copy")
    told = {name: content.decode("latin-1") for name, content in contents(made.folder).items()}
    told |= words(made.folder)
    forbidden = ["ZEBRA", "secret", "Musterfrau", "alert(1)", "=cmd", "\u05d0", "x" * 20, "Knie", "Ursula",
                 "17:53", "2026", "Mar ", "mine", str(tmp_path),
                 hashlib.sha256(log.read_bytes()).hexdigest()]  # fmt: skip
    for name, text in told.items():
        for word in forbidden if name in words(made.folder) else forbidden[:9]:
            assert word not in text, (name, word)
    assert "other technique" in told["page"]
    assert {"feet", "other region"} & set(re.findall("feet|other region", told["page"]))


# ---- days


def test_a_cohorts_copy_counts_its_days_and_weeks(copy):
    texts = words(copy.folder)
    title = "Self-massage and stretching log: about 50 people, day 1 to day 150"
    assert blocks(copy.findings)["head"].title == title
    assert title in texts["page"]
    assert list(copy.findings.tables["weeks"]["week"]) == list(range(1, 23))
    months = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|202[0-9]"
    for name, text in texts.items():
        assert not re.search(rf"\b({months})\b", text), name


def test_one_persons_copy_counts_days_and_leaves_out_the_question(own):
    report, copy = own
    texts = words(copy.folder)
    for name, text in texts.items():
        assert not re.search(
            r"\b(Jan|Feb|Mar|Apr|May|Jun|202[0-9])\b|\d\d:\d\d|P01|swimming", text
        ), name
    head = blocks(copy.findings)["head"]
    assert head.title == "Self-massage and stretching log of one person: day 1 to day 148"
    assert head.sentences[0] == "Not anonymous to someone who knows this person."
    series, before = copy.findings.tables["series"], report.findings.tables["series"]
    first = before["started_at"].min().normalize()
    assert list(series["started_at"]) == list(
        (before["started_at"].dt.normalize() - first).dt.days + 1
    )
    assert "question" not in blocks(copy.findings)
    assert copy.findings.about["parameters"] == {"reference": None}


def test_a_copy_looks_as_its_report_and_says_neither_who_made_it_nor_when(own):
    asked = {"language": "de", "locale": "nz", "paper": "Letter", "large_print": True}
    results = with_page(own[0].findings, **asked, made_on="2026-06-05", made_by="Dr A. Example")
    copy = shared_findings(results)
    assert copy.about["page"] == asked | {"locale": "NZ", "made_on": None, "made_by": None}
    assert "Example" not in to_json(copy)
    assert "2026" not in to_json(copy)
    # How it looks is no part of what is shared: the tables and their hash are the same.
    assert tables_hash(copy) == tables_hash(shared_findings(own[0].findings))


def test_the_alarm_of_a_copy_names_the_number_of_its_country(tmp_path, write):
    rows = [f"P1,2026-03-{day:02d},feet,yoga,10,6,3,yes,no" for day in range(1, 4)]
    log = write(SIGNED, *rows)
    report = run_report(log, tmp_path / "report", parameters={"locale": "NZ"})
    copy = share_report(report.folder, tmp_path / "copy")
    sign = "This can need emergency care. 111, New Zealand."
    emergency = "Get emergency help (111, New Zealand) for any of these"
    for folder in (report.folder, copy.folder):
        for name in ("report.html", "report.pdf"):
            text = squeezed(words(folder)["page" if name.endswith("html") else "pdf"])
            assert squeezed(sign) in text
            assert squeezed(emergency) in text
            assert "nearestemergency" not in text


# ---- the files


@pytest.mark.parametrize("which", ["cohort", "one person"])
def test_a_copy_has_its_files_two_pages_and_the_hash_of_its_tables(which, copy, own):
    made = copy if which == "cohort" else own[1]
    assert {*FILES} == {path.name for path in made.folder.iterdir()} - {"email.eml"}
    assert len(pypdf.PdfReader(made.folder / "report.pdf").pages) == 2
    text = (made.folder / "findings.json").read_text("utf-8")
    tables = json.loads(text)["tables"]
    plain = json.dumps(tables, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.sha256(plain.encode()).hexdigest()
    assert digest == tables_hash(from_json(text)) == made.findings.about["tables_sha256"]
    for name in ("page", "pdf"):
        assert f"shared tables: SHA-256 {digest}" in " ".join(words(made.folder)[name].split())
    manifest = json.loads((made.folder / "manifest.json").read_text("utf-8"))
    assert manifest["tables_sha256"] == digest
    for name, output in manifest["outputs"].items():
        assert output["sha256"] == hashlib.sha256((made.folder / name).read_bytes()).hexdigest()


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text).replace("\u00ad", "")


@pytest.mark.parametrize("which", ["cohort", "one person"])
def test_page_and_pdf_of_a_copy_show_the_same_blocks(which, copy, own):
    made = copy if which == "cohort" else own[1]
    texts = words(made.folder)
    for name, block in blocks(made.findings).items():
        cells = [] if block.table is None else [cell for row in block.table.rows for cell in row]
        for sentence in [*block.sentences, *block.alarms, *cells]:
            assert squeezed(sentence) in squeezed(texts["page"]), (name, sentence)
            assert squeezed(sentence) in squeezed(texts["pdf"]), (name, sentence)
    for text in (texts["page"], texts["pdf"]):
        assert squeezed(text).index(squeezed(emergency_text())) < squeezed(text).index("Inshort")


def test_the_page_of_a_copy_has_no_script_and_words_for_every_picture(copy):
    page = (copy.folder / "report.html").read_text("utf-8")
    assert "<script" not in page
    assert not re.search(r"https?://|url\(", re.sub(r'src="data:[^"]*"', "", page))
    alts = [html.unescape(alt) for alt in re.findall(r'<img alt="([^"]*)"', page)]
    drawn = blocks(copy.findings) | appendix_figures(copy.findings)
    assert alts == [block.alt for block in drawn.values() if block.figure]
    assert len(alts) == 3
    assert all(alts)


def test_the_same_bundle_gives_the_same_bytes(copy, published, tmp_path):
    again = share_report(published.folder, tmp_path / "again", email_to="dr@example.org")
    assert contents(again.folder) == contents(copy.folder)
    share_report(published.folder, tmp_path / "again")
    assert not (tmp_path / "again" / "email.eml").exists()


SIGNED = HEADER.replace("tingling_before,tingling_after", "bladder_bowel,weakness")


@pytest.mark.parametrize("people", [1, 9])
def test_an_emergency_sign_stays_on_top_and_counts_nobody(people, tmp_path, write):
    rows = [f"P{n},2026-03-{day:02d},feet,yoga,10,6,{3 + n % 3},{'yes' if n == 0 else 'no'},no"
            for n in range(people) for day in range(1, 13)]  # fmt: skip
    report = run_report(write(SIGNED, *rows), tmp_path / "report")
    copy = share_report(report.folder, tmp_path / "copy")
    whom = "12 of 12 sessions, last on day 12" if people == 1 else "at least one person"
    sign = (
        f"WARNING SIGN IN THIS LOG: new trouble with bladder or bowels, {whom}. This can need emergency care. "
        "Your local emergency number or nearest emergency department."
    )
    assert blocks(copy.findings)["warnings"].alarms == (sign,)
    pages = pypdf.PdfReader(copy.folder / "report.pdf").pages
    first = squeezed(pages[0].extract_text())
    assert first.index(squeezed(sign)) < first.index("Inshort")
    assert "drop" not in first
    assert len(pages) == 2


@pytest.mark.parametrize(
    "rows",
    [
        [],
        ["P1,2026-03-01,feet,yoga,10,5,4,,"],
        [f"P{n},2026-03-0{n},feet,yoga,,5,,," for n in range(1, 8)],
        [f"P{n},2026-03-0{n % 9 + 1},feet,yoga,10,0,0,," for n in range(1, 10)],
        [f"P{n},2026-03-01,combined,yoga,10,5,4,," for n in range(1, 10)],
        [f"P{n},2026-03-01,feet,yoga,10,5,{n % 3},," for n in range(1, 10)],
    ],
    ids=["header only", "one session", "no after", "all zeros", "combined", "one technique"],
)
def test_a_log_at_the_edge_gives_a_calm_copy(rows, tmp_path, write):
    report = run_report(write(HEADER, *rows), tmp_path / "report")
    copy = share_report(report.folder, tmp_path / "copy")
    for name in ("page", "pdf"):
        text = words(copy.folder)[name]
        assert not re.search(r"\b(nan|inf|NaT|None|Traceback)\b|<NA>", text), name
        assert squeezed(emergency_text()) in squeezed(text)


def test_a_copy_of_ratings_in_mm_and_of_the_sums_of_sites(tmp_path, write):
    from analysis.findings import read_sums, write_sums

    header = HEADER + ",scale"
    rows = [
        f"P{n},2026-03-0{n % 9 + 1},feet,yoga,10,{50 + n},{30 + n % 7},,,VAS0-100"
        for n in range(12)
    ]
    key = tmp_path / "key"
    log = read_log(write(header, *rows), as_of="2026-07-01", pseudonyms=key)
    cells = shared_findings(findings(log)).tables["cells"]
    assert tuple(cells.loc[0, ["scale", "n_people", "reason"]]) == ("VAS0-100", "10", "")
    write_sums(log, tmp_path / "site.parquet")
    copy = shared_findings(findings(read_sums(tmp_path / "site.parquet")))
    assert copy.tables["cells"].drop(columns="minutes").equals(cells.drop(columns="minutes"))
    shown = blocks(copy)
    assert shown["start_pain"].sentences == (
        "The sums of the sites do not hold this; it needs the sessions.",
    )


# ---- what is refused


def refused(bundle, to, **options) -> str:
    with pytest.raises(UserError) as error:
        share_report(bundle, to, **options)
    return str(error.value)


def test_a_folder_that_is_no_unchanged_report_is_refused(own, copy, tmp_path):
    report = own[0].folder
    (tmp_path / "empty").mkdir()
    lost = tmp_path / "empty" / "findings.json"
    assert refused(tmp_path / "empty", tmp_path / "to") == (
        f"{lost}: a report's folder has this file; found none to read (No such file or directory); name the "
        "folder that reliefbook report wrote"
    )
    changed = tmp_path / "changed"
    changed.mkdir()
    text = (report / "findings.json").read_text("utf-8")
    (changed / "findings.json").write_text(
        text.replace('"sessions": 79', '"sessions": 80'), "utf-8"
    )
    (changed / "manifest.json").write_bytes((report / "manifest.json").read_bytes())
    assert refused(changed, tmp_path / "to") == (
        f"{changed / 'findings.json'}: must be as it was published; found another SHA-256 than the manifest's; "
        "name an unchanged bundle, or make the report again"
    )
    (changed / "manifest.json").write_text("[]")
    assert refused(changed, tmp_path / "to") == (
        f"{changed / 'manifest.json'}: must be the manifest of a report; found damaged or other text; name an "
        "unchanged bundle, or make the report again"
    )
    for damaged in (
        "[1]",
        '{"about": {"schema": 1}, "tables": 3}',
        "\udc80".encode("utf-8", "surrogateescape"),
    ):
        content = damaged if isinstance(damaged, bytes) else damaged.encode()
        (changed / "findings.json").write_bytes(content)
        recorded = {"outputs": {"findings.json": {"sha256": hashlib.sha256(content).hexdigest()}}}
        (changed / "manifest.json").write_text(json.dumps(recorded))
        assert refused(changed, tmp_path / "to") == (
            f"{changed / 'findings.json'}: must be the findings of a report; found damaged or other text; make "
            "the report again"
        )
    assert refused(copy.folder, tmp_path / "to") == (
        "the report is a share copy already; share the report that it was made of"
    )
    assert not (tmp_path / "to").exists()


def test_a_check_page_has_no_copy(tmp_path, write):
    log = write(HEADER, "P1,2026-03-01,feet,yoga,10,5,4,,")
    report = run_report(log, tmp_path / "check", notebook="check_log")
    assert refused(report.folder, tmp_path / "to") == (
        "a share copy is made of the report of a cohort or of one person; found 'check'"
    )


def test_a_copy_never_takes_the_place_of_a_report_or_of_other_files(own, published, tmp_path):
    message = (
        "{}: a report lies there, and the copy would take its place; name another folder with --to"
    )
    for target in (published.folder, own[0].folder, own[0].folder / "copy"):
        assert refused(own[0].folder, target) == message.format(target)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.docx").write_text("years of work")
    assert refused(own[0].folder, tmp_path / "mine") == (
        f"{tmp_path / 'mine'}: the folder holds other files (thesis.docx); a report replaces its folder, name a "
        "new one with --to"
    )


# ---- the draft


def test_the_draft_has_the_copy_attached_and_no_date(copy):
    content = (copy.folder / "email.eml").read_bytes()
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert sorted(message.keys()) == ["Content-Type", "MIME-Version", "Subject", "To", "X-Unsent"]
    assert (message["X-Unsent"], message["To"]) == ("1", "dr@example.org")
    assert message["Subject"] == "Self-massage and stretching log: share copy"
    body = message.get_body(("plain",)).get_content()
    assert body.replace("\r\n", "\n") == (
        f"{emergency_text()}\n\nAttached is the share copy of a self-reported log of self-massage and stretching: "
        "report.pdf (two pages) and report.html (the same, for a browser). It has no notes, names or dates. "
        "Counts of few people are not told.\n\nSelf-reported log. Not a diagnosis, not medical advice, not a "
        "medical device.\n\nE-mail can be read on its way: look at both files before you send this.\n"
    )
    attached = {
        part.get_filename(): part.get_payload(decode=True) for part in message.iter_attachments()
    }
    assert attached == {
        name: (copy.folder / name).read_bytes() for name in ("report.pdf", "report.html")
    }
    assert max(map(len, content.split(b"\r\n"))) <= 78
    assert content.replace(b"\r\n", b"").count(b"\n") == 0


@pytest.mark.parametrize(
    "address",
    ["", "dr", "dr@", "@example.org", "a@b.org\nBcc: x@y.org", "a@b.org\r", "a@b.org,c@d.org", "Dr <a@b.org>",
     "a b@c.org", "dr@exämple.org", "a" * 65 + "@b.org", "a@" + "b" * 260 + ".org", "a..b@c.org", "a@b"],
)  # fmt: skip
def test_what_is_no_address_is_refused(address):
    with pytest.raises(UserError) as error:
        checked_address(address)
    assert str(error.value) == (
        "--email-to: must be one address such as name@example.org, in plain letters without blanks or line ends; "
        f"found {address!r}"
    )


def test_a_draft_of_one_person_says_that_it_is_not_anonymous_and_whom_to_call(own):
    copy = shared_findings(with_page(own[0].findings, locale="UK"))
    content = draft(copy, "a.b+c@x-y.example.org", pdf=b"%PDF", page=b"<p>")
    message = email.message_from_bytes(content, policy=email.policy.default)
    body = message.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert body == (
        f"{emergency_text('UK')}\n\nAttached is the share copy of a self-reported log of self-massage and "
        "stretching: report.pdf (two pages) and report.html (the same, for a browser). It has no notes, names or "
        "dates. It is not anonymous to someone who knows this person.\n\nSelf-reported log. Not a diagnosis, not "
        "medical advice, not a medical device.\n\nE-mail can be read on its way: look at both files before you "
        "send this.\n"
    )
    assert "999, United Kingdom" in body


# ---- the command


def test_the_command_names_the_files_and_fails_in_one_line(own, tmp_path):
    def run(*words: str) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "analysis", "share", *map(str, words)]
        return subprocess.run(
            command, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=120, check=False
        )

    done = run(own[0].folder, "--to", "copy", "--email-to", "dr@example.org")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        *(str(Path("copy") / name) for name in (*FILES, "email.eml")),
        "Not anonymous to someone who knows this person.",
        "read the copy before you pass it on",
    ]
    failed = run(own[0].folder, "--to", "copy", "--email-to", "dr@example.org\nBcc: x@example.org")
    assert failed.returncode == 2
    assert failed.stderr == (
        "reliefbook: --email-to: must be one address such as name@example.org, in plain letters without blanks or "
        "line ends; found 'dr@example.org\\nBcc: x@example.org'\n"
    )
