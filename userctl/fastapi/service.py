"""What the endpoints of one router share, and the dependency that finds it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, ClassVar

from fastapi import Depends, Request
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.requests import HTTPConnection

from userctl import Accounts
from userctl.fastapi.client import Client, ClientReader
from userctl.fastapi.refresh_cookie import RefreshCookie
from userctl.fastapi.workers import Workers

if TYPE_CHECKING:
    from userctl.fastapi.metrics import RequestMetrics


@dataclass(frozen=True)
class Service:
    """The parts of a router.

    Attributes:
        accounts: the users, sessions and tokens.
        workers: the threads that use them.
        clients: identifies the client of a request.
        cookie: keeps refresh tokens in browsers, if allowed.
        metrics: counts requests and logins, if requested.
        scheme: the name of its login in the documentation.
    """

    accounts: Accounts
    workers: Workers
    clients: ClientReader
    cookie: RefreshCookie | None
    metrics: "RequestMetrics | None"
    scheme: str


class ServiceRoute(APIRoute):
    """A route that knows its service; each router has a subclass."""

    service: ClassVar[Service]


def build_service(
    accounts: Accounts,
    *,
    cookie: bool,
    origins: Sequence[str],
    trusted_proxies: Sequence[str],
    hashes: int | None,
    metrics: bool,
    scheme: str,
) -> Service:
    """Return the parts of a router, from arguments of ``router`` and of ``Service``."""
    workers = Workers(accounts, hashes)
    lifetime = timedelta(days=accounts.settings.refresh_token_days)
    return Service(
        accounts,
        workers,
        ClientReader(trusted_proxies),
        RefreshCookie(lifetime, origins) if cookie else None,
        _request_metrics(workers) if metrics else None,
        scheme,
    )


def _request_metrics(workers: Workers) -> "RequestMetrics":
    from userctl.fastapi.metrics import RequestMetrics  # noqa: PLC0415 - it takes an extra.

    return RequestMetrics(workers)


async def find_service(request: HTTPConnection) -> Service:
    """Return the service of the router that a request goes to, or that its application includes.

    Like all dependencies here it is a coroutine, since FastAPI runs a plain function in a thread.

    Raises:
        RuntimeError: if the application includes none.
    """
    route = request.scope.get("route")
    if isinstance(route, ServiceRoute):
        return route.service
    # Searching all routes takes long, so it is done once.
    state = request.app.state
    if not hasattr(state, "userctl_service"):
        state.userctl_service = next(
            (
                context.original_route.service
                for context in iter_route_contexts(request.app.routes)
                if isinstance(context.original_route, ServiceRoute)
            ),
            None,
        )
    service: Service | None = state.userctl_service
    if service is None:
        raise RuntimeError(
            "Include userctl.fastapi.router(accounts) in the application that has the endpoint. "
            "One that is mounted in another does not see the routers of the other."
        )
    return service


ServiceDep = Annotated[Service, Depends(find_service)]


async def read_client(request: Request, service: ServiceDep) -> Client:
    """Return the client of a request."""
    return service.clients.read(request)


ClientDep = Annotated[Client, Depends(read_client)]
