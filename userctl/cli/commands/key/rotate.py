"""``userctl key rotate``."""

from datetime import timedelta
from typing import Annotated

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.questions import confirm
from userctl.cli.verdicts import conclude
from userctl.core.errors import InvalidInput
from userctl.core.text import pluralize


@command(example="userctl key rotate --min-age 0s", prints=lambda: schemas.keys.KeyRead)
def rotate(
    context: CommandContext,
    min_age: Annotated[
        str | None,
        typer.Option(
            "--min-age",
            metavar="DURATION",
            help="Refuse if the next key was published more recently than this. Default: 1h.",
        ),
    ] = None,
    compromised: Annotated[
        bool,
        typer.Option(
            "--compromised",
            help="The keys may have been stolen: sign with a fresh one, and retire all others now.",
        ),
    ] = False,
    yes: options.YesOption = False,
) -> None:
    """Sign with the next key and generate another next key.

    The previous key goes on verifying until the tokens it signed have expired.

    With --compromised no key of the keyring is used any longer, not even the next one, which was
    stolen with the others: every access token issued so far is refused at once. Sessions stay, and
    get a new access token at their next refresh.
    """
    if not compromised:
        _rotate(context, schemas.timestamp.parse_duration("1h" if min_age is None else min_age))
        return
    if min_age is not None:
        raise InvalidInput("--min-age cannot be used with --compromised.")
    keys = context.services.keys.show_replaceable()
    confirm(context, lambda: _compose(keys), yes=yes)
    replaced = context.services.keys.replace_all()
    context.emit(replaced.active)
    context.note(
        f"Retired {pluralize(len(replaced.retired), 'key')}. Every access token issued so far is "
        "refused; sessions stay, and get a new one at their next refresh. Services that cache "
        "the published keys go on accepting the old ones until they fetch 'userctl key jwks' "
        "again. To end the sessions too: userctl token revoke --all --kind refresh"
    )


def _rotate(context: CommandContext, minimum: timedelta) -> None:
    key = context.services.keys.rotate(minimum)
    context.emit(key)
    fact = "the one before goes on verifying until what it signed has expired"
    conclude(context, f"Rotated the keys: {key.kid} signs from now on", fact)


def _compose(keys: "list[schemas.keys.KeyRead]") -> str:
    listed = ", ".join(f"{key.kid} ({key.state})" for key in keys if key.state != "retired")
    return f"Refuse every access token issued so far, and retire {listed or 'no key'}"
