"""Lets the engines of a test run share the SQL that SQLAlchemy compiles.

The program has one engine for as long as it runs. Each test has its own, and so has each in-process
command, so that a third of their time went into compiling the same statements again.
"""

from functools import partial

from sqlalchemy import create_engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

from userctl.db import engine

MOST_STATEMENTS = 5000


def share_compiled_sql() -> None:
    """Give all engines one cache, in which dialects of the same type are the same key."""
    for dialect in (PGDialect_psycopg, SQLiteDialect_pysqlite):
        dialect.__eq__ = lambda self, other: type(self) is type(other)
        dialect.__hash__ = lambda self: hash(type(self))
    options = {"compiled_cache": LRUCache(MOST_STATEMENTS)}
    engine.create_engine = partial(create_engine, execution_options=options)
