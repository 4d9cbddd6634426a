"""What prevents a change: another record, the state of the database, or a safety check."""

from collections.abc import Sequence

from userctl.core.errors.base import Conflict
from userctl.core.places import Problem


class UserExists(Conflict):
    """The e-mail address already belongs to a user."""

    code = "user_exists"


class UserChanged(Conflict):
    """The user was changed since the caller read it."""

    code = "user_changed"
    http_status = 412
    hint = "Read the user again, and decide whether the change still applies."

    def __init__(self, user_id: int) -> None:
        super().__init__(f"User {user_id} was changed meanwhile; nothing was done.")


class LastAdmin(Conflict):
    """The change would leave no active admin, or none who can log in."""

    code = "last_admin"
    hint = "Give another user the role 'admin' first."


class Declined(Conflict):
    """The operator answered no to a question."""

    code = "declined"


_GUARD_ADVICE = {
    "token": ("revoke", "List them with 'userctl token list'."),
    "user": ("change", "Look at them with --dry-run."),
}
"""What would be done to the records, and how to list them first, by their noun."""


class GuardRefused(Conflict):
    """The command would change more records than it may without confirmation."""

    code = "guard_refused"

    def __init__(self, count: int, noun: str = "token") -> None:
        verb, check = _GUARD_ADVICE[noun]
        super().__init__(
            f"This would {verb} {count} {noun}s; nothing was changed.",
            hint=f"{check} To {verb} all of them, pass --yes.",
        )
        self.count = count


class TooManyRemovals(GuardRefused):
    """A plan would remove more users than the limit."""

    def __init__(self, count: int, limit: int) -> None:
        Conflict.__init__(
            self,
            f"This would remove {count} users, and the limit is {limit}; nothing was changed.",
            hint=f"If that is meant, pass --max-removals {count}.",
        )
        self.count = count


class SetConflict(Conflict):
    """Declared users belong to another set, or to none; each is named with its place."""

    code = "set_conflict"

    def __init__(self, problems: Sequence[Problem]) -> None:
        count = len(problems)
        users = "1 declared user does" if count == 1 else f"{count} declared users do"
        super().__init__(f"{users} not belong to the set; nothing was changed.")
        self.problems = problems


class PlanStale(Conflict):
    """The plan that was reviewed is no longer what would happen."""

    code = "plan_stale"
    hint = "Make a new plan, and review that."


class DeclarationIncomplete(Conflict):
    """A file or folder of users as code is empty, or cannot be read to its end."""

    code = "declaration_incomplete"


class ClockSuspect(Conflict):
    """The system clock is implausibly far ahead, so valid tokens could be deleted as expired."""

    code = "clock_suspect"
    hint = "Correct the clock. If it is right, pass --yes once; the audit trail records that."


class RefreshConflict(Conflict):
    """Another process exchanged the same refresh token at the same moment."""

    code = "refresh_conflict"
    hint = "Use the tokens that the other process received."


class ConstraintViolated(Conflict):
    """A constraint or a trigger that another program added to the tables rejected the row."""

    code = "constraint_violated"


class ChangeIgnored(Conflict):
    """A trigger or a rule that another program added to a table ignored a change."""

    code = "change_ignored"
    hint = "Look for a trigger or a rule on the table, or make the change in the application."

    def __init__(self, verb: str, table: str) -> None:
        super().__init__(
            f"The database ignored a change ({verb}) of the table {table}, as a trigger or a rule "
            "tells it to; the transaction was rolled back."
        )


class FileExists(Conflict):
    """The file already exists and was not overwritten."""

    code = "file_exists"


class DatabaseNotEmpty(Conflict):
    """The target database already contains rows."""

    code = "database_not_empty"
    hint = "Choose a database that is empty or does not exist yet."


class DowngradeRefused(Conflict):
    """The downgrade would lose data that the older schema cannot store."""

    code = "downgrade_refused"


class AdoptionRefused(Conflict):
    """The tables of the application cannot be adopted as they are."""

    code = "adoption_refused"
    hint = "Correct it in the application's tables; 'userctl db adopt --dry-run' lists everything."


class KeyExists(Conflict):
    """The keyring already contains this key, or already has a next key."""

    code = "key_exists"


class KeyNotPublished(Conflict):
    """The next key is missing, or has not been published for long enough."""

    code = "key_not_published"


class KeyActive(Conflict):
    """The active signing key cannot be retired."""

    code = "key_active"
    hint = "Run 'userctl key rotate' first, or with --compromised if it may have been stolen."


class KeyringFull(Conflict):
    """The keyring has no room for another key."""

    code = "keyring_full"
    hint = "Retire passive keys with 'userctl key retire', or wait until they expire."


class SampleMismatch(Conflict):
    """The password of --verify-sample does not match, so nothing was imported."""

    code = "sample_mismatch"
