"""``userctl apply``."""

import json
from pathlib import Path
from typing import Annotated

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.commands.user.apply_options import OptionsOfApply
from userctl.cli.commands.user.apply_run import ApplyRun
from userctl.cli.commands.user.plan_files import read_plan, write_plan
from userctl.cli.context import CommandContext
from userctl.cli.output.render import write
from userctl.core.errors import InvalidInput, PlanStale
from userctl.formats.declarations.reader import read_declaration


@command(
    example="userctl apply users.yaml --check",
    prints=lambda: (schemas.apply.Plan, schemas.apply.Applied),
    bare_values={"--prune": "disable"},
)
def apply(
    context: CommandContext,
    chosen: OptionsOfApply,
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE", help="YAML or JSON files, or folders of them; - is standard input."
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit 8 if something would change.")
    ] = False,
    plan_out: Annotated[
        Path | None,
        typer.Option("--plan-out", metavar="FILE", help="Change nothing; write the plan here."),
    ] = None,
    plan: Annotated[
        Path | None,
        typer.Option("--plan", metavar="FILE", help="Apply this plan, or nothing if it is stale."),
    ] = None,
    tokens_out: Annotated[
        Path | None,
        typer.Option("--tokens-out", metavar="FILE", help="Write new API tokens here (0600)."),
    ] = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of such files.")
    ] = False,
    yes: options.YesOption = False,
) -> None:
    """Let users be as files declare them: show the plan, and do exactly that.

    All of it is done, or nothing. What a file does not declare of a user is left as it is, and so
    are users who do not belong to its set.
    """
    if schema:
        write(json.dumps(schemas.declaration.declaration_schema(), indent=2) + "\n")
        return
    if not files:
        raise InvalidInput("No file is given.", hint="Name files or folders, or - for stdin.")
    declaration = read_declaration(files)
    if plan is None:
        how = chosen.options(declaration.set)
    else:
        chosen.require_none()
        reviewed = read_plan(plan)
        how = reviewed.options
        if schemas.apply.declaration_digest(declaration.users) != reviewed.declaration:
            raise PlanStale("The files have changed since the plan was made; nothing was changed.")
    run = ApplyRun(context, declaration.users, how, tokens_out)
    if check or plan_out is not None:
        found = run.preview()
        if plan_out is not None:
            write_plan(plan_out, found, declaration.users, how, context.files)
        run.finish_preview(found, check=check)
    elif plan is not None:
        run.apply(expected=reviewed.plan.digest)
    else:
        run.apply_confirmed(yes=yes)
