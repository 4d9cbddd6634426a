"""``userctl whoami``."""

import typer

from userctl.cli.command import command
from userctl.cli.invocation import Invocation

app = typer.Typer()


@command(app, "whoami", prints="SessionRead", example="userctl whoami -o json")
def whoami(run: Invocation) -> None:
    """Show who is logged in, when the session ends and where it is kept."""
    run.emit(run.services.sessions.who())
