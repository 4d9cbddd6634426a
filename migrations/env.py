"""The Alembic environment: run by userctl with a connection, or by Alembic with alembic.ini."""

from typing import Any

from alembic import context
from sqlalchemy import BigInteger, Integer

from userctl import models  # noqa: F401
from userctl.config.loading import load_settings
from userctl.db.engine import database_engine
from userctl.db.schema.revisions import VERSION_TABLE
from userctl.models.base import Base

OUR_TABLES = set(Base.metadata.tables)
OF_ONE_DIALECT = {"ix_users_email_pattern"}
"""Indexes of one dialect; declaring their options in a model would import that dialect."""


def is_compared(name: str | None, kind: str, _parents: Any) -> bool:
    """Tell whether Alembic compares an object, which excludes the tables of an application."""
    return name in OUR_TABLES if kind == "table" else name not in OF_ONE_DIALECT


def is_type_different(
    _context: Any, _stored: Any, _declared: Any, stored_type: Any, declared_type: Any
) -> bool | None:
    """Tell whether the types of a column differ; None lets Alembic compare them.

    An application's ids may have 32 bits, and migration 0007 leaves those alone.
    """
    sizes = isinstance(stored_type, Integer) and isinstance(declared_type, BigInteger)
    return False if sizes else None


def configure(**options: Any) -> None:
    """Configure the context, online and offline alike, and run the migrations."""
    context.configure(
        target_metadata=Base.metadata,
        version_table=VERSION_TABLE,
        include_name=is_compared,
        compare_type=is_type_different,
        transactional_ddl=True,
        **options,
    )
    with context.begin_transaction():
        context.run_migrations()


def run() -> None:
    """Run on the given connection or on the configured database, or print SQL when offline."""
    attributes = context.config.attributes
    if context.is_offline_mode():
        dialect = attributes.get("dialect_name") or load_settings({}).database_url.dialect
        configure(dialect_name=dialect, literal_binds=True)
    elif connection := attributes.get("connection"):
        configure(connection=connection)
    else:
        with database_engine(load_settings({}).database_url).connect() as connection:
            configure(connection=connection)


run()
