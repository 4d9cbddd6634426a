"""Finds a session by its id, or by the beginning of its id."""

import re

from userctl.core.errors import InvalidInput, SessionNotFound
from userctl.core.text import quote
from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models import RefreshToken
from userctl.services.shared.session_records import TOKEN_PREFIX

SHORTEST_REFERENCE = 8
"""How many digits the beginning of an id needs, so that it does not match by accident."""


def find_session(uow: UnitOfWork, text: str) -> RefreshToken:
    """Return the current token of the session with an id, or with an id that begins with a text.

    Raises:
        InvalidInput: if the text cannot be an id. It is not repeated, because it may be a token.
        SessionNotFound: if there is no such session.
    """
    if single := re.fullmatch(rf"{TOKEN_PREFIX}([0-9]{{1,19}})", text):
        token = uow.refresh_tokens.get(int(single[1]))
        if token is not None and token.family_id is None:
            return token
    elif re.fullmatch(rf"[0-9a-f]{{{SHORTEST_REFERENCE},32}}", text):
        tokens = uow.sessions.current_by_prefix(text)
        if len({token.family_id for token in tokens}) > 1:
            raise InvalidInput(
                f"More than one session id begins with {quote(text)}.",
                hint="Use more digits, from 'userctl session list -q'.",
            )
        if tokens:
            return tokens[-1]
    else:
        raise InvalidInput(
            f"Not a session id. Use {SHORTEST_REFERENCE} to 32 hexadecimal digits, "
            "from 'userctl session list'."
        )
    raise SessionNotFound(
        f"There is no session {text}.", hint="List them with 'userctl session list'."
    )
