"""The wheel alone, in a fresh environment outside the checkout, on both databases."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cli import PASSWORD, Userctl

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The program of an environment that holds the wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("wheel")
    # The wheel is built from the sdist, so that both are known to be complete.
    subprocess.run(
        [sys.executable, "-m", "build", "--outdir", folder / "dist", ROOT],
        check=True,
        capture_output=True,
    )
    (wheel,) = (folder / "dist").glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    subprocess.run(
        [folder / "venv/bin/pip", "install", "--quiet", f"{wheel}[postgres]"], check=True
    )
    return str(folder / "venv/bin/userctl")


# It downloads what the wheel asks for, and takes a minute.
@pytest.mark.soak
def test_the_wheel_does_the_main_job_on_both_databases(
    installed: str, home: Path, bare_postgres_url: str
) -> None:
    for database_url in (f"sqlite:///{home / 'new.db'}", bare_postgres_url):
        userctl = Userctl(home, database_url, program=(installed,))
        assert userctl.spawn("db", "migrate", "--check").code == 8
        assert userctl.spawn("db", "migrate").code == 0
        assert userctl.spawn("db", "history", "-o", "json").json[-1]["applied"] is True
        for command in (
            ["user", "create", "ada@example.com", "--password-stdin"],
            ["login", "ada@example.com", "--password-stdin"],
            ["whoami"],
            ["db", "downgrade", "0001", "--yes"],
            ["db", "migrate"],
            ["login", "ada@example.com", "--password-stdin"],
        ):
            result = userctl.spawn(*command, stdin=PASSWORD)
            assert result.code == 0, result.err
    page = Path(installed).parents[1] / "share/man/man1/userctl.1"
    assert page.read_text() == (ROOT / "docs/userctl.1").read_text()
