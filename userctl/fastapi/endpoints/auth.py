"""Logging in and out: the endpoints below ``/auth``."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response

from userctl.core.errors import AuthenticationFailed, UserctlError
from userctl.fastapi.client import Client
from userctl.fastapi.duplicates import refuse_repeated_parameters
from userctl.fastapi.endpoints.bodies import (
    PasswordChange,
    RefreshToken,
    Registration,
    TokenRequest,
    Tokens,
)
from userctl.fastapi.endpoints.responses import (
    BODY,
    CHANGE,
    LOGIN,
    NEW_USER,
    REFRESH,
    TOKEN,
    problems,
    success,
)
from userctl.fastapi.oauth import GRANT_ERRORS, with_oauth_errors
from userctl.fastapi.problems import ProblemError, problem_error, router_error
from userctl.fastapi.security import CHALLENGE, UserDep, bearer_token, verified_token
from userctl.fastapi.service import ClientDep, Service, ServiceDep
from userctl.schemas.session import Grant
from userctl.schemas.users import UserRead


def add_auth(api: APIRouter, security: Sequence[Any], *, register_is_open: bool) -> None:
    """Add the endpoints.

    Args:
        api: the router.
        security: tells the documentation how to get a token.
        register_is_open: whether users may register themselves.
    """
    if register_is_open:
        api.post(
            "/auth/register",
            status_code=201,
            responses=success(201, "The new user.") | problems(*BODY, *NEW_USER, "overloaded"),
            summary="Register as a new user",
        )(register)
    api.post(
        "/auth/token",
        responses=success(200, "New tokens.", "Set-Cookie")
        | problems(*BODY, *LOGIN, *REFRESH, "unsupported_grant_type", oauth=GRANT_ERRORS),
        dependencies=[Depends(refuse_repeated_parameters)],
        summary="Log in, or exchange a refresh token",
    )(log_in)
    api.post(
        "/auth/refresh",
        responses=success(200, "New tokens.", "Set-Cookie")
        | problems(*BODY, *REFRESH, "cookie_refused", end_cookie=True, oauth=GRANT_ERRORS),
        summary="Exchange a refresh token, once, for new tokens",
    )(refresh)
    api.post(
        "/auth/logout",
        status_code=204,
        response_class=Response,
        responses=success(204, "The session has ended.", "Set-Cookie")
        | problems(
            *(*BODY, *CHANGE, "token_required", "token_invalid", "cookie_refused"), end_cookie=True
        ),
        summary="End the session of a refresh token",
    )(log_out)
    api.get(
        "/auth/me",
        dependencies=security,
        responses=success(200, "The user.") | problems(*TOKEN),
        summary="Show the user of the token",
    )(me)
    api.post(
        "/auth/password",
        responses=success(200, "New tokens.", "Set-Cookie")
        | problems(*BODY, *TOKEN, *LOGIN, "password_rejected"),
        dependencies=security,
        openapi_extra={"security": [{}]},
        summary="Change a password, and start a new session",
    )(change_password)


async def register(new: Registration, request: Request, service: ServiceDep) -> UserRead:
    """Create a user with the role ``user``. This reveals whether an address is in use."""
    return await service.workers.hash(
        request, service.accounts.users.create, new.email, password=new.password, name=new.name
    )


@with_oauth_errors(GRANT_ERRORS)
async def log_in(
    form: Annotated[TokenRequest, Form()],
    request: Request,
    response: Response,
    service: ServiceDep,
    client: ClientDep,
) -> Tokens:
    """Start a session with an e-mail address and a password (RFC 6749, section 4.3).

    With ``grant_type=refresh_token`` it exchanges a refresh token instead, as ``/auth/refresh``
    does: OAuth 2 clients know one endpoint for both.
    """
    match form:
        case TokenRequest(grant_type="refresh_token", refresh_token=str(token)):
            grant = await service.workers.query(service.accounts.sessions.refresh, token)
            return _deliver_tokens(grant, request, response, service, may_set_cookie=False)
        case TokenRequest(grant_type="refresh_token"):
            raise router_error("invalid_request", "The form has no refresh_token.")
        case TokenRequest(grant_type="password", username=str(username), password=str(password)):
            grant = await _log_in(username, password, request, service, client)
            return _deliver_tokens(grant, request, response, service)
        case TokenRequest(grant_type="password"):
            raise router_error("invalid_request", "The form has no username or no password.")
    raise router_error(
        "unsupported_grant_type", "The grant_type is neither 'password' nor 'refresh_token'."
    )


async def _log_in(
    username: str, password: str, request: Request, service: Service, client: Client
) -> Grant:
    try:
        grant = await service.workers.hash(
            request,
            service.accounts.sessions.login,
            username,
            password,
            source=client.source,
            client=client.name,
        )
    except UserctlError as error:
        _count_login(service, error.code)
        raise
    _count_login(service, "success")
    return grant


@with_oauth_errors(GRANT_ERRORS)
async def refresh(
    request: Request, response: Response, service: ServiceDep, body: RefreshToken | None = None
) -> Tokens:
    """Exchange the refresh token of the body, or else of the cookie."""
    token = _refresh_token(body, request, service)
    try:
        grant = await service.workers.query(service.accounts.sessions.refresh, token)
    except AuthenticationFailed as error:
        raise _refresh_token_error(error, request, service, body) from error
    return _deliver_tokens(grant, request, response, service, may_set_cookie=body is None)


async def log_out(
    request: Request, response: Response, service: ServiceDep, body: RefreshToken | None = None
) -> None:
    """End the session; one that ended before stays so."""
    token = _refresh_token(body, request, service)
    try:
        await service.workers.query(service.accounts.sessions.logout, token)
    except AuthenticationFailed as error:
        raise _refresh_token_error(error, request, service, body) from error
    if body is None and service.cookie is not None:
        response.headers.update(service.cookie.deletion_headers(request))


async def me(user: UserDep) -> UserRead:
    """Return the user of the token of the request."""
    return user


async def change_password(
    body: PasswordChange,
    request: Request,
    response: Response,
    service: ServiceDep,
    client: ClientDep,
) -> Tokens:
    """Change the password of the token's user, or of the user with the given address.

    All other sessions of the user end. Attempts are throttled like logins.
    """
    email = body.email
    if email is None:
        email = (await verified_token(service, await bearer_token(request))).user.email
    grant = await service.workers.hash(
        request,
        service.accounts.passwords.change,
        email,
        body.current_password,
        body.new_password,
        source=client.source,
        client=client.name,
    )
    return _deliver_tokens(grant, request, response, service)


def _refresh_token(body: RefreshToken | None, request: Request, service: Service) -> str:
    if body is not None:
        return body.refresh_token
    token = None if service.cookie is None else service.cookie.read(request)
    if token is None:
        raise router_error("token_required", "A refresh token is required.", headers=CHALLENGE)
    return token


def _refresh_token_error(
    error: AuthenticationFailed, request: Request, service: Service, body: RefreshToken | None
) -> ProblemError:
    """Return the error for a client; it deletes the cookie that held the token."""
    failure = problem_error(error)
    if body is None and service.cookie is not None:
        failure.headers = {**(failure.headers or {}), **service.cookie.deletion_headers(request)}
    return failure


def _deliver_tokens(
    grant: Grant,
    request: Request,
    response: Response,
    service: Service,
    *,
    may_set_cookie: bool = True,
) -> Tokens:
    cookie = service.cookie
    in_cookie = may_set_cookie and cookie is not None and cookie.is_wanted(request)
    if cookie is not None and in_cookie:
        cookie.set(request, response, grant.tokens.refresh_token)
    return Tokens.from_grant(grant, in_cookie=in_cookie)


def _count_login(service: Service, outcome: str) -> None:
    if service.metrics is not None:
        service.metrics.count_login(outcome)
