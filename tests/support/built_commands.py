"""Lets commands that run in the process of the tests share the Click commands that Typer builds.

The program builds each once. The tests run thousands in one process, and spent a sixth of their
time on building the same ones again.
"""

from functools import cache

from userctl.cli import app
from userctl.cli.command import Command


def share_built_commands() -> None:
    """Build each Click command once in a process."""
    app.program = cache(app.program)
    Command.build = cache(Command.build)  # type: ignore[method-assign]
