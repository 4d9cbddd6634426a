"""Hash some passwords in one thread at cost 12 and print how many seconds that took: COUNT."""

import sys
import time

import bcrypt

start = time.perf_counter()
for number in range(int(sys.argv[1])):
    bcrypt.hashpw(f"correct horse {number}".encode(), bcrypt.gensalt(12))
print(time.perf_counter() - start)
