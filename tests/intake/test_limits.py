"""A file that is too large for its kind, or written to exhaust a computer, is refused in time.

Each is read by a Python of its own, whose time is limited and whose memory is measured.
"""

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

pytest.importorskip("resource", reason="only Unix limits and measures a process so")

HOSTILE = Path(__file__).parents[1] / "hostile"
MIB = 2**20
SECONDS, MOST_MEMORY = 30, 1024
HEADER = "date,region,technique,pain before,pain after\n"
ROW = "2025-03-01,hip,yoga,6,4\n"
RECORD = '{"date":"2025-03-01","region":"hip","technique":"yoga","pain before":6,"pain after":4}'

# A small process starts the reading one: what a process has inherited would count as its own memory.
WATCH = """
import json, resource, subprocess, sys
resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[1]),) * 2)
done = subprocess.run([sys.executable, "-c", *sys.argv[2:]], capture_output=True, text=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
memory = used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
print(json.dumps([done.stdout.strip(), done.stderr[-2000:], memory, used.ru_utime + used.ru_stime]))
"""
READ = """
import sys
from analysis.intake import read_log
from analysis.sessions import UnusableLog
try:
    log = read_log(sys.argv[1], as_of="2026-03-31")
except UnusableLog as error:
    print(error.fault["rule"])
else:
    print(len(log.sessions), "sessions")
"""


class Watched(NamedTuple):
    """What a reading process said, its errors, its memory in MiB at most, its seconds."""

    said: str
    errors: str
    memory: float
    seconds: float


def watched(path: Path) -> Watched:
    command = [sys.executable, "-c", WATCH, str(SECONDS), READ, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return Watched(*json.loads(done.stdout))


def text(path: Path, *parts: str | Iterator[str]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        for part in parts:
            file.writelines([part] if isinstance(part, str) else part)
    return path


def times(part: str, mebibytes: int) -> Iterator[str]:
    """Yield a text as often as it takes to fill so many mebibytes."""
    piece = part * (MIB // len(part))
    return (piece for _ in range(mebibytes))


def zip_bomb(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("log.csv", HEADER + ROW * (60 * MIB // len(ROW)))
    return path


CELL = "2025-03-01,hip,yoga,6,"
LARGE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "a workbook that unpacks to 135 MB": (lambda _: HOSTILE / "xlsx_zip_bomb.xlsx", "too-large"),
    "an archive that unpacks to 200 times its size": (
        lambda folder: zip_bomb(folder / "log.zip"),
        "too-large",
    ),
    "20,009 columns": (lambda _: HOSTILE / "str_20000_columns.csv", "too-many-columns"),
    "a cell of 200 MiB": (
        lambda folder: text(folder / "log.csv", HEADER, CELL, times("x", 200), "\n"),
        "too-large",
    ),
    "a quoted cell of 200 MiB": (
        lambda folder: text(folder / "log.csv", HEADER, CELL, '"', times("x", 200), '"\n'),
        "too-large|unclosed-quote",
    ),
    "a quote that never closes": (
        lambda folder: text(folder / "log.csv", HEADER, CELL, '"', times(ROW, 200)),
        "unclosed-quote",
    ),
    "a line of 200 MiB and no header": (
        lambda folder: text(folder / "log.csv", times("x", 200)),
        "no-header",
    ),
    "a line of 200 MiB of quotes": (
        lambda folder: text(folder / "log.csv", HEADER, times('"', 200)),
        "unclosed-quote",
    ),
    "a row of 200 million cells": (
        lambda folder: text(folder / "log.csv", HEADER, times(",", 200)),
        "too-large",
    ),
    "JSON of 60 million levels": (
        lambda folder: text(folder / "log.json", times("[", 60)),
        "too-large",
    ),
    "JSON of 100,000 levels": (lambda _: HOSTILE / "json_deep_nesting.json", "json"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_what_no_log_is_is_refused_in_time_and_memory(tmp_path, name):
    write, rule = LARGE[name]
    read = watched(write(tmp_path))
    assert read.errors == ""
    assert re.fullmatch(rule, read.said)
    assert read.memory < MOST_MEMORY
    assert read.seconds < SECONDS


@pytest.mark.slow
def test_a_workbook_that_would_unpack_to_much_costs_no_more_than_an_empty_file(tmp_path):
    nothing = watched(text(tmp_path / "empty.csv"))
    assert nothing.said == "empty"
    bomb = watched(HOSTILE / "xlsx_zip_bomb.xlsx")
    assert bomb.said == "too-large"
    assert bomb.memory - nothing.memory < 50
    assert bomb.seconds - nothing.seconds < 1
