"""What scripts rely on: exit codes, JSON keys, help and its examples."""

import shlex
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.applications import run_script
from tests.support.cli import PASSWORD, SECRET_KEY, Userctl
from userctl.cli.app import program
from userctl.core.secure_files import write_private
from userctl.security.jwk import SigningKey

USER = ["id", "email", "name", "role", "status", "has_password", "must_change_password",
        "address_verified", "former_login_at", "managed_by", "password_version",
        "previous_email", "created_at", "updated_at"]  # fmt: skip
OUTCOME = [*USER, "reference", "outcome", "code", "message"]
DETAIL = [*USER, "failed_logins", "last_failed_login_at", "throttled_until"]
SCHEMA = ["database", "state", "current", "head", "pending", "backup"]
CLAIMS = ["sub", "uid", "role", "iss", "aud", "iat", "exp", "jti", "sid", "scope"]
TOKEN = ["id", "kind", "user_id", "email", "label", "scope", "session", "state", "created_at",
         "last_used_at", "expires_at", "replayed_at"]  # fmt: skip
SESSION = [
    "id",
    "short_id",
    "user_id",
    "email",
    "state",
    "started_at",
    "last_refresh_at",
    "expires_at",
    "ends_at",
    "method",
    "source",
    "client",
    "origin",
    "scope",
    "token",
    "access_tokens_valid_until",
]
REVOKED = ["revoked_sessions", "revoked_api_tokens", "access_tokens_valid_until"]
KEY = ["kid", "algorithm", "state", "created_at", "activated_at", "verifies_until"]
KID = SigningKey.symmetric(SECRET_KEY.encode()).kid
PLAN = ["set", "prune", "digest", "unchanged", "undeclared", "changes"]
USERS_AS_CODE = "set: team\nusers:\n  - email: former@example.com\n    state: absent\n"
PAIR = ["access_token", "refresh_token", "token_type", "expires_in"]

KEYS = {
    "user create eve@example.com --no-password": [*USER, "generated_password"],
    "user import accounts.csv": ["created", "updated", "skipped", "rejected", "dry_run"],
    "user list": USER,
    "user show 1": DETAIL,
    "user why 1": ["verdict", "message", "advice", "id", "email", "name", "role", "status",
                   "has_password", "must_change_password", "disabled_at", "disabled_by",
                   "deleted_at", "deleted_by", "failed_logins", "throttled_until",
                   "last_login_at", "former_login_at", "api_tokens", "similar", "logins",
                   "sessions"],
    "user unlock 1": DETAIL,
    "user update 1 --name Ada": USER,
    "user passwd 2 --no-password": [*USER, "generated_password"],
    "user disable 2": USER,
    "user enable 2": USER,
    "user disable 2 --dry-run": OUTCOME,
    "user enable --domain example.com": OUTCOME,
    "user unlock 1 2": OUTCOME,
    "user update --from-role admin --role admin": OUTCOME,
    "user passwd 2 --generate-password --keep-going": [*OUTCOME, "generated_password"],
    "user passwd 2 --must-change --dry-run": [*OUTCOME, "generated_password"],
    "user delete 2 98 --if-exists --dry-run": OUTCOME,
    "token revoke --user 1 --user 2 --dry-run": [
        *OUTCOME, "revoked_sessions", "revoked_api_tokens"
    ],
    "user delete 2 --yes": USER,
    "user list --deleted": [*USER, "deleted_at"],
    "user restore 2": USER,
    "user purge": ["purged", "dry_run"],
    "apply users.yaml --check": PLAN,
    "apply users.yaml --yes": [*PLAN, "generated_passwords", "api_tokens"],
    "login ada@example.com --password-stdin": [*USER, "session_expires_at", "session_file"],
    "whoami": [*USER, "session_expires_at", "session_file"],
    "token refresh": [*USER, "session_expires_at", "session_file"],
    "token verify": CLAIMS,
    "token verify --offline": CLAIMS,
    "token issue --user ada@example.com --label ci": [*TOKEN, "token"],
    "token list": TOKEN,
    "token purge": ["deleted", "deleted_api_tokens", "remaining", "dry_run", "stopped_by"],
    "session list": SESSION,
    "session show token-1": SESSION,
    "session end token-1": ["sessions_ended", "access_tokens_valid_until"],
    "token revoke 1": REVOKED,
    "login ada@example.com --password-stdin --no-store": PAIR,
    "token revoke --all --yes": REVOKED,
    "key list": KEY,
    "key import --file secret.key": KEY,
    f"key retire {KID} --yes": KEY,
    "key generate": KEY,
    "key rotate --min-age 0s": KEY,
    "doctor": ["check", "status", "message", "advice", "fixed"],
    "db status": SCHEMA,
    "db migrate": SCHEMA,
    "db migrate --check": SCHEMA,
    "db adopt --yes": ["kind", "table", "subject", "detail", "rows", "ids"],
    "db backup a.backup": ["file", "database", "revision", "size_bytes", "sha256"],
    "db inspect a.backup": ["file", "kind", "taken_at", "last_event_at", "revision", "users",
                            "deleted_users", "refresh_tokens", "api_tokens", "audit_events",
                            "size_bytes", "sha256", "verified"],
    "db restore a.backup --yes": [*SCHEMA, "sessions_ended", "api_tokens_revoked"],
    "db copy --to sqlite:///copy.db": ["table", "rows", "digest"],
    "db stats": ["users", "deleted_users", "refresh_tokens", "api_tokens", "login_throttles",
                 "audit_events", "size_bytes", "free_bytes", "expired_tokens", "oldest_expired_at",
                 "purge_would_delete", "purge_would_free_bytes", "password_schemes"],
    "db vacuum": ["size_before_bytes", "size_after_bytes", "freed_bytes"],
    "db history": ["revision", "summary", "applied"],
    "db downgrade 0001 --yes": SCHEMA,
    "audit list": ["id", "time", "tag", "outcome", "actor", "machine", "user_id", "target",
                   "detail", "hash"],
    "audit show 1": ["id", "time", "tag", "outcome", "actor", "machine", "user_id", "target",
                     "detail", "hash"],
    "audit summary": ["since", "by", "periods", "failing_addresses", "failing_sources"],
    "audit head": ["id", "hash", "anchor"],
    "audit verify": ["events", "hash", "anchored"],
    "config show": ["key", "value", "source"],
    "health": ["status", "timestamp", "database", "version"],
}  # fmt: skip


