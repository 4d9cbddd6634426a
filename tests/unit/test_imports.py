"""What a command does not pay for."""

import subprocess
import sys
from importlib import import_module

import pytest

from userctl import schemas

HEAVY = ["sqlmodel", "sqlalchemy", "alembic", "bcrypt", "jwt", "rich", "pydantic",
         "email_validator", "zxcvbn", "filelock", "psycopg", "cryptography"]  # fmt: skip

SCRIPT = """
import sys
{statement}
print(*(name for name in sys.argv[1:] if name in sys.modules), file=sys.stderr)
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


def test_every_schema_that_is_offered_is_there() -> None:
    assert sorted(schemas.__all__) == sorted(schemas._MODULES)
    for name, module in schemas._MODULES.items():
        assert getattr(schemas, name) is getattr(import_module(f"userctl.schemas.{module}"), name)
    with pytest.raises(AttributeError):
        _ = schemas.Nonsense
