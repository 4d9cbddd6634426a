"""Reads the documents: their blocks of commands, links and headings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
COMMANDS = ("sh", "console")
RUN_BY_CI = ("tour command", "test command")
"""The markers of blocks that ``.ci/run`` runs."""

_FENCE = re.compile(
    r"(?:^<!-- (?P<comment>(?:(?!-->).)*?)\s*-->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A block of a document, with the comment that stands right before it."""

    line: int
    language: str
    text: str
    comment: str

    @property
    def preparation(self) -> str:
        """The commands that a reader has already run, which the document need not show."""
        found = re.fullmatch(r"run first:\n(.*)", self.comment, re.DOTALL)
        return found[1] if found else ""

    @property
    def runs(self) -> bool:
        """Whether a test runs the block, or its comment says why none does."""
        marked = self.comment in RUN_BY_CI or re.match(r"not run: \S", self.comment)
        return self.language in COMMANDS and not marked

    @property
    def dialog(self) -> list[tuple[str, str]]:
        """The commands of a console, each with what it prints."""
        parts = re.split(r"^\$ (.*)\n", self.text, flags=re.MULTILINE)[1:]
        return list(zip(parts[::2], map(str.strip, parts[1::2]), strict=True))


def name(page: Path) -> str:
    """Return what a page is called in the names of tests."""
    return str(page.relative_to(ROOT))


def blocks(page: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a page."""
    text = page.read_text("utf-8")
    for found in _FENCE.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        comment = (found["comment"] or "").strip()
        yield Block(line, found["language"], found["text"], comment)


def prose(page: Path) -> str:
    """Return a page without its fenced blocks and code."""
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", "`code`", text)


def links(page: Path) -> list[str]:
    """Return the targets of the links of a page."""
    return re.findall(r"\[[^\]]*\]\(([^)\s]+)\)", prose(page))


def anchors(page: Path) -> set[str]:
    """Return the anchors of the headings of a page, as GitHub makes them."""
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    found: set[str] = set()
    for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        anchor = re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        number = next(n for n in range(100) if (f"{anchor}-{n}" if n else anchor) not in found)
        found.add(f"{anchor}-{number}" if number else anchor)
    return found
