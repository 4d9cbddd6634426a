"""The audit events of imported users, as if each had been created or changed on its own."""

from collections.abc import Iterator
from typing import Any

from userctl.core.actor import sanitize_name
from userctl.core.audit_chain import canonical_json
from userctl.core.tracing import trace_fields
from userctl.db.transaction.unit_of_work import EventParts
from userctl.models import User
from userctl.models.own_hash import own_hash
from userctl.schemas.audit import AuditTag
from userctl.schemas.user_fields import PLAIN_FIELDS
from userctl.services.users.changes import recorded_changes, recorded_value
from userctl.services.users.import_.records import ImportedUser


def creation_events(user: ImportedUser, user_id: int, via: str) -> Iterator[EventParts]:
    """Yield the events of a user who is created; ``via`` names the use case that creates them."""
    plain = zip(PLAIN_FIELDS, user.plain, strict=True)
    values = {name: recorded_value(value) for name, value in plain if value is not None}
    detail = _detail(**{"name": None, **values}, role=user.role or "user", via=via)
    target = user.email if user.email.isprintable() else sanitize_name(user.email)
    yield AuditTag.ACCOUNT_CREATE.value, user_id, target, detail
    if user.status == "disabled":
        yield AuditTag.ACCOUNT_DISABLE.value, user_id, target, _detail(via=via)


def update_events(
    imported: ImportedUser, user: User, changes: dict[str, Any]
) -> Iterator[EventParts]:
    """Yield the events of a user who is changed.

    Args:
        imported: the user in the file.
        user: the user before the change.
        changes: the new values by column.
    """
    if "disabled_at" in changes:
        disabled = changes["disabled_at"] is not None
        yield _event(user, AuditTag.ACCOUNT_DISABLE if disabled else AuditTag.ACCOUNT_ENABLE)
    had_to_change = bool(user.must_change_password)
    must_change = bool(changes.get("must_change_password", had_to_change))
    recorded = {name: changes[name] for name in ("role", *PLAIN_FIELDS) if name in changes}
    if imported.hashed_password not in {None, own_hash(user)}:
        yield _event(
            user, AuditTag.PASSWORD_SET, generated=False, must_change=must_change, removed=False
        )
    elif must_change and not had_to_change:
        yield _event(user, AuditTag.PASSWORD_EXPIRE)
    elif had_to_change and not must_change:
        recorded["must_change_password"] = False
    if recorded:
        yield _event(user, AuditTag.ACCOUNT_UPDATE, changes=recorded_changes(user, recorded))


def _event(user: User, tag: AuditTag, **detail: Any) -> EventParts:
    assert user.id is not None
    target = sanitize_name(str(user.email))
    return tag.value, user.id, target, _detail(**detail, via="import")


def _detail(**values: Any) -> str:
    return canonical_json({**values, **trace_fields()})
