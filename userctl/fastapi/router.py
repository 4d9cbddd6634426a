"""The router that an application includes."""

from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from userctl import Accounts
from userctl.core.errors import CryptoMissing, DatabaseNotReady
from userctl.fastapi.documentation import document_logins_at_startup
from userctl.fastapi.endpoints.auth import add_auth
from userctl.fastapi.endpoints.status import add_jwks, add_metrics, add_status
from userctl.fastapi.endpoints.tokens import add_tokens
from userctl.fastapi.endpoints.users import add_users
from userctl.fastapi.options import check_origins, check_prefix, check_registration, check_texts
from userctl.fastapi.route import route_class
from userctl.fastapi.security import password_scheme, token_schemes
from userctl.fastapi.service import build_service


def router(
    accounts: Accounts,
    prefix: str = "/api/v1",
    *,
    register: bool = True,
    cookie: bool = False,
    origins: Sequence[str] = (),
    trusted_proxies: Sequence[str] = (),
    admin_role: str = "admin",
    hashes: int | None = None,
    metrics: bool = False,
    jwks: bool = True,
) -> APIRouter:
    """Return the endpoints for users, sessions and tokens, to be included in an application.

    Args:
        accounts: the database that they use; the application closes it.
        prefix: the prefix of their paths; empty for none.
        register: whether users may register themselves.
        cookie: whether clients may ask for the refresh token in a cookie.
        origins: the other origins, such as ``https://app.example.com``, that may send the cookie.
        trusted_proxies: the addresses or networks of proxies whose X-Forwarded-For is believed.
        admin_role: the role that may manage users.
        hashes: how many passwords are hashed at once; None for one per core.
        metrics: whether ``/metrics`` counts requests and logins (extra ``metrics``).
        jwks: whether to serve ``/.well-known/jwks.json``; an application has only one.

    Raises:
        InvalidConfiguration: if there is no key to sign tokens with, or it cannot be used.
        ValueError: if a proxy is not an address or a network, or another value cannot be used.
    """
    check_prefix(prefix)
    check_origins(origins)
    check_texts("trusted_proxies", trusted_proxies)
    if register:
        check_registration(accounts.settings.roles)
    # The health check reports a database that is not ready, which it may become later.
    with suppress(DatabaseNotReady):
        _require_crypto(accounts)
    scheme = password_scheme(prefix)
    service = build_service(
        accounts,
        cookie=cookie,
        origins=origins,
        trusted_proxies=trusted_proxies,
        hashes=hashes,
        metrics=metrics,
        scheme=scheme.scheme_name,
    )
    security = token_schemes(scheme)
    routes = route_class(service)
    # The default of the application may be another class, such as that of HTML pages.
    response_class = JSONResponse
    api = APIRouter(
        prefix=prefix, route_class=routes, default_response_class=response_class, tags=["users"]
    )
    add_auth(api, security, register_is_open=register)
    add_users(api, admin_role, security)
    add_tokens(api, security)
    add_status(api)
    if metrics:
        add_metrics(api)
    root = APIRouter(
        route_class=routes,
        default_response_class=response_class,
        lifespan=document_logins_at_startup,
    )
    if jwks:
        add_jwks(root)
    root.include_router(api)
    return root


def _require_crypto(accounts: Accounts) -> None:
    """Read the keys, and make sure that the library of asymmetric ones is installed."""
    for key in accounts.tokens.jwks()["keys"]:
        if find_spec("cryptography") is None:
            raise CryptoMissing(
                f"{key['alg']} needs the library 'cryptography', which is not installed."
            )
