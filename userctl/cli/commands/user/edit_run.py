"""One run of ``user edit``: the editor is opened until the text can be applied."""

from userctl.cli.commands.user.apply_run import ApplyRun
from userctl.cli.context import CommandContext
from userctl.cli.editor import EditedText, editor_command
from userctl.cli.verdicts import conclude
from userctl.core.errors import Declined, InvalidInput
from userctl.formats.declarations.files import read_text


def run_edit(context: CommandContext, reference: str, *, yes: bool) -> None:
    """Open a user in an editor, and apply the changes.

    An invalid text is opened again with the problems on top, until it is valid or left unchanged.

    Raises:
        InvalidInput: if an invalid text was left unchanged.
        Conflict: if the user was changed meanwhile, or the change is refused.
    """
    # These import pydantic, which no command does before it runs.
    from userctl.formats.declarations.editing import editable_text, explain  # noqa: PLC0415
    from userctl.formats.declarations.reader import read_declaration  # noqa: PLC0415

    command = editor_command()
    service = context.services.user_edit
    user = service.read(reference)
    notes = [f"User {user.id}. Save to see what changes; nothing changes before you confirm it."]
    if user.managed_by is not None:
        notes.append(
            f"The user belongs to the set {user.managed_by}: the next 'userctl apply' of it "
            "undoes what its files declare otherwise."
        )
    text = editable_text(service.fields(user), notes)
    with EditedText(command, text, "user.yaml") as edited:
        changed = edited.edit()
        if not changed:
            conclude(context, "Nothing changed: the text is as it was")
            return
        while not edited.is_empty:
            try:
                users, options, plan = service.plan(user, read_declaration([edited.path]))
                ApplyRun(context, users, options, None).apply_reviewed(plan, yes=yes)
            except InvalidInput as error:
                if not changed:
                    raise
                edited.write(explain(read_text(edited.path), error))
                changed = edited.edit()
            else:
                return
        raise Declined("The text is empty; nothing was changed.")
