"""``userctl user``: accounts that are there."""

from typing import Annotated, Any, Literal

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import Commands
from userctl.cli.context import CommandContext
from userctl.cli.prompts import new_password
from userctl.core.errors import InvalidInput

commands = Commands("user", "Create, find, change, lock out and remove accounts.")

COLUMNS = ("id", "email", "name", "role", "status", "created_at")
DELETED_COLUMNS = ("id", "email", "name", "role", "status", "deleted_at")
SORT_FIELDS = ("id", "email", "name", "role", "created_at", "updated_at")
READS_EVERYTHING = (
    "This search reads every account. For addresses that begin with a text there is an index: "
    "--search 'TEXT*'."
)

NameOption = Annotated[str | None, typer.Option("--name", help="The person's name.")]
StatusOption = Annotated[
    Literal["active", "disabled"] | None, typer.Option("--status", help="Only this status.")
]


@commands.command(
    "create",
    prints="UserCreated",
    example="userctl user create ada@example.com --role admin --generate-password",
)
def create(
    run: CommandContext,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The e-mail address.")],
    name: NameOption = None,
    role: Annotated[str, typer.Option("--role", help="A configured role.")] = "user",
    password_stdin: options.PasswordStdinOption = False,
    password_file: options.PasswordFileOption = None,
    generate_password: options.GeneratePasswordOption = False,
    no_password: options.NoPasswordOption = False,
    must_change: options.MustChangeOption = False,
    if_not_exists: Annotated[
        bool, typer.Option("--if-not-exists", help="Leave an account that exists as it is.")
    ] = False,
) -> None:
    """Create an account."""
    # What is wrong with the rest is said before a person types a password.
    new = schemas.UserCreate(email=email, name=name, role=role)
    password = new_password(
        run,
        stdin=password_stdin,
        file=password_file,
        generate=generate_password,
        none=no_password,
        must_change=must_change,
    )
    new = new.model_copy(update={"password": password.text, "must_change_password": must_change})
    if if_not_exists:
        account, created = run.services.users.ensure(new, generate=password.generate)
        if not created:
            run.note(f"The account {account.email} exists already and was left as it is.")
    else:
        account = run.services.users.create(new, generate=password.generate)
    run.emit(account)


@commands.command(
    "list",
    prints=("UserRead", "DeletedUserRead"),
    example="userctl user list --role admin --sort=-created_at",
)
def list_(
    run: CommandContext,
    search: Annotated[
        str | None,
        typer.Option(
            "--search",
            metavar="TEXT",
            help="Only where address or name contain this; 'TEXT*': only addresses that begin so.",
        ),
    ] = None,
    role: Annotated[str | None, typer.Option("--role", help="Only this role.")] = None,
    status: StatusOption = None,
    sort: Annotated[
        str | None,
        typer.Option(
            "--sort",
            metavar="FIELD",
            help=f"One of {', '.join(SORT_FIELDS)}; -FIELD descends. "
            "Default: email with --search 'TEXT*', else id.",
        ),
    ] = None,
    limit: options.LimitOption = 100,
    skip: Annotated[
        int,
        typer.Option(
            "--skip", min=0, help="Leave out the first ones, read all the same; --after is faster."
        ),
    ] = 0,
    after: options.AfterOption = None,
    all_: options.AllOption = False,
    deleted: Annotated[
        bool, typer.Option("--deleted", help="Those that 'user restore' can bring back, by id.")
    ] = False,
) -> None:
    """List accounts, 100 of them unless told otherwise.

    Pages by id or email, of one role by id, or of addresses that begin with a text take no longer
    where there are more accounts; other sort keys read all of them.
    """
    searched = _searched(search)
    query = schemas.UserQuery.model_validate(
        {
            **searched,
            **_sorted(sort or ("email" if "beginning" in searched else "id")),
            "role": role,
            "status": status,
            "limit": limit,
            "skip": skip,
            "after": after,
        }
    )
    run.prints("DeletedUserRead" if deleted else "UserRead")
    if deleted and (sort or skip):
        raise InvalidInput("Deleted accounts come in the order of their ids; go on with --after.")
    if query.search:
        run.note(READS_EVERYTHING)
    service: Any = run.services.recycle_bin if deleted else run.services.user_list
    columns = DELETED_COLUMNS if deleted else COLUMNS
    if all_:
        run.emit_all(service.stream(query), columns)
    else:
        run.emit_page(service.page(query), columns)


def _searched(text: str | None) -> dict[str, str | None]:
    if text is not None and text.endswith("*"):
        return {"beginning": text.removesuffix("*")}
    return {"search": text}


def _sorted(text: str) -> dict[str, str | bool]:
    field = text.removeprefix("-")
    if field not in SORT_FIELDS:
        raise InvalidInput(
            f"Accounts cannot be sorted by '{field[:40]}'.",
            hint=f"Sort by one of {', '.join(SORT_FIELDS)}.",
        )
    return {"sort": field, "descending": text.startswith("-")}


@commands.command("show", prints="UserDetail", example="userctl user show ada@example.com")
def show(run: CommandContext, user: options.UserArgument) -> None:
    """Show an account and what is known of its failed logins."""
    run.emit(run.services.throttling.show(user))


@commands.command(
    "update", prints="UserRead", example="userctl user update ada@example.com --name 'Ada L.'"
)
def update(
    run: CommandContext,
    user: options.UserArgument,
    email: Annotated[
        str | None, typer.Option("--email", help="The new address; ends all sessions.")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="The new name; '' takes it away.")
    ] = None,
    role: Annotated[
        str | None, typer.Option("--role", help="The new role; ends all sessions.")
    ] = None,
) -> None:
    """Change the address, the name or the role of an account."""
    change = schemas.UserUpdate(email=email, name=name, role=role)
    run.emit(run.services.users.update(user, change))


@commands.command(
    "passwd",
    prints="UserCreated",
    example="userctl user passwd ada@example.com --generate-password",
)
def passwd(
    run: CommandContext,
    user: options.UserArgument,
    password_stdin: options.PasswordStdinOption = False,
    password_file: options.PasswordFileOption = None,
    generate_password: options.GeneratePasswordOption = False,
    no_password: options.NoPasswordOption = False,
    must_change: options.MustChangeOption = False,
) -> None:
    """Set the password of an account and end all its sessions.

    With --must-change alone the present password stays, and is good for one login only.
    """
    if must_change and not (
        password_stdin or password_file is not None or generate_password or no_password
    ):
        run.emit(run.services.user_passwords.require_change(user))
        return
    password = new_password(
        run,
        stdin=password_stdin,
        file=password_file,
        generate=generate_password,
        none=no_password,
        must_change=must_change,
    )
    passwords = run.services.user_passwords
    run.emit(
        passwords.set_password(
            user, password.text, generate=password.generate, must_change=must_change
        )
    )


@commands.command("disable", prints="UserRead", example="userctl user disable grace@example.com")
def disable(run: CommandContext, user: options.UserArgument) -> None:
    """Lock an account out and end all its sessions."""
    run.emit(run.services.user_status.disable(user))


@commands.command("enable", prints="UserRead", example="userctl user enable grace@example.com")
def enable(run: CommandContext, user: options.UserArgument) -> None:
    """Let a disabled account in again, with the password it had."""
    run.emit(run.services.user_status.enable(user))


@commands.command("unlock", prints="UserDetail", example="userctl user unlock ada@example.com")
def unlock(run: CommandContext, user: options.UserArgument) -> None:
    """Forget the failed logins of an account, so that nobody has to wait any more."""
    run.emit(run.services.throttling.unlock(user))
