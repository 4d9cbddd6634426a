"""Errors as clients receive them, all in one format (RFC 9457)."""

import json
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from userctl.core.errors import InvalidCredentials, LoginThrottled, UserctlError
from userctl.core.errors.base import error_classes
from userctl.core.text import quote

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
NO_STORE = {"Cache-Control": "no-store"}
BODILESS_STATUSES = {204, 205, 304}
RETRY_SECONDS = 2
"""When a client may retry what the server cannot do at the moment."""

MOST_INVALID_VALUES = 5
"""How many invalid values of a request an error names."""

HINTS = {
    "invalid_credentials": "Check the e-mail address and the password.",
    "password_change_required": "Change it: POST /auth/password with the e-mail address.",
    "throttled": "Wait for as long as Retry-After says.",
    "token_expired": "Refresh the session, or log in again.",
    "token_revoked": "Log in again.",
    "token_reused": "Log in again.",
    "refresh_conflict": "Use the tokens that the other request received.",
    "user_changed": "Read the user again, and decide whether the change still applies.",
    "last_admin": "Make another user an admin first.",
}
"""What a client can do. The hints of the command line are for its operator."""

ROUTER_CODES = {
    "api_token_required": (403, "The token is an access token, but services use an API token."),
    "bad_request": (400, "The request cannot be parsed."),
    "body_too_large": (413, "The body is too long."),
    "cookie_refused": (403, "Another site may have made the browser send the cookie."),
    "insufficient_scope": (403, "The scope of the API token does not include this."),
    "invalid_request": (422, "A value is missing, unknown or of the wrong kind."),
    "overloaded": (503, "Too many requests are waiting for a password to be checked."),
    "role_required": (403, "The user does not have the required role."),
    "token_required": (401, "The request has no token, or more than one."),
    "unexpected": (500, "A bug, which is in the log."),
    "unsupported_grant_type": (400, "The grant is neither 'password' nor 'refresh_token'."),
    "unsupported_token_type": (400, "An access token only expires; revoke its session."),
}
"""The codes of the router alone: the status and the meaning of each."""


class Problem(BaseModel):
    """Why a request failed (RFC 9457); ``code`` is stable."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    hint: str | None = None


class ProblemError(HTTPException):
    """Fails a request with a status, a code and headers.

    An application that does not install the error handlers answers with its usual body.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        title: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.problem = Problem(
            type=f"urn:userctl:error:{code}",
            title=title or HTTPStatus(status).phrase,
            status=status,
            detail=detail,
            code=code,
            hint=HINTS.get(code),
        )


def router_error(
    code: str, detail: str, *, headers: Mapping[str, str] | None = None
) -> ProblemError:
    """Return an error of the router itself.

    Args:
        code: one of those codes.
        detail: what is wrong with this request.
        headers: headers of the response.
    """
    status, title = ROUTER_CODES[code]
    return ProblemError(status, code, detail, title=title, headers=headers)


def error_status(code: str) -> int:
    """Return the status for an error code."""
    if code in ROUTER_CODES:
        return ROUTER_CODES[code][0]
    return {kind.code: kind.http_status for kind in error_classes()}[code]


def problem_error(error: Exception) -> ProblemError:
    """Return an error as clients receive it; a bug is logged, and its details are withheld."""
    match error:
        case ProblemError():
            return error
        case UserctlError():
            return _describe_known_error(error)
        case RequestValidationError():
            return router_error("invalid_request", _describe_invalid_values(error.errors()))
        case HTTPException():
            return _application_error(error)
    logger.error("unexpected error", exc_info=error)
    return router_error("unexpected", "The server failed unexpectedly.")


def problem_response(
    error: Exception, extend: Callable[[Problem], Problem] = lambda problem: problem
) -> Response:
    """Return the response to a request that failed.

    Args:
        error: why.
        extend: returns the body of the response, which may have more members.
    """
    failed = problem_error(error)
    if failed.status_code in BODILESS_STATUSES:
        return Response(status_code=failed.status_code, headers=failed.headers)
    return Response(
        extend(failed.problem).model_dump_json(),
        failed.status_code,
        {**NO_STORE, **(failed.headers or {})},
        MEDIA_TYPE,
    )


def has_handler(app: FastAPI, error: Exception) -> bool:
    """Tell whether an application handles an error that is not one of the router.

    Args:
        app: the application.
        error: the error.
    """
    if isinstance(error, UserctlError | HTTPException | RequestValidationError):
        return False
    kinds = type(error).__mro__
    return any(kind in app.exception_handlers for kind in kinds[: kinds.index(Exception)])


def _application_error(error: HTTPException) -> ProblemError:
    """Return an error that FastAPI or an endpoint of the application raised."""
    try:
        title = HTTPStatus(error.status_code).phrase
    except ValueError:
        title = f"Status {error.status_code}"
    # FastAPI accepts any JSON value as the detail.
    detail = error.detail if isinstance(error.detail, str) else json.dumps(error.detail)
    code = title.lower().replace(" ", "_")
    return ProblemError(error.status_code, code, detail, title=title, headers=error.headers)


def _describe_known_error(error: UserctlError) -> ProblemError:
    status, title = error.http_status, _describe_code(type(error))
    detail = error.message
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        # The message may name hosts and files, which are for the operator alone.
        logger.error(" ".join(filter(None, (f"{error.code}: {error.message}", error.hint))))
        detail = title
    return ProblemError(status, error.code, detail, title=title, headers=_headers(error))


def _describe_code(kind: type[UserctlError]) -> str:
    line = " ".join((kind.__doc__ or "").partition("\n\n")[0].split())
    return line.partition("; the message")[0].removesuffix(".") + "."


def _headers(error: UserctlError) -> dict[str, str]:
    if isinstance(error, LoginThrottled):
        return {"Retry-After": str(max(1, math.ceil(error.resets_in.total_seconds())))}
    match error.http_status:
        case HTTPStatus.SERVICE_UNAVAILABLE:
            return {"Retry-After": str(RETRY_SECONDS)}
        case HTTPStatus.UNAUTHORIZED if isinstance(error, InvalidCredentials):
            return {"WWW-Authenticate": "Bearer"}
        case HTTPStatus.UNAUTHORIZED:
            # RFC 6750, section 3.1.
            reason = f'error="invalid_token", error_description="{_describe_code(type(error))}"'
            return {"WWW-Authenticate": f"Bearer {reason}"}
    return {}


def _describe_invalid_values(errors: Sequence[Any]) -> str:
    """Describe what is wrong with a request, but repeat no value: it may be a password."""
    if errors[0]["type"] == "model_attributes_type" and errors[0]["loc"] == ("body",):
        return "The body is not a JSON object with the header 'Content-Type: application/json'."
    return "; ".join(
        f"{quote('.'.join(map(str, each['loc'])))}: {each['msg']}"
        for each in errors[:MOST_INVALID_VALUES]
    )
