"""What a command does not pay for."""

import pkgutil
import subprocess
import sys
from importlib import import_module

import pytest

from tests.support.cli import Userctl
from userctl import schemas

HEAVY = ["sqlmodel", "sqlalchemy", "alembic", "bcrypt", "jwt", "rich", "pydantic",
         "email_validator", "zxcvbn", "filelock", "psycopg", "cryptography"]  # fmt: skip

SCRIPT = """
import sys
{statement}
print(*(name for name in sys.argv[1:] if name in sys.modules), file=sys.stderr)
"""

COMPLETION = SCRIPT.format(
    statement="""
import os
os._exit = sys.exit
from userctl.__main__ import main
from userctl.cli.completion import answer
from userctl.db import quick_read
answer.LONGEST_SECONDS = quick_read.LONGEST_SECONDS = 60
try:
    main()
except SystemExit:
    pass
"""
)

EVERY_COMMAND = """
import pkgutil
from importlib import import_module
from userctl.cli import commands
for found in pkgutil.walk_packages(commands.__path__, f"{commands.__name__}."):
    import_module(found.name)
"""


@pytest.mark.parametrize(
    "statement",
    [
        "import userctl.cli",
        "import userctl.cli.app",
        "from userctl.cli.app import run; run(['--version'])",
        "from userctl.cli.app import run; run(['--help'])",
        "from userctl.cli.app import run; run(['user', '--help'])",
        "from userctl.cli.app import run; run(['user', 'create', '--help'])",
        EVERY_COMMAND,
    ],
)
def test_help_loads_no_heavy_module(statement: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(statement=statement), *HEAVY],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.split() == []


def test_a_health_check_loads_no_tables(local: Userctl) -> None:
    statement = "from userctl.cli.app import run; run(['health'])"
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(statement=statement), "sqlalchemy.orm", "sqlmodel"],
        env=local.environment,
        cwd=local.home,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout.split()[:2], done.stderr.split()) == (["status", "healthy"], [])


def test_the_tab_key_waits_for_nothing_that_only_commands_need(local: Userctl) -> None:
    local.create("ada@example.com")
    asked = {"_USERCTL_COMPLETE": "words_bash", "_USERCTL_LINE": "userctl user show a"}
    unneeded = [name for name in HEAVY if name != "psycopg"]
    done = subprocess.run(
        [sys.executable, "-c", COMPLETION, *unneeded, "typer", "userctl.cli.app"],
        env=local.environment | asked,
        cwd=local.home,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr.split()) == ("ada@example.com\n", [])


def test_every_module_of_schemas_is_there_when_it_is_named() -> None:
    for found in pkgutil.iter_modules(schemas.__path__):
        module = getattr(schemas, found.name)
        assert module is import_module(f"userctl.schemas.{found.name}")


def test_a_module_of_schemas_is_not_loaded_before_it_is_named() -> None:
    script = """
import sys
from tests.support.cli import Userctl
from userctl import schemas
assert "userctl.schemas.users" not in sys.modules
schemas.users.UserRead
assert "userctl.schemas.users" in sys.modules
assert "userctl.schemas.tokens" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize("name", ["UserRead", "nonsense", "_private", "__wrapped__"])
def test_schemas_has_no_other_names(name: str) -> None:
    with pytest.raises(AttributeError):
        getattr(schemas, name)
