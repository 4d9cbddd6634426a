"""``userctl user create``."""

from typing import Annotated, Any

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.prompts import NewPassword, PasswordOptions, use_new_password


@command(
    example="userctl user create ada@example.com --role admin --generate-password",
    prints=lambda: schemas.users.UserCreated,
    creates_database=True,
    raw="generated_password",
)
def create(
    context: CommandContext,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="E-mail address.")],
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="Full name.")] = None,
    role: Annotated[
        str, typer.Option("--role", metavar="ROLE", help="One of the configured roles.")
    ] = "user",
    password_stdin: options.PasswordStdinOption = False,
    password_file: options.PasswordFileOption = None,
    generate_password: options.GeneratePasswordOption = False,
    no_password: options.NoPasswordOption = False,
    must_change: options.MustChangeOption = False,
    if_not_exists: Annotated[
        bool, typer.Option("--if-not-exists", help="Leave an existing user unchanged, and exit 0.")
    ] = False,
) -> None:
    """Create a user."""
    new = schemas.users.UserCreate(
        email=email, name=name, role=role, must_change_password=must_change
    )
    users = context.services.users
    user, created = use_new_password(
        context,
        PasswordOptions(password_stdin, password_file, generate_password, no_password, must_change),
        lambda password: _create(users, new, password, if_not_exists=if_not_exists),
        check=lambda: users.check(new, exists_ok=if_not_exists),
    )
    if not created:
        context.note(f"{user.email} already exists and was left unchanged.")
    context.emit(user)


def _create(
    users: Any, new: "schemas.users.UserCreate", password: NewPassword, *, if_not_exists: bool
) -> "tuple[schemas.users.UserCreated, bool]":
    """Return the user, and whether they had to be created."""
    complete = new.model_copy(update={"password": password.text})
    if if_not_exists:
        found: tuple[schemas.users.UserCreated, bool]
        found = users.ensure(complete, generate=password.generate)
        return found
    return users.create(complete, generate=password.generate), True
