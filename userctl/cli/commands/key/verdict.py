"""The line that ends a command which added a key."""

from typing import TYPE_CHECKING

from userctl.cli.context import CommandContext
from userctl.cli.verdicts import conclude

if TYPE_CHECKING:
    from userctl.schemas.keys import KeyRead


def conclude_added_key(context: CommandContext, done: str, key: "KeyRead") -> None:
    """Say in one line which key was added, and what it does from now on."""
    if key.state == "next":
        fact = "the next key: it signs after 'userctl key rotate'"
        conclude(context, done, fact, undo=f"key retire {key.kid}")
    else:
        conclude(context, done, f"the {key.state} key: it signs from now on")
