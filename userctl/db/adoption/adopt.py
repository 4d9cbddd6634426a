"""Executes the plan of an adoption, in one transaction."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection

from userctl.core.errors import AdoptionRefused, DatabaseNotReady
from userctl.db.adoption.change import is_problem
from userctl.db.adoption.plan import plan_adoption
from userctl.db.errors import typed_failures
from userctl.db.schema.revisions import foreign_tables
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
    if connection.dialect.name == "postgresql":
        # No row may change after the plan has read it. And no check may stay deferred, because a
        # table with pending checks cannot be altered.
        if tables := foreign_tables(connection):
            connection.exec_driver_sql(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE")
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
    changes = plan_adoption(connection, options)
    if problems := [change.record for change in changes if is_problem(change)]:
        raise AdoptionRefused(_describe_problems(problems))
    if changes:
        prepare()
    with _refuse_rejected_steps():
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


@contextmanager
def _refuse_rejected_steps() -> Iterator[None]:
    """Raise AdoptionRefused for a step that the database rejects, because that is not a bug."""
    try:
        with typed_failures():
            yield
    except DatabaseNotReady as error:
        # Its subclasses say why no statement would succeed now, such as that the database is busy.
        if type(error) is not DatabaseNotReady:
            raise
        raise AdoptionRefused(
            f"The database rejected a step, and nothing was changed. {error.message}"
        ) from None
