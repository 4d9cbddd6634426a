"""``userctl user create``."""

from typing import Annotated, Any, Literal

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.prompts import NewPassword, PasswordOptions, use_new_password
from userctl.cli.verdicts import conclude, user_argument
from userctl.core.errors import UserExists


@command(
    example="userctl user create ada@example.com --role admin --generate-password",
    prints=lambda: schemas.users.UserCreated,
    creates_database=True,
    bare_values={"--if-not-exists": "unchanged"},
    raw="generated_password",
)
def create(
    context: CommandContext,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="E-mail address.")],
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="Full name.")] = None,
    role: Annotated[
        str | None,
        typer.Option("--role", metavar="ROLE", help="One of the configured roles. Default: user."),
    ] = None,
    password_stdin: options.PasswordStdinOption = False,
    password_file: options.PasswordFileOption = None,
    generate_password: options.GeneratePasswordOption = False,
    no_password: options.NoPasswordOption = False,
    must_change: options.MustChangeOption = False,
    if_not_exists: Annotated[
        Literal["unchanged", "strict"] | None,
        typer.Option(
            "--if-not-exists",
            metavar="[=strict]",
            help="Leave an existing user unchanged, and exit 0; with =strict exit 5 if their role, "
            "name or status differs.",
        ),
    ] = None,
) -> None:
    """Create a user."""
    values = {"name": name, "role": role, "must_change_password": must_change or None}
    fields = {field: value for field, value in values.items() if value is not None}
    new = schemas.users.UserCreate.model_validate({"email": email, **fields})
    users, exists_ok = context.services.users, if_not_exists is not None
    user, created = use_new_password(
        context,
        PasswordOptions(password_stdin, password_file, generate_password, no_password, must_change),
        lambda password: _create(users, new, password, exists_ok=exists_ok),
        check=lambda: users.check(new, exists_ok=exists_ok),
    )
    if created:
        context.emit(user)
        facts = f"id {user.id}, {user.role}{'' if user.has_password else ', no password'}"
        conclude(context, f"Created {user.email}", facts, undo=f"user delete {user_argument(user)}")
    else:
        _report_differences(context, new, user, strict=if_not_exists == "strict")
        context.emit(user)


def _create(
    users: Any, new: "schemas.users.UserCreate", password: NewPassword, *, exists_ok: bool
) -> "tuple[schemas.users.UserCreated, bool]":
    """Return the user, and whether it had to be created."""
    complete = new.model_copy(update={"password": password.text})
    if exists_ok:
        outcome: tuple[schemas.users.UserCreated, bool]
        outcome = users.ensure(complete, generate=password.generate)
        return outcome
    return users.create(complete, generate=password.generate), True


def _report_differences(
    context: CommandContext,
    wanted: "schemas.users.UserCreate",
    user: "schemas.users.UserRead",
    *,
    strict: bool,
) -> None:
    """Report how an existing user differs from the one that was to be created."""
    differences = schemas.user_differences.differences(wanted, user)
    message = f"{user.email} already exists (id {user.id}) and was left unchanged"
    if not differences:
        context.note(f"{message}.")
    elif strict:
        raise UserExists(
            f"{message}: {'; '.join(differences)}.",
            hint="Change the user with 'userctl user update', or what the script asks for.",
        )
    else:
        context.note(f"{message}, but differs: {'; '.join(differences)}.")
