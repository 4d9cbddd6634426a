"""``reference/errors.md``, ``reference/exit-codes.md`` and the table of exit codes."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from generator.markdown import code, page, plain, summary, table
from userctl.cli.errors import EXIT_CODES, EXIT_CODES_HELP
from userctl.core import errors

ERRORS = """\
An error is one line on standard error, and standard output stays empty. With `-o json` or
`-o jsonl` the line is an object:

```json
{"error": {"code": "user_not_found", "message": "...", "hint": null}}
```

The codes are stable, and so are the HTTP statuses that [the router](../how-to/fastapi.md) returns;
messages and hints may change. `--debug` adds a traceback. The router has [further
codes](http-api.md#codes-of-the-router)."""

EXITS = """\
Exit codes are stable and the same for every command. To distinguish more cases, a script reads the
`code` of the [error](errors.md)."""

USAGE = "The command line cannot be understood."
UNEXPECTED = "A bug. Repeat the command with `--debug` and report the traceback."


class Failure(NamedTuple):
    """A code of an error, its exit code and HTTP status, what it means and what to do."""

    code: str
    exit: int
    http: int
    meaning: str
    hint: str


def failures() -> list[Failure]:
    """Return all codes, by exit code and name; each once."""
    found = {
        "usage": Failure("usage", 2, 0, USAGE, ""),
        "unexpected": Failure("unexpected", 1, 500, UNEXPECTED, ""),
    }
    for kind in _subclasses(errors.UserctlError):
        exits = next(EXIT_CODES[base] for base in kind.__mro__ if base in EXIT_CODES)
        meaning, hint = plain(summary(kind.__doc__)), plain(kind.hint or "")
        failure = Failure(kind.code, exits, kind.http_status, meaning, hint)
        # Where two classes share a code, the first one is the general one.
        found.setdefault(kind.code, failure)
    return sorted(found.values(), key=lambda failure: (failure.exit, failure.code))


def errors_page() -> str:
    """Return the page of all error codes."""
    rows = [
        [
            code(item.code),
            f"[{item.exit}](exit-codes.md)",
            str(item.http or ""),
            item.meaning,
            item.hint,
        ]
        for item in failures()
    ]
    return page("Errors", ERRORS, table(["code", "exit", "HTTP", "meaning", "what to do"], rows))


def exit_codes_page() -> str:
    """Return the page of exit codes."""
    blocks = [EXITS, exit_codes_table(), "## Error codes of each exit code"]
    rows = []
    for exits in sorted({item.exit for item in failures()}):
        slugs = [code(item.code) for item in failures() if item.exit == exits]
        rows.append([code(exits), ", ".join(slugs)])
    return page("Exit codes", *blocks, table(["exit code", "error codes"], rows))


def exit_codes_table() -> str:
    """Return the table of exit codes, as the program's own help has them."""
    rows = [[exits, plain(meaning)] for exits, meaning in exit_codes_lines()]
    return table(["code", "meaning"], rows)


def exit_codes_lines() -> list[tuple[str, str]]:
    """Return exit codes and what they mean, as the program's own help has them."""
    lines = re.findall(r"^  (\d[\d, ]*?)  (.+)$", EXIT_CODES_HELP, re.MULTILINE)
    assert len(lines) > 10, "the help lists its exit codes in another form"
    return lines


def _subclasses(kind: type[errors.UserctlError]) -> Iterator[type[errors.UserctlError]]:
    for subclass in kind.__subclasses__():
        if subclass.__module__.startswith("userctl."):
            yield subclass
            yield from _subclasses(subclass)
