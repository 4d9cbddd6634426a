"""Exporting users as a declaration."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from userctl.core.errors import InvalidInput
from userctl.repositories.stored_values import OnUnreadable
from userctl.schemas.declaration import DeclaredUser
from userctl.security.passwords import is_verifiable_hash
from userctl.services.users.export import UserExportService
from userctl.services.users.rules import require_role

HASH = ("hashed_password",)

OnOdd = Callable[[int, str], object]
"""Called with the id of a user who cannot be declared as stored, and the reason."""


class CodeExportService:
    """The use case that exports users as code."""

    def __init__(self, user_export: UserExportService, *, roles: Sequence[str]) -> None:
        self._user_export = user_export
        self._roles = roles

    def chunks(
        self,
        set_name: str | None,
        *,
        with_hashes: bool,
        on_unreadable: OnUnreadable,
        on_odd: OnOdd,
    ) -> Iterator[list[dict[str, Any]]]:
        """Yield the declared fields of users, in chunks and in the order of their ids.

        API tokens are not declared: applying the file would issue new ones.

        Args:
            set_name: the set whose users are exported; None for all users.
            with_hashes: whether to declare the hashes of passwords.
            on_unreadable: called with the error of each row that cannot be read.
            on_odd: called with each user, or hash, that is left out.
        """
        fields = ("id", "email", "name", "role", "status", *(HASH if with_hashes else ()))
        seen: set[str] = set()
        for rows in self._user_export.rows(fields, on_unreadable=on_unreadable, set_name=set_name):
            users = []
            for row in rows:
                user = dict(zip(fields, row, strict=True))
                number, hashed = user.pop("id"), user.pop("hashed_password", None)
                if reason := self._oddity(user, seen):
                    on_odd(number, f"{reason} The user is left out.")
                    continue
                if hashed is not None and not is_verifiable_hash(hashed):
                    on_odd(number, "The password hash has an unknown scheme and is left out.")
                elif hashed is not None:
                    user["password_hash"] = hashed
                users.append(user)
            yield users

    def _oddity(self, user: dict[str, Any], seen: set[str]) -> str | None:
        """Return why a user cannot be declared as stored; None if that is possible."""
        try:
            require_role(user["role"], self._roles)
            declared = DeclaredUser.model_validate(user)
        except InvalidInput as error:
            return error.message
        except ValidationError as error:
            return str(error.errors(include_url=False, include_input=False)[0]["msg"])
        if declared.email != user["email"]:
            return "The address is not in its canonical form."
        if declared.email in seen:
            return "Another user has the same address."
        seen.add(declared.email)
        return None
