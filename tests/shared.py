"""What tests share: the day of reading, a header; and test data of others, which stands beside the checkout."""

import re
from pathlib import Path

import pytest

#: The day on which the tests read a log, and the header of a small one.
AS_OF = "2026-07-01"
HEADER = "participant,started_at,region,technique,pain_before,pain_after"

#: Words that no text of the kit may have (statistics.md, 15), by language; and numbers that are none.
CLAIMS = {
    "en": re.compile(
        r"\b(works?|effective(ly)?|relie(ved|ves)|reduces|best|proven|should use|trend|cures?|treats)\b"
        r"|\bworst\b(?!\s+imaginable)|significant improvement|nan\b|\binf\b",
        re.IGNORECASE,
    ),
    "de": re.compile(
        r"\b(wirkt|wirken|wirksam\w*|wirkung\w*|effekt\w*|hilft|helfen|lindert|gelindert|reduziert|beste[rns]?|"
        r"verbesser\w*|bewiesen|trend|heilt|signifikant\w*)\b|schlimmste\w*\b(?!\s+vorstellbare)",
        re.IGNORECASE,
    ),
}

_FOLDER = Path(__file__).resolve().parents[2] / "shared"


def shared(*parts: str) -> Path:
    """Return a path in the shared folder, or skip the test where it is missing."""
    path = _FOLDER.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{path} is missing: third-party data stands beside the checkout, not in it")
    return path
