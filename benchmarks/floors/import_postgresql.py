"""Load a CSV file of accounts into PostgreSQL, with an audit event for each: FILE URL."""

import sys
from pathlib import Path

import psycopg
from events_by_hand import COLUMNS, HEAD, events

USERS = "COPY users (email, name, role, hashed_password) FROM STDIN (FORMAT csv, HEADER)"
EVENTS = f"COPY audit_events ({COLUMNS}) FROM STDIN"

with psycopg.connect(sys.argv[2]) as connection, connection.cursor() as cursor:
    with Path(sys.argv[1]).open("rb") as file, cursor.copy(USERS) as copy:
        while block := file.read(1 << 16):
            copy.write(block)
    cursor.execute("SELECT id, email, name, role FROM users ORDER BY id")
    users = cursor.fetchall()
    head = cursor.execute(HEAD).fetchone()
    with cursor.copy(EVENTS) as copy:
        for event in events(head, users):
            copy.write_row(event)
