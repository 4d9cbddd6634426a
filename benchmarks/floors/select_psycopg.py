"""Read one row from PostgreSQL with the driver alone: URL."""

import sys

import psycopg

with psycopg.connect(sys.argv[1]) as connection:
    print(connection.execute("SELECT email FROM users LIMIT 1").fetchone())
