"""Finds the users of a choice, in its order, and the references that match no user."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from userctl.core.errors import InvalidInput, UserctlError, UserNotFound, UsersNotFound
from userctl.core.text import join_alternatives, quote
from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models import DeletedUser, User
from userctl.repositories.full_windows import FullWindows
from userctl.schemas.batches import UserChoice, UserReference
from userctl.schemas.email_address import lookup_address
from userctl.schemas.users import UserQuery
from userctl.services.users.listing import with_times
from userctl.services.users.lookup import id_or_address, not_found_error, require_unambiguous
from userctl.services.users.near_misses import near_misses
from userctl.services.users.rules import require_role


@dataclass
class Entry:
    """A reference, and the user that it matches or the reason why there is none.

    Attributes:
        reference: the reference.
        user: the user.
        error: why the user cannot be changed.
    """

    reference: UserReference
    user: User | DeletedUser | None = None
    error: UserctlError | None = None


def select_users(
    uow: UnitOfWork,
    choice: UserChoice,
    *,
    includes_deleted: bool,
    roles: Collection[str],
    full: FullWindows,
) -> list[Entry]:
    """Return the users of a choice, each once, and the references that match no user.

    Args:
        uow: the unit of work.
        choice: which users.
        includes_deleted: whether to find users who were deleted before too.
        roles: the configured roles.
        full: the windows whose users are throttled.

    Raises:
        InvalidInput: if a query asks for a role that is neither configured nor used.
    """
    if choice.query is None:
        return _select_named(uow, choice.references, includes_deleted=includes_deleted)
    ids = uow.user_batches.matching_ids(with_times(choice.query, full.now), full)
    if not ids and choice.query.role is not None:
        require_role(choice.query.role, roles)
    users = uow.user_batches.by_id(ids)
    return [Entry(UserReference(str(i)), user) for i in ids if (user := users.get(i))]


def require_all_found(entries: Sequence[Entry], *, missing_ok: bool) -> None:
    """Make sure that each reference matches one user.

    Raises:
        InvalidInput: for a reference that matches several.
        UserNotFound: naming all that match no user, with similar addresses, unless ``missing_ok``.
    """
    for entry in entries:
        if isinstance(entry.error, InvalidInput):
            raise entry.error
    unknown = [entry for entry in entries if entry.error is not None and not missing_ok]
    if len(entries) == 1:
        for entry in unknown:
            raise entry.error or UserNotFound("")
    if unknown:
        lines = [_describe_missing(entry) for entry in unknown]
        raise UsersNotFound(lines, len({entry.reference.text for entry in entries}))


def lock_entries(
    uow: UnitOfWork, entries: Sequence[Entry], query: UserQuery | None, full: FullWindows
) -> list[Entry]:
    """Return the entries with their current users, locked until the transaction ends.

    Users who no longer match the query are left out.
    """
    ids = [e.user.id for e in entries if isinstance(e.user, User) and e.user.id is not None]
    wanted = None if query is None else with_times(query, full.now)
    users = uow.user_batches.lock(ids, wanted, full)
    archived = {e.user.id for e in entries if isinstance(e.user, DeletedUser)}
    deleted = {user_id: uow.deleted_users.lock(user_id) for user_id in sorted(archived)}
    locked = []
    for entry in entries:
        user: User | DeletedUser | None = None
        if isinstance(entry.user, User):
            user = users.get(entry.user.id or 0)
        elif entry.user is not None:
            user = deleted[entry.user.id]
        is_gone = entry.user is not None and user is None
        if is_gone and query is not None:
            continue
        error = _vanished_error(entry) if is_gone else entry.error
        locked.append(Entry(entry.reference, user, error))
    return locked


def _select_named(
    uow: UnitOfWork, references: Sequence[UserReference], *, includes_deleted: bool
) -> list[Entry]:
    # Repeated references count once, and so do two references to one user.
    by_key: dict[int | str, UserReference] = {}
    for reference in references:
        by_key.setdefault(_lookup_key(reference.text), reference)
    matches, ambiguous = _find_matches(uow, [*by_key], includes_deleted=includes_deleted)
    entries: list[Entry] = []
    seen: set[tuple[type, int | None]] = set()
    for key, reference in by_key.items():
        new = [user for user in matches[key] if (type(user), user.id) not in seen]
        seen |= {(type(user), user.id) for user in new}
        entries += [Entry(reference, user) for user in new]
        if not matches[key]:
            entries.append(Entry(reference, error=ambiguous.get(key)))
    _explain(uow, [entry for entry in entries if entry.user is None and entry.error is None])
    return entries


def _find_matches(
    uow: UnitOfWork, keys: Sequence[int | str], *, includes_deleted: bool
) -> tuple[dict[int | str, list[User | DeletedUser]], dict[int | str, InvalidInput]]:
    """Return the users with some ids and addresses, and the errors of ambiguous addresses.

    One address may match several deleted users.
    """
    matches: dict[int | str, list[User | DeletedUser]] = {key: [] for key in keys}
    ids = [key for key in keys if isinstance(key, int)]
    # Text that cannot be an address becomes an empty key, which matches no user.
    emails = [key for key in keys if isinstance(key, str) and key]
    for user_id, user in uow.user_batches.by_id(ids).items():
        matches[user_id].append(user)
    by_email, ambiguous = _find_by_address(uow, emails)
    for email, user in by_email.items():
        matches[email].append(user)
    if includes_deleted:
        # Several users may have had an address, but an id in use belongs to one user only.
        unused = [user_id for user_id in ids if not matches[user_id]]
        for deleted in uow.deleted_users.by_ids_and_emails(unused, emails):
            if deleted.id in unused:
                matches[deleted.id].append(deleted)
            if deleted.email in matches:
                matches[deleted.email].append(deleted)
    return matches, ambiguous


def _find_by_address(
    uow: UnitOfWork, emails: Sequence[str]
) -> tuple[dict[str, User], dict[int | str, InvalidInput]]:
    """Return the users with some addresses, and the errors of addresses shared by several."""
    by_email: dict[str, User] = {}
    ambiguous: dict[int | str, InvalidInput] = {}
    for email, users in uow.user_batches.by_email(emails).items():
        try:
            require_unambiguous(email, users)
        except InvalidInput as error:
            ambiguous[email] = error
        else:
            by_email[email] = users[0]
    return by_email, ambiguous


def _lookup_key(text: str) -> int | str:
    """Return the id or the address that a reference stands for, as it would be stored."""
    try:
        return id_or_address(text)
    except InvalidInput:
        # Adopted tables may have invalid addresses.
        return lookup_address(text)


def _explain(uow: UnitOfWork, unknown: Sequence[Entry]) -> None:
    """Set the errors of entries: that the user was deleted, or which addresses are similar."""
    if not unknown:
        return
    keys = {entry.reference.text: _lookup_key(entry.reference.text) for entry in unknown}
    deleted = uow.deleted_users.by_ids_and_emails(
        [key for key in keys.values() if isinstance(key, int)],
        [key for key in keys.values() if isinstance(key, str) and key],
    )
    similar = near_misses(uow, [*keys])
    for entry in unknown:
        name = entry.reference.text
        entry.error = not_found_error(name, [d for d in deleted if keys[name] in (d.id, d.email)])
        if hits := similar.get(name):
            entry.error.hint = entry.error.hint or f"Did you mean {join_alternatives(hits)}?"


def _describe_missing(entry: Entry) -> str:
    where = "" if entry.reference.line is None else f"line {entry.reference.line}: "
    if entry.error is None or entry.error.hint is None:
        return f"{where}{quote(entry.reference.text)}"
    return f"{where}{quote(entry.reference.text)}: {entry.error.hint}"


def _vanished_error(entry: Entry) -> UserNotFound:
    return UserNotFound(f"Another process deleted user {quote(entry.reference.text)} just now.")
