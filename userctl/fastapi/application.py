"""What an application takes over from the router for all of itself."""

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
    """Let all of an application answer with the errors of the router: its own paths, 404 and 405.

    Its documentation then logs in where its routers are, also if it is mounted in another one.

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
        # What an endpoint refuses by itself is its own matter.
        if request.method not in allowed:
            response.headers["Allow"] = ", ".join(allowed)
    return response


def _allowed_methods(request: Request) -> list[str]:
    """Return the methods of a path: FastAPI names those of its first endpoint alone."""
    return [
        method
        for method in METHODS
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL
            for route in request.app.routes
        )
    ]
