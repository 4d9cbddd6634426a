"""Adds columns to STRICT tables, which accept only the types that SQLite stores.

An application may have made its tables STRICT (https://sqlite.org/stricttables.html). Migrations
name the types that every database knows; importing this module lets Alembic translate them.
"""

from typing import Any

from alembic.ddl.sqlite import SQLiteImpl
from sqlalchemy import Boolean, Column, Integer, Text, text
from sqlalchemy.types import TypeEngine


class StrictTablesImpl(SQLiteImpl):
    """Alembic's implementation for SQLite, with the types that the table accepts."""

    __dialect__ = "sqlite"

    def add_column(self, table_name: str, column: Column[Any], **options: Any) -> None:
        """Add a column to a table."""
        if not self.as_sql and self._is_strict(table_name):
            default = getattr(column.server_default, "arg", None)
            column = Column(
                column.name,
                _stored_type(column.type),
                nullable=column.nullable,
                server_default=default,
            )
        super().add_column(table_name, column, **options)

    def _is_strict(self, table_name: str) -> bool:
        assert self.connection is not None
        query = text("SELECT strict FROM pragma_table_list WHERE name = :name COLLATE NOCASE")
        return bool(self.connection.scalar(query, {"name": table_name}))


def _stored_type(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    # Times are stored as text, and truth values as 0 and 1.
    return Integer() if isinstance(kind, (Integer, Boolean)) else Text()
