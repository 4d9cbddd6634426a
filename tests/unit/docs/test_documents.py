"""The documents hold together: links lead somewhere, and generated pages are up to date."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import userctl
from tests.support.documents import DOCUMENTS, ROOT, anchors, blocks, links, name
from userctl.core import errors


@pytest.mark.parametrize("page", DOCUMENTS, ids=name)
def test_every_link_leads_to_a_file_and_a_heading_that_exist(page: Path) -> None:
    for link in links(page):
        if re.match(r"https?://|mailto:", link):
            continue
        target, _, anchor = link.partition("#")
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), link
        if anchor:
            assert anchor in anchors(file), link


def test_every_page_can_be_reached_from_the_readme() -> None:
    found, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in found or page.suffix != ".md":
            continue
        found.add(page)
        targets = (link.partition("#")[0] for link in links(page) if "://" not in link)
        waiting += [(page.parent / target).resolve() for target in targets if target]
    assert set(DOCUMENTS) - found == set()


def test_the_readme_is_one_to_read() -> None:
    assert (ROOT / "README.md").read_text().count("\n") <= 135


@pytest.mark.parametrize("page", DOCUMENTS, ids=name)
def test_every_block_says_its_language(page: Path) -> None:
    for block in blocks(page):
        assert block.language, f"line {block.line}"


@pytest.mark.soak
def test_generated_documents_are_up_to_date() -> None:
    command = [sys.executable, ROOT / "docs/generate.py", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_the_man_page_has_no_mistakes() -> None:
    command = ["groff", "-man", "-ww", "-Tutf8", "-z", ROOT / "docs/userctl.1"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_the_changelog_has_an_entry_for_this_version() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text()
    assert re.search(rf"^## {re.escape(userctl.__version__)} \(\d{{4}}-\d\d-\d\d\)$", changes,
                     re.MULTILINE)  # fmt: skip


def test_plain_words_are_used() -> None:
    """The trust boundary is the one sentence in which the word is the natural one."""
    found = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()}"
        for folder in ("userctl", "docs")
        for file in [ROOT / "README.md", *sorted((ROOT / folder).rglob("*.[mp][dy]"))]
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if re.search(r"\b(nobody|somebody|whoever)\b", line, re.IGNORECASE)
        and "Whoever can write the database and read the signing keys" not in line
    ]
    assert found == []


def test_nothing_says_to_install_a_package_that_is_not_published() -> None:
    """A package index has no ``userctl`` yet, and what has the name one day may not be ours."""
    found = [
        f"{file.relative_to(ROOT)}: {line.strip()}"
        for pattern in ("*.md", "userctl/**/*.py", "docs/**/*", "examples/**/*")
        for file in sorted(ROOT.glob(pattern))
        if file.is_file() and "__pycache__" not in file.parts
        for line in file.read_text().splitlines()
        if re.search(r"pipx? install (-\S+ )*['\"]?userctl\b", line)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("error", "extra"),
    [
        (errors.DatabaseDriverMissing, "postgres"),
        (errors.CryptoMissing, "crypto"),
        (errors.MetricsMissing, "metrics"),
    ],
)
def test_the_hint_of_a_missing_library_names_what_the_extra_installs(
    error: type[errors.UserctlError], extra: str
) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    [requirement] = project["optional-dependencies"][extra]
    assert error.hint == f"Install it with: pip install '{requirement}'"


def test_the_lock_library_is_one_that_follows_no_symbolic_link() -> None:
    """CVE-2025-68146 and CVE-2026-22701."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    [bound] = [each for each in project["dependencies"] if each.startswith("filelock")]
    assert tuple(map(int, bound.removeprefix("filelock>=").split("."))) >= (3, 20, 3)
