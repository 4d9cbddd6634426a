"""``userctl user passwd``."""

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.commands.user.batch import COLUMNS, change_users
from userctl.cli.commands.user.outcomes import Verb
from userctl.cli.commands.user.selection import UsersByRole
from userctl.cli.context import CommandContext
from userctl.cli.prompts import PasswordOptions, use_new_password
from userctl.cli.questions import confirm, describe_user
from userctl.cli.verdicts import conclude_user, user_argument
from userctl.core.errors import InvalidInput

HINT = "Pass --generate-password, which gives each of them a different one, or --must-change."


@command(
    example="userctl user passwd ada@example.com --generate-password",
    prints=lambda: (schemas.users.UserCreated, schemas.batches.PasswordOutcome),
    raw="generated_password",
)
def passwd(
    context: CommandContext,
    selection: UsersByRole,
    password_stdin: options.PasswordStdinOption = False,
    password_file: options.PasswordFileOption = None,
    generate_password: options.GeneratePasswordOption = False,
    no_password: options.NoPasswordOption = False,
    must_change: options.MustChangeOption = False,
) -> None:
    """Set the password of a user and end all their sessions.

    With --must-change alone, the current password is kept but works for one more login only. This
    and --generate-password are possible for many users at once; more than 10 need --yes.
    """
    has_text = password_stdin or password_file is not None or no_password
    if selection.single_user is None:
        if has_text:
            raise InvalidInput("Several users cannot be given one password.", hint=HINT)
        _change_many(context, selection, generate=generate_password, must_change=must_change)
        return
    context.choose_schema(schemas.users.UserCreated)
    if must_change and not (has_text or generate_password):
        _require_change(context, selection.single_user)
        return
    # A script that removes a password says so, and needs no --yes for that.
    if no_password and context.is_interactive:
        user, passwords = selection.single_user, context.services.user_passwords
        confirm(context, lambda: _compose(passwords.preview_removal(user)), yes=selection.yes)
    password_options = PasswordOptions(
        password_stdin, password_file, generate_password, no_password, must_change
    )
    _change_one(context, selection.single_user, password_options, must_change=must_change)


def _require_change(context: CommandContext, user: str) -> None:
    changed = context.services.user_passwords.require_change(user)
    context.emit(changed)
    done = f"Required a new password of {changed.email} at the next login"
    conclude_user(context, done, changed)


def _change_one(
    context: CommandContext, user: str, password_options: PasswordOptions, *, must_change: bool
) -> None:
    passwords = context.services.user_passwords
    changed = use_new_password(
        context,
        password_options,
        lambda password: passwords.set_password(
            user, password.text, generate=password.generate, must_change=must_change
        ),
        check=lambda: passwords.require_user(user),
    )
    context.emit(changed)
    facts = ["to be changed at the next login"] if must_change else []
    if changed.status == "disabled":
        facts.append(f"still disabled: userctl user enable {user_argument(changed)}")
    done = "Set a new password for" if changed.has_password else "Removed the password of"
    conclude_user(context, f"{done} {changed.email}", changed, *facts)


def _change_many(
    context: CommandContext, selection: UsersByRole, *, generate: bool, must_change: bool
) -> None:
    passwords = context.services.user_passwords
    if generate:
        if not selection.dry_run:
            context.require_field("generated_password")
        verb = Verb("Generate new passwords for", "Generated new passwords for")
        change = passwords.generate_change(must_change=must_change)
        columns = (*COLUMNS[:-1], "generated_password", COLUMNS[-1])
        change_users(context, selection, change, verb, columns)
    elif must_change:
        verb = Verb("Require new passwords of", "Required new passwords of")
        change_users(context, selection, passwords.expire_change(), verb)
    else:
        raise InvalidInput("No change was given.", hint=HINT)


def _compose(target: "schemas.users.UserTarget") -> str:
    return f"Remove the password of {describe_user(target)}, and end all sessions,"
