"""The typed errors of userctl.

Each has a stable ``code`` that scripts may match on, a one-line message that says what is wrong
with which value (never a secret), and a hint that says what to do. The direct subclasses of
:class:`UserctlError` are the kinds of failure; the command line maps each kind to one exit code.
"""

import math
from collections.abc import Sequence
from datetime import timedelta


class UserctlError(Exception):
    """Base of every failure that userctl foresees."""

    code = "error"
    hint: str | None = None

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if hint is not None:
            self.hint = hint


class InvalidInput(UserctlError):
    """Usage or input that cannot be accepted; nothing changed."""

    code = "invalid_input"


class NotFound(UserctlError):
    """Something that was asked for does not exist."""

    code = "not_found"


class AuthenticationFailed(UserctlError):
    """Credentials or a token do not prove what they should."""

    code = "authentication_failed"


class Conflict(UserctlError):
    """The state of the database, or a guard, stands against the change."""

    code = "conflict"


class DatabaseNotReady(UserctlError):
    """The database cannot serve the command as it is now."""

    code = "database_error"


class InputOutputFailed(UserctlError):
    """A file, a disk or a stream failed."""

    code = "io_error"


class InvalidConfiguration(InvalidInput):
    """A setting is unknown or unusable."""

    code = "invalid_configuration"


class InvalidEmail(InvalidInput):
    """A string is not an e-mail address that userctl accepts."""

    code = "invalid_email"


class PasswordRejected(InvalidInput):
    """A password breaks the policy; the message gives every reason at once."""

    code = "password_rejected"

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(f"The password was refused: {'; '.join(reasons)}.")


class ImportRejected(InvalidInput):
    """Records of a file break the rules; nothing was imported."""

    code = "import_rejected"
    hint = "Correct them, or import the others with --partial; --rejects FILE lists all."


class SecretKeyMissing(InvalidConfiguration):
    """Tokens cannot be signed or verified without a key."""

    code = "secret_key_missing"


class CryptoMissing(InvalidConfiguration):
    """The library for asymmetric keys is not installed."""

    code = "crypto_missing"
    hint = "Install it with: pip install 'userctl[crypto]'"


class MetricsMissing(InvalidConfiguration):
    """The library for metrics is not installed."""

    code = "metrics_missing"
    hint = "Install it with: pip install 'userctl[metrics]'"


class UnsafeFile(InvalidConfiguration):
    """A file that holds a secret may have been read or planted by somebody else."""

    code = "unsafe_file"


class ConfirmationRequired(InvalidInput):
    """A command needs a yes that nobody is there to give."""

    code = "confirmation_required"


class UserNotFound(NotFound):
    """No account has this id or e-mail address."""

    code = "user_not_found"


class TokenNotFound(NotFound):
    """No token has this id."""

    code = "token_not_found"


class KeyNotFound(NotFound):
    """No signing key has this name."""

    code = "key_not_found"


class InvalidCredentials(AuthenticationFailed):
    """The same text for an unknown account, a wrong password and a disabled account."""

    code = "invalid_credentials"

    def __init__(self) -> None:
        super().__init__("The e-mail address or the password is wrong.")


class PasswordChangeRequired(AuthenticationFailed):
    """The password is right, but only good for setting another."""

    code = "password_change_required"
    hint = "Log in on a terminal, which asks for a new one, or run 'userctl user passwd'."


class ProofOutdated(InvalidCredentials):
    """The account was changed while its credentials were checked; they may be checked again."""


class LoginThrottled(AuthenticationFailed):
    """Too many logins to one address failed lately; ``resets_in`` says how long to wait."""

    code = "throttled"
    hint = "An operator can end the wait: userctl user unlock USER"

    def __init__(self, resets_in: timedelta) -> None:
        self.resets_in = resets_in
        seconds = max(1, math.ceil(resets_in.total_seconds()))
        span = f"{seconds} s" if seconds <= 90 else f"{math.ceil(seconds / 60)} min"
        super().__init__(f"Too many logins to this address failed. Try again in {span}.")


class NotLoggedIn(AuthenticationFailed):
    """There is no stored session."""

    code = "not_logged_in"
    hint = "Run 'userctl login'."


class TokenInvalid(AuthenticationFailed):
    """A string is not a token that this userctl signed or issued."""

    code = "token_invalid"


class TokenExpired(AuthenticationFailed):
    """A token was valid once."""

    code = "token_expired"


class TokenRevoked(AuthenticationFailed):
    """The session of a token has been ended."""

    code = "token_revoked"


class TokenReused(AuthenticationFailed):
    """A refresh token came back after it had been exchanged: its session was ended."""

    code = "token_reused"


class AccountDisabled(AuthenticationFailed):
    """The account of a token is disabled or gone."""

    code = "account_disabled"


class UserExists(Conflict):
    """The e-mail address belongs to an account already."""

    code = "user_exists"


class LastAdmin(Conflict):
    """The change would leave no active admin."""

    code = "last_admin"
    hint = "Make another account an admin first."


