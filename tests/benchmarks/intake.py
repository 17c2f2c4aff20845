"""How long checking a log takes, beside pandas and pandera on the same rows, and how much memory.

Run in an environment with ``pip install -e ".[benchmarks]"``::

    python tests/benchmarks/intake.py              1,000,000 rows: times, as ratios of one run
    python tests/benchmarks/intake.py --memory     10,000,000 rows: peak memory of the check

The log has every canonical column, one row in a hundred is faulty, and all starts of a person
differ. pandera gets the same rules twice: as the kit has them (a word in any case and with other
blanks, its other words, the words for a missing answer), and in their cheapest form, which would
refuse most logs that people write (codes alone, nothing folded). Both must find the same number of
faulty rows. pandera combines nothing, fills nothing in and words no sentence.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.intake import check_log
from analysis.safety import screened
from analysis.sessions import COLUMNS
from analysis.vocabulary import vocabulary

AS_OF = "2026-03-31"
ROWS, MANY_ROWS, AT_ONCE = 1_000_000, 10_000_000, 500_000
PEOPLE, REPEATS = 2_000, 3
NUMBER = r"-?[0-9]+(?:\.[0-9]*)?"
BLANKS = r"[\s_\-]+"


def block(first: int, n_rows: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return rows of a log in canonical columns, as text."""
    place = np.arange(first, first + n_rows)
    minute = np.datetime64("2010-01-01T06:00") + (place // PEOPLE * 7).astype("timedelta64[m]")
    codes = {
        name: list(dict.fromkeys(words.values())) for name, words in vocabulary().words.items()
    }
    cells = {
        "participant": np.char.mod("P%04d", place % PEOPLE),
        "started_at": np.char.replace(np.datetime_as_string(minute, unit="m"), "T", " "),
        "region": rng.choice(vocabulary().regions["code"].to_numpy("U"), n_rows),
        "technique": rng.choice(vocabulary().techniques["code"].to_numpy("U"), n_rows),
        "minutes": rng.integers(2, 60, n_rows).astype("U"),
        "pain_before": rng.integers(2, 11, n_rows).astype("U"),
        "pain_after": rng.integers(0, 10, n_rows).astype("U"),
        "scale": np.full(n_rows, "NRS0-10"),
        "medicine": rng.choice(["", "no", "ibuprofen"], n_rows),
        "notes": rng.choice(["", "slept well", '"stiff, after a long walk"'], n_rows),
    }
    for column in COLUMNS:
        if column.name not in cells:
            words = ["no", "yes", "3"] if column.kind == "symptom" else codes[column.name]
            cells[column.name] = rng.choice(np.array(["", *words], dtype="U"), n_rows)
    wrong = rng.random(n_rows) < 0.01
    fault = np.where(rng.random(n_rows) < 0.5, "11", "six")
    cells["pain_before"] = np.where(wrong, fault, cells["pain_before"])
    return pd.DataFrame(cells)[[column.name for column in COLUMNS]]


def write(path: Path, n_rows: int) -> None:
    """Write a log of so many rows."""
    rng = np.random.default_rng(20260331)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(column.name for column in COLUMNS) + "\n")
        for first in range(0, n_rows, AT_ONCE):
            rows = block(first, min(AT_ONCE, n_rows - first), rng)
            file.writelines(",".join(row) + "\n" for row in rows.itertuples(index=False, name=None))


def check(path: Path) -> int:
    """Check a log as the command does; return how many rows are refused."""
    return int(check_log(path, keep=screened, as_of=AS_OF).sources["refused"].sum())


def as_text(path: Path) -> pd.DataFrame:
    """Read a log as pandas does, as text."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def schema(*, cheapest: bool):
    """Return the rules of a log in pandera."""
    import pandera.pandas as pa

    def folded(cells: pd.Series) -> pd.Series:
        if cheapest:
            return cells
        plain = cells.str.normalize("NFC").str.replace(BLANKS, " ", regex=True)
        return plain.str.strip().str.casefold()

    def one_of(words: set[str]):
        return lambda cells: folded(cells).isin(words)

    def between(low: float, high: float):
        return lambda cells: (
            folded(cells).isin(missing)
            | (
                cells.str.fullmatch(NUMBER)
                & pd.to_numeric(cells, errors="coerce").between(low, high)
            )
        )

    def times(cells: pd.Series) -> pd.Series:
        read = pd.to_datetime(cells, format="ISO8601", errors="coerce")
        return read.between("1990-01-01", "2026-04-01 23:59:59")

    missing = {""} if cheapest else vocabulary().missing
    tables = vocabulary().words
    words = {name: set(table.values() if cheapest else table) for name, table in tables.items()}
    kinds = {
        "code": pa.Check.str_matches(r"^[A-Za-z0-9_][A-Za-z0-9_-]{0,31}$"),
        "time": pa.Check(times),
        "rating": pa.Check(between(0, 10)),
        "number": pa.Check(between(1, 180)),
        "symptom": pa.Check(lambda cells: one_of(words["yes_no"])(cells) | between(0, 10)(cells)),
        "text": pa.Check.str_length(0, 10_000),
    }
    columns = {
        column.name: pa.Column(
            str, kinds.get(column.kind) or pa.Check(one_of(words[column.name] | missing))
        )
        for column in COLUMNS
    }
    return pa.DataFrameSchema(columns, unique=["participant", "started_at"])


def validated(rules, cells: pd.DataFrame) -> int:
    """Validate lazily; return how many rows have a fault."""
    import pandera.errors

    try:
        rules.validate(cells, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        return errors.failure_cases["index"].nunique()
    return 0


def seconds(work: Callable[[], object]) -> float:
    """Return the median time of some runs."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def print_times(folder: Path) -> None:
    """Print the times and their ratios."""
    path = folder / "log.csv"
    write(path, ROWS)
    cells = as_text(path)
    rules = {"the same rules": schema(cheapest=False), "their cheapest form": schema(cheapest=True)}
    faulty = check(path)
    for name, form in rules.items():
        if (found := validated(form, cells)) != faulty:
            sys.exit(f"the kit refuses {faulty:,} rows, pandera finds {found:,} by {name}")
    checked, read = seconds(lambda: check(path)), seconds(lambda: as_text(path))
    size = path.stat().st_size / 2**20
    print(f"{ROWS:,} rows, {len(COLUMNS)} columns, {size:.0f} MiB, {faulty:,} rows refused")
    print(f"reliefbook check, reading included         {checked:6.2f} s")
    print(
        f"pandas.read_csv as text                    {read:6.2f} s  check takes {checked / read:.2f} of it"
    )
    for name, form in rules.items():
        took = seconds(lambda form=form: validated(form, cells))
        print(
            f"pandera, lazy, {name:<22}      {took:6.2f} s  {took / checked:.2f} checks, "
            f"{(read + took) / checked:.2f} with reading"
        )


def print_memory(folder: Path) -> None:
    """Print the peak memory of a process that checks a log of ten million rows."""
    path = folder / "log.csv"
    write(path, MANY_ROWS)
    start = time.perf_counter()
    subprocess.run([sys.executable, __file__, "--check", str(path)], check=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    size = path.stat().st_size / 2**30
    print(
        f"{MANY_ROWS:,} rows, {size:.2f} GiB: peak {peak:.2f} GiB, {time.perf_counter() - start:.0f} s"
    )


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--memory", action="store_true", help="peak memory of ten million rows")
    parser.add_argument("--check", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.check:
        check(given.check)
        return
    with tempfile.TemporaryDirectory() as folder:
        (print_memory if given.memory else print_times)(Path(folder))


if __name__ == "__main__":
    main()
