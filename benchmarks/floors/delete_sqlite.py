"""Delete the refresh tokens that expired before a time from SQLite at once: DATABASE TIME."""

import sqlite3
import sys

with sqlite3.connect(sys.argv[1]) as connection:
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("DELETE FROM refresh_tokens WHERE expires_at < ?", sys.argv[2:])
