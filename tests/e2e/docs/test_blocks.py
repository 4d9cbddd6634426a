"""The commands in the documents, run as a reader would run them: page by page, from the top.

A block of ``sh`` or ``console`` is run unless a comment before it says why not. What a console
prints has to be what the page shows, but for times, generated secrets and the home folder. Run with
``USERCTL_TEST_UPDATE_DOCS=1`` to write what commands print into the pages.
"""

import os
import re
from pathlib import Path

import pytest

from tests.support.cli import Userctl
from tests.support.documents import DOCUMENTS, Block, blocks, name
from tests.support.marks import soak_only
from tests.support.shell import Shell

PAGES = [page for page in DOCUMENTS if any(block.runs for block in blocks(page))]
FIRST_READ = {"README.md", "tutorial.md"}
UPDATE = "USERCTL_TEST_UPDATE_DOCS" in os.environ
VARIABLE = [
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME"),
    (r"(?<=generated_password  )\S+", "PASSWORD"),
]


def constant(text: str) -> str:
    """Return what a command printed without what differs from run to run."""
    for pattern, word in VARIABLE:
        text = re.sub(pattern, word, text)
    return re.sub(r" +$", "", text, flags=re.MULTILINE).strip()


def script(block: Block, folder: Path) -> str:
    """Return what runs a block; the output of each command of a console goes to a file."""
    if block.language == "sh":
        # The variables of one block do not reach the next.
        return f"(set -euo pipefail\n{block.text})\n"
    commands = [command for command, _ in block.dialog]
    return "".join(
        f"({command}) > {folder}/{block.line}.{number} 2>&1 || true\n"
        for number, command in enumerate(commands)
    )


@pytest.mark.parametrize(
    "page",
    [page if page.name in FIRST_READ else soak_only(page) for page in PAGES],
    ids=[name(page) for page in PAGES],
)
def test_every_block_of_commands_does_what_the_page_shows(
    embedded: Userctl, page: Path, tmp_path: Path, forked_program: str
) -> None:
    shell = Shell(embedded, Path(forked_program))
    running = [block for block in blocks(page) if block.runs]
    for block in running:
        run(shell, block, tmp_path, before=[b for b in running if b.line < block.line])
    if UPDATE:
        update(page, running, tmp_path, embedded)
    for block in running:
        for number, (command, printed) in enumerate(block.dialog):
            found = (tmp_path / f"{block.line}.{number}").read_text()
            found = found.replace(str(embedded.home), "/home/ada")
            if not UPDATE:
                assert constant(found) == constant(printed), command


def run(shell: Shell, block: Block, folder: Path, before: list[Block]) -> None:
    """Run a block, in a shell that was prepared as the blocks before it were."""
    # A preparation may set a variable, which only the shell that runs it has.
    prepared = "".join(f"{b.preparation}\n" for b in before if "export" in b.preparation)
    text = f"set -e\n{prepared}{block.preparation}\n{script(block, folder)}"
    done = shell.run(text)
    assert done.returncode == 0, f"line {block.line}: {done.stderr}"


def update(page: Path, running: list[Block], folder: Path, userctl: Userctl) -> None:
    """Write what the commands of a page printed into it."""
    text = page.read_text("utf-8")
    for block in running:
        for number, (command, printed) in enumerate(block.dialog):
            found = (folder / f"{block.line}.{number}").read_text()
            found = found.replace(str(userctl.home), "/home/ada").strip()
            found = re.sub(r" +$", "", found, flags=re.MULTILINE)
            if constant(found) != constant(printed):
                text = text.replace(f"$ {command}\n{printed}", f"$ {command}\n{found}")
    page.write_text(text, "utf-8")