class Declined(Conflict):
    """The operator answered no."""

    code = "declined"


class GuardRefused(Conflict):
    """The change would reach more rows than anybody meant without saying so."""

    code = "guard_refused"
    hint = "Look at them with 'userctl token list', and give --yes if all are meant."

    def __init__(self, count: int) -> None:
        super().__init__(f"This would revoke {count} tokens; nothing was changed.")
        self.count = count


class ClockSuspect(Conflict):
    """The clock is so far ahead of all other evidence that the living may seem to be dead."""

    code = "clock_suspect"
    hint = "Set the clock right, or give --yes if it is."


class RefreshConflict(Conflict):
    """Another process exchanged the same refresh token a moment ago."""

    code = "refresh_conflict"
    hint = "Use the tokens that the other process received."


class ConstraintViolated(Conflict):
    """A rule that another program gave the tables stands against the row."""

    code = "constraint_violated"


class FileExists(Conflict):
    """A file is there already and would be overwritten."""

    code = "file_exists"


class DatabaseNotEmpty(Conflict):
    """A database holds rows already."""

    code = "database_not_empty"
    hint = "Name one that is empty, or does not exist yet."


class DowngradeRefused(Conflict):
    """A downgrade would lose data that the older schema has no place for."""

    code = "downgrade_refused"


class AdoptionRefused(Conflict):
    """Something about the tables of an application keeps userctl from taking them over."""

    code = "adoption_refused"
    hint = "Correct it in the application's tables; 'userctl db adopt --dry-run' lists everything."


class KeyExists(Conflict):
    """The keyring has this key, or a next one, already."""

    code = "key_exists"


class KeyNotPublished(Conflict):
    """No next key has been published for long enough to sign."""

    code = "key_not_published"


class KeyActive(Conflict):
    """The key that signs cannot be retired."""

    code = "key_active"
    hint = "Run 'userctl key rotate' first."


class KeyringFull(Conflict):
    """The keyring has no room for another key."""

    code = "keyring_full"
    hint = "Retire passive keys with 'userctl key retire', or wait until they have ended."


class DatabaseUnreachable(DatabaseNotReady):
    """No connection could be made, or it was lost."""

    code = "database_unreachable"


class DatabaseBusy(DatabaseNotReady):
    """Others held the database for longer than we wait."""

    code = "database_busy"
    hint = "Try again in a moment."


class DatabaseAccessDenied(DatabaseNotReady):
    """The database refused this role."""

    code = "database_access_denied"


class DatabaseDriverMissing(DatabaseNotReady):
    """The PostgreSQL driver is not installed."""

    code = "database_driver_missing"
    hint = "Install it with: pip install 'userctl[postgres]'"


class DatabaseToolMissing(DatabaseNotReady):
    """A program that comes with PostgreSQL is not installed."""

    code = "database_tool_missing"
    hint = "Install the client programs of PostgreSQL, as new as the server (postgresql-client)."


class DatabaseToolFailed(DatabaseNotReady):
    """A program that comes with PostgreSQL failed."""

    code = "database_tool_failed"
    hint = "Nothing was changed."


class DatabaseNotMigrated(DatabaseNotReady):
    """The schema is missing or older than this userctl."""

    code = "database_not_migrated"
    hint = "Run 'userctl db migrate'."


class DatabaseMissing(DatabaseNotReady):
    """There is no SQLite file at the path that was chosen."""

    code = "database_missing"
    hint = "Run 'userctl db migrate' to create it, or correct the URL."


class ForeignTables(DatabaseNotReady):
    """The database holds tables of these names that userctl did not make."""

    code = "foreign_tables"
    hint = "See 'userctl db adopt --dry-run', or use a database without them."


class DatabaseTooNew(DatabaseNotReady):
    """The schema was made by a newer userctl."""

    code = "database_too_new"
    hint = "Upgrade userctl on this machine."


class DatabaseDamaged(DatabaseNotReady):
    """The file is no database, or what stands in it cannot be read."""

    code = "database_damaged"
    hint = "Restore a backup, or correct what is named here."


class AuditBroken(DatabaseNotReady):
    """The audit trail is not as it was written."""

    code = "audit_broken"
    hint = "Somebody who can write the database changed it. Look into a backup, and at who it was."


class CommitUnknown(DatabaseNotReady):
    """The connection broke during COMMIT and nobody could say what became of it."""

    code = "commit_unknown"
    hint = "Look whether the change is there before you repeat it."


class TransactionConflict(DatabaseNotReady):
    """The database chose this transaction to give way; it may be run again as a whole."""

    code = "database_busy"
    hint = "Try again in a moment."


class DiskFull(InputOutputFailed):
    """There is no space left."""

    code = "disk_full"


class ReadOnly(InputOutputFailed):
    """The database or the file system accepts no writes."""

    code = "read_only"


class OutputLost(InputOutputFailed):
    """Standard output could not take what was written."""

    code = "output_lost"
