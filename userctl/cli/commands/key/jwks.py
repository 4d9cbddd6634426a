"""``userctl key jwks``."""

import json

from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.output.render import write


@command(
    example="userctl key jwks > jwks.json",
    records_event=False,
)
def jwks(context: CommandContext) -> None:
    """Print the public keys as a JWK Set, to publish to verifiers.

    Symmetric keys are never part of it.
    """
    key_set = context.services.keys.jwks()
    write(json.dumps(key_set, indent=2) + "\n")
    if not key_set["keys"]:
        context.note("There is no public key to publish: HS256 keys are secret.")
