"""Widens columns on PostgreSQL, which refuses it while other objects depend on them."""

from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.types import TypeEngine

from userctl.db.adoption.change import Change, problem, step

_DEPENDENTS = text(
    "SELECT DISTINCT pg_describe_object(classid, objid, objsubid) FROM pg_depend "
    "JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid "
    "LEFT JOIN pg_attrdef ON classid = 'pg_attrdef'::regclass AND pg_attrdef.oid = objid "
    "WHERE refclassid = 'pg_class'::regclass AND refobjid = to_regclass(:table) "
    "AND attname = :column AND (classid IN ('pg_rewrite'::regclass, 'pg_policy'::regclass, "
    "'pg_trigger'::regclass, 'pg_proc'::regclass, 'pg_publication_rel'::regclass) "
    # The default of the column itself prevents nothing, but a column generated from it does.
    "OR adnum <> attnum) ORDER BY 1"
)


def widening_change(
    connection: Connection, table: str, column: str, detail: str, kind: TypeEngine[Any]
) -> Change:
    """Return the step that gives a column a wider type, or the problem that prevents it."""
    descriptions = connection.scalars(_DEPENDENTS, {"table": table, "column": column})
    if dependents := [
        str(description).removeprefix("rule _RETURN on ") for description in descriptions
    ]:
        return problem(
            table,
            column,
            f"{detail}: not possible while {', '.join(dependents)} depends on it; "
            "drop that first, and create it again afterwards",
        )
    return step(table, column, detail, lambda op: op.alter_column(table, column, type_=kind))
