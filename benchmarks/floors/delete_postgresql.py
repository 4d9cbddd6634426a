"""Delete the refresh tokens that expired before a time from PostgreSQL at once: URL TIME."""

import sys

import psycopg

with psycopg.connect(sys.argv[1]) as connection:
    connection.execute("DELETE FROM refresh_tokens WHERE expires_at < %s", sys.argv[2:])