def leaves() -> Iterator[tuple[str, Any]]:
    """Yield every command with what is typed to reach it."""
    root = program()
    for noun, command in root.commands.items():
        for verb, leaf in getattr(command, "commands", {}).items():
            yield f"{noun} {verb}", leaf
        if not hasattr(command, "commands"):
            yield noun, command


def example(command: Any) -> str:
    """Return the example in the help of a command."""
    return str(command.epilog).rpartition("Example:\n")[2].strip()


def with_keyring(userctl: Userctl) -> Userctl:
    """Give userctl a keyring with its first key, and a key to import."""
    userctl.keyring = True
    assert userctl("key", "generate").code == 0
    write_private(userctl.home / "secret.key", f"{SECRET_KEY}\n")
    return userctl


def require_keys(userctl: Userctl, *, but: tuple[str, ...] = ()) -> None:
    """Make sure that every command that prints records prints those that are pinned.

    Args:
        userctl: what runs them.
        but: the beginnings of commands that are left out.
    """
    with_keyring(userctl)
    userctl.create("ada@example.com", "--role", "admin")
    (userctl.home / "accounts.csv").write_text("email\n")
    (userctl.home / "users.yaml").write_text(USERS_AS_CODE)
    run_script(
        str(userctl.database_url),
        "INSERT INTO refresh_tokens (token, user_id, expires_at) "
        "VALUES ('of an application', 1, '2099-01-01 00:00:00')",
    )
    db_last = sorted(KEYS, key=lambda command: command.startswith("db downgrade"))
    for command in db_last:
        if command == "health" or command.startswith(("config", *but)):
            continue
        payload = userctl(*shlex.split(command), "-o", "json", stdin=PASSWORD).json
        record = payload[0] if isinstance(payload, list) else payload
        assert list(record) == KEYS[command], command
    assert userctl("db", "migrate").code == 0
    for command in ("health", "config show"):
        payload = userctl(*command.split(), "-o", "json").json
        record = payload[0] if isinstance(payload, list) else payload
        assert list(record) == KEYS[command]


