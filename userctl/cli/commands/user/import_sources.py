"""Options of ``userctl user import`` for the exports of other systems."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from userctl import schemas
from userctl.core.errors import InputOutputFailed, InvalidInput
from userctl.core.password_schemes import SECRET_NAME
from userctl.core.secure_files import read_secret
from userctl.core.text import quote
from userctl.formats.read_options import LONGEST_RECORD
from userctl.formats.source import open_source
from userctl.formats.sources import SOURCES

if TYPE_CHECKING:
    from userctl.schemas.transfer import PasswordSample

FROM = "From another system"
_SYSTEM_OPTIONS = ("domain", "secret", "map_role", "role_map")


@dataclass(frozen=True)
class SourceChoice:
    """The system that users come from."""

    system: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="SYSTEM",
            help=f"One of {', '.join(SOURCES)}. Default: by the content.",
            rich_help_panel=FROM,
        ),
    ] = None
    domain: Annotated[
        str | None,
        typer.Option(
            "--domain",
            metavar="DOMAIN",
            help="Domain of users who have a name and no address: NAME@DOMAIN.",
            rich_help_panel=FROM,
        ),
    ] = None
    secret: Annotated[
        str | None,
        typer.Option(
            "--secret",
            metavar="NAME",
            help="Secret of the setting password_secrets: the pepper, HMAC salt or signer key.",
            rich_help_panel=FROM,
        ),
    ] = None
    map_role: Annotated[
        list[str] | None,
        typer.Option(
            "--map-role",
            metavar="THERE=HERE",
            help="Map a role; may be repeated, and the first that a user has counts.",
            rich_help_panel=FROM,
        ),
    ] = None
    role_map: Annotated[
        Path | None,
        typer.Option(
            "--role-map",
            metavar="FILE",
            help="A file of THERE=HERE, one per line.",
            rich_help_panel=FROM,
        ),
    ] = None
    verify_sample: Annotated[
        Path | None,
        typer.Option(
            "--verify-sample",
            metavar="FILE",
            help="Import only if the password in its 2nd line is that of the address in its 1st.",
            rich_help_panel=FROM,
        ),
    ] = None

    def roles(self, configured: Sequence[str]) -> dict[str, str]:
        """Return the role here for each role of the other system, in order of precedence.

        Raises:
            InvalidInput: if a pair has another form, or names a role that is not configured.
            InputOutputFailed: if the file cannot be read.
        """
        pairs = (*(self.map_role or ()), *self._role_map_lines())
        return dict(_role_pair(pair, configured) for pair in pairs)

    def _role_map_lines(self) -> Iterator[str]:
        if self.role_map is None:
            return
        with open_source(self.role_map) as (text, _, _):
            for line in iter(partial(text.readline, LONGEST_RECORD), ""):
                if pair := line.partition("#")[0].strip():
                    yield pair

    def sample(self) -> "PasswordSample | None":
        """Return the address and the password that have to match.

        Raises:
            InvalidInput: if the file does not have two lines, or others can read it.
            InputOutputFailed: if there is no such file.
        """
        if self.verify_sample is None:
            return None
        text = read_secret(self.verify_sample)
        if text is None:
            raise InputOutputFailed(f"Cannot read {self.verify_sample}: it does not exist.")
        address, _, password = text.partition("\n")
        if not address.strip() or not password:
            raise InvalidInput(
                f"{self.verify_sample} has to have an address in its first line and a password in "
                "its second."
            )
        return schemas.transfer.PasswordSample(address.strip(), password)

    def require_no_system_options(self) -> None:
        """Make sure that no option is passed that makes sense only for another system.

        Raises:
            InvalidInput: if one is.
        """
        passed = [name for name in _SYSTEM_OPTIONS if getattr(self, name) is not None]
        if passed:
            option = f"--{passed[0].replace('_', '-')}"
            raise InvalidInput(
                f"{option} has no effect on a file with our own fields.",
                hint="Name the system that the file comes from with --from.",
            )

    def secret_name(self, configured: Sequence[str]) -> tuple[str | None, Sequence[str]]:
        """Return the name of the secret, and advice about it.

        Args:
            configured: the setting ``password_secrets``.

        Raises:
            InvalidInput: if no secret can have such a name.
        """
        if self.secret is None:
            return None, ()
        if not re.fullmatch(SECRET_NAME, self.secret, re.ASCII):
            raise InvalidInput(
                f"{quote(self.secret)} is not the name of a secret.",
                hint="Use letters, digits, '.', '_' and '-'.",
            )
        if any(pair.startswith(f"{self.secret}=") for pair in configured):
            return self.secret, ()
        return self.secret, [
            f"The secret '{self.secret}' is not configured here. Logins that need it fail until "
            "the setting 'password_secrets' names its file."
        ]


def _role_pair(pair: str, configured: Sequence[str]) -> tuple[str, str]:
    there, _, here = pair.rpartition("=")
    if not there.strip():
        raise InvalidInput(
            f"{quote(pair)} does not map a role.", hint="Write --map-role 'editors=user'."
        )
    if here.strip() not in configured:
        raise InvalidInput(
            f"{quote(here.strip())} is not a configured role.",
            hint=f"Use one of: {', '.join(configured)}.",
        )
    return there.strip(), here.strip()
