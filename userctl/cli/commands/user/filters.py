"""The options that select users, shared by ``user list`` and the commands that change many."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import typer

from userctl.cli.help_page import FILTERS
from userctl.cli.moments import parse_moment
from userctl.core.password_schemes import PasswordScheme

SearchOption = Annotated[
    str | None,
    typer.Option(
        "--search",
        metavar="TEXT",
        help="Only if the address or name contains TEXT; 'TEXT*': if the address begins with it.",
        rich_help_panel=FILTERS,
    ),
]
DomainOption = Annotated[
    str | None,
    typer.Option(
        "--domain", metavar="DOMAIN", help="Only addresses of this domain.", rich_help_panel=FILTERS
    ),
]
RoleOption = Annotated[
    str | None,
    typer.Option("--role", metavar="ROLE", help="Only this role.", rich_help_panel=FILTERS),
]
StatusOption = Annotated[
    Literal["active", "disabled"] | None,
    typer.Option("--status", help="Only this status.", rich_help_panel=FILTERS),
]
MustChangeFilter = Annotated[
    bool,
    typer.Option(
        "--must-change", help="Only users who must change their password.", rich_help_panel=FILTERS
    ),
]
NoPasswordFilter = Annotated[
    bool,
    typer.Option("--no-password", help="Only users without a password.", rich_help_panel=FILTERS),
]
PasswordSchemeOption = Annotated[
    PasswordScheme | None,
    typer.Option(
        "--password-scheme",
        help="Only users whose password is hashed with this scheme.",
        rich_help_panel=FILTERS,
    ),
]
ThrottledOption = Annotated[
    bool,
    typer.Option(
        "--throttled",
        help="Only users whose logins are refused now.",
        rich_help_panel=FILTERS,
    ),
]
CreatedSinceOption = Annotated[
    str | None,
    typer.Option(
        "--created-since",
        metavar="TIME",
        help="Only if created since this time: 2026-01-31, 2026-01-31T12:00:00Z, or 7d (ago).",
        rich_help_panel=FILTERS,
    ),
]


@dataclass(frozen=True)
class UserFilters:
    """All filters of users."""

    search: SearchOption = None
    domain: DomainOption = None
    role: RoleOption = None
    status: StatusOption = None
    must_change: MustChangeFilter = False
    no_password: NoPasswordFilter = False
    password_scheme: PasswordSchemeOption = None
    throttled: ThrottledOption = False
    created_since: CreatedSinceOption = None

    def fields(self) -> dict[str, Any]:
        """Return the fields of a query for users."""
        since = None if self.created_since is None else parse_moment(self.created_since)
        values = vars(self) | {"created_since": since}
        return search_fields(values.pop("search")) | values


def search_fields(search: str | None) -> dict[str, str]:
    """Return the field of a query that --search stands for, with its text."""
    if search is None:
        return {}
    is_beginning = search.endswith("*")
    return {"beginning" if is_beginning else "search": search.removesuffix("*")}
