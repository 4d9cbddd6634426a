"""Load a CSV file of accounts into SQLite, with an audit event for each: FILE DATABASE."""

import csv
import sqlite3
import sys
from pathlib import Path

from events_by_hand import COLUMNS, HEAD, events

USERS = "INSERT INTO users (email, name, role, hashed_password) VALUES (?, ?, ?, ?)"
EVENTS = f"INSERT INTO audit_events ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"

with Path(sys.argv[1]).open(newline="") as file, sqlite3.connect(sys.argv[2]) as connection:
    rows = csv.reader(file)
    next(rows)
    connection.executemany(USERS, rows)
    users = connection.execute("SELECT id, email, name, role FROM users ORDER BY id")
    head = connection.execute(HEAD).fetchone()
    connection.executemany(EVENTS, events(head, users))
