"""What an application takes over from the router for all of itself."""

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from userctl.core.errors import UserctlError
from userctl.fastapi.documentation import document_logins
from userctl.fastapi.problems import problem_response


def install_error_handlers(app: FastAPI) -> None:
    """Let all of an application answer with the errors of the router: its own paths, 404 and 405.

    Its documentation then logs in where its routers are, also if it is mounted in another one.

    Args:
        app: the application.
    """
    for kind in (UserctlError, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, _handle)
    document_logins(app)


async def _handle(_request: Request, error: Exception) -> Response:
    return problem_response(error)
