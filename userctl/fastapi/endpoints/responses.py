"""The responses of an endpoint, for its documentation."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import cache
from http import HTTPStatus
from typing import Any

from fastapi import Depends
from pydantic import BaseModel

from userctl.fastapi.oauth import OAuthProblem, oauth_error
from userctl.fastapi.problems import MEDIA_TYPE, Problem, error_status
from userctl.fastapi.security import TokenDep, check_role, check_scope

TOKEN = ("token_required", "token_invalid", "token_expired", "token_revoked", "account_disabled")
"""What may be wrong with the token of a request."""

ADMIN = (*TOKEN, "role_required", "insufficient_scope")
SERVICE = (*TOKEN, "api_token_required", "insufficient_scope")

BODY = ("bad_request", "body_too_large", "invalid_request")
"""What may be wrong with the body of a request."""

CHANGE = ("change_ignored", "constraint_violated")
"""How triggers and constraints that the application added may refuse a change."""

FOUND = ("user_not_found", "invalid_request", "invalid_input")
"""Why a user or a page of users cannot be returned."""

NEW_USER = (*CHANGE, "user_exists", "invalid_email", "password_rejected", "invalid_input")

REFRESH = (*CHANGE, *TOKEN, "token_reused", "refresh_conflict")

LOGIN = (*CHANGE, "invalid_credentials", "throttled", "password_change_required", "overloaded")

COMMON = ("database_error", "unexpected")
"""What may happen to any request. Each covers several codes, which are for the operator."""

HEADERS = {
    "Cache-Control": "How long the response may be cached.",
    "ETag": "What changes with the user; for `If-Match`.",
    "Link": "The next page, if there is one (RFC 8288).",
    "Location": "The path of the new user.",
    "Retry-After": "After how many seconds to try again.",
    "Set-Cookie": "The cookie with the refresh token, or its end.",
    "WWW-Authenticate": "Why the token was refused (RFC 6750).",
}

_PROBLEM_HEADERS = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}

Responses = dict[int | str, dict[str, Any]]


def success(status: int, description: str, *headers: str) -> Responses:
    """Return the documentation of a successful response.

    Args:
        status: the status.
        description: what the body is.
        headers: its notable headers.
    """
    return {status: {"description": description, "headers": _headers(headers)}}


def problems(
    *codes: str, end_cookie: bool = False, oauth: Mapping[str, str] | None = None
) -> Responses:
    """Return the documentation of errors with these codes, and of those that any request may get.

    Args:
        codes: the codes of typed errors, or of the router itself.
        end_cookie: whether a refused token deletes the cookie that held it.
        oauth: the OAuth 2 error for each code, if OAuth 2 clients use the endpoint.
    """
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys((*codes, *COMMON)):
        by_status.setdefault(error_status(code), []).append(code)
    responses: Responses = {
        status: _problem(status, by_status[status], oauth) for status in sorted(by_status)
    }
    if end_cookie:
        responses[401]["headers"] |= _headers(["Set-Cookie"])
    return responses


def guard(scope: str, *others: Any, role: str | None = None) -> dict[str, Any]:
    """Return the dependencies of an endpoint, with their documentation.

    Args:
        scope: the scope that it requires.
        others: other dependencies, which come first.
        role: the role that it requires, if any.
    """

    async def check(token: TokenDep) -> None:
        if role is not None:
            check_role(token, (role,))
        check_scope(token, (scope,))

    requirements = {"x-scope": scope} | ({} if role is None else {"x-role": role})
    return {
        "dependencies": [*others, Depends(check)],
        "openapi_extra": requirements,
    }


def _problem(status: int, codes: list[str], oauth: Mapping[str, str] | None) -> dict[str, Any]:
    schema = deepcopy(_json_schema(Problem if oauth is None else OAuthProblem))
    if oauth is not None:
        errors = sorted({oauth_error(oauth, code, status) for code in codes})
        schema["properties"]["error"]["enum"] = errors
    specific = [code for code in codes if code not in COMMON]
    if specific == codes:
        schema["properties"]["code"]["enum"] = codes
    names = _PROBLEM_HEADERS.get(status, ())
    if "insufficient_scope" in specific:
        names = ("WWW-Authenticate",)
    return {
        "description": HTTPStatus(status).phrase + (f": {', '.join(specific)}" if specific else ""),
        "headers": _headers(names),
        "content": {MEDIA_TYPE: {"schema": schema}},
    }


@cache
def _json_schema(model: type[BaseModel]) -> dict[str, Any]:
    # A router documents a hundred errors, and each call would generate the schema anew.
    return model.model_json_schema()


def _headers(names: Sequence[str]) -> dict[str, Any]:
    return {name: {"description": HEADERS[name], "schema": {"type": "string"}} for name in names}
