"""``userctl user list``."""

from typing import Annotated, Any

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.commands.user import filters
from userctl.cli.commands.user.columns import DELETED_USER_COLUMNS, USER_COLUMNS
from userctl.cli.context import CommandContext
from userctl.core.errors import InvalidInput

SORT_FIELDS = ("id", "email", "name", "role", "created_at", "updated_at")


@command(
    example="userctl user list --role admin --sort=-created_at",
    prints=lambda: (schemas.users.UserRead, schemas.users.DeletedUserRead),
    records_event=False,
)
def list_(
    context: CommandContext,
    user_filters: filters.UserFilters,
    sort: Annotated[
        str | None,
        typer.Option(
            "--sort",
            metavar="FIELD",
            help=f"One of {', '.join(SORT_FIELDS)}; -FIELD sorts in descending order. "
            "Default: email with --search 'TEXT*', else id.",
        ),
    ] = None,
    limit: options.LimitOption = 100,
    skip: Annotated[
        int,
        typer.Option(
            "--skip",
            metavar="N",
            min=0,
            help="Skip this many users; they are still read, so --after is faster.",
        ),
    ] = 0,
    after: options.AfterOption = None,
    all_: options.AllOption = False,
    deleted: Annotated[
        bool, typer.Option("--deleted", help="List deleted users that 'user restore' can restore.")
    ] = False,
) -> None:
    """List users, 100 at a time.

    Page time does not grow with the table when you sort by id or email, filter by role, or search
    by prefix.
    """
    query = _query(user_filters.fields(), sort, limit=limit, skip=skip, after=after)
    context.choose_schema(schemas.users.DeletedUserRead if deleted else schemas.users.UserRead)
    if deleted:
        _check_deleted(sorts=bool(sort or skip), throttled=user_filters.throttled)
    if query.search:
        context.note(
            "This search reads every user. A search by prefix uses an index: --search 'TEXT*'."
        )
    service: Any = context.services.recycle_bin if deleted else context.services.user_list
    columns = DELETED_USER_COLUMNS if deleted else USER_COLUMNS
    if all_:
        context.emit_all(service.stream(query, context.report_unreadable), columns)
    else:
        context.emit_page(service.page(query, context.report_unreadable), columns)


def _check_deleted(*, sorts: bool, throttled: bool) -> None:
    """Make sure that the options make sense for deleted users."""
    if sorts:
        raise InvalidInput(
            "--sort and --skip cannot be used with --deleted: deleted users are sorted by id.",
            hint="Page with --after.",
        )
    if throttled:
        raise InvalidInput("--throttled cannot be used with --deleted.")


def _query(fields: dict[str, Any], sort: str | None, **page: Any) -> "schemas.users.UserQuery":
    order = sort or ("email" if "beginning" in fields else "id")
    field = order.removeprefix("-")
    if field not in SORT_FIELDS:
        raise InvalidInput(
            f"Users cannot be sorted by '{field[:40]}'.",
            hint=f"Sort by one of {', '.join(SORT_FIELDS)}.",
        )
    return schemas.users.UserQuery.model_validate(
        fields | page | {"sort": field, "descending": order.startswith("-")}
    )
