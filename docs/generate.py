"""Writes the reference pages, the man page and the generated parts of other pages.

    python docs/generate.py          # writes what is stale
    python docs/generate.py --check  # names what is stale, and exits with 1 if anything is

Everything comes from the code: the tree of commands, the settings, the errors, the schemas, the
audit tags, the metrics and the tables. Nothing depends on the terminal or the version of Python.
"""

import argparse
import sys
from pathlib import Path

from generator.pages import pages, parts, replace_parts

ROOT = Path(__file__).parents[1]


def stale_files() -> dict[Path, str]:
    """Return each file that is not up to date, with the text that it should have."""
    wanted = {ROOT / name: text for name, text in pages().items()}
    generated = parts()
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        if page not in wanted:
            wanted[page] = replace_parts(page.read_text("utf-8"), generated)
    return {
        file: text
        for file, text in wanted.items()
        if not file.exists() or file.read_text("utf-8") != text
    }


def main() -> int:
    """Write or check, and return the exit code."""
    parser = argparse.ArgumentParser(description="Write the generated documents.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 on drift")
    check = parser.parse_args().check
    stale = stale_files()
    for file, text in stale.items():
        print(f"{'stale' if check else 'wrote'}: {file.relative_to(ROOT)}")
        if not check:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
    if check and stale:
        print("Run: python docs/generate.py")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
