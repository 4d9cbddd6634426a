"""Tables of the application's own, whose Alembic works in the same database as the how-to says."""

import re
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from tests.integration.conftest import open_engine

PAGE = Path(__file__).parents[3] / "docs/how-to/fastapi.md"


class RecordedContext:
    """What an ``env.py`` configures."""

    def configure(self, **options: Any) -> None:
        """Keep the options."""
        self.options = options


def test_autogenerate_leaves_the_tables_of_userctl_alone(database_url: str) -> None:
    [block] = re.findall(r"```python\n(OURS = .*?)```", PAGE.read_text(), re.DOTALL)
    metadata = sa.MetaData()
    sa.Table("users", metadata, sa.Column("id", sa.Integer, primary_key=True))
    sa.Table(
        "books",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("owner_id", sa.ForeignKey("users.id", ondelete="CASCADE")),
    )
    # Never committed: the database is that of other tests too.
    with open_engine(database_url) as engine, engine.connect() as connection:
        context = RecordedContext()
        exec(block, {"connection": connection, "metadata": metadata, "context": context})
        options = context.options
        found = compare_metadata(
            MigrationContext.configure(options.pop("connection"), opts=options), metadata
        )
        assert [(change[0], change[1].name) for change in found] == [("add_table", "books")]
        metadata.tables["books"].create(connection)
