"""Shared fixtures: one example log, its findings, and one published report a worker."""

import pytest
from shared import AS_OF, HEADER

from analysis.findings import findings, person_findings
from analysis.intake import read_log
from analysis.report import run_report
from analysis.shipped import example_log, example_of_one


@pytest.fixture(scope="session")
def log():
    return read_log(example_log(), as_of=AS_OF)


@pytest.fixture(scope="session")
def cohort(log):
    return findings(log)


@pytest.fixture(scope="session")
def person():
    return person_findings(read_log(example_of_one(), as_of=AS_OF))


@pytest.fixture(scope="session")
def published(tmp_path_factory):
    return run_report(example_log(), tmp_path_factory.mktemp("bundle") / "example")


@pytest.fixture
def write(tmp_path):
    """Write a log file from its lines and return its path."""

    def writer(*lines: str, name: str = "log.csv"):
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return writer


@pytest.fixture
def small_log(write):
    """Write a log with the canonical header and return it as read."""

    def reader(*rows: str):
        return read_log(write(HEADER, *rows), as_of=AS_OF)

    return reader
