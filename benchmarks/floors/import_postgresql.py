"""Load a CSV file of accounts into PostgreSQL: FILE URL."""

import sys
from pathlib import Path

import psycopg

COPY = "COPY users (email, name, role, hashed_password) FROM STDIN (FORMAT csv, HEADER)"

with (
    Path(sys.argv[1]).open("rb") as file,
    psycopg.connect(sys.argv[2]) as connection,
    connection.cursor().copy(COPY) as copy,
):
    while block := file.read(1 << 16):
        copy.write(block)
