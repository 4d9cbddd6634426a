"""How the package is laid out, and how its functions are named."""

import ast
import re
from pathlib import Path

import userctl

PACKAGE = Path(userctl.__path__[0])
LONGEST = 250

PARTICIPLE = re.compile(r"_?(?!need|open|screen|seed|token)[a-z]*(ed|en|found|kept|made|sent|told)")
"""A name that says neither what a function does nor what it returns."""


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


def test_no_function_is_named_by_a_participle_alone() -> None:
    named = {
        f"{path.relative_to(PACKAGE)}: {node.name}"
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and PARTICIPLE.fullmatch(node.name)
    }
    assert named == set()
