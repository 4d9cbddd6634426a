"""The login of the documentation page of an application."""

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
async def document_logins_at_startup(app: FastAPI) -> AsyncIterator[None]:
    """Point the login of the documentation at the routers when an application starts.

    Before that, a router does not know which application includes it. An application that is
    mounted in another one is not started.

    Args:
        app: the application.
    """
    document_logins(app)
    yield


def document_logins(app: FastAPI) -> None:
    """Point the login of the documentation of an application at its routers.

    Args:
        app: the application; it may include them later.
    """
    if getattr(app.openapi, "func", None) is not _openapi:
        app.openapi = partial(_openapi, app, app.openapi)  # type: ignore[method-assign]


def _openapi(app: FastAPI, describe: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    document = describe()
    schemes = document.get("components", {}).get("securitySchemes", {})
    for name, path in _login_paths(app).items():
        if name in schemes:
            schemes[name]["flows"]["password"]["tokenUrl"] = _relative_to_page(app, path)
    return document


def _login_paths(app: FastAPI) -> dict[str, str]:
    """Return the path of each login by the name of its scheme in the documentation.

    Endpoints of the application use the router that was included first.
    """
    paths: dict[str, str] = {}
    first = ""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, ServiceRoute) and context.endpoint is log_in:
            paths[route.service.scheme] = context.path or ""
            first = first or paths[route.service.scheme]
    return {APPLICATION_SCHEME: first} | paths


def _relative_to_page(app: FastAPI, path: str) -> str:
    """Return a path relative to the documentation page, which a proxy may serve under a prefix."""
    folders = (app.docs_url or "/docs").count("/") - 1
    return "../" * folders + path.removeprefix("/")
