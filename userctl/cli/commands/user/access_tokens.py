"""Says how long the access tokens of users stay valid whose sessions a change ended."""

from collections.abc import Sequence
from contextlib import suppress

from userctl.cli.context import CommandContext
from userctl.cli.output.sessions_ended import access_tokens_last
from userctl.core.errors import UserctlError


def tell_access_tokens(context: CommandContext, user_ids: Sequence[int]) -> None:
    """Note until when a service may accept access tokens of these users that are already out."""
    if context.quiet:
        return
    # The change was made, whatever becomes of the note.
    with suppress(UserctlError):
        until = context.services.session_end.access_tokens_end(user_ids)
        if lasting := access_tokens_last(until):
            context.note(f"{lasting[0].upper()}{lasting[1:]}.")
