"""``userctl logout``."""

import typer

from userctl.cli.command import command
from userctl.cli.invocation import Invocation

app = typer.Typer()


@command(app, "logout", example="userctl logout")
def logout(run: Invocation) -> None:
    """End the stored session and forget it."""
    ended = run.services.sessions.end()
    run.note("Logged out." if ended else "Nobody was logged in.")
