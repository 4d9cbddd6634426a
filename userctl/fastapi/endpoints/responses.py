"""The answers of an endpoint, as its documentation lists them."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import cache
from http import HTTPStatus
from typing import Any

from fastapi import Depends
from pydantic import BaseModel

from userctl.fastapi.oauth import OAuthProblem, oauth_error
from userctl.fastapi.problems import MEDIA_TYPE, Problem, status_of
from userctl.fastapi.security import FoundToken, check_role, check_scope

TOKEN = ("token_required", "token_invalid", "token_expired", "token_revoked", "account_disabled")
"""What may be wrong with the token of a request."""

ADMIN = (*TOKEN, "role_required", "insufficient_scope")
SERVICE = (*TOKEN, "api_token_required", "insufficient_scope")

BODY = ("bad_request", "body_too_large", "invalid_request")
"""What may be wrong with the body of a request."""

CHANGE = ("change_ignored", "constraint_violated")
"""How triggers and constraints that the application added may refuse a change."""

FOUND = ("user_not_found", "invalid_request", "invalid_input")
"""Why no user, or no page of users, may be found."""

NEW_USER = (*CHANGE, "user_exists", "invalid_email", "password_rejected", "invalid_input")

REFRESH = (*CHANGE, *TOKEN, "token_reused", "refresh_conflict")

LOGIN = (*CHANGE, "invalid_credentials", "throttled", "password_change_required", "overloaded")

ALWAYS = ("database_error", "unexpected")
"""What may befall any request. Each stands for several codes, which are for the operator."""

HEADERS = {
    "Cache-Control": "For how long the answer may be kept.",
    "ETag": "What changes with the user; for `If-Match`.",
    "Link": "The next page, if there is one (RFC 8288).",
    "Location": "The path of the new user.",
    "Retry-After": "After how many seconds to try again.",
    "Set-Cookie": "The cookie with the refresh token, or its end.",
    "WWW-Authenticate": "Why the token was refused (RFC 6750).",
}

_HEADERS_OF_PROBLEMS = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}

Answers = dict[int | str, dict[str, Any]]


def success(status: int, what: str, *headers: str) -> Answers:
    """Return the documentation of what is answered if all went well.

    Args:
        status: the status.
        what: what the body is.
        headers: the headers that matter.
    """
    return {status: {"description": what, "headers": _headers(headers)}}


def problems(
    *codes: str, end_cookie: bool = False, oauth: Mapping[str, str] | None = None
) -> Answers:
    """Return the documentation of errors with these codes, and of those that are always possible.

    Args:
        codes: those of typed errors, or of the router itself.
        end_cookie: whether a refused token ends the cookie that it came in.
        oauth: what clients of OAuth 2 call the errors, if they use the endpoint.
    """
    found: dict[int, list[str]] = {}
    for code in dict.fromkeys((*codes, *ALWAYS)):
        found.setdefault(status_of(code), []).append(code)
    answers: Answers = {status: _problem(status, found[status], oauth) for status in sorted(found)}
    if end_cookie:
        answers[401]["headers"] |= _headers(["Set-Cookie"])
    return answers


def guard(scope: str, *others: Any, role: str | None = None) -> dict[str, Any]:
    """Return what an endpoint depends on, and what its documentation says of that.

    Args:
        scope: the scope that it demands.
        others: other dependencies, which come first.
        role: the role that it demands, if any.
    """

    async def check(token: FoundToken) -> None:
        if role is not None:
            check_role(token, (role,))
        check_scope(token, (scope,))

    demands = {"x-scope": scope} | ({} if role is None else {"x-role": role})
    return {
        "dependencies": [*others, Depends(check)],
        "openapi_extra": demands,
    }


def _problem(status: int, codes: list[str], oauth: Mapping[str, str] | None) -> dict[str, Any]:
    schema = deepcopy(_json_schema(Problem if oauth is None else OAuthProblem))
    if oauth is not None:
        told = sorted({oauth_error(oauth, code, status) for code in codes})
        schema["properties"]["error"]["enum"] = told
    listed = [code for code in codes if code not in ALWAYS]
    if listed == codes:
        schema["properties"]["code"]["enum"] = codes
    names = _HEADERS_OF_PROBLEMS.get(status, ())
    if "insufficient_scope" in listed:
        names = ("WWW-Authenticate",)
    return {
        "description": HTTPStatus(status).phrase + (f": {', '.join(listed)}" if listed else ""),
        "headers": _headers(names),
        "content": {MEDIA_TYPE: {"schema": schema}},
    }


@cache
def _json_schema(model: type[BaseModel]) -> dict[str, Any]:
    # A router documents a hundred errors, and each call would generate the schema anew.
    return model.model_json_schema()


def _headers(names: Sequence[str]) -> dict[str, Any]:
    return {name: {"description": HEADERS[name], "schema": {"type": "string"}} for name in names}
