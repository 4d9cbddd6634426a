"""Executes the plan of an adoption, in one transaction."""

from collections.abc import Callable, Sequence

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection

from userctl.core.errors import AdoptionRefused
from userctl.db.adoption.change import is_problem, refuse_rejected_steps
from userctl.db.adoption.plan import plan_adoption
from userctl.schemas.adoption import AdoptionOptions, AdoptionStep


def adopt_tables(
    connection: Connection, options: AdoptionOptions, *, prepare: Callable[[], object]
) -> list[AdoptionStep]:
    """Execute the plan for a database and return it; the caller commits.

    Args:
        connection: the database, whose schema must be locked.
        options: what the caller chose.
        prepare: called before the first change, if there is one.

    Raises:
        AdoptionRefused: if the plan has a problem, or the database rejects a step.
        UserctlError: as :func:`plan_adoption` does.
    """
    changes = plan_adoption(connection, options, lock=True)
    if problems := [change.record for change in changes if is_problem(change)]:
        raise AdoptionRefused(_describe_problems(problems))
    if changes:
        prepare()
    with refuse_rejected_steps():
        op = Operations(MigrationContext.configure(connection))
        for change in changes:
            if change.apply is not None:
                change.apply(op)
    return [change.record for change in changes]


def _describe_problems(problems: Sequence[AdoptionStep]) -> str:
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    first = problems[0]
    ids = f" (ids {', '.join(map(str, first.ids))})" if first.ids else ""
    return (
        f"{count} must be corrected first; nothing was changed. "
        f"{first.table}.{first.subject}: {first.detail}{ids}."
    )
