"""Importing users: all records are checked and hashed first, then written in one transaction."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from userctl.core.clock import Clock
from userctl.core.errors import DatabaseNotReady
from userctl.db.transaction.retry import retry_transactions
from userctl.db.transaction.unit_of_work import Database
from userctl.schemas.audit import AuditTag
from userctl.schemas.transfer import (
    FileRecord,
    ImportReport,
    ImportRules,
    OnConflict,
    PasswordSample,
    Reject,
)
from userctl.security.password_policy import PasswordPolicy
from userctl.security.passwords import PasswordHasher
from userctl.services.users.import_.hashing import hash_passwords
from userctl.services.users.import_.records import (
    DEFAULT_RULES,
    ImportedUser,
    ParsedRecord,
    RecordParser,
)
from userctl.services.users.import_.repeated_emails import RepeatedEmails, reject_repeated
from userctl.services.users.import_.report import COUNTS, import_report, import_result
from userctl.services.users.import_.schemes import count_schemes, require_match
from userctl.services.users.import_.spool import Spool
from userctl.services.users.import_.tally import Tally
from userctl.services.users.import_.writing import Writer

CHUNK = 5000
"""How many records are held in memory and written at once."""


@dataclass
class _CheckedFile:
    """A file after all of its records were checked.

    Attributes:
        users: the users to write.
        tally: the outcome of the other records.
        emails: the addresses of all good records.
        named: the addresses of records that were dropped because their users exist.
    """

    users: Spool[ImportedUser] = field(default_factory=lambda: Spool(ImportedUser._make))
    tally: Tally = field(default_factory=Tally)
    emails: RepeatedEmails = field(default_factory=RepeatedEmails)
    named: set[str] = field(default_factory=set)


class UserImportService:
    """The use case that creates and updates many users."""

    def __init__(
        self,
        database: Database,
        *,
        hasher: PasswordHasher,
        policy: PasswordPolicy,
        roles: Sequence[str],
        clock: Clock,
    ) -> None:
        self._database = database
        self._hasher = hasher
        self._policy = policy
        self._roles = roles
        self._clock = clock

    def load(
        self,
        records: Iterable[FileRecord],
        *,
        on_conflict: OnConflict = "error",
        partial: bool = False,
        dry_run: bool = False,
        into_nothing: bool = False,
        rules: ImportRules = DEFAULT_RULES,
        source: str | None = None,
        sample: PasswordSample | None = None,
        digest: Callable[[], str | None] = lambda: None,
        on_checked: Callable[[int, int], None] = lambda _done, _read: None,
        on_written: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> ImportReport:
        """Import users, all of them in one transaction.

        Args:
            records: the records of a file.
            on_conflict: what to do with a record whose user exists: reject it, skip it, or update
                the user.
            partial: whether to import the good records although others are rejected.
            dry_run: whether to roll everything back at the end.
            into_nothing: whether a dry run uses no database, as if there were an empty one.
            rules: what to accept although userctl would not create such a user.
            source: the system that the users come from, for the audit trail.
            sample: a password that has to match, or nothing is written.
            digest: returns the SHA-256 of the file after it was read, for the audit trail.
            on_checked: called with the number of records checked and hashed, and the number read.
            on_written: called with the number of records written, and the number to write.

        Raises:
            SampleMismatch: if the sample is the password of none of the users.
        """
        now = self._clock()
        parser = RecordParser(roles=self._roles, policy=self._policy, now=now, rules=rules)
        checked = self._check(records, parser, None if into_nothing else on_conflict, on_checked)
        if sample is not None:
            require_match(checked.users, sample, self._hasher)
        fails = bool(checked.tally.rejected) and not partial
        try:
            # Conflicts with users in the database are reported even if other records are wrong.
            written = (
                _rehearse(checked)
                if into_nothing
                else self._write(
                    checked,
                    now,
                    on_conflict,
                    on_written,
                    keep=lambda tally: (
                        not dry_run and not fails and (partial or not tally.rejected)
                    ),
                    about=lambda tally: {
                        "sha256": digest(),
                        **({} if source is None else {"source": source}),
                        **import_result(checked.tally, tally).model_dump(include=COUNTS),
                    },
                )
            )
        except DatabaseNotReady:
            if not fails:
                raise
            written = Tally()
        schemes = count_schemes(checked.users) if dry_run else []
        return import_report(checked.tally, written, schemes, partial=partial, dry_run=dry_run)

    def _check(
        self,
        records: Iterable[FileRecord],
        parser: RecordParser,
        on_conflict: OnConflict | None,
        on_checked: Callable[[int, int], None],
    ) -> _CheckedFile:
        """Parse records, hash their passwords and append the good ones to the spool.

        ``on_conflict`` is None if no user exists.
        """
        checked = _CheckedFile()
        source = iter(records)
        read = 0

        def on_hashed(remaining: int) -> None:
            on_checked(read - remaining, read)

        while chunk := list(islice(source, CHUNK)):
            read += len(chunk)
            accepted = _drop_rejects(chunk, parser.parse(chunk), checked.tally)
            checked.emails.add(record.user.email for record in accepted)
            checked.emails.add(filter(None, (record.user.numbered for record in accepted)))
            parsed = self._drop_existing(accepted, on_conflict, checked)
            checked.users.append(hash_passwords(parsed, self._hasher, on_hashed))
            on_checked(read, read)
        return checked

    def _drop_existing(
        self, parsed: list[ParsedRecord], on_conflict: OnConflict | None, checked: _CheckedFile
    ) -> list[ParsedRecord]:
        """Drop records whose users exist, before time is spent on hashing their passwords."""
        if on_conflict in {None, "update"} or all(record.password is None for record in parsed):
            return parsed
        with self._database.reading() as uow:
            ids = uow.users.ids_by_email([record.user.email for record in parsed])
        missing = []
        for record in parsed:
            user, tally = record.user, checked.tally
            if user.email not in ids:
                missing.append(record)
                continue
            if user.email in checked.named:
                tally.reject_repeated(user)
            elif on_conflict == "skip":
                tally.skipped += 1
            else:
                tally.reject_existing(user, ids[user.email])
            checked.named.add(user.email)
        return missing

    @retry_transactions
    def _write(
        self,
        checked: _CheckedFile,
        now: datetime,
        on_conflict: OnConflict,
        on_written: Callable[[int, int], None],
        keep: Callable[[Tally], bool],
        about: Callable[[Tally], dict[str, Any]],
    ) -> Tally:
        """Write the users in one transaction, and commit it if ``keep`` returns True.

        ``about`` returns the details for the audit trail.
        """
        users, repeated = checked.users, checked.emails.hashes()
        with self._database.writing() as uow:
            writer = Writer(
                uow,
                on_conflict=on_conflict,
                unmatchable=self._hasher.unmatchable_hash(),
                now=now,
                repeated=repeated,
                named=checked.named,
            )
            done = 0
            for chunk in users.chunks():
                writer.write(chunk)
                done += len(chunk)
                on_written(done, users.rows)
            if keep(writer.tally):
                uow.record_many(writer.events.chunks(), now)
                uow.record(AuditTag.ACCOUNT_IMPORT, now, **about(writer.tally))
                uow.commit()
        return writer.tally


def _rehearse(checked: _CheckedFile) -> Tally:
    """Return the outcome of an import into an empty database."""
    tally, named, repeated = Tally(), set[str](), checked.emails.hashes()
    for chunk in checked.users.chunks():
        tally.created += len(reject_repeated(chunk, repeated, named, tally))
    return tally


def _drop_rejects(
    records: Iterable[FileRecord], outcomes: Iterable[ParsedRecord | list[Reject]], tally: Tally
) -> list[ParsedRecord]:
    """Return the records that could be parsed, and count the others."""
    accepted = []
    for record, outcome in zip(records, outcomes, strict=True):
        if isinstance(outcome, ParsedRecord):
            accepted.append(outcome)
        else:
            tally.reject(outcome, record.source)
    return accepted
