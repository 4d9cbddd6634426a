"""``userctl user passwd``."""

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.prompts import PasswordOptions, use_new_password
from userctl.cli.questions import confirm, describe_user


@command(
    example="userctl user passwd ada@example.com --generate-password",
    prints=lambda: schemas.users.UserCreated,
    raw="generated_password",
)
def passwd(
    context: CommandContext,
    user: options.UserArgument,
    password_stdin: options.PasswordStdinOption = False,
    password_file: options.PasswordFileOption = None,
    generate_password: options.GeneratePasswordOption = False,
    no_password: options.NoPasswordOption = False,
    must_change: options.MustChangeOption = False,
    yes: options.YesOption = False,
) -> None:
    """Set the password of a user and end all their sessions.

    With --must-change alone, the current password is kept but works for one more login only.
    """
    passwords = context.services.user_passwords
    is_new = password_stdin or password_file is not None or generate_password or no_password
    if must_change and not is_new:
        context.emit(passwords.require_change(user))
        return
    # A script that removes a password says so, and needs no --yes for that.
    if no_password and context.is_interactive:
        users = context.services.users
        confirm(context, lambda: _compose(users.preview(user)), yes=yes)
    changed = use_new_password(
        context,
        PasswordOptions(password_stdin, password_file, generate_password, no_password, must_change),
        lambda password: passwords.set_password(
            user, password.text, generate=password.generate, must_change=must_change
        ),
        check=lambda: passwords.require_user(user),
    )
    context.emit(changed)


def _compose(target: "schemas.users.UserTarget") -> str:
    return f"Remove the password of {describe_user(target)}, and end all sessions,"
