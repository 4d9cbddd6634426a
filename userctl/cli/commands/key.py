"""``userctl key``: the keys that sign access tokens."""

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from userctl.cli import options
from userctl.cli.command import Commands
from userctl.cli.context import CommandContext
from userctl.cli.output.render import write
from userctl.cli.prompts import read_stdin
from userctl.core.errors import InputOutputFailed, InvalidInput
from userctl.core.secure_files import read_secret

commands = Commands("key", "Generate, rotate, retire and publish signing keys.")

COLUMNS = ("kid", "algorithm", "state", "created_at", "activated_at", "verifies_until")


@commands.command("generate", prints="KeyRead", example="userctl key generate --algorithm HS256")
def generate(
    run: CommandContext,
    algorithm: Annotated[
        Literal["HS256", "EdDSA", "ES256", "RS256"] | None,
        typer.Option("--algorithm", help="Default: that of the active key, else HS256."),
    ] = None,
) -> None:
    """Draw a key, published at once and signing after the next rotation."""
    run.emit(run.services.keys.generate(algorithm))


@commands.command("list", prints="KeyRead", example="userctl key list")
def list_(run: CommandContext) -> None:
    """List the keys: next, active, passive, retired; never what they are made of."""
    run.emit_all(run.services.keys.read(), COLUMNS)


@commands.command("rotate", prints="KeyRead", example="userctl key rotate --min-age 0s")
def rotate(
    run: CommandContext,
    min_age: Annotated[
        str,
        typer.Option("--min-age", metavar="SPAN", help="How long the next key was published."),
    ] = "1h",
) -> None:
    """Let the next key sign, the active one verify for a while, and draw another next one."""
    run.emit(run.services.keys.rotate(options.duration(min_age)))


@commands.command(
    "retire",
    prints="KeyRead",
    example='userctl key retire "$(userctl key list -q | head -n 1)" --yes',
)
def retire(
    run: CommandContext,
    kid: Annotated[str, typer.Argument(metavar="KID", help="A name from 'key list'.")],
    yes: options.YesOption = False,
) -> None:
    """Refuse everything that a key signed from now on, and forget the key."""
    run.confirm(f"Retire {kid}? Every token that it signed stops working.", yes=yes)
    run.emit(run.services.keys.retire(kid))


@commands.command("jwks", example="userctl key jwks > jwks.json")
def jwks(run: CommandContext) -> None:
    """Print the public keys as a JWK Set, for those who verify; never a symmetric key."""
    key_set = run.services.keys.jwks()
    write(json.dumps(key_set, indent=2) + "\n")
    if not key_set["keys"]:
        run.note("There is no public key to publish: HS256 keys are secret.")


@commands.command("import", prints="KeyRead", example="userctl key import --file secret.key")
def import_(
    run: CommandContext,
    file: Annotated[
        Path | None, typer.Option("--file", help="Read the key from a file that is yours alone.")
    ] = None,
    stdin: Annotated[bool, typer.Option("--stdin", help="Read the key from stdin.")] = False,
) -> None:
    """Add a private key: PEM, a JWK, or the text of an HS256 secret."""
    if stdin == (file is not None):
        raise InvalidInput("Give either --file or --stdin.")
    run.emit(run.services.keys.import_(read_stdin() if file is None else _secret(file)))


def _secret(file: Path) -> str:
    text = read_secret(file)
    if text is None:
        raise InputOutputFailed(f"There is no file {file}.")
    return text
