"""The members of an error that OAuth 2 clients read: ``error`` and ``error_description``.

They extend the common body of all errors (RFC 9457, section 3.2).
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
"""The OAuth 2 error for each code, where an endpoint grants tokens (RFC 6749, section 5.2)."""

SERVICE_ERRORS: Mapping[str, str] = {
    "token_required": "invalid_client",
    "unsupported_token_type": "unsupported_token_type",
    **dict.fromkeys(
        ("token_invalid", "token_expired", "token_revoked", "account_disabled"), "invalid_token"
    ),
    **dict.fromkeys(("api_token_required", "insufficient_scope"), "insufficient_scope"),
}
"""The same for services that present a token (RFC 6750, section 3.1; RFC 7009, section 2.2.1)."""

_FORBIDDEN_CHARACTERS = re.compile(r"[^ !#-\[\]-~]")
"""The characters that a description must not contain."""


class OAuthProblem(Problem):
    """Why a request failed, with the members that OAuth 2 clients read."""

    error: str
    error_description: str


def with_oauth_errors(errors: Mapping[str, str]) -> Callable[[E], E]:
    """Return a decorator for endpoints whose errors OAuth 2 clients must understand.

    Args:
        errors: the OAuth 2 error for each code.
    """

    def mark(endpoint: E) -> E:
        endpoint.oauth_errors = errors  # type: ignore[attr-defined]
        return endpoint

    return mark


def oauth_errors(endpoint: object) -> Mapping[str, str] | None:
    """Return the OAuth 2 error for each code of an endpoint; None if such clients do not use it."""
    errors: Mapping[str, str] | None = getattr(endpoint, "oauth_errors", None)
    return errors


def oauth_error(errors: Mapping[str, str], code: str, status: int) -> str:
    """Return the OAuth 2 error for a code."""
    if code in errors:
        return errors[code]
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return "temporarily_unavailable"
    return "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request"


def oauth_problem(problem: Problem, errors: Mapping[str, str]) -> OAuthProblem:
    """Return a problem with the members that OAuth 2 clients read."""
    return OAuthProblem(
        **problem.model_dump(),
        error=oauth_error(errors, problem.code, problem.status),
        error_description=_FORBIDDEN_CHARACTERS.sub("?", problem.detail),
    )
