"""Load a CSV file of accounts into SQLite: FILE DATABASE."""

import csv
import sqlite3
import sys
from pathlib import Path

INSERT = "INSERT INTO users (email, name, role, hashed_password) VALUES (?, ?, ?, ?)"

with Path(sys.argv[1]).open(newline="") as file, sqlite3.connect(sys.argv[2]) as connection:
    rows = csv.reader(file)
    next(rows)
    connection.executemany(INSERT, rows)
