"""What somebody hands over to prove who they are."""

from pydantic import BaseModel, ConfigDict, Field


class Credentials(BaseModel):
    """The credentials of one attempt to log in.

    ``secret`` is a password, a token, whatever the method asks for; ``identity`` who they claim
    to be, where the secret alone does not say that; ``new_secret`` takes the place of a secret
    that has to be changed; ``source`` is where the attempt comes from, None for this user on this
    host.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    secret: str = Field(repr=False)
    identity: str | None = None
    new_secret: str | None = Field(default=None, repr=False)
    source: str | None = None
