"""The options that say which users a command changes, and how many at once."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.commands.user import filters
from userctl.cli.help_page import FILTERS
from userctl.cli.moments import parse_moment
from userctl.core.errors import InvalidInput
from userctl.formats.references import read_references
from userctl.formats.source import open_source

_FILTERS = {
    "search",
    "domain",
    "role",
    "from_role",
    "status",
    "must_change",
    "no_password",
    "password_scheme",
    "throttled",
    "created_since",
}


@dataclass(frozen=True)
class UserSelection:
    """Users by name, file or filters, and the options for changing many of them."""

    users: Annotated[
        list[str] | None, typer.Argument(metavar="USER", help="Ids or e-mail addresses.")
    ] = None
    from_file: Annotated[
        Path | None,
        typer.Option(
            "--from-file",
            metavar="FILE",
            help="Users in a file: one per line, or CSV with a column email; - is standard input.",
            rich_help_panel=FILTERS,
        ),
    ] = None
    encoding: Annotated[
        str | None,
        typer.Option(
            "--encoding",
            metavar="NAME",
            help="Encoding of the file, such as cp1252. Default: by its mark, or UTF-8.",
            rich_help_panel=FILTERS,
        ),
    ] = None
    search: filters.SearchOption = None
    domain: filters.DomainOption = None
    status: filters.StatusOption = None
    throttled: filters.ThrottledOption = False
    created_since: filters.CreatedSinceOption = None
    keep_going: Annotated[
        bool,
        typer.Option(
            "--keep-going",
            help="Change the users that can be changed; exit 7 if any cannot.",
        ),
    ] = False
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Show which users would be changed."),
    ] = False
    yes: options.YesOption = False

    @property
    def single_user(self) -> str | None:
        """The user, if exactly one is named and no other option is used."""
        bare = type(self)(users=self.users, yes=self.yes)
        return self.users[0] if self.users and len(self.users) == 1 and self == bare else None

    def choice(self) -> "schemas.batches.UserChoice":
        """Return the choice of users.

        Raises:
            InvalidInput: if they are chosen in no way or in several, or the file cannot be read.
            InputOutputFailed: if the file cannot be opened.
        """
        filter_fields = self._filter_fields()
        ways = bool(self.users) + (self.from_file is not None) + bool(filter_fields)
        if ways != 1:
            raise InvalidInput(
                "Pass users, --from-file or filters such as --domain, and only one of these."
                if ways
                else "No user was given.",
                hint=None if ways else "Pass USER, --from-file FILE, or a filter.",
            )
        batches = schemas.batches
        if self.encoding is not None and self.from_file is None:
            raise InvalidInput("--encoding needs --from-file.")
        if self.from_file is not None:
            with open_source(self.from_file, encoding=self.encoding) as source:
                return batches.UserChoice(read_references(source[0]))
        if self.users:
            return batches.UserChoice([batches.UserReference(text) for text in self.users])
        query = schemas.users.UserQuery.model_validate({"limit": None, **filter_fields})
        return batches.UserChoice(query=query)

    def _filter_fields(self) -> dict[str, Any]:
        """Return the filters that were passed, as fields of a query."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        query_fields = {
            name.removeprefix("from_"): value
            for name, value in values.items()
            if name in _FILTERS and value not in (None, False)
        }
        if "created_since" in query_fields:
            query_fields["created_since"] = parse_moment(query_fields["created_since"])
        return filters.search_fields(query_fields.pop("search", None)) | query_fields


@dataclass(frozen=True)
class UsersByRole(UserSelection):
    """A selection whose command has no option ``--role`` of its own."""

    role: filters.RoleOption = None


@dataclass(frozen=True)
class AnyUsers(UsersByRole):
    """A selection with all filters of ``user list``."""

    must_change: filters.MustChangeFilter = False
    no_password: filters.NoPasswordFilter = False
    password_scheme: filters.PasswordSchemeOption = None


@dataclass(frozen=True)
class UsersFromRole(UserSelection):
    """A selection of a command whose ``--role`` is the new one."""

    from_role: Annotated[
        str | None,
        typer.Option(
            "--from-role",
            metavar="ROLE",
            help="Only users who have this role now.",
            rich_help_panel=FILTERS,
        ),
    ] = None
    must_change: filters.MustChangeFilter = False
    no_password: filters.NoPasswordFilter = False
    password_scheme: filters.PasswordSchemeOption = None


@dataclass(frozen=True)
class UsersOfTokens(AnyUsers):
    """A selection of users by an option, because the arguments are tokens."""

    users: Annotated[
        list[str] | None,
        typer.Option(
            "--user",
            metavar="USER",
            help="Only tokens of this user; may be repeated.",
            rich_help_panel=FILTERS,
        ),
    ] = None
