"""Finds the users that a choice means, in its order, and all the names that mean none."""

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
from userctl.services.users.lookup import id_or_address, not_found, require_one
from userctl.services.users.near_misses import near_misses
from userctl.services.users.rules import require_role


@dataclass
class Entry:
    """A name, and the user whom it means or why there is none.

    Attributes:
        reference: the name.
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
    """Return the users of a choice, each once, and the names that mean none.

    Args:
        uow: the unit of work.
        choice: which users.
        includes_deleted: whether users who were deleted before are meant too.
        roles: the configured roles.
        full: the windows whose users are throttled.

    Raises:
        InvalidInput: if a query asks for a role that is not configured and that no user has.
    """
    if choice.query is None:
        return _named(uow, choice.references, includes_deleted=includes_deleted)
    ids = uow.user_batches.matching_ids(with_times(choice.query, full.now), full)
    if not ids and choice.query.role is not None:
        require_role(choice.query.role, roles)
    users = uow.user_batches.by_id(ids)
    return [Entry(UserReference(str(i)), user) for i in ids if (user := users.get(i))]


def require_all(entries: Sequence[Entry], *, missing_ok: bool) -> None:
    """Make sure that each name means one user.

    Raises:
        InvalidInput: for a name that means several.
        UserNotFound: naming all that mean none, with addresses that resemble them, unless
            ``missing_ok``.
    """
    for entry in entries:
        if isinstance(entry.error, InvalidInput):
            raise entry.error
    unknown = [entry for entry in entries if entry.error is not None and not missing_ok]
    if len(entries) == 1:
        for entry in unknown:
            raise entry.error or UserNotFound("")
    if unknown:
        lines = [_line(entry) for entry in unknown]
        raise UsersNotFound(lines, len({entry.reference.text for entry in entries}))


def lock_entries(
    uow: UnitOfWork, entries: Sequence[Entry], query: UserQuery | None, full: FullWindows
) -> list[Entry]:
    """Return the entries with their users as they are now, locked until the end.

    A user whom a query found and who no longer meets it is left out.
    """
    ids = [e.user.id for e in entries if isinstance(e.user, User) and e.user.id is not None]
    wanted = None if query is None else with_times(query, full.now)
    users = uow.user_batches.lock(ids, wanted, full)
    archived = {e.user.id for e in entries if isinstance(e.user, DeletedUser)}
    deleted = {user_id: uow.deleted_users.lock(user_id) for user_id in sorted(archived)}
    locked = []
    for entry in entries:
        found: User | DeletedUser | None = None
        if isinstance(entry.user, User):
            found = users.get(entry.user.id or 0)
        elif entry.user is not None:
            found = deleted[entry.user.id]
        gone = entry.user is not None and found is None
        if gone and query is not None:
            continue
        error = _vanished(entry) if gone else entry.error
        locked.append(Entry(entry.reference, found, error))
    return locked


def _named(
    uow: UnitOfWork, references: Sequence[UserReference], *, includes_deleted: bool
) -> list[Entry]:
    # Whatever is written twice in the same way counts once, and so do two names of one user.
    names: dict[int | str, UserReference] = {}
    for reference in references:
        names.setdefault(_key(reference.text), reference)
    meant, ambiguous = _meant_by(uow, [*names], includes_deleted=includes_deleted)
    entries: list[Entry] = []
    seen: set[tuple[type, int | None]] = set()
    for key, reference in names.items():
        new = [user for user in meant[key] if (type(user), user.id) not in seen]
        seen |= {(type(user), user.id) for user in new}
        entries += [Entry(reference, user) for user in new]
        if not meant[key]:
            entries.append(Entry(reference, error=ambiguous.get(key)))
    _explain(uow, [entry for entry in entries if entry.user is None and entry.error is None])
    return entries


def _meant_by(
    uow: UnitOfWork, keys: Sequence[int | str], *, includes_deleted: bool
) -> tuple[dict[int | str, list[User | DeletedUser]], dict[int | str, InvalidInput]]:
    """Return the users with some ids and addresses, and the errors of those that are ambiguous.

    One name may mean several users who were deleted.
    """
    meant: dict[int | str, list[User | DeletedUser]] = {key: [] for key in keys}
    ids = [key for key in keys if isinstance(key, int)]
    # What cannot be an address stands for blank text, which refers to no user.
    emails = [key for key in keys if isinstance(key, str) and key]
    for user_id, user in uow.user_batches.by_id(ids).items():
        meant[user_id].append(user)
    addressed, ambiguous = _with_addresses(uow, emails)
    for email, user in addressed.items():
        meant[email].append(user)
    if includes_deleted:
        # Several users may have had an address, but an id in use belongs to one user only.
        unused = [user_id for user_id in ids if not meant[user_id]]
        for deleted in uow.deleted_users.by_ids_and_emails(unused, emails):
            if deleted.id in unused:
                meant[deleted.id].append(deleted)
            if deleted.email in meant:
                meant[deleted.email].append(deleted)
    return meant, ambiguous


def _with_addresses(
    uow: UnitOfWork, emails: Sequence[str]
) -> tuple[dict[str, User], dict[int | str, InvalidInput]]:
    """Return the users with some addresses, and the errors of addresses that several have."""
    found: dict[str, User] = {}
    ambiguous: dict[int | str, InvalidInput] = {}
    for email, users in uow.user_batches.by_email(emails).items():
        try:
            require_one(email, users)
        except InvalidInput as error:
            ambiguous[email] = error
        else:
            found[email] = users[0]
    return found, ambiguous


def _key(text: str) -> int | str:
    """Return the id or the address that a name stands for, as it would be stored."""
    try:
        return id_or_address(text)
    except InvalidInput:
        # Adopted tables may have addresses that are not valid.
        return lookup_address(text)


def _explain(uow: UnitOfWork, unknown: Sequence[Entry]) -> None:
    """Say of each name whether the user was deleted, or which addresses resemble it."""
    if not unknown:
        return
    keys = {entry.reference.text: _key(entry.reference.text) for entry in unknown}
    deleted = uow.deleted_users.by_ids_and_emails(
        [key for key in keys.values() if isinstance(key, int)],
        [key for key in keys.values() if isinstance(key, str) and key],
    )
    similar = near_misses(uow, [*keys])
    for entry in unknown:
        name = entry.reference.text
        entry.error = not_found(name, [d for d in deleted if keys[name] in (d.id, d.email)])
        if hits := similar.get(name):
            entry.error.hint = entry.error.hint or f"Did you mean {join_alternatives(hits)}?"


def _line(entry: Entry) -> str:
    where = "" if entry.reference.line is None else f"line {entry.reference.line}: "
    if entry.error is None or entry.error.hint is None:
        return f"{where}{quote(entry.reference.text)}"
    return f"{where}{quote(entry.reference.text)}: {entry.error.hint}"


def _vanished(entry: Entry) -> UserNotFound:
    return UserNotFound(f"Another process deleted user {quote(entry.reference.text)} just now.")
