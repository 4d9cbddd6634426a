"""The changes that a plan consists of."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from alembic.operations import Operations
from sqlalchemy import Connection, column, func, select, table, text

from userctl.core.errors import AdoptionRefused, ConstraintViolated, DatabaseNotReady
from userctl.db.errors import translate_errors
from userctl.repositories.changes import require_count
from userctl.schemas.adoption import AdoptionStep

IDS_LISTED = 20
"""How many ids a record lists at most."""

Apply = Callable[[Operations], object]


@dataclass(frozen=True)
class Change:
    """An entry of a plan, and the function that applies it; warnings and problems have none.

    A late change comes after the migrations.
    """

    record: AdoptionStep
    apply: Apply | None = None
    late: bool = False


def step(
    table: str | None, subject: str, detail: str, apply: Apply | None, *, rows: int | None = None,
    ids: Sequence[int] = (), late: bool = False,
) -> Change:  # fmt: skip
    """Return a step of the adoption."""
    return Change(_record("step", table, subject, detail, rows, ids), apply, late)


def warning(
    table: str, subject: str, detail: str, rows: int | None = None, *, ids: Sequence[int] = ()
) -> Change:
    """Return a warning for the operator."""
    return Change(_record("warning", table, subject, detail, rows, ids))


def problem(
    table: str, subject: str, detail: str, *, rows: int | None = None, ids: Sequence[int] = ()
) -> Change:
    """Return a problem that must be corrected first."""
    return Change(_record("problem", table, subject, detail, rows, ids))


def run_statements(*statements: str) -> Apply:
    """Return a function that runs statements, one after the other."""

    def apply(op: Operations) -> None:
        for statement in statements:
            op.execute(statement)

    return apply


def update_rows(table: str, statement: str, expected: int) -> Apply:
    """Return a function that updates rows, and fails if a trigger ignores some of them."""

    def apply(op: Operations) -> None:
        count = op.get_bind().execute(text(statement)).rowcount
        require_count("UPDATE", table, count, expected)

    return apply


def is_problem(change: Change) -> bool:
    """Tell whether a change is a problem."""
    return change.record.kind == "problem"


def rows_where(connection: Connection, name: str, condition: str) -> tuple[int, list[int]]:
    """Return how many rows of a table meet a condition, and the ids of the first."""
    rows = table(name, column("id"))
    clause = text(condition)
    count = connection.scalar(select(func.count()).select_from(rows).where(clause)) or 0
    if not count:
        return 0, []
    query = select(rows.c.id).where(clause).order_by(rows.c.id).limit(IDS_LISTED)
    return count, list(connection.scalars(query))


def has_trigger(connection: Connection, table: str, name: str) -> bool:
    """Tell whether a table has a trigger."""
    if connection.dialect.name == "postgresql":
        query = "SELECT 1 FROM pg_trigger WHERE tgrelid = to_regclass(:table) AND tgname = :name"
    else:
        query = "SELECT 1 FROM sqlite_master WHERE tbl_name = :table AND name = :name"
    return connection.execute(text(query), {"table": table, "name": name}).first() is not None


@contextmanager
def refuse_rejected_steps() -> Iterator[None]:
    """Raise AdoptionRefused for a step that the database rejects, because that is not a bug."""
    try:
        with translate_errors():
            yield
    except (ConstraintViolated, DatabaseNotReady) as error:
        # Their subclasses say why no statement would succeed now, such as a busy database.
        if type(error) not in {ConstraintViolated, DatabaseNotReady}:
            raise
        raise AdoptionRefused(
            f"The database rejected a step, and nothing was changed. {error.message}"
        ) from None


def _record(
    kind: Any, table: str | None, subject: str, detail: str, rows: int | None, ids: Sequence[int]
) -> AdoptionStep:
    return AdoptionStep(
        kind=kind, table=table, subject=subject, detail=detail, rows=rows, ids=list(ids)
    )
