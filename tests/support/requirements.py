"""Programs that tests need and a machine may lack.

Tests of a missing program are skipped with the reason, or fail if ``USERCTL_TEST_REQUIRE`` names
it: a newcomer's machine need not have everything, and one that checks changes has to.
"""

import os
import shutil
from collections.abc import Mapping

import pytest

REQUIRE_VARIABLE = "USERCTL_TEST_REQUIRE"

PROGRAMS = {
    "pgbouncer": "pgbouncer is not installed (Debian: apt-get install pgbouncer)",
    "zsh": "zsh is not installed (Debian: apt-get install zsh)",
    "fish": "fish is not installed (Debian: apt-get install fish)",
}
"""The programs that some test needs, each with the message if it is missing."""


def required_programs(environment: Mapping[str, str] = os.environ) -> frozenset[str]:
    """Return the programs that the environment requires.

    Raises:
        pytest.UsageError: if a name is unknown, because a mistyped one would require nothing.
    """
    names = {name.strip() for name in environment.get(REQUIRE_VARIABLE, "").split(",")} - {""}
    if unknown := sorted(names - PROGRAMS.keys()):
        raise pytest.UsageError(
            f"{REQUIRE_VARIABLE} names {', '.join(unknown)}, which no test needs. "
            f"Known are: {', '.join(sorted(PROGRAMS))}."
        )
    return frozenset(names)


def search_path(environment: Mapping[str, str] = os.environ) -> str:
    """Return PATH with the folder that Debian leaves out of it for ordinary users and cron.

    Servers are there, and the programs that create users.
    """
    return f"{environment.get('PATH', os.defpath)}{os.pathsep}/usr/sbin"


def program(name: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return the path of a program; skip the test if it is missing, or fail if it is required."""
    found = shutil.which(name, path=search_path(environment))
    if found is not None:
        return found
    if name in required_programs(environment):
        pytest.fail(f"{PROGRAMS[name]}; {REQUIRE_VARIABLE} requires it", pytrace=False)
    pytest.skip(PROGRAMS[name])
