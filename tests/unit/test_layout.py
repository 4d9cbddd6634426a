"""How the package is laid out: few files at its root, and none of them long."""

from pathlib import Path

import userctl

PACKAGE = Path(userctl.__path__[0])
LONGEST = 250


def test_three_modules_stand_at_the_root() -> None:
    assert {path.name for path in PACKAGE.glob("*.py")} == {
        "__init__.py", "__main__.py", "container.py",
    }  # fmt: skip


def test_no_file_is_too_long_to_be_read_at_a_glance() -> None:
    lengths = {
        str(path.relative_to(PACKAGE)): len(path.read_text().splitlines())
        for path in PACKAGE.rglob("*.py")
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}
