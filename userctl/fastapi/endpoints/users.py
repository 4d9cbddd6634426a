"""Managing users: the endpoints below ``/users``, for admins."""

import logging
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

from userctl.core.errors import UserChanged
from userctl.fastapi.duplicates import refuse_repeated_parameters
from userctl.fastapi.endpoints.bodies import NewUser, UserChanges, UserPage, UserQuery
from userctl.fastapi.endpoints.entity_tags import (
    IfMatch,
    IfNoneMatch,
    entity_tag,
    matches_any_tag,
    matches_user,
)
from userctl.fastapi.endpoints.responses import (
    ADMIN,
    BODY,
    CHANGE,
    FOUND,
    NEW_USER,
    guard,
    problems,
    success,
)
from userctl.fastapi.paths import public_path
from userctl.fastapi.problems import router_error
from userctl.fastapi.security import UserDep
from userctl.fastapi.service import Service, ServiceDep
from userctl.schemas.users import UserCreated, UserRead

logger = logging.getLogger(__name__)

READ, WRITE = "users:read", "users:write"


def add_users(api: APIRouter, admin_role: str, security: Sequence[Any]) -> None:
    """Add the endpoints.

    Args:
        api: the router.
        admin_role: the role that may use them.
        security: tells the documentation how to get a token.
    """
    read_guard = guard(READ, *security, role=admin_role)
    write_guard = guard(WRITE, *security, role=admin_role)
    api.get(
        "/users",
        responses=success(200, "A page of users.", "Link") | problems(*ADMIN, *FOUND),
        summary="List users",
        **guard(READ, *security, Depends(refuse_repeated_parameters), role=admin_role),
    )(list_users)
    api.post(
        "/users",
        status_code=201,
        responses=success(201, "The new user.", "Location")
        | problems(*ADMIN, *BODY, *NEW_USER, "overloaded"),
        summary="Create a user",
        **write_guard,
    )(create_user)
    api.get(
        "/users/{user_id}",
        response_model=UserRead,
        responses=success(200, "The user.", "ETag")
        | success(304, "The user still has this ETag.", "ETag")
        | problems(*ADMIN, *FOUND, "user_changed"),
        summary="Show a user",
        **read_guard,
    )(show_user)
    api.patch(
        "/users/{user_id}",
        responses=success(200, "The user as changed.", "ETag")
        | problems(
            *(*ADMIN, *BODY, *CHANGE, *FOUND),
            *("user_changed", "user_exists", "last_admin", "invalid_email"),
        ),
        summary="Change a user",
        **write_guard,
    )(change_user)
    api.delete(
        "/users/{user_id}",
        status_code=204,
        response_class=Response,
        responses=success(204, "The user is deleted.")
        | problems(*ADMIN, *CHANGE, *FOUND, "user_changed", "last_admin"),
        summary="Delete a user, who can be restored",
        **write_guard,
    )(delete_user)


async def list_users(
    query: Annotated[UserQuery, Query()], response: Response, service: ServiceDep
) -> UserPage:
    """Return a page of users; the next one is in ``next`` and in the header ``Link``.

    If they are sorted by ``id``, no page misses a user, even if users change meanwhile.
    """
    page = await service.workers.query(service.accounts.users.list, **query.model_dump())
    following = page.after if page.more else None
    if following is not None:
        parameters = query.model_dump(exclude_unset=True, exclude_none=True) | {"after": following}
        response.headers["Link"] = f'<?{urlencode(parameters)}>; rel="next"'
    for error in page.unreadable:
        logger.error("%s: %s", error.code, error.message)
    ids = [error.row for error in page.unreadable]
    return UserPage(items=list(page.items), next=following, unreadable=ids)


async def create_user(
    new: NewUser, admin: UserDep, request: Request, response: Response, service: ServiceDep
) -> UserCreated:
    """Create a user; a generated password is returned this once."""
    with service.accounts.acting_as(admin.email):
        created = await service.workers.hash(request, _create, service, admin, new)
    response.headers["Location"] = f"{public_path(request)}/{created.id}"
    return created


async def show_user(
    user_id: int,
    response: Response,
    service: ServiceDep,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> UserRead | Response:
    """Return a user and their ETag; with ``If-None-Match``, only if the user has changed."""
    user = await service.workers.query(_read, service, user_id, if_match)
    response.headers["ETag"] = entity_tag(user)
    if if_none_match and matches_user(if_none_match, user, weak=True):
        return Response(status_code=304, headers={"ETag": entity_tag(user)})
    return user


async def change_user(
    user_id: int,
    changes: UserChanges,
    admin: UserDep,
    response: Response,
    service: ServiceDep,
    if_match: IfMatch = None,
) -> UserRead:
    """Change a user; with ``If-Match``, only if they are as you read them."""
    with service.accounts.acting_as(admin.email):
        changed = await service.workers.query(_change, service, user_id, changes, if_match)
    response.headers["ETag"] = entity_tag(changed)
    return changed


async def delete_user(
    user_id: int, admin: UserDep, service: ServiceDep, if_match: IfMatch = None
) -> None:
    """Delete a user, and end their sessions."""
    with service.accounts.acting_as(admin.email):
        await service.workers.query(_delete, service, user_id, if_match)


def _create(service: Service, admin: UserRead, new: NewUser) -> UserCreated:
    # The admin may have been demoted or disabled while the request waited for its turn to hash.
    now = service.accounts.users.get(admin.id)
    if (now.role, now.status) != (admin.role, admin.status):
        raise router_error("role_required", "You no longer have this role.")
    values = new.model_dump(exclude={"email"})
    return service.accounts.users.create(new.email, **values)


def _change(service: Service, user_id: int, changes: UserChanges, if_match: IfMatch) -> UserRead:
    users, fields = service.accounts.users, changes.model_fields_set
    if "status" in fields and len(fields) > 1:
        raise router_error("invalid_request", "Change the status in a request of its own.")
    for name in fields - {"name"}:
        if getattr(changes, name) is None:
            raise router_error("invalid_request", f"The {name} cannot be null.")
    expected = _expected_user(service, user_id, if_match)
    if changes.status is not None:
        change = users.enable if changes.status == "active" else users.disable
        return change(user_id, expected=expected)
    return users.update(
        user_id,
        email=changes.email,
        # An empty name removes it.
        name=(changes.name or "") if "name" in fields else None,
        role=changes.role,
        expected=expected,
    )


def _delete(service: Service, user_id: int, if_match: IfMatch) -> None:
    service.accounts.users.delete(user_id, expected=_expected_user(service, user_id, if_match))


def _read(service: Service, user_id: int, if_match: IfMatch) -> UserRead:
    return _expected_user(service, user_id, if_match) or service.accounts.users.get(user_id)


def _expected_user(service: Service, user_id: int, if_match: IfMatch) -> UserRead | None:
    """Return the user that a request expects, if it has a condition."""
    if if_match is None or matches_any_tag(if_match):
        return None
    user = service.accounts.users.get(user_id)
    if not matches_user(if_match, user):
        raise UserChanged(user_id)
    return user
