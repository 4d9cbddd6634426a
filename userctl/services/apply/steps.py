"""The steps of a plan, one for each user that changes."""

from collections.abc import Sequence
from dataclasses import dataclass

from userctl.models.unreadable_values import display_text
from userctl.repositories.declared_users import UserRow
from userctl.schemas.apply import ApplyOptions, FieldChange, PlannedAction, PlannedChange
from userctl.schemas.declaration import DeclaredToken, DeclaredUser

COMPARED_FIELDS = ("name", "role", "status")
"""The fields that are compared with what is stored."""


@dataclass(frozen=True)
class Step:
    """The change of one user.

    Attributes:
        action: the kind of change.
        user: the user as declared; None for an undeclared user of the set.
        row: the stored user; None for a user who is created.
        fields: the fields to set.
        tokens: the API tokens to issue.
    """

    action: PlannedAction
    user: DeclaredUser | None
    row: UserRow | None
    fields: Sequence[FieldChange] = ()
    tokens: Sequence[DeclaredToken] = ()

    @property
    def email(self) -> str:
        """The address of the user after the step."""
        if self.user is not None and self.action not in {"disable", "delete"}:
            return self.user.email
        return "" if self.row is None else display_text(self.row.email)

    @property
    def sets_password(self) -> bool:
        """Whether the user gets a password."""
        return any(change.field == "password" for change in self.fields)

    @property
    def values(self) -> dict[str, str | int | None]:
        """The new values of the fields that are set, by their names."""
        return {change.field: change.new for change in self.fields}

    @property
    def change(self) -> PlannedChange:
        """The step as it is shown."""
        tokens = [FieldChange(field="api_token", new=token.label) for token in self.tokens]
        return PlannedChange(
            action=self.action,
            id=None if self.row is None else self.row.id,
            email=self.email,
            fields=[*self.fields, *tokens],
            row=None if self.row is None else self.row.digest,
        )


def creation(user: DeclaredUser, options: ApplyOptions) -> Step:
    """Return the step that creates a user."""
    fields = [
        FieldChange(field=name, new=getattr(user, name))
        for name in COMPARED_FIELDS
        if name == "role" or (user.declares(name) and getattr(user, name) is not None)
    ]
    if options.set_name is not None:
        fields.append(FieldChange(field="managed_by", new=options.set_name))
    if user.password_source:
        fields += password_changes(user, None)
    fields += _previous_email_change(user, None)
    return Step("create", user, None, fields, user.api_tokens)


def restoration(user: DeclaredUser, deleted: UserRow, options: ApplyOptions) -> Step:
    """Return the step that restores a deleted user."""
    fields = differences(user, deleted, options)
    if deleted.email == user.email:
        fields += _previous_email_change(user, deleted.previous_email)
    return Step("restore", user, deleted, fields, user.api_tokens)


def differences(user: DeclaredUser, row: UserRow, options: ApplyOptions) -> list[FieldChange]:
    """Return the declared fields in which a stored user differs."""
    declared = user.model_fields_set
    changes = []
    if row.email != user.email:
        changes.append(_change("email", row.email, user.email))
    if "name" in declared and row.name != user.name:
        changes.append(_change("name", row.name, user.name))
    if "role" in declared and row.role != user.role:
        changes.append(_change("role", row.role, user.role))
    if "status" in declared and row.status != user.status:
        changes.append(_change("status", row.status, user.status))
    if options.set_name is not None and row.managed_by != options.set_name:
        changes.append(_change("managed_by", row.managed_by, options.set_name))
    # A password without a declared version is only for a user who is created.
    if "password_version" in declared and user.password_version > (row.known_version or 0):
        changes += password_changes(user, row)
    return changes


def password_changes(user: DeclaredUser, row: UserRow | None) -> list[FieldChange]:
    """Return the changes that set the declared password."""
    before = None if row is None else row.known_version
    return [
        FieldChange(field="password", new=_password_origin(user)),
        FieldChange(field="password_version", old=before, new=user.password_version),
    ]


def _previous_email_change(user: DeclaredUser, known: str | None) -> list[FieldChange]:
    """Return the change that stores a previous address, so that the user is not renamed again."""
    if not user.previous_emails or known in user.previous_emails:
        return []
    return [FieldChange(field="previous_email", old=known, new=user.previous_emails[0])]


def _password_origin(user: DeclaredUser) -> str:
    """Return where the password of a user comes from, which is not secret."""
    return {
        "password_hash": "hash",
        "password_env": f"environment variable {user.password_env}",
        "password_file": f"file {user.password_file}",
        "generate": "generated",
    }[user.password_source or "generate"]


def _change(field: str, old: object, new: str | None) -> FieldChange:
    return FieldChange(field=field, old=None if old is None else display_text(old), new=new)
