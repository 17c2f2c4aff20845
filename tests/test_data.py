"""The data dictionary says what the code does."""

import re
from pathlib import Path

from analysis.intake import read_log
from analysis.sessions import ADDED, COLUMNS, ROW_REPORT
from analysis.shipped import example_log, example_of_one

README = (Path(__file__).resolve().parents[1] / "data" / "README.md").read_text("utf-8")
TYPES = {"code": "code", "time": "time", "term": "word", "answer": "word", "rating": "number",
         "number": "number", "symptom": "number or word", "text": "text"}  # fmt: skip


def test_every_column_stands_in_the_dictionary_with_type_unit_and_rule():
    for column in COLUMNS:
        required = "yes" if column.required else ""
        row = (f"| `{column.name}` | {TYPES[column.kind]} | {column.unit} | {column.allowed} | {required} | "
               f"{column.meaning} |")  # fmt: skip
        assert row in README


def test_what_the_kit_adds_and_refuses_stands_there_too():
    for name in (*ADDED, *ROW_REPORT):
        assert f"`{name}`" in README


def test_the_files_are_described_with_their_rows():
    rows = dict(re.findall(r"^\| `([\w.]+\.csv)` \|.*?\| \d+ \| ([\d,]+) \|", README, re.MULTILINE))
    for path in (example_log(), example_of_one()):
        lines = len(path.read_text("utf-8").splitlines()) - 1
        assert int(rows[path.name].replace(",", "")) == lines


def test_the_log_and_the_mapping_of_the_readme_are_read_together(tmp_path):
    text = (Path(__file__).resolve().parents[1] / "README.md").read_text("utf-8")
    table = re.findall(r"^\| (Date .*|2026.*) \|$", text, re.MULTILINE)
    log = tmp_path / "mylog.csv"
    log.write_text("\n".join(",".join(line.split(" | ")) for line in table) + "\n")
    mapping = tmp_path / "my.yml"
    mapping.write_text(re.search(r"```yaml\n(.*?)```", text, re.DOTALL)[1])
    for given in (None, mapping):
        read = read_log(log, mapping=given, as_of="2026-07-01")
        assert (len(read.sessions), len(read.refused)) == (1, 0)
