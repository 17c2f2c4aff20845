"""The shared folder beside the checkout: test data of others, which the repository never copies."""

from pathlib import Path

import pytest

_FOLDER = Path(__file__).resolve().parents[2] / "shared"


def shared(*parts: str) -> Path:
    """Return a path in the shared folder, or skip the test where it is missing."""
    path = _FOLDER.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{path} is missing: third-party data stands beside the checkout, not in it")
    return path
