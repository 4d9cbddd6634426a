"""Where the documentation page of an application logs in."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from userctl.fastapi.endpoints.auth import log_in
from userctl.fastapi.security import APPLICATION_SCHEME
from userctl.fastapi.service import ServiceRoute


@asynccontextmanager
async def documented(app: FastAPI) -> AsyncIterator[None]:
    """Let the documentation log in where the routers are, from the start of an application.

    A router does not know what it is included in before. An application that is mounted in another
    one is not started.

    Args:
        app: the application.
    """
    document_logins(app)
    yield


def document_logins(app: FastAPI) -> None:
    """Let the documentation of an application log in where its routers are.

    Args:
        app: the application, in which they may be included later.
    """
    if getattr(app.openapi, "func", None) is not _openapi:
        app.openapi = partial(_openapi, app, app.openapi)  # type: ignore[method-assign]


def _openapi(app: FastAPI, describe: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    document = describe()
    schemes = document.get("components", {}).get("securitySchemes", {})
    for name, path in _logins(app).items():
        if name in schemes:
            schemes[name]["flows"]["password"]["tokenUrl"] = _from_page(app, path)
    return document


def _logins(app: FastAPI) -> dict[str, str]:
    """Return the paths of all logins by what the documentation calls them.

    Endpoints of the application use the router that was included first.
    """
    found: dict[str, str] = {}
    first = ""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, ServiceRoute) and context.endpoint is log_in:
            found[route.service.scheme] = context.path or ""
            first = first or found[route.service.scheme]
    return {APPLICATION_SCHEME: first} | found


def _from_page(app: FastAPI, path: str) -> str:
    """Return a path relative to the page, which a proxy may have put below a prefix."""
    folders = (app.docs_url or "/docs").count("/") - 1
    return "../" * folders + path.removeprefix("/")
