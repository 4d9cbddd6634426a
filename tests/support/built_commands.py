"""Lets the commands of a test run share the Click commands that Typer makes of each.

The program needs one for as long as it runs. The tests run thousands in one process, and a sixth
of their time went into building the same ones again.
"""

from functools import cache

from userctl.cli import app
from userctl.cli.command import Command


def share_built_commands() -> None:
    """Build each Click command once in a process."""
    app.program = cache(app.program)
    Command.build = cache(Command.build)  # type: ignore[method-assign]
