"""What clients of OAuth 2 read from an error: ``error`` and ``error_description``.

They stand in the one body of all errors, as RFC 9457, section 3.2, allows.
"""

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TypeVar

from userctl.fastapi.problems import Problem

E = TypeVar("E", bound=Callable[..., object])

GRANT_ERRORS: Mapping[str, str] = {
    "unsupported_grant_type": "unsupported_grant_type",
    "throttled": "temporarily_unavailable",
} | dict.fromkeys(
    (
        "invalid_credentials",
        "password_change_required",
        "token_invalid",
        "token_expired",
        "token_revoked",
        "token_reused",
        "account_disabled",
        "refresh_conflict",
    ),
    "invalid_grant",
)
"""By its code, what an endpoint that grants tokens calls an error (RFC 6749, section 5.2)."""

SERVICE_ERRORS: Mapping[str, str] = {
    "token_required": "invalid_client",
    "unsupported_token_type": "unsupported_token_type",
    **dict.fromkeys(
        ("token_invalid", "token_expired", "token_revoked", "account_disabled"), "invalid_token"
    ),
    **dict.fromkeys(("api_token_required", "insufficient_scope"), "insufficient_scope"),
}
"""The same where a service asks with its token (RFC 6750, section 3.1; RFC 7009, section 2.2.1)."""

_NOT_ALLOWED = re.compile(r"[^ !#-\[\]-~]")
"""What a description may not hold."""


class OAuthProblem(Problem):
    """Why a request failed, with what a client of OAuth 2 reads."""

    error: str
    error_description: str


def speaks_oauth(errors: Mapping[str, str]) -> Callable[[E], E]:
    """Return a decorator of endpoints whose errors clients of OAuth 2 are to understand.

    Args:
        errors: what they call each error, by its code.
    """

    def mark(endpoint: E) -> E:
        endpoint.oauth_errors = errors  # type: ignore[attr-defined]
        return endpoint

    return mark


def oauth_errors(endpoint: object) -> Mapping[str, str] | None:
    """Return what clients of OAuth 2 call the errors of an endpoint; None if they do not use it."""
    found: Mapping[str, str] | None = getattr(endpoint, "oauth_errors", None)
    return found


def oauth_error(errors: Mapping[str, str], code: str, status: int) -> str:
    """Return what clients of OAuth 2 call an error."""
    if code in errors:
        return errors[code]
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return "temporarily_unavailable"
    return "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request"


def oauth_problem(problem: Problem, errors: Mapping[str, str]) -> OAuthProblem:
    """Return a problem with what a client of OAuth 2 reads."""
    return OAuthProblem(
        **problem.model_dump(),
        error=oauth_error(errors, problem.code, problem.status),
        error_description=_NOT_ALLOWED.sub("?", problem.detail),
    )
