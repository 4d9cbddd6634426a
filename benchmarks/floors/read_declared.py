"""Read and validate a file of users, and select the rows of all users: FILE DATABASE_URL."""

import sqlite3
import sys
from pathlib import Path

from userctl.formats.declarations.reader import read_declaration

COLUMNS = "id, email, name, role, disabled_at, managed_by, password_version, updated_at"

declared = read_declaration([Path(sys.argv[1])])
kind, _, place = sys.argv[2].partition("://")
if kind == "sqlite":
    connect, place = sqlite3.connect, place.removeprefix("/")
else:
    import psycopg

    connect, place = psycopg.connect, sys.argv[2]
connection = connect(place)
rows = connection.execute(f"SELECT {COLUMNS} FROM users").fetchall()
print(len(declared.users), len(rows))
