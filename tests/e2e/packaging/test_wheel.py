"""The wheel alone, in a fresh environment outside the checkout, on both databases."""

import os
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

    def run(*command: str | Path) -> None:
        environment = os.environ | {"UV_NATIVE_TLS": "true"}
        subprocess.run([sys.executable, "-m", *command], check=True, env=environment)

    # The wheel is built from the sdist, so that both are known to be complete.
    run("build", "--installer", "uv", "--outdir", folder / "dist", ROOT)
    (wheel,) = (folder / "dist").glob("*.whl")
    run("uv", "venv", "--python", sys.executable, folder / "venv")
    run("uv", "pip", "install", "--python", folder / "venv", f"{wheel}[postgres]")
    return str(folder / "venv/bin/userctl")


# It downloads what the wheel asks for, and takes half a minute.
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


CONSUMER = """
from userctl import AccessClaims, Accounts, Page, UserRead, errors, open_accounts


def emails(accounts: Accounts) -> list[str]:
    page: Page[UserRead] = accounts.users.list(status="active")
    found = [user.email for user in page.items]
    while page.more:
        page = accounts.users.list(status="active", after=page.after)
        found += [user.email for user in page.items]
    return found


def expires_at(accounts: Accounts, email: str, password: str) -> int:
    try:
        tokens = accounts.sessions.login(email, password).tokens
    except errors.LoginThrottled as error:
        return int(error.resets_in.total_seconds())
    claims: AccessClaims = accounts.tokens.verify_offline(tokens.access_token)
    return claims.exp


with open_accounts("sqlite:///users.db", pool_size=3) as accounts:
    wrong: int = accounts.health().status
"""


@pytest.mark.soak
def test_the_types_of_the_wheel_are_those_that_a_service_checks_against(
    installed: str, tmp_path: Path
) -> None:
    (tmp_path / "service.py").write_text(CONSUMER)
    python = Path(installed).with_name("python")
    command = [sys.executable, "-m", "mypy", "--strict", "--python-executable", python]
    done = subprocess.run(
        [*command, "service.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    # The one mistake shows that the types are known.
    assert done.stdout.count("error:") == 1, done.stdout
    assert "[assignment]" in done.stdout
