"""Errors as a client gets them: one body for all of them (RFC 9457)."""

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
WITHOUT_BODY = {204, 205, 304}
RETRY_SECONDS = 2
"""After how long a client may try again what the server could not do at the moment."""

MOST_NAMED = 5
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
    "api_token_required": (403, "The token is an access token, where services use an API token."),
    "bad_request": (400, "The request cannot be parsed."),
    "body_too_large": (413, "The body is longer than any that makes sense."),
    "cookie_refused": (403, "Another site may have made the browser send the cookie."),
    "insufficient_scope": (403, "The API token was issued for something else."),
    "invalid_request": (422, "A value is missing, unknown or of the wrong kind."),
    "overloaded": (503, "Too many requests wait until a password is checked."),
    "role_required": (403, "The user has another role."),
    "token_required": (401, "The request has no token, or more than one."),
    "unexpected": (500, "A bug, which is in the log."),
    "unsupported_grant_type": (400, "The grant is neither 'password' nor 'refresh_token'."),
    "unsupported_token_type": (400, "An access token only expires; revoke its session."),
}
"""The codes that only a router answers with: the status, and what each means."""


class Problem(BaseModel):
    """Why a request failed (RFC 9457); ``code`` is stable."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    hint: str | None = None


class ProblemError(HTTPException):
    """A request fails with this status, code and headers.

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
        headers: headers of the answer.
    """
    status, title = ROUTER_CODES[code]
    return ProblemError(status, code, detail, title=title, headers=headers)


def status_of(code: str) -> int:
    """Return the status of the error with a code."""
    if code in ROUTER_CODES:
        return ROUTER_CODES[code][0]
    return {kind.code: kind.http_status for kind in error_classes()}[code]


def problem_error(error: Exception) -> ProblemError:
    """Return an error as a client gets it; one that is our own fault is logged, and not told."""
    match error:
        case ProblemError():
            return error
        case UserctlError():
            return _foreseen(error)
        case RequestValidationError():
            return router_error("invalid_request", _invalid_values(error.errors()))
        case HTTPException():
            return _of_application(error)
    logger.error("unexpected error", exc_info=error)
    return router_error("unexpected", "The server failed unexpectedly.")


def problem_response(
    error: Exception, tell: Callable[[Problem], Problem] = lambda problem: problem
) -> Response:
    """Return the answer to a request that failed.

    Args:
        error: why.
        tell: returns the body of the answer, which may say more.
    """
    failed = problem_error(error)
    if failed.status_code in WITHOUT_BODY:
        return Response(status_code=failed.status_code, headers=failed.headers)
    return Response(
        tell(failed.problem).model_dump_json(),
        failed.status_code,
        {**NO_STORE, **(failed.headers or {})},
        MEDIA_TYPE,
    )


def has_handler(app: FastAPI, error: Exception) -> bool:
    """Tell whether an application has an answer to an error that is none of the router.

    Args:
        app: the application.
        error: the error.
    """
    if isinstance(error, UserctlError | HTTPException | RequestValidationError):
        return False
    kinds = type(error).__mro__
    return any(kind in app.exception_handlers for kind in kinds[: kinds.index(Exception)])


def _of_application(error: HTTPException) -> ProblemError:
    """Return an error that FastAPI or an endpoint of the application raised."""
    try:
        title = HTTPStatus(error.status_code).phrase
    except ValueError:
        title = f"Status {error.status_code}"
    # FastAPI takes whatever can be JSON for the detail.
    detail = error.detail if isinstance(error.detail, str) else json.dumps(error.detail)
    code = title.lower().replace(" ", "_")
    return ProblemError(error.status_code, code, detail, title=title, headers=error.headers)


def _foreseen(error: UserctlError) -> ProblemError:
    status, title = error.http_status, _meaning(type(error))
    detail = error.message
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        # The message may name hosts and files, which are for the operator alone.
        logger.error(" ".join(filter(None, (f"{error.code}: {error.message}", error.hint))))
        detail = title
    return ProblemError(status, error.code, detail, title=title, headers=_headers(error))


def _meaning(kind: type[UserctlError]) -> str:
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
            reason = f'error="invalid_token", error_description="{_meaning(type(error))}"'
            return {"WWW-Authenticate": f"Bearer {reason}"}
    return {}


def _invalid_values(found: Sequence[Any]) -> str:
    """Return what is wrong with a request, without repeating any value: it may be a password."""
    if found[0]["type"] == "model_attributes_type" and found[0]["loc"] == ("body",):
        return "The body is not a JSON object with the header 'Content-Type: application/json'."
    named = [
        f"{quote('.'.join(map(str, each['loc'])))}: {each['msg']}" for each in found[:MOST_NAMED]
    ]
    return "; ".join(named)
