"""``userctl db adopt``."""

from collections.abc import Sequence
from typing import Annotated

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.errors import EXIT_CODES, PENDING
from userctl.cli.output.render import write_error
from userctl.cli.questions import confirm
from userctl.cli.verdicts import conclude, conclude_dry_run
from userctl.core.errors import Conflict
from userctl.core.text import pluralize

Plan = Sequence["schemas.adoption.AdoptionStep"]
COLUMNS = ("kind", "table", "subject", "rows", "ids", "detail")


TABLES = "What the tables are like"


@command(example="userctl db adopt --dry-run", prints=lambda: schemas.adoption.AdoptionStep)
def adopt(
    context: CommandContext,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Change nothing; exit 8 if there is work to do, 5 if it is blocked."
        ),
    ] = False,
    tokens_in_clear: Annotated[
        bool,
        typer.Option(
            "--tokens-in-clear",
            help="Hash refresh tokens of 64 hexadecimal digits too: they are not hashes yet.",
            rich_help_panel=TABLES,
        ),
    ] = False,
    users_table: Annotated[
        str | None,
        typer.Option(
            "--users-table",
            metavar="NAME",
            help="Users are in a table of this name.",
            rich_help_panel=TABLES,
        ),
    ] = None,
    tokens_table: Annotated[
        str | None,
        typer.Option(
            "--tokens-table",
            metavar="NAME",
            help="Refresh tokens are in a table of this name.",
            rich_help_panel=TABLES,
        ),
    ] = None,
    keep_odd_addresses: Annotated[
        bool,
        typer.Option(
            "--keep-odd-addresses",
            help="Adopt users whose addresses are not valid, or missing, as they are.",
            rich_help_panel=TABLES,
        ),
    ] = False,
    leave_out: Annotated[
        bool,
        typer.Option(
            "--leave-out",
            help="Leave them to the application: disabled here, and otherwise unchanged. "
            "With --keep-odd-addresses: only those that cannot be kept.",
            rich_help_panel=TABLES,
        ),
    ] = False,
    yes: options.YesOption = False,
) -> None:
    """Take over an application's user and token tables in place.

    This adds what is missing, normalizes e-mail addresses, hashes plaintext refresh tokens
    (they keep working) and runs the migrations, all in one transaction, for which the application
    waits. An SQLite file is copied first. On adopted tables, it does what has become necessary
    since.

    The tables are looked for as 'users' and 'refresh_tokens'. Tables with other names, which
    --users-table and --tokens-table name, are renamed; on PostgreSQL a view with the old name
    keeps the application working.
    """
    choices = schemas.adoption.AdoptionChoices(
        tokens_in_clear=tokens_in_clear, users_table=users_table, tokens_table=tokens_table,
        keep_odd_addresses=keep_odd_addresses, leave_out=leave_out,
    )  # fmt: skip
    service = context.services.adoption
    if dry_run:
        _print_plan(context, service.plan(choices))
        return
    confirm(context, lambda: _compose(context, service.plan(choices)), yes=yes)
    done = service.adopt(
        choices,
        on_copy=lambda path: context.note(f"A copy of the original database is in {path}."),
    )
    context.emit_all(done, COLUMNS)
    _conclude(context, done)


def _conclude(context: CommandContext, done: Plan) -> None:
    """Say in one line whether anything was done; the steps have been printed."""
    place = context.settings.database_url
    if steps := _count_steps(done):
        conclude(context, f"Adopted the tables in {place}", steps)
    else:
        conclude(context, f"Nothing changed: the tables in {place} need nothing")


def _print_plan(context: CommandContext, plan: Plan) -> None:
    context.emit_all(plan, COLUMNS)
    _require_feasible(plan)
    place = context.settings.database_url
    if not (steps := _count_steps(plan)):
        conclude_dry_run(context, f"the tables in {place} need nothing")
        return
    conclude_dry_run(context, f"this would adopt the tables in {place} in {steps}")
    raise typer.Exit(PENDING)


def _count_steps(plan: Plan) -> str | None:
    steps = sum(step.kind == "step" for step in plan)
    return pluralize(steps, "step") if steps else None


def _compose(context: CommandContext, plan: Plan) -> str:
    _note_plan(context, plan)
    return "Adopt the tables"


def _note_plan(context: CommandContext, plan: Plan) -> None:
    for step in plan:
        ids = f" (ids {', '.join(map(str, step.ids))})" if step.ids else ""
        context.note(f"{step.kind}: {step.table or 'the file'}, {step.subject}: {step.detail}{ids}")
    _require_feasible(plan)


def _require_feasible(plan: Plan) -> None:
    if problems := sum(step.kind == "problem" for step in plan):
        subject = "1 problem blocks" if problems == 1 else f"{problems} problems block"
        write_error(f"{subject} the adoption. Correct that in the application's tables first.")
        raise typer.Exit(EXIT_CODES[Conflict])
