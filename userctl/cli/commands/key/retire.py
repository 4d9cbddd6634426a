"""``userctl key retire``."""

from typing import Annotated

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.questions import confirm
from userctl.cli.verdicts import conclude
from userctl.core.text import rfc3339


@command(
    example='userctl key retire "$(userctl key list --state passive -q | head -n 1)" --yes',
    prints=lambda: schemas.keys.KeyRead,
)
def retire(
    context: CommandContext,
    kid: Annotated[str, typer.Argument(metavar="KID", help="Key id from 'key list'.")],
    yes: options.YesOption = False,
) -> None:
    """Delete a key and reject every token that it signed.

    If the keys may have been stolen, use 'userctl key rotate --compromised' instead, which retires
    all of them.
    """
    keys = context.services.keys
    confirm(context, lambda: _compose(keys.show_retirable(kid)), yes=yes)
    was_retired = kid in {key.kid for key in keys.read() if key.state == "retired"}
    retired = keys.retire(kid)
    context.emit(retired)
    if was_retired:
        conclude(context, f"Nothing changed: key {kid} was retired already")
    else:
        conclude(context, f"Retired key {kid}", "every token that it signed is refused")


def _compose(key: "schemas.keys.KeyRead") -> str | None:
    if key.state == "retired":
        return None
    since = "" if key.activated_at is None else f", active since {rfc3339(key.activated_at)}"
    facts = f"{key.state}, {key.algorithm}{since}"
    return f"Refuse every token that {key.kid} signed, and retire that key ({facts})"
