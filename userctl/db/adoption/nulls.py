"""Values that the application may omit and userctl needs: filled in now, later by triggers."""

from collections.abc import Iterator

from sqlalchemy import Connection

from userctl.db.adoption.change import (
    Change,
    has_trigger,
    problem,
    rows_where,
    run_statements,
    step,
    update_rows,
)
from userctl.db.adoption.columns import is_added_without_default, present_columns, wanted_columns
from userctl.schemas.adoption import AdoptionOptions

REQUIRED_COLUMNS = {"users": (), "refresh_tokens": ("token", "user_id", "expires_at")}
"""Columns whose missing values cannot be filled in, except addresses, which may stay missing."""


def null_changes(connection: Connection, table: str, options: AdoptionOptions) -> Iterator[Change]:
    """Yield the changes and the problems of the nulls in a table, now and in the future."""
    for name in REQUIRED_COLUMNS[table]:
        count, ids = rows_where(connection, table, f"{name} IS NULL")
        if count:
            yield problem(table, name, "the value is missing in some rows", rows=count, ids=ids)
    values = _values(connection, table, options)
    for name, value in values.items():
        if name not in present_columns(connection, table):
            continue
        count, ids = rows_where(connection, table, f"{name} IS NULL")
        if count:
            statement = f"UPDATE {table} SET {name} = {value} WHERE {name} IS NULL"  # noqa: S608
            fill = update_rows(table, statement, count)
            detail = f"fill missing values with {_describe_value(name, value)}"
            yield step(table, name, detail, fill, rows=count, ids=ids)
    if values and not has_trigger(connection, table, f"userctl_fill_{table}"):
        columns = ", ".join(values)
        yield step(table, columns, "add a trigger that fills in missing values",
                   run_statements(*_trigger_statements(connection, table, values)))  # fmt: skip


def _values(connection: Connection, table: str, options: AdoptionOptions) -> dict[str, str]:
    """Return the nullable columns that userctl needs, with the SQL that fills them."""
    present, values = present_columns(connection, table), {}
    defaults = {
        "role": "'user'",
        "revoked": "false",
        "hashed_password": f"'{options.null_hash}'",
    }
    for name, wanted_column in wanted_columns(table).items():
        column = present.get(name)
        nullable = column["nullable"] if column else is_added_without_default(connection, name)
        if not nullable:
            continue
        if name in defaults:
            values[name] = defaults[name]
        elif name in {"created_at", "updated_at"}:
            kind = column["type"] if column else wanted_column.type
            has_zone = connection.dialect.name == "sqlite" or getattr(kind, "timezone", True)
            values[name] = "CURRENT_TIMESTAMP" if has_zone else "timezone('UTC', CURRENT_TIMESTAMP)"
    return values


def _describe_value(name: str, value: str) -> str:
    return {
        "hashed_password": "a hash that matches no password",
        "role": value,
        "revoked": value,
    }.get(name, "the current time")


def _trigger_statements(connection: Connection, table: str, values: dict[str, str]) -> list[str]:
    name = f"userctl_fill_{table}"
    if connection.dialect.name == "postgresql":
        assignments = " ".join(
            f"NEW.{c} := coalesce(NEW.{c}, {value});" for c, value in values.items()
        )
        return [
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$userctl$ BEGIN {assignments} RETURN NEW; END $userctl$",
            f"CREATE TRIGGER {name} BEFORE INSERT OR UPDATE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {name}()",
        ]
    condition = " OR ".join(f"NEW.{c} IS NULL" for c in values)
    assignments = ", ".join(f"{c} = coalesce({c}, {value})" for c, value in values.items())
    return [
        f"CREATE TRIGGER {name}{suffix} AFTER {event} ON {table} WHEN {condition} "  # noqa: S608
        f"BEGIN UPDATE {table} SET {assignments} WHERE id = NEW.id; END"
        for suffix, event in (("", "INSERT"), ("_again", f"UPDATE OF {', '.join(values)}"))
    ]
