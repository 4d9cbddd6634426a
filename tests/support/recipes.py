"""Follows the recipes of ``docs/development/where-things-go.md`` in a copy of the package."""

import re
import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/development/where-things-go.md"

_STEP = re.compile(
    r"<!-- (?:new file: (?P<new>\S+)|"
    r"(?P<path>\S+), (?P<how>after|instead of): (?P<anchor>.+?)) -->\n"
    r"```python\n(?P<text>.*?)```\n",
    re.DOTALL,
)


def follow_recipe(heading: str, checkout: Path) -> list[str]:
    """Copy the package and its migrations, and follow the recipe under a heading.

    Returns the files that it touches.
    """
    for folder in ("userctl", "migrations"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, checkout / folder, ignore=ignored)
    [recipe] = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.DOTALL | re.M)
    touched = []
    for step in _STEP.finditer(recipe):
        path = step["new"] or step["path"]
        touched.append(path)
        file = checkout / path
        if step["new"]:
            assert not file.exists(), f"{path} is not new"
            file.write_text(step["text"])
        else:
            file.write_text(_edit(file.read_text(), step["how"], step["anchor"], step["text"]))
    assert touched, f"no recipe under '{heading}'"
    return list(dict.fromkeys(touched))


def _edit(text: str, how: str, anchor: str, added: str) -> str:
    """Add text after a line, or instead of it; ``a; b`` is the first line b after line a."""
    lines, position = text.splitlines(keepends=True), -1
    for part in anchor.split("; "):
        position = next(
            number
            for number, line in enumerate(lines)
            if number > position and line.strip() == part
        )
    kept = position + 1 if how == "after" else position
    return "".join([*lines[:kept], added, *lines[position + 1 :]])
