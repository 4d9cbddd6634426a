"""``userctl user create``."""

from typing import Annotated

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.prompts import NewPassword, use_new_password


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

    def create_with(password: NewPassword) -> "tuple[schemas.users.UserCreated, bool]":
        complete = new.model_copy(update={"password": password.text})
        if if_not_exists:
            return users.ensure(complete, generate=password.generate)
        return users.create(complete, generate=password.generate), True

    user, created = use_new_password(
        context,
        create_with,
        check=lambda: users.check(new, exists_ok=if_not_exists),
        stdin=password_stdin,
        file=password_file,
        generate=generate_password,
        none=no_password,
        must_change=must_change,
    )
    if not created:
        context.note(f"{user.email} already exists and was left unchanged.")
    context.emit(user)
