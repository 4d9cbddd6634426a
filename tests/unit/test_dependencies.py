"""The versions of other packages that may be installed with userctl."""

import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

LAST_HOLES_CLOSED = {
    # Followed a symbolic link in the place of a lock.
    "filelock": (3, 20, 3),
    # Took public keys that reveal the private one for subgroup attacks.
    "cryptography": (46, 0, 5),
    # Wrote uploaded files outside their folder.
    "python-multipart": (0, 0, 22),
}
"""The first version of each package without a known hole that matters here."""


def bounds() -> list[tuple[str, tuple[int, ...]]]:
    """Return each requirement and its lower bound."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    found = (re.match(r"([\w-]+)[^>]*>=([\d.]+)", requirement) for requirement in wanted)
    return [(m[1], tuple(map(int, m[2].split(".")))) for m in found if m]


@pytest.mark.parametrize(("name", "safe"), LAST_HOLES_CLOSED.items())
def test_no_version_with_a_known_hole_may_be_installed(name: str, safe: tuple[int, ...]) -> None:
    found = [bound for package, bound in bounds() if package == name]
    assert found
    assert min(found) >= safe


def test_the_oldest_versions_are_tested_too() -> None:
    assert "--resolution lowest-direct" in (ROOT / ".ci/run").read_text()
