"""The migrations that userctl has, and the revision of a database; without importing Alembic."""

import re
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

import userctl
from userctl.core import errors
from userctl.core.text import escape_invisible, quote
from userctl.db.errors import translate_errors
from userctl.db.execution_options import READ_ONLY

VERSION_TABLE = "userctl_version"
"""Not Alembic's default, so that an application's own Alembic can live in the same database."""

SHARED_TABLES = ("users", "refresh_tokens")
"""The tables that an application may have too."""

_VISIBLE = text(
    "SELECT relname, nspname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace "
    "WHERE relname = ANY(:names) AND pg_table_is_visible(pg_class.oid)"
)


def migrations_folder() -> Path:
    """Return the Alembic folder, inside the installed package or beside it in a checkout."""
    package = Path(userctl.__file__).parent
    inside = package / "migrations"
    return inside if inside.is_dir() else package.parent / "migrations"


@cache
def revisions() -> tuple[str, ...]:
    """Return the ids of all migrations, oldest first.

    The id of a migration is the number that its file name begins with, and the history is a
    straight line. A test checks both.
    """
    files = (migrations_folder() / "versions").glob("*.py")
    return tuple(sorted(m[1] for f in files if (m := re.match(r"(\d{4})_", f.name))))


def current_revision(connection: Connection) -> str | None:
    """Return the revision of a database, or None if userctl never migrated it.

    Raises:
        SchemaNotFound: if no schema can hold the tables, or those of another one come first.
    """
    if not inspect(connection).has_table(VERSION_TABLE):
        if connection.dialect.name == "postgresql":
            _require_schema(connection)
        return None
    if connection.dialect.name == "postgresql":
        _require_one_schema(connection)
    versions = connection.scalars(text(f"SELECT version_num FROM {VERSION_TABLE}")).all()  # noqa: S608
    if len(versions) > 1:
        raise errors.DatabaseDamaged(
            f"The table {VERSION_TABLE} has {len(versions)} rows instead of one."
        )
    return versions[0] if versions else None


def _require_schema(connection: Connection) -> None:
    path, schema = connection.execute(
        text("SELECT current_setting('search_path'), current_schema()")
    ).one()
    if schema is None:
        description = escape_invisible(path) or "it is empty"
        raise errors.SchemaNotFound(f"The search_path names no schema that exists ({description}).")


def _require_one_schema(connection: Connection) -> None:
    """Make sure that no table of another schema on the search path hides one of ours."""
    schemas = dict(
        map(tuple, connection.execute(_VISIBLE, {"names": [VERSION_TABLE, *SHARED_TABLES]}))
    )
    own_schema = schemas.pop(VERSION_TABLE)
    for table, schema in schemas.items():
        if schema != own_schema:
            raise errors.SchemaNotFound(
                f"The search_path finds {table} in the schema {quote(schema)}, and the tables of "
                f"userctl are in {quote(own_schema)}."
            )


def foreign_tables(connection: Connection) -> list[str]:
    """Return the tables with our names in a database that userctl never migrated."""
    names = inspect(connection).get_table_names()
    if connection.dialect.name == "sqlite":
        # Names that differ only in case are the same there.
        names = [name.lower() for name in names]
    return sorted({*SHARED_TABLES}.intersection(names))


def has_trail(connection: Connection) -> bool:
    """Tell whether a database has an audit trail, which a downgrade keeps."""
    return inspect(connection).has_table("audit_events")


def require_current(engine: Engine) -> None:
    """Make sure that the schema is the one that this userctl needs.

    Raises:
        DatabaseNotMigrated: if it is missing or older.
        DatabaseTooNew: if it is newer.
        DatabaseNotReady: if it cannot be reached or read.
    """
    read_only_engine = engine.execution_options(**{READ_ONLY: True})
    with translate_errors(), read_only_engine.connect() as connection:
        revision = current_revision(connection)
    if revision == revisions()[-1]:
        return
    if revision is None:
        raise errors.DatabaseNotMigrated("The database has no userctl schema yet.")
    if revision in revisions():
        raise errors.DatabaseNotMigrated(
            f"The schema is at revision {revision}; this userctl needs {revisions()[-1]}."
        )
    raise errors.DatabaseTooNew(
        f"The schema is at revision {revision}, which this userctl {userctl.__version__} "
        "does not know."
    )
