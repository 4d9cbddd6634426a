"""Why an authentication failed, for the audit trail; the person learns less."""

from dataclasses import dataclass

from userctl.core.documented_enum import DocumentedEnum


class FailureCause(DocumentedEnum):
    """A cause that the error itself hides or leaves open, and what it means.

    If the error says everything, its ``code`` is the cause.
    """

    WRONG_PASSWORD = "wrong_password", "The user exists and is active; the password is wrong."
    UNKNOWN_ADDRESS = "unknown_address", "No user has the address."
    NOT_AN_ADDRESS = "not_an_address", "What was typed is not an e-mail address."
    USER_DELETED = "user_deleted", "The user with the address was deleted, and may be restored."
    ACCOUNT_DISABLED = "account_disabled", "The user is disabled, whatever the password was."
    NO_PASSWORD = "no_password", "The user has no password, so none matches."
    UNSUPPORTED_HASH = (
        "unsupported_hash",
        "Another program stored a hash that userctl cannot verify, so no password matches.",
    )
    USER_CHANGED = "user_changed", "The user was changed while the password was checked."
    UNKNOWN_TOKEN = "unknown_token", "No such token is stored: never issued here, or purged."
    OTHER_OWNER = "other_owner", "The token belongs to a user other than the one claimed."


@dataclass(frozen=True)
class FailureFacts:
    """Facts about a failed authentication for the audit trail, which the person does not learn.

    Attributes:
        cause: why it failed; None if the code of the error says so.
        user_id: the user whose credential it was, if that is known.
        target: the e-mail address of that user.
        token: the public id of the token that was refused.
    """

    cause: FailureCause | None = None
    user_id: int | None = None
    target: str | None = None
    token: str | None = None
