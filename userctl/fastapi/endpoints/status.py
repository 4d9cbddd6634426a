"""The service itself: its health, its public keys and its metrics."""

from fastapi import APIRouter, Response

from userctl.core.errors import DatabaseNotReady
from userctl.fastapi.endpoints.responses import problems, success
from userctl.fastapi.service import ServiceDep
from userctl.schemas.database import Health

JWKS_SECONDS = 300
"""How long a verifier may cache the keys; a key is published much longer before it signs."""


def add_status(api: APIRouter) -> None:
    """Add the endpoints; monitors ask with GET or with HEAD.

    Args:
        api: the router.
    """
    api.get(
        "/health",
        responses=success(200, "The state of the database.") | problems(),
        summary="Show the state of this process and of the database",
    )(health)
    api.head("/health", include_in_schema=False)(health)
    api.get(
        "/health/ready",
        responses=success(200, "Requests can be served.") | problems(),
        summary="Tell whether requests can be served",
    )(ready)
    api.head("/health/ready", include_in_schema=False)(ready)


def add_jwks(api: APIRouter) -> None:
    """Add the public keys.

    Args:
        api: the router, without a prefix: the path is well known (RFC 8615).
    """
    api.get(
        "/.well-known/jwks.json",
        responses=success(200, "A JWK Set.", "Cache-Control") | problems(),
        summary="Return the public keys",
    )(jwks)


def add_metrics(api: APIRouter) -> None:
    """Add the metrics of requests.

    Args:
        api: the router.
    """
    api.get("/metrics", include_in_schema=False)(metrics)


async def health(service: ServiceDep) -> Health:
    """Return the state of the database, with the status 200 whenever this process answers.

    A monitor restarts what does not answer, which would not repair a database.
    """
    return await service.workers.health()


async def ready(service: ServiceDep) -> Health:
    """Return the state, or 503 if the database cannot serve."""
    state = await service.workers.health()
    if state.status != "healthy":
        raise DatabaseNotReady("The database cannot serve.")
    return state


async def jwks(service: ServiceDep, response: Response) -> dict[str, list[dict[str, str]]]:
    """Return the public keys as a JWK Set (RFC 7517); none where tokens have a shared secret."""
    response.headers["Cache-Control"] = f"public, max-age={JWKS_SECONDS}"
    return await service.workers.query(service.accounts.tokens.jwks)


async def metrics(service: ServiceDep) -> Response:
    """Return the metrics in the text format of Prometheus."""
    assert service.metrics is not None
    return Response(service.metrics.exposition(), media_type=service.metrics.CONTENT_TYPE)
