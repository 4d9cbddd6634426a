"""``userctl db adopt``: the tables of an application, taken over in place."""

from collections.abc import Sequence
from typing import Annotated

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.commands.db.schema import commands
from userctl.cli.context import CommandContext
from userctl.cli.errors import EXIT_CODES, PENDING
from userctl.cli.output.render import write_error
from userctl.core.errors import Conflict

Plan = Sequence["schemas.AdoptionStep"]
COLUMNS = ("kind", "table", "subject", "rows", "ids", "detail")


@commands.command("adopt", prints="AdoptionStep", example="userctl db adopt --dry-run")
def adopt(
    run: CommandContext,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Change nothing; exit 8 if something is to be done, 5 if something is in the way.",
        ),
    ] = False,
    tokens_in_clear: Annotated[
        bool,
        typer.Option(
            "--tokens-in-clear", help="Refresh tokens of 64 hexadecimal digits are no hashes."
        ),
    ] = False,
    yes: options.YesOption = False,
) -> None:
    """Take over an application's tables of users and refresh tokens, in place.

    What is missing is added, addresses are written in one form, refresh tokens that lie there in
    clear are hashed and go on working, and the migrations run: all of it in one transaction, in
    which the application waits. An SQLite file is copied beside itself first. On adopted tables
    this does what has come up since.
    """
    service = run.services.adoption
    if dry_run:
        _show(run, service.plan(tokens_in_clear=tokens_in_clear))
        return
    if run.interactive and not yes:
        _tell(run, service.plan(tokens_in_clear=tokens_in_clear))
    run.confirm(f"Adopt the tables of {run.settings.database_url}?", yes=yes)
    done = service.adopt(
        tokens_in_clear=tokens_in_clear,
        copied=lambda path: run.note(f"The database as it was is kept in {path}."),
    )
    run.emit_all(done, COLUMNS)


def _show(run: CommandContext, plan: Plan) -> None:
    run.emit_all(plan, COLUMNS)
    _require_feasible(plan)
    if any(step.kind == "step" for step in plan):
        raise typer.Exit(PENDING)


def _tell(run: CommandContext, plan: Plan) -> None:
    for step in plan:
        ids = f" (ids {', '.join(map(str, step.ids))})" if step.ids else ""
        run.note(f"{step.kind}: {step.table or 'the file'}, {step.subject}: {step.detail}{ids}")
    _require_feasible(plan)


def _require_feasible(plan: Plan) -> None:
    if problems := sum(step.kind == "problem" for step in plan):
        write_error(f"In the way: {problems}. Correct that in the application's tables first.")
        raise typer.Exit(EXIT_CODES[Conflict])
