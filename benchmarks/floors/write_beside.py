"""Write a small row of an SQLite file every 20 ms until stdin ends: DATABASE.

Prints a line when it starts, and the worst wait of a write in milliseconds at the end.
"""

import select
import sqlite3
import sys
import time

PAUSE_SECONDS = 0.02
WRITE = (
    "INSERT INTO login_throttles (address, source, charges, window_ends_at, charged_at, expires_at)"
    " VALUES ('benchmark', '', 1, '2000-01-01', '2000-01-01', '9999-01-01')"
    " ON CONFLICT DO UPDATE SET charges = charges + 1"
)

connection = sqlite3.connect(sys.argv[1], isolation_level=None)
worst = 0.0
print("begun", flush=True)
while not select.select([sys.stdin], [], [], PAUSE_SECONDS)[0]:
    start = time.perf_counter()
    connection.execute(WRITE)
    worst = max(worst, time.perf_counter() - start)
print(worst * 1000)
