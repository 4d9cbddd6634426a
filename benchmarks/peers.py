"""Whole commands of other programs that do the same; they come with the extra 'peers'."""

import itertools
from functools import partial

import databases
from bench import PASSWORD, Bench
from measure import Row, Sample

ROUNDS = 11
AT_MOST = 0.7


def _purge(bench: Bench) -> Row:
    bench.floor("django_simplejwt.py", str(bench.folder / "django.db"), "migrate", "-v0")
    command = (str(bench.folder / "django.db"), "flushexpiredtokens")
    url = f"sqlite:///{databases.sqlite(bench, 0)}"
    ours = partial(bench.userctl, url, "token", "purge", "--quiet")
    return Row(ours, partial(bench.floor, "django_simplejwt.py", *command), AT_MOST, ROUNDS)


def _create(bench: Bench) -> Row:
    url = f"sqlite:///{databases.sqlite_copy(bench, databases.sqlite(bench, 0))}"
    database = str(bench.folder / "flask.db")
    bench.floor("flask_security_users.py", database, "prepare")
    numbers = itertools.count()

    def ours() -> Sample:
        command = ("user", "create", f"user{next(numbers)}@example.com", "--password-stdin", "-q")
        return bench.userctl(url, *command, stdin=PASSWORD)

    def floor() -> Sample:
        command = ("users", "create", f"user{next(numbers)}@example.com", "--password", PASSWORD)
        return bench.floor("flask_security_users.py", database, *command)

    return Row(ours, floor, AT_MOST, ROUNDS)


ROWS = {
    "purge with nothing to do / Django 5 + simplejwt flushexpiredtokens": _purge,
    "create an account / Flask-Security users create": _create,
}
