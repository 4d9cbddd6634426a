"""Write all accounts of an SQLite file as JSON lines: DATABASE FILE."""

import json
import sqlite3
import sys
from pathlib import Path

connection = sqlite3.connect(sys.argv[1])
rows = connection.execute("SELECT * FROM users ORDER BY id")
names = [column[0] for column in rows.description]
with Path(sys.argv[2]).open("w") as file:
    for row in rows:
        file.write(json.dumps(dict(zip(names, row, strict=True))) + "\n")
