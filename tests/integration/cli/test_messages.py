"""Sentences that operators read, word for word."""

import pytest

from tests.support.cli import Userctl
from userctl.cli.command_table import COMMANDS, Noun

USAGE = [
    ("user lst", "error: No such command 'lst'. Did you mean 'list'? See 'userctl user --help'."),
    (
        "db upgrade",
        "error: No such command 'upgrade'. Did you mean 'migrate'? See 'userctl db --help'.",
    ),
    (
        "user lock 1",
        "error: No such command 'lock'. Did you mean 'disable'? See 'userctl user --help'.",
    ),
    (
        "user list --json",
        "error: No such option '--json'. Did you mean '-o json'? See 'userctl user list --help'.",
    ),
    ("help", "error: No such command 'help'. Did you mean '--help'? See 'userctl --help'."),
    (
        "--profile prod user list",
        "error: No such option '--profile'. Options follow the verb: userctl user list --profile "
        "prod -o json. See 'userctl --help'.",
    ),
    ("user show 1 2", "error: Unexpected argument. See 'userctl user show --help'."),
    (
        "user create a@example.com --no-password --must-change",
        "error: --must-change cannot be used with --no-password.",
    ),
    (
        "user create a@example.com --no-password --generate-password",
        "error: Pass only one of the password options.",
    ),
    (
        "user create a@example.com",
        "error: No password was given, and standard input is not a terminal. Pass "
        "--password-stdin, --password-file, --generate-password or --no-password.",
    ),
    (
        "user create a@example.com --generate-password --quiet",
        "error: --quiet would lose the generated password, printed this once.",
    ),
    (
        "user delete 1",
        "error: Confirmation is required, and standard input is not a terminal. Pass --yes.",
    ),
    (
        "user delete 1 --no-input",
        "error: Confirmation is required, and --no-input was given. Pass --yes.",
    ),
    (
        "user list --sort bogus",
        "error: Users cannot be sorted by 'bogus'. Sort by one of id, email, name, role, "
        "created_at, updated_at.",
    ),
    (
        "user list --deleted --skip 1",
        "error: --sort and --skip cannot be used with --deleted: deleted users are sorted by id. "
        "Page with --after.",
    ),
    (
        "user list --status actve",
        "error: 'actve' is not a status. Use active or disabled. See 'userctl user list --help'.",
    ),
    (
        "user list -o xml",
        "error: 'xml' is not an output format. Use table, json, jsonl or csv. "
        "See 'userctl user list --help'.",
    ),
    (
        "user import a.csv --on-conflict merge",
        "error: 'merge' is not a conflict rule. Use error, skip or update. "
        "See 'userctl user import --help'.",
    ),
    (
        "user import a.csv --format pdf",
        "error: 'pdf' is not a format. Use csv, json or jsonl. See 'userctl user import --help'.",
    ),
    (
        f"token list --state {'x' * 1000}",
        f"error: '{'x' * 40}...' is not a state. Use active, used, revoked or expired. "
        "See 'userctl token list --help'.",
    ),
    (
        "user list --limit many",
        "error: --limit must be a whole number. See 'userctl user list --help'.",
    ),
    ("user list --limit 0", "error: --limit must be at least 1. See 'userctl user list --help'."),
    ("user list --fields id,id", "error: Field 'id' is listed twice."),
    (
        "user import /dev/null",
        "error: The name '/dev/null' does not tell the format of the file. "
        "Pass --format csv, json or jsonl.",
    ),
    (
        "token purge --older-than 1y",
        "error: '1y' is not a duration. Write it as 90s, 15m, 12h, 1d or 2w.",
    ),
    (
        "token revoke",
        "error: Pass one of token ids, --stdin, --all, or a filter such as --user.",
    ),
    (
        "audit list --since nonsense",
        "error: 'nonsense' is neither a time nor a duration. Write it as 2026-01-31, "
        "2026-01-31T12:00:00Z, 12h or 7d.",
    ),
    (
        "login",
        "error: No e-mail address was given, and standard input is not a terminal. "
        "Write: userctl login EMAIL",
    ),
    ("db migrate --sql --check", "error: Pass either --sql or --check."),
    ("key import", "error: Pass either --file or --stdin."),
]


@pytest.mark.parametrize(("command", "message"), USAGE)
def test_a_usage_error_says_what_is_wrong_and_what_to_do(
    local: Userctl, command: str, message: str
) -> None:
    result = local(*command.split())
    assert (result.code, result.out, result.err) == (2, "", f"{message}\n")


def test_an_api_token_cannot_be_verified_offline(local: Userctl) -> None:
    result = local("token", "verify", "--stdin", "--offline", stdin="uctl_api_x\n")
    assert (result.code, result.err) == (2, "error: API tokens cannot be verified offline.\n")


def test_a_page_that_is_not_the_last_says_how_to_go_on(local: Userctl) -> None:
    for name in "abc":
        local.create(f"{name}@example.com")
    result = local("user", "list", "--limit", "2")
    assert result.err == (
        "Showing 2, and there are more. Next page: --after 2. Everything: --all.\n"
    )
    assert local("user", "list", "--limit", "2", "--after", "2").err == ""


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("", "Options follow the verb: userctl user list --profile prod -o json"),
        ("db migrate", "Upgrade the schema."),
        (
            "user list",
            "Page time does not grow with the table when you sort by id or email, filter by role, "
            "or search by prefix.",
        ),
        (
            "audit verify",
            "Truncation is detectable only against an anchor kept off the host",
        ),
    ],
)
def test_help_is_worded_so(local: Userctl, command: str, sentence: str) -> None:
    assert sentence in " ".join(local(*command.split(), "--help").out.split())


def test_the_options_of_a_command_stand_before_the_shared_ones(local: Userctl) -> None:
    text = local("user", "create", "--help").out
    own, shared = text.index("\nOptions:\n"), text.index("\nShared options:\n")
    assert own < text.index("--if-not-exists") < shared < text.index("--database-url")
    assert text.startswith("Usage: userctl user create [OPTIONS] EMAIL\n")


@pytest.mark.parametrize("noun", [name for name, row in COMMANDS.items() if isinstance(row, Noun)])
def test_a_noun_alone_prints_its_help(local: Userctl, noun: str) -> None:
    bare, helped = local(noun), local(noun, "--help")
    assert (bare.code, bare.err, bare.out) == (0, "", helped.out)
    assert bare.out.startswith(f"Usage: userctl {noun} ")
