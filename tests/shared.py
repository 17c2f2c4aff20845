"""What tests share: the day of reading, a header; and test data of others, which stands beside the checkout."""

from pathlib import Path

import pytest

#: The day on which the tests read a log, and the header of a small one.
AS_OF = "2026-07-01"
HEADER = "participant,started_at,region,technique,pain_before,pain_after"

_FOLDER = Path(__file__).resolve().parents[2] / "shared"


def shared(*parts: str) -> Path:
    """Return a path in the shared folder, or skip the test where it is missing."""
    path = _FOLDER.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{path} is missing: third-party data stands beside the checkout, not in it")
    return path
