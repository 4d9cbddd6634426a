"""Error handling for a whole application."""

from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from userctl.core.errors import UserctlError
from userctl.fastapi.documentation import document_logins
from userctl.fastapi.problems import problem_response

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def install_error_handlers(app: FastAPI) -> None:
    """Answer all errors of an application as the router does, including 404 and 405.

    Its documentation then logs in at its routers, even if it is mounted in another application.

    Args:
        app: the application.
    """
    for kind in (UserctlError, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, _handle)
    document_logins(app)


async def _handle(request: Request, error: Exception) -> Response:
    response = problem_response(error)
    if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = _allowed_methods(request)
        # An endpoint that answers 405 itself decides about its own headers.
        if request.method not in allowed:
            response.headers["Allow"] = ", ".join(allowed)
    return response


def _allowed_methods(request: Request) -> list[str]:
    """Return all methods of a path; FastAPI names only those of its first endpoint."""
    return [
        method
        for method in METHODS
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL
            for route in request.app.routes
        )
    ]
