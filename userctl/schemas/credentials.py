"""Credentials."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from userctl.core.errors import InvalidInput
from userctl.core.text import has_invisible_characters

CLIENT_LENGTH = 100


def _check_client(name: str) -> str:
    if not 1 <= len(name) <= CLIENT_LENGTH or name.isspace() or has_invisible_characters(name):
        raise InvalidInput(
            f"The name of the client is not valid. Use 1 to {CLIENT_LENGTH} visible characters."
        )
    return name


class Credentials(BaseModel):
    """The credentials of one attempt to log in.

    ``secret`` is a password, a token, or whatever the method asks for; ``identity`` is the claimed
    identity, if the secret alone does not determine it; ``new_secret`` replaces the secret, which
    may be required; ``source`` is where the attempt comes from, None for this user on this host,
    and ``client`` is the name by which the client identifies itself.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    secret: str = Field(repr=False)
    identity: str | None = None
    new_secret: str | None = Field(default=None, repr=False)
    source: str | None = None
    client: Annotated[str, AfterValidator(_check_client)] | None = None
