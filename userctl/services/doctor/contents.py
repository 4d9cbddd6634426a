"""Checks of the contents of the database."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import islice

from userctl.core.errors import ClockSuspect
from userctl.core.text import quote, rfc3339
from userctl.db.maintenance import inspection
from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models import TABLES
from userctl.services.doctor.finding import Finding, ok
from userctl.services.doctor.foreign_hashes import ForeignHashes
from userctl.services.doctor.installation import Installation
from userctl.services.shared.clock_check import Gap, check_clock
from userctl.services.users.admins import read_admins

BACKLOG = timedelta(days=30)
"""How long ago a token may have expired before the check warns."""

ROWS_LISTED = 5
"""How many unreadable rows of each table are named."""

IDS_LISTED = 20
"""How many ids or roles a finding lists at most."""

CLOCK_TOLERANCE = timedelta(minutes=1)
"""How far the clock may be behind the newest row, which another machine may have written."""


def rows(installation: Installation) -> Iterable[Finding]:
    """Check that every value can be read, whichever program wrote it."""
    findings = [finding for table in TABLES for finding in _unreadable_rows(installation, table)]
    return findings or [ok("All rows can be read.")]


def _unreadable_rows(installation: Installation, table: str) -> Iterable[Finding]:
    with installation.database.reading() as uow:
        unreadable = uow.table_copy.unreadable_rows(table)
        first = list(islice(unreadable, ROWS_LISTED))
        others = sum(1 for _ in unreadable)
    for error in first:
        yield Finding("failure", error.message, error.hint)
    if others:
        message = f"{others} more rows of {table} cannot be read."
        yield Finding("failure", message, f"Correct the first {ROWS_LISTED}, and run this again.")


def clock(installation: Installation) -> Iterable[Finding]:
    """Check the clock against the server's, and against the newest row."""
    now, longest = installation.clock(), installation.longest_session
    with installation.database.reading() as uow:
        newest, server = uow.database_stats.newest_creation(), uow.database_stats.server_time()
        latest = max(filter(None, (newest, server)), default=now)
        is_old = newest is not None and now - newest > longest

        def matters(uow: UnitOfWork, gap: Gap) -> bool:
            return is_old or uow.token_purge.has_expiring(gap.start, now, created_before=gap.end)

        try:
            check_clock(uow, now, longest, matters)
        except ClockSuspect as error:
            # The database may have been idle for a long time, which is not a failure.
            message = error.message.partition(";")[0]
            return [Finding("warning", f"{message}.", "Set the clock if it is wrong.")]
    if latest - now > CLOCK_TOLERANCE:
        return [
            Finding(
                "failure",
                f"The clock says {rfc3339(now)}, which is behind {rfc3339(latest)} "
                "(the newest row or the server).",
                "Set the clock: tokens would expire too late.",
            )
        ]
    return [ok("The clock agrees with the server and the newest row.")]


def backlog(installation: Installation) -> Iterable[Finding]:
    """Check that expired tokens are purged."""
    now = installation.clock()
    with installation.database.reading() as uow:
        oldest = uow.token_purge.earliest_expiry(now)
        count = sum(uow.token_purge.count(now - BACKLOG)) if oldest else 0
    if count:
        return [
            Finding(
                "warning",
                f"Tokens that expired more than {BACKLOG.days} days ago: {count}.",
                "Run 'userctl token purge' every night.",
            )
        ]
    return [ok("No old expired tokens.")]


def passwords(installation: Installation) -> Iterable[Finding]:
    """Check how passwords are hashed, and which of them must be changed."""
    with installation.database.reading() as uow:
        forms, must_change = uow.users.count_by_hash_form(), uow.users.count_must_change()
        foreign = ForeignHashes.from_hashes(uow.users.foreign_hashes())
        open_ids = uow.users.disabled_with_password(left_out=False)
        left_out = uow.users.disabled_with_password(left_out=True)
    # The salt and the digest do not matter here.
    hashes = [(form + "." * 53, count) for form, count in forms]
    weak = sum(count for hashed, count in hashes if installation.hasher.is_outdated(hashed))
    if open_ids:
        listed = ", ".join(map(str, open_ids[:IDS_LISTED]))
        yield Finding(
            "warning",
            f"Disabled users to whom another program gave a password: {len(open_ids)} ({listed}).",
            "They can log in to that program. Disable them again: userctl user disable USER",
        )
    yield from foreign.findings(installation.password_secrets)
    if weak:
        yield Finding(
            "warning",
            f"Users with a hash of a lower cost than password_cost: {weak}.",
            "Each hash is upgraded at the next login.",
        )
    if must_change:
        yield Finding(
            "warning",
            f"Users who must change their password at the next login: {must_change}.",
            "Wait for their logins, or set new passwords with 'userctl user passwd'.",
        )
    if left_out:
        listed = ", ".join(map(str, left_out[:IDS_LISTED]))
        yield ok(f"Left to the application, and disabled here alone: {len(left_out)} ({listed}).")
    if not (open_ids or foreign or weak or must_change):
        yield ok("All passwords are hashed at password_cost, and none must be changed.")


def admins(installation: Installation) -> Iterable[Finding]:
    """Check that there is an active admin, and one who can log in."""
    with installation.database.reading() as uow:
        counts = {(r, s): count for r, s, count in uow.users.count_by_role_and_status()}
        found = read_admins(uow, installation.clock())
    if not found.active and counts:
        return [
            Finding(
                "warning",
                "No user is an active admin.",
                "Make one: userctl user update USER --role admin",
            )
        ]
    if found.active and not found.with_login:
        listed = ", ".join(map(str, sorted(found.active)[:IDS_LISTED]))
        return [
            Finding(
                "warning",
                f"No admin can log in: of {len(found.active)} active admins (ids {listed}) none "
                "has a password that can match, or an API token.",
                "Set a password: userctl user passwd USER",
            )
        ]
    total = sum(counts.values())
    able = f", of whom {len(found.with_login)} can log in" if found.active else ""
    return [ok(f"{len(found.active)} of {total} users are active admins{able}.")]


def roles(installation: Installation) -> Iterable[Finding]:
    """Check that the users, and those that can be restored, have configured roles."""
    with installation.database.reading() as uow:
        found = uow.users.roles() | uow.deleted_users.roles()
    if unknown := sorted(found - {*installation.roles}):
        listed = ", ".join(map(quote, unknown[:IDS_LISTED]))
        return [
            Finding(
                "warning",
                f"Roles of users that are not configured: {listed}.",
                "Add them to the setting 'roles', or change them: userctl user update USER --role",
            )
        ]
    return [ok("The roles of all users are configured.")]


def audit_trail(installation: Installation) -> Iterable[Finding]:
    """Check that the audit trail cannot be changed by mistake, and ends where it should."""
    if missing := inspection.missing_audit_triggers(installation.database.engine):
        return [
            Finding(
                "failure",
                f"The audit trail can be changed: the trigger {', '.join(missing)} is missing.",
                "Run 'userctl audit verify', and find out who dropped it.",
            )
        ]
    with installation.database.reading() as uow:
        head, last = uow.audit_events.head(), uow.audit_events.last_in_place()
    if head is not None and (last is None or last.id != head.id):
        first = 1 if last is None else last.id + 1
        return [
            Finding(
                "failure",
                f"Event {first} of the audit trail is missing (the last event is {head.id}).",
                "Run 'userctl audit verify', and find out who wrote to the table audit_events.",
            )
        ]
    return [ok("The audit trail is append-only. 'userctl audit verify' verifies every event.")]