def test_json_keys_are_stable(userctl: Userctl) -> None:
    require_keys(userctl)


def test_every_command_that_prints_records_has_its_keys_pinned() -> None:
    printing = {name for name, leaf in leaves() if any(p.name == "output" for p in leaf.params)}
    pinned = {name for name in printing for command in KEYS if f"{command} ".startswith(f"{name} ")}
    assert pinned == printing - NEED_TERMINAL


@pytest.mark.parametrize("name", [name for name, _ in leaves()])
def test_every_command_has_a_summary_and_an_example_of_itself(name: str) -> None:
    command = dict(leaves())[name]
    assert command.help
    assert command.help.splitlines()[0].endswith(".")
    assert f"userctl {name}" in example(command)


NEED_TERMINAL = {"user edit"}
"""Commands that cannot run here; what an edit prints has the keys of ``apply``."""

SHELL_SYNTAX = set("|&;<>$`\n")


@pytest.mark.parametrize(
    "with_shell", [False, pytest.param(True, marks=pytest.mark.soak)], ids=["quick", "soak"]
)
def test_every_example_runs(quick: Userctl, with_shell: bool) -> None:
    """Run each with a shell; the quick way spares it where there is nothing for a shell to do."""
    programs = quick.home / "bin"
    programs.mkdir()
    scripts = {"userctl": f'exec {shlex.join(quick.program)} "$@"', "curl": "true"}
    for name, script in scripts.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    quick.extra["PATH"] = f"{programs}:{quick.environment['PATH']}"
    with_keyring(quick)
    (quick.home / "ada.password").write_text(PASSWORD)
    (quick.home / "users.csv").write_text("email\n")
    (quick.home / "users.yaml").write_text(USERS_AS_CODE)
    quick.create("grace@example.com")
    quick.create("root@example.com", "--role", "admin")
    examples = {name: example(leaf) for name, leaf in leaves() if name not in NEED_TERMINAL}
    last = [
        "session end",
        "token revoke",
        "user delete",
        "user restore",
        "user purge",
        "logout",
        "db downgrade",
    ]
    for name in [*(name for name in examples if name not in last), *last]:
        if name == "login":
            quick.spawn("user", "passwd", "ada@example.com", "--password-stdin", stdin=PASSWORD)
        if name == "key import":
            # The ring has room for one next key, and the rotation has generated one.
            waiting = quick("key", "list", "--state", "next", "-q").out.strip()
            assert quick("key", "retire", waiting, "--yes").code == 0
        words = shlex.split(examples[name])
        if not with_shell and words[0] == "userctl" and not set(examples[name]) & SHELL_SYNTAX:
            result = quick(*words[1:])
            assert result.code == 0, (name, result.err)
            continue
        done = subprocess.run(
            ["sh", "-c", examples[name]],
            env=quick.environment,
            cwd=quick.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (name, done.stderr)


EXIT_CODES = [
    (2, "user bogus", "usage"),
    (2, "nonsense", "usage"),
    (2, "user show", "usage"),
    (2, "user show 1 2", "invalid_input"),
    (2, "user list --bogus", "usage"),
    (2, "user list --limit 0", "usage"),
    (2, "user list --limit x", "usage"),
    (2, "user list --sort bogus", "invalid_input"),
    (2, "user list --role bogus", "invalid_input"),
    (2, "user list --fields bogus", "invalid_input"),
    (2, "user list --fields id,id", "invalid_input"),
    (2, "user show nonsense", "invalid_input"),
    (2, "user create a@example.com --password-file=", "invalid_input"),
    (2, "user create a@example.com --no-password --name=\u00a0", "invalid_input"),
    (2, "user list --profile bogus", "invalid_configuration"),
    (2, "user create nonsense --no-password", "invalid_email"),
    (2, "user create a@example.com", "invalid_input"),
    (2, "user create a@example.com --no-password --generate-password", "invalid_input"),
    (2, "user create a@example.com --no-password --role bogus", "invalid_input"),
    (2, "user update 1", "invalid_input"),
    (2, "user import /dev/null", "invalid_input"),
    (2, "user import accounts.csv --on-conflict x", "usage"),
    (2, "user import nonsense.csv", "import_rejected"),
    (5, "user import accounts.csv", "user_exists"),
    (9, "user import missing.csv", "io_error"),
    (2, "user delete 1", "confirmation_required"),
    (2, "user delete --domain example.com", "confirmation_required"),
    (2, "user disable", "invalid_input"),
    (2, "user disable 1 --domain example.com", "invalid_input"),
    (2, "user disable --from-file /dev/null", "invalid_input"),
    (2, "user list --domain nonsense", "invalid_input"),
    (2, "user list --created-since nonsense", "invalid_input"),
    (2, "user passwd 1 2 --no-password", "invalid_input"),
    (2, "user update 1 2 --name Ada", "invalid_input"),
    (2, "user create ada@example.com --no-password --if-not-exists=x", "usage"),
    (
        5,
        "user create ada@example.com --role user --no-password --if-not-exists=strict",
        "user_exists",
    ),
    (9, "user disable --from-file missing", "io_error"),
    (3, "user disable 1 98 99", "user_not_found"),
    (5, "user disable ADA@example.com 1", "last_admin"),
    (2, "user list --deleted --sort email", "invalid_input"),
    (2, "user list --deleted --skip 1", "invalid_input"),
    (2, "user restore nonsense", "invalid_input"),
    (2, "user purge --older-than 1y", "invalid_input"),
    (3, "user restore ada@example.com", "user_not_found"),
    (2, "token purge --older-than 1y", "invalid_input"),
    (2, "token purge --max-rows 0", "usage"),
    (2, "token purge --max-seconds 0", "usage"),
    (2, "token purge --pause soon", "invalid_input"),
    (2, "db restore accounts.csv --yes", "invalid_input"),
    (2, "db copy", "usage"),
    (2, "db copy --to nonsense", "invalid_input"),
    (6, "db copy --to sqlite:////nonexistent/x.db", "database_unreachable"),
    (2, "db restore accounts.csv", "confirmation_required"),
    (2, "db backup /dev/null", "unsafe_file"),
    (5, "db backup accounts.csv", "file_exists"),
    (9, "db backup /nonexistent/x", "io_error"),
    (9, "db restore missing --yes", "io_error"),
    (2, "db stats --older-than 1y", "invalid_input"),
    (2, "db adopt", "confirmation_required"),
    (2, "db adopt --yes --tokens-in-clear", "invalid_input"),
    (2, "audit list --tag nonsense", "invalid_input"),
    (2, "audit list --since nonsense", "invalid_input"),
    (2, "audit list --user nonsense", "invalid_input"),
    (2, "audit list --actor ada", "invalid_input"),
    (2, "audit list --changed hash", "usage"),
    (3, "audit show 99", "event_not_found"),
    (2, "audit list --follow --fields id", "invalid_input"),
    (2, "audit verify --anchor 1", "invalid_input"),
    (6, f"audit verify --anchor 99:{'0' * 64}", "audit_broken"),
    (2, "session list --state used", "usage"),
    (2, "session show nonsense", "invalid_input"),
    (2, "session show 0123456", "invalid_input"),
    (3, "session show 01234567", "session_not_found"),
    (3, "session end token-99", "session_not_found"),
    (2, "session end", "invalid_input"),
    (2, "session end 01234567 --user 1", "invalid_input"),
    (2, "session end --user ada@example.com", "confirmation_required"),
    (3, "session end --user eve@example.com", "user_not_found"),
    (3, "session list --user eve@example.com", "user_not_found"),
    (2, "login ada@example.com --client= --password-file /dev/null", "invalid_input"),
    (2, "token revoke nonsense", "invalid_input"),
    (2, "token revoke", "invalid_input"),
    (2, "token revoke 1 --all", "invalid_input"),
    (2, "token revoke 1 --kind api", "invalid_input"),
    (2, "token revoke --kind api", "invalid_input"),
    (2, "token revoke --all", "confirmation_required"),
    (2, "token revoke --unused-since x", "invalid_input"),
    (2, "token list --after x", "invalid_input"),
    (2, "token list --kind x", "usage"),
    (2, "token issue --user 1", "usage"),
    (2, "token issue --user 1 --label=", "invalid_input"),
    (2, 'token issue --user 1 --label a --scope a"b', "invalid_input"),
    (2, "token issue --user 1 --label a --expires 1y", "invalid_input"),
    (2, "token issue --user 1 --label a -q", "invalid_input"),
    (2, "token issue --user 1 --label a --fields id", "invalid_input"),
    (3, "token issue --user 99 --label a", "user_not_found"),
    (2, "user passwd 1 --no-password --must-change", "invalid_input"),
    (2, "login ada@example.com --method x --password-file /dev/null", "invalid_input"),
    (2, "key generate --algorithm none", "usage"),
    (2, "key rotate --min-age 1y", "invalid_input"),
    (2, "key retire nonsense", "confirmation_required"),
    (2, "key import", "invalid_input"),
    (2, "key import --stdin --file secret.key", "invalid_input"),
    (2, "key import --file open.key", "unsafe_file"),
    (2, "user why nonsense", "invalid_input"),
    (3, "user show 99", "user_not_found"),
    (3, "user show 99999999999999999999999", "user_not_found"),
    (3, "user show eve@example.com", "user_not_found"),
    (3, "user unlock eve@example.com", "user_not_found"),
    (3, "user list --after 99 --sort email", "user_not_found"),
    (3, "token revoke 99", "token_not_found"),
    (3, "token revoke api-99", "token_not_found"),
    (3, "token revoke 9999999999999999999", "token_not_found"),
    (3, "key retire nonsense --yes", "key_not_found"),
    (4, "whoami", "not_logged_in"),
    (5, "user create ada@example.com --no-password", "user_exists"),
    (5, "user disable ada@example.com", "last_admin"),
    (5, "key rotate", "key_not_published"),
    (5, "key import --file first.key", "key_exists"),
    (5, f"key retire {KID} --yes", "key_active"),
    (6, "user list --database-url postgresql://x@127.0.0.1:1/x", "database_unreachable"),
    (9, "user create b@example.com --password-file /nonexistent", "io_error"),
    (9, "user create b@example.com --password-file /", "io_error"),
    (2, "doctor --fields bogus", "invalid_input"),
    (9, "key import --file /nonexistent", "io_error"),
]


def test_exit_codes_and_error_slugs_are_stable(userctl: Userctl) -> None:
    userctl.create("ada@example.com", "--role", "admin")
    userctl.keyring = True
    (userctl.home / "open.key").touch(mode=0o644)
    (userctl.home / "accounts.csv").write_text("email\nada@example.com\n")
    (userctl.home / "nonsense.csv").write_text("email\nnonsense\n")
    write_private(userctl.home / "first.key", SECRET_KEY)
    assert userctl("key", "import", "--file", "first.key").code == 0
    for code, command, slug in EXIT_CODES:
        result = userctl(*command.split(" "), "-o", "json")
        assert (result.code, result.error["code"]) == (code, slug), command
        assert result.err.count("\n") == 1


def test_an_error_is_one_line_for_people(local: Userctl) -> None:
    result = local.spawn("user", "show", "99")
    assert result.code == 3
    assert result.out == ""
    assert result.err == "error: There is no user '99'.\n"


def test_the_program_alone_prints_its_help_with_the_exit_codes(local: Userctl) -> None:
    bare, helped = local.spawn(), local.spawn("--help")
    assert (bare.code, bare.out) == (0, helped.out)
    for code in ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "130, 141, 143"):
        assert f"\n    {code}  " in helped.out


def test_version_ends_the_program(local: Userctl) -> None:
    local.create("ada@example.com")
    assert local("--version", "user", "delete", "1", "--yes").out.startswith("userctl 0.")
    assert local("user", "list", "-q").out == "1\n"


def test_version(local: Userctl) -> None:
    assert local.spawn("--version").out.startswith("userctl 0.")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_completions(local: Userctl, shell: str) -> None:
    local.extra["_USERCTL_COMPLETE"] = f"source_{shell}"
    assert "_USERCTL_COMPLETE" in local.spawn().out


def test_completion_knows_commands_options_and_choices(local: Userctl) -> None:
    def completions(words: str, position: int) -> list[str]:
        local.extra |= {
            "_USERCTL_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(position),
        }
        return local.spawn().out.split()

    assert completions("userctl user cr", 2) == ["create"]
    assert "--password-stdin" in completions("userctl login --pass", 2)
    assert completions("userctl user list -o js", 4) == ["json", "jsonl"]
