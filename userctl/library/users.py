"""Users, for the library."""

from datetime import datetime, timedelta

from userctl.container import Services
from userctl.library.inputs import UserReference, require_type, user_reference, validate_arguments
from userctl.library.pages import readable_page
from userctl.library.tracing import trace_methods
from userctl.schemas.page import Page
from userctl.schemas.users import (
    UserCreate,
    UserCreated,
    UserQuery,
    UserRead,
    UserSort,
    UserStatus,
    UserUpdate,
)


@trace_methods
class Users:
    """The use cases for users. Each call is one transaction."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def create(
        self,
        email: str,
        *,
        password: str | None = None,
        generate_password: bool = False,
        name: str | None = None,
        role: str = "user",
        must_change_password: bool = False,
    ) -> UserCreated:
        """Create a user.

        Args:
            email: the e-mail address, in any case.
            password: the password; without one the user cannot log in with a password.
            generate_password: generate one instead, which is returned this once.
            name: the name.
            role: one of the configured roles.
            must_change_password: whether the password is valid for one login only.

        Raises:
            InvalidEmail, PasswordRejected, InvalidInput: if a value is not accepted.
            UserExists: if the address is in use.
        """
        new = validate_arguments(
            UserCreate,
            email=email,
            name=name,
            role=role,
            password=password,
            must_change_password=must_change_password,
        )
        return self._services.users.create(
            new, generate=require_type(generate_password, bool, "generate_password")
        )

    def get(self, user: UserReference) -> UserRead:
        """Return a user.

        Raises:
            UserNotFound: if there is no such user.
        """
        return self._services.users.show(user_reference(user))

    def list(
        self,
        *,
        search: str | None = None,
        role: str | None = None,
        status: UserStatus | None = None,
        created_since: datetime | timedelta | None = None,
        sort: UserSort = "id",
        descending: bool = False,
        limit: int = 100,
        after: int | None = None,
    ) -> Page[UserRead]:
        """Return a page of the users that match all given criteria.

        Args:
            search: text that the address or the name contains.
            role: the role.
            status: whether they are active or disabled.
            created_since: when they were created at the earliest, as a time or an age.
            sort: the field by which they are sorted.
            descending: whether they are sorted in descending order.
            limit: the largest number of users.
            after: the ``after`` of the page before, in the same order.

        Raises:
            InvalidInput: if the role is not configured, the text holds control characters, or
                another value is not accepted.
            UserNotFound: if the user ``after`` was deleted for good, and the list is not sorted by
                id.
        """
        query = validate_arguments(
            UserQuery,
            search=search,
            role=role,
            status=status,
            created_since=created_since,
            sort=sort,
            descending=descending,
            limit=limit,
            after=after,
        )
        return readable_page(self._services.user_list.page, query)

    def update(
        self,
        user: UserReference,
        *,
        email: str | None = None,
        name: str | None = None,
        role: str | None = None,
        expected: UserRead | None = None,
    ) -> UserRead:
        """Change the given fields of a user. A new address or role ends their sessions.

        Args:
            user: the user.
            email: the new e-mail address.
            name: the new name; an empty text removes it.
            role: the new role.
            expected: the user as you read it, which must not have changed since.

        Raises:
            InvalidEmail, InvalidInput: if a value is not accepted, or none is given.
            UserNotFound: if there is no such user.
            UserChanged: if the user is not as expected.
            UserExists: if the address is in use.
            LastAdmin: if no admin who can log in would be left.
        """
        change = validate_arguments(UserUpdate, email=email, name=name, role=role)
        return self._services.users.update(
            user_reference(user), change, expected=_optional_user(expected)
        )

    def disable(self, user: UserReference, *, expected: UserRead | None = None) -> UserRead:
        """Disable a user, and end their sessions.

        Args:
            user: the user.
            expected: the user as you read it, which must not have changed since.

        Raises:
            UserNotFound: if there is no such user.
            UserChanged: if the user is not as expected.
            LastAdmin: if no admin who can log in would be left.
        """
        return self._services.user_status.disable(
            user_reference(user), expected=_optional_user(expected)
        )

    def enable(self, user: UserReference, *, expected: UserRead | None = None) -> UserRead:
        """Enable a user, with the password that they had.

        Args:
            user: the user.
            expected: the user as you read it, which must not have changed since.

        Raises:
            UserNotFound: if there is no such user.
            UserChanged: if the user is not as expected.
        """
        return self._services.user_status.enable(
            user_reference(user), expected=_optional_user(expected)
        )

    def delete(self, user: UserReference, *, expected: UserRead | None = None) -> UserRead:
        """Delete a user, who can be restored until the recycle bin is purged.

        Args:
            user: the user.
            expected: the user as you read it, which must not have changed since.

        Returns:
            The user as it was.

        Raises:
            UserNotFound: if there is no such user.
            UserChanged: if the user is not as expected.
            LastAdmin: if no admin who can log in would be left.
        """
        return self._services.recycle_bin.delete(
            [user_reference(user)], expected=_optional_user(expected)
        )[0]

    def restore(self, user: UserReference) -> UserRead:
        """Restore a deleted user, with their id and password but without their sessions.

        Raises:
            UserNotFound: if no such user was deleted, or they were purged.
            UserExists: if the address is in use by now.
            InvalidInput: if several deleted users had the address, or the role is not configured.
        """
        return self._services.recycle_bin.restore(user_reference(user))

    def unlock(self, user: UserReference) -> UserRead:
        """Forget the failed logins of a user, so that they are no longer throttled.

        Raises:
            UserNotFound: if there is no such user.
        """
        return self._services.throttling.unlock(user_reference(user))


def _optional_user(user: UserRead | None) -> UserRead | None:
    return None if user is None else require_type(user, UserRead, "expected")
