"""The options that select users, shared by ``user list`` and the commands that change many."""

from typing import Annotated, Literal

import typer

PANEL = "Which users"
"""The section of the help in which these options stand."""

SearchOption = Annotated[
    str | None,
    typer.Option(
        "--search",
        metavar="TEXT",
        help="Only if the address or name contains TEXT; 'TEXT*': if the address begins so.",
        rich_help_panel=PANEL,
    ),
]
DomainOption = Annotated[
    str | None,
    typer.Option(
        "--domain", metavar="DOMAIN", help="Only addresses of this domain.", rich_help_panel=PANEL
    ),
]
RoleOption = Annotated[
    str | None,
    typer.Option("--role", metavar="ROLE", help="Only this role.", rich_help_panel=PANEL),
]
StatusOption = Annotated[
    Literal["active", "disabled"] | None,
    typer.Option("--status", help="Only this status.", rich_help_panel=PANEL),
]
MustChangeFilter = Annotated[
    bool,
    typer.Option(
        "--must-change", help="Only users who must change their password.", rich_help_panel=PANEL
    ),
]
NoPasswordFilter = Annotated[
    bool,
    typer.Option("--no-password", help="Only users without a password.", rich_help_panel=PANEL),
]
ThrottledOption = Annotated[
    bool,
    typer.Option(
        "--throttled", help="Only users whose logins are refused at present.", rich_help_panel=PANEL
    ),
]
CreatedSinceOption = Annotated[
    str | None,
    typer.Option(
        "--created-since",
        metavar="TIME",
        help="Only if created since this time: 2026-01-31, 2026-01-31T12:00:00Z, or 7d (ago).",
        rich_help_panel=PANEL,
    ),
]


def search_texts(search: str | None) -> dict[str, str]:
    """Return the field of a query, and its text, that --search stands for."""
    if search is None:
        return {}
    is_beginning = search.endswith("*")
    return {"beginning" if is_beginning else "search": search.removesuffix("*")}
