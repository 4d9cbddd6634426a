"""``userctl apply``."""

import json
from pathlib import Path
from typing import Annotated

import typer

from userctl import schemas
from userctl.cli.command import command
from userctl.cli.commands.user.apply_options import ApplyLimits, ApplyMode
from userctl.cli.context import CommandContext
from userctl.cli.output.render import write
from userctl.core.errors import InvalidInput


@command(
    example="userctl apply users.yaml --check",
    prints=lambda: (schemas.apply.Plan, schemas.apply.ApplyResult),
    bare_values={"--prune": "disable"},
    creates_database=True,
)
def apply(
    context: CommandContext,
    mode: ApplyMode,
    limits: ApplyLimits,
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE", help="YAML or JSON files, or folders of them; - is standard input."
        ),
    ] = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of such files.")
    ] = False,
) -> None:
    """Keep users as files declare them; show the plan first.

    All of it is done, or nothing. What a file does not declare of a user is left as it is, and so
    are users who do not belong to its set.
    """
    if schema:
        write(json.dumps(schemas.declaration.declaration_schema(), indent=2) + "\n")
        return
    if not files:
        raise InvalidInput("No file is given.", hint="Name files or folders, or - for stdin.")
    # The help of the program imports this module, and can do without the rest.
    from userctl.cli.commands.user.apply_run import run_apply  # noqa: PLC0415

    run_apply(context, files, mode, limits)
