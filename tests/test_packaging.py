"""What is built works outside the checkout: notebooks, example data and vocabulary are inside."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Return a folder with the wheel's content; the wheel is built from the sdist."""
    made = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "build", "--no-isolation", "--outdir", made, ROOT],
                   check=True, capture_output=True)  # fmt: skip
    assert len(list(made.glob("reliefbook-*.tar.gz"))) == 1
    (wheel,) = made.glob("*.whl")
    folder = tmp_path_factory.mktemp("site")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


def run(installed: Path, cwd: Path, *words: str) -> subprocess.CompletedProcess:
    environment = os.environ | {"PYTHONPATH": str(installed)}
    return subprocess.run([sys.executable, *words], cwd=cwd, env=environment, capture_output=True,
                          encoding="utf-8", timeout=120, check=False)  # fmt: skip


def test_the_wheel_carries_notebooks_data_vocabulary_and_templates(installed):
    package = installed / "analysis"
    assert {path.name for path in (package / "notebooks").iterdir()} == {
        "check_log.ipynb", "guide.ipynb", "one_person.ipynb", "pain_reduction.ipynb"}  # fmt: skip
    assert (package / "data" / "example_log.csv").read_bytes() == (
        ROOT / "data" / "example_log.csv").read_bytes()  # fmt: skip
    for name in (
        "vocabulary.yml",
        "locale/de/LC_MESSAGES/reliefbook.po",
        "report/templates/report.typ",
        "report/templates/reliefbook/page.css",
    ):
        assert (package / name).is_file()


def test_the_installed_package_makes_a_report_outside_the_checkout(installed, tmp_path):
    code = "import analysis, pathlib; print(pathlib.Path(analysis.__file__).parent)"
    assert run(installed, tmp_path, "-c", code).stdout.strip() == str(installed / "analysis")
    result = run(installed, tmp_path, "-m", "analysis", "report", "--to", "out")
    assert result.returncode == 1, result.stderr
    assert (tmp_path / "out" / "report.pdf").is_file()


def test_the_constraints_name_exact_versions_and_no_host():
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    assert all("==" in line and "/" not in line and "@" not in line for line in lines)
    assert any(line.startswith("papermill==") for line in lines)
