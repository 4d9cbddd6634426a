"""``userctl user passwd``."""

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.prompts import use_new_password


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
) -> None:
    """Set the password of a user and end all their sessions.

    With --must-change alone, the current password is kept but works for one more login only.
    """
    passwords = context.services.user_passwords
    is_new = password_stdin or password_file is not None or generate_password or no_password
    if must_change and not is_new:
        context.emit(passwords.require_change(user))
        return
    changed = use_new_password(
        context,
        lambda password: passwords.set_password(
            user, password.text, generate=password.generate, must_change=must_change
        ),
        check=lambda: passwords.require_user(user),
        stdin=password_stdin,
        file=password_file,
        generate=generate_password,
        none=no_password,
        must_change=must_change,
    )
    context.emit(changed)
