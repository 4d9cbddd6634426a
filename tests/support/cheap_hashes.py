"""Lets userctl hash at the lowest cost where it runs in a process of the tests.

The lowest cost that may be configured takes 40 ms per hash, which was a quarter of the time of all
commands that tests run.
"""

from dataclasses import replace

from userctl.config.parsers import Parser
from userctl.config.settings import SETTINGS
from userctl.security.bcrypt_hash import MINIMUM_COST

CHEAP = {"USERCTL_PASSWORD_COST": str(MINIMUM_COST)}
"""The environment of a command that runs where cheap hashes are allowed."""


def allow_cheap_hashes() -> None:
    """Accept the lowest cost that bcrypt knows as the setting ``password_cost``."""
    declared = SETTINGS["password_cost"]

    def parse(value: object) -> int:
        cheap = value == CHEAP["USERCTL_PASSWORD_COST"]
        return MINIMUM_COST if cheap else declared.parser(value)

    SETTINGS["password_cost"] = replace(declared, parser=Parser(declared.parser.expected, parse))
