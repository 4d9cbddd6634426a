"""Credentials."""

from pydantic import BaseModel, ConfigDict, Field


class Credentials(BaseModel):
    """The credentials of one attempt to log in.

    ``secret`` is a password, a token, or whatever the method asks for; ``identity`` is the claimed
    identity, if the secret alone does not determine it; ``new_secret`` replaces a secret that must
    be changed; ``source`` is where the attempt comes from, None for this user on this host.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    secret: str = Field(repr=False)
    identity: str | None = None
    new_secret: str | None = Field(default=None, repr=False)
    source: str | None = None
