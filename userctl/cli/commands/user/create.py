"""``userctl user create``."""

from typing import Annotated

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.prompts import read_new_password


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
    # Invalid values are reported before anyone has to type a password.
    new = schemas.users.UserCreate(email=email, name=name, role=role)
    password = read_new_password(
        context,
        stdin=password_stdin,
        file=password_file,
        generate=generate_password,
        none=no_password,
        must_change=must_change,
    )
    new = new.model_copy(update={"password": password.text, "must_change_password": must_change})
    if if_not_exists:
        user, created = context.services.users.ensure(new, generate=password.generate)
        if not created:
            context.note(f"{user.email} already exists and was left unchanged.")
    else:
        user = context.services.users.create(new, generate=password.generate)
    context.emit(user)
