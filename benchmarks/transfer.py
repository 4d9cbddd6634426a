"""Importing and exporting accounts."""

import base64
import json
import os
import secrets
from collections.abc import Callable

import databases
from bench import Bench
from measure import Row, Sample

ACCOUNTS = 1_000_000
DJANGO_USERS = 100_000
PLAIN_PASSWORDS, HASHED_BY_FLOOR = 500, 40
PEAK_MIB = 150
IMPORT = ("user", "import")
AS_CSV = ("--format", "csv")


def import_sqlite(bench: Bench) -> Row:
    """Import accounts with hashes into SQLite."""
    file = str(databases.csv_file(bench, bench.count(ACCOUNTS)))
    empty = databases.sqlite(bench, 0)

    def ours() -> Sample:
        url = f"sqlite:///{databases.sqlite_copy(bench, empty)}"
        return bench.userctl(url, *IMPORT, file, *AS_CSV)

    def floor() -> Sample:
        return bench.floor("import_sqlite.py", file, str(databases.sqlite_copy(bench, empty)))

    return Row(ours, floor, at_most=2.0)


def import_postgresql(bench: Bench) -> Row:
    """Import accounts with hashes into PostgreSQL."""
    file = str(databases.csv_file(bench, bench.count(ACCOUNTS)))
    empty = databases.postgresql(bench, 0)

    def ours() -> Sample:
        return bench.userctl(databases.postgresql_copy(bench, empty), *IMPORT, file, *AS_CSV)

    def floor() -> Sample:
        url = databases.postgresql_copy(bench, empty)
        return bench.floor("import_postgresql.py", file, url)

    return Row(ours, floor, at_most=2.0)


def import_django(bench: Bench) -> Row:
    """Import users of Django, against the same users with bcrypt as CSV."""
    count = bench.count(DJANGO_USERS)
    bcrypt, django = str(databases.csv_file(bench, count)), bench.folder / "django.json"
    with django.open("w") as dump:
        for number in range(count):
            comma = "[" if number == 0 else ","
            dump.write(f"{comma}{json.dumps(_django_record(number))}\n")
        dump.write("]")
    empty = databases.sqlite(bench, 0)

    def run_import(*file: str) -> Sample:
        return bench.userctl(f"sqlite:///{databases.sqlite_copy(bench, empty)}", *IMPORT, *file)

    def ours() -> Sample:
        return run_import(str(django), "--from", "django", "--quiet")

    def floor() -> Sample:
        return run_import(bcrypt, *AS_CSV)

    return Row(ours, floor, at_most=2.5)


def _django_record(number: int) -> dict[str, object]:
    digest = base64.b64encode(secrets.token_bytes(32)).decode()
    return {
        "model": "auth.user",
        "pk": number,
        "fields": {
            "password": f"pbkdf2_sha256$1000000${secrets.token_hex(11)}${digest}",
            "last_login": "2025-01-02T03:04:05.678Z",
            "is_superuser": False,
            "username": f"user{number}",
            "first_name": "User",
            "last_name": str(number),
            "email": f"user{number}@example.com",
            "is_staff": False,
            "is_active": True,
            "date_joined": "2024-01-02T03:04:05.678Z",
            "groups": [],
            "user_permissions": [],
        },
    }


def import_passwords(bench: Bench) -> Row:
    """Import users with passwords, against the time in which the cores could hash them."""
    count = bench.count(PLAIN_PASSWORDS, at_least=HASHED_BY_FLOOR)
    file = bench.folder / "passwords.csv"
    with file.open("w") as plain:
        plain.write("email,name,password\n")
        for number in range(count):
            plain.write(f"user{number}@example.com,User {number},{secrets.token_hex(8)}\n")
    empty = databases.sqlite(bench, 0)
    cores = len(os.sched_getaffinity(0))

    def ours() -> Sample:
        url = f"sqlite:///{databases.sqlite_copy(bench, empty)}"
        return bench.userctl(url, *IMPORT, str(file), *AS_CSV)

    def floor() -> Sample:
        measured = float(bench.floor("hash_passwords.py", str(HASHED_BY_FLOOR)).output)
        return Sample(measured * count / HASHED_BY_FLOOR / cores)

    return Row(ours, floor, at_most=1.1)


def export(bench: Bench) -> Row:
    """Export accounts as JSON lines from SQLite."""
    database = databases.sqlite(bench, bench.count(ACCOUNTS))
    file = bench.folder / "accounts.jsonl"

    def overwrite(write: Callable[[], Sample]) -> Sample:
        file.unlink(missing_ok=True)
        return write()

    def ours() -> Sample:
        command = ("user", "export", str(file), "--format", "jsonl")
        return overwrite(lambda: bench.userctl(f"sqlite:///{database}", *command))

    def floor() -> Sample:
        return overwrite(lambda: bench.floor("export_sqlite.py", str(database), str(file)))

    return Row(ours, floor, at_most=1.0, limits={"peak MiB": PEAK_MIB})


ROWS = {
    "import 1,000,000 hashes, SQLite / csv.reader -> executemany": import_sqlite,
    "import 1,000,000 hashes, PostgreSQL / COPY": import_postgresql,
    "import 100,000 users of Django / the same with bcrypt as CSV": import_django,
    "import 500 passwords / cores x bare bcrypt.hashpw": import_passwords,
    "export 1,000,000 accounts as JSON lines / sqlite3 + json.dumps": export,
}
