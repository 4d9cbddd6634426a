"""The line that ends every change: what was done, to whom, what else, and how to undo it."""

import re
import shlex
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.applications import run_script
from tests.support.cli import PASSWORD, SECRET_KEY, Userctl
from userctl.cli.command import Command
from userctl.cli.command_table import COMMANDS, Noun
from userctl.cli.lazy_group import load_command
from userctl.core.secure_files import write_private

ADA, EVE = "ada@example.com", "eve@example.com"
UNTIL = r"access tokens stay valid until (\d{4}-\d\d-\d\d )?\d\d:\d\dZ"
KID = r"[0-9a-f]{16}"
NOTHING = "Nothing changed: "
DRY = "Dry run; nothing was changed: "

# What is typed in this order, and how the last line on standard error reads: nothing for commands
# that only read. Together these are all commands.
DAY = [
    ("key generate", rf"Generated HS256 key {KID} \(the active key: it signs from now on\)\."),
    ("key generate", rf"Generated HS256 key ({KID}) \(the next key: it signs after 'userctl key "
                     rf"rotate'\)\. Undo: userctl key retire \1"),
    ("key list", None),
    ("key jwks", "There is no public key to publish: HS256 keys are secret."),
    ("key rotate --min-age 0s", rf"Rotated the keys: {KID} signs from now on \(the one before goes "
                                r"on verifying until what it signed has expired\)\."),
    ("key retire {next} --yes", rf"Retired key {KID} \(every token that it signed is refused\)\."),
    ("key retire {next} --yes", rf"{NOTHING}key {KID} was retired already\."),
    ("key import --file secret.key", rf"Imported HS256 key {KID} \(the next key: .*\)\. Undo: "
                                     rf"userctl key retire {KID}"),
    (f"user create {ADA} --role admin --password-stdin",
     rf"Created {ADA} \(id 1, admin\)\. Undo: userctl user delete {ADA}"),
    (f"user create {EVE} --no-password",
     rf"Created {EVE} \(id 2, user, no password\)\. Undo: userctl user delete {EVE}"),
    (f"user create {ADA} --if-not-exists --role admin --no-password",
     rf"{ADA} already exists \(id 1\) and was left unchanged\."),
    ("user passwd 2 --password-stdin", rf"Set a new password for {EVE}\."),
    ("apply users.yaml --check", rf"{DRY}this would change 1\."),
    ("apply users.yaml --yes", r"Applied 1 change\."),
    ("apply users.yaml --yes", rf"{NOTHING}the users are as they are declared\."),
    ("apply users.yaml --check", rf"{DRY}the users are as they are declared\."),
    ("user edit 2", None),
    ("user list", None),
    ("user show 1", None),
    ("user why 1", None),
    ("user export users.csv", None),
    ("user import users.csv --on-conflict skip", rf"{NOTHING}2 left unchanged\."),
    ("user import new.csv --dry-run", rf"{DRY}this would create 1\."),
    ("user import new.csv", r"Imported users: 1 created\."),
    (f"login {EVE} --password-stdin", rf"Logged in as {EVE} \(user; until .*Z at the latest\)\. "
                                      r"Undo: userctl logout"),
    ("whoami", None),
    ("token refresh", rf"Refreshed the session of {EVE}\."),
    ("token print", None),
    ("token verify", None),
    ("session list", None),
    ("session show {session}", None),
    ("logout", rf"Logged out {EVE} \({UNTIL}\)\."),
    ("logout", rf"{NOTHING}not logged in\."),
    (f"login {EVE} --password-stdin --no-store", rf"Started a session of {EVE} \(not stored\)\."),
    ("user update 2 --name Eve --role admin",
     rf"Changed {EVE} \(name: \(none\) → Eve; role: user → admin; 1 session ended; {UNTIL}\)\. "
     rf"Undo: userctl user update {EVE} --name '' --role user"),
    (f"user update {EVE} --name '' --role user", rf"Changed {EVE} .*"),
    ("user update 2 --role user", rf"{NOTHING}{EVE} was like this before\."),
    (f"login {EVE} --password-stdin --no-store", ".*"),
    ("session end --user 2 --yes", rf"Ended 1 session of {EVE} \({UNTIL}\)\."),
    ("session end --user 1 --yes", rf"{NOTHING}no active session of {ADA}\."),
    (f"login {EVE} --password-stdin --no-store", ".*"),
    ("session end {session}", rf"Ended 1 session of {EVE} \({UNTIL}\)\."),
    (f"login {EVE} --password-stdin --no-store", ".*"),
    (f"login {EVE} --password-stdin --no-store", ".*"),
    ("user disable 2",
     rf"Disabled {EVE} \(2 sessions ended; {UNTIL}\)\. Undo: userctl user enable {EVE}"),
    ("user disable 2", rf"{NOTHING}{EVE} was disabled already \({UNTIL}\)\."),
    ("user unlock 2",
     rf"{NOTHING}{EVE} has no failed logins \(still disabled: userctl user enable {EVE}\)\."),
    ("user passwd 2 --password-stdin",
     rf"Set a new password for {EVE} \(still disabled: userctl user enable {EVE}; {UNTIL}\)\."),
    ("user enable 2", rf"Enabled {EVE}\. Undo: userctl user disable {EVE}"),
    ("user enable 2", rf"{NOTHING}{EVE} was not disabled\."),
    ("login eve@example.com --password-file wrong", None),
    ("user unlock 2", rf"Unlocked {EVE} \(1 failed login cleared\)\."),
    ("user passwd 2 --must-change",
     rf"Required a new password of {EVE} at the next login \({UNTIL}\)\."),
    ("user passwd 2 --no-password", rf"Removed the password of {EVE} \({UNTIL}\)\."),
    ("token issue --user 2 --label ci",
     rf"Issued API token api-1 \(ci\) for {EVE} \(until .*Z\)\. Undo: userctl token revoke api-1"),
    ("token verify --stdin {api_token}", None),
    ("token list", None),
    ("token revoke api-1", rf"Revoked 1 API token of {EVE}\."),
    ("token revoke api-1", r"Nothing changed: no token was active\."),
    ("token issue --user 2 --label ci --expires never", r".* \(never expires\)\. Undo: .* api-3"),
    ("user delete 2 --yes",
     rf"Deleted {EVE} \(2 API tokens ended; {UNTIL}\)\. Undo: userctl user restore 2"),
    ("user delete 2 --yes --if-exists",
     rf"{NOTHING}the user '2' was deleted at .*Z\. Restore them with 'userctl user restore 2'\."),
    ("user restore 2", rf"Restored {EVE} \(id 2, user\)\. Undo: userctl user delete {EVE}"),
    ("user delete 2 --yes --hard", rf"Permanently deleted {EVE}\."),
    ("user delete new@example.com --yes",
     r"Deleted new@example\.com\. Undo: userctl user restore \d+"),
    ("user purge --older-than 0s --dry-run",
     rf"{DRY}this would permanently remove 1 deleted user\."),
    ("user purge --older-than 0s --yes", r"Permanently removed 1 deleted user\."),
    ("user purge", rf"{NOTHING}no user was deleted that long ago\."),
    ("token purge", rf"{NOTHING}no token ended that long ago\."),
    ("{expire} token purge --dry-run", rf"{DRY}this would permanently delete 1 token\."),
    ("token purge", r"Permanently deleted 1 token\."),
    ("audit list", None),
    ("audit show 1", None),
    ("audit summary", None),
    ("audit export trail.jsonl", None),
    ("audit head", None),
    ("audit verify", None),
    ("db backup a.backup", r"Backed up sqlite:.* to a\.backup, and verified it \(.* KiB\)\."),
    ("db inspect a.backup", None),
    ("db restore a.backup --yes",
     r"Restored sqlite:.* from a\.backup\. Undo: userctl db restore .*"),
    ("db copy --to sqlite:///copy.db",
     r"Copied \d+ rows to sqlite:///copy\.db, and compared them there \(.*\)\."),
    ("db stats", None),
    ("db status", None),
    ("db history", None),
    ("db vacuum", r"Vacuumed sqlite:.* \(.*\)\."),
    ("db adopt --yes", rf"{NOTHING}the tables in sqlite:.* need nothing\."),
    ("db adopt --dry-run", rf"{DRY}the tables in sqlite:.* need nothing\."),
    ("{odd} db adopt --dry-run", rf"{DRY}this would adopt the tables in sqlite:.* in \d+ steps?\."),
    ("db adopt --yes", r"Adopted the tables in sqlite:.* \(\d+ steps?\)\."),
    ("db downgrade 0007 --yes",
     r"Downgraded sqlite:.* from \d{4} to 0007 \(a copy is in .*\)\. Undo: userctl db migrate"),
    ("db migrate --check", rf"{DRY}this would upgrade sqlite:.* from 0007 to \d{{4}}\."),
    ("db migrate", r"Upgraded sqlite:.* from 0007 to \d{4}( \(.*\))?\. Undo: .* db downgrade 0007"),
    ("db migrate", rf"{NOTHING}sqlite:.* is at revision \d{{4}}\."),
    ("db migrate --check", rf"{DRY}sqlite:.* is at revision \d{{4}}\."),
    ("config path", None),
    ("config init", r"Created /.*/config\.toml\."),
    ("config show", None),
    ("completion bash", None),
    ("doctor", None),
    ("{loose} doctor --fix", r"Fixed 1 problem; left no failures and .*\."),
    ("health", None),
    ("metrics", None),
]  # fmt: skip


FOREIGN = {
    "{expire} ": "INSERT INTO refresh_tokens (token, user_id, expires_at) "
    "VALUES ('old', 1, '2020-01-01 00:00:00')",
    "{odd} ": "INSERT INTO users (email, hashed_password, role) VALUES ('Bob@X.org', '*', 'user')",
}
"""What another program does before a command."""


def typed(userctl: Userctl, command: str) -> tuple[list[str], str]:
    """Return the words of a command, with the ids that only the database knows, and its input."""
    stdin = PASSWORD
    if "{next}" in command:
        keys = userctl("key", "list", "-o", "json").json
        gone = [key["kid"] for key in keys if key["state"] in {"next", "retired"}]
        command = command.replace("{next}", gone[-1])
    if "{session}" in command:
        command = command.replace("{session}", userctl("session", "list", "-q").out.split()[0])
    if command.endswith("{api_token}"):
        stdin = userctl("token", "issue", "--user", "2", "--label", "x", "--raw").out
        command = command.removesuffix("{api_token}")
    if command.startswith("{loose} "):
        userctl.database_file.chmod(0o644)
        command = command.removeprefix("{loose} ")
    for mark, statement in FOREIGN.items():
        if command.startswith(mark):
            run_script(str(userctl.database_url), statement)
            command = command.removeprefix(mark)
    return shlex.split(command), stdin


def name_of(words: list[str]) -> str:
    """Return the noun and the verb of a command line."""
    return words[0] if isinstance(COMMANDS[words[0]], str) else " ".join(words[:2])


def commands() -> Iterator[tuple[str, Command]]:
    """Yield every command, with what is typed for it."""
    for name, row in COMMANDS.items():
        verbs = row.verbs if isinstance(row, Noun) else {"": row}
        for verb, path in verbs.items():
            yield f"{name} {verb}".strip(), load_command(path)


def count_events(userctl: Userctl) -> int:
    """Return how many events there are, without the time that a command takes."""
    with sqlite3.connect(userctl.database_file) as connection:
        [(count,)] = connection.execute("SELECT count(*) FROM audit_events")
    connection.close()
    return int(count)


def prepare(userctl: Userctl) -> None:
    """Write the files that the commands read."""
    userctl.keyring = True
    write_private(userctl.home / "secret.key", f"{SECRET_KEY}\n")
    declared = f"set: team\nusers: [{{email: {EVE}, adopt: true}}]\n"
    (userctl.home / "wrong").write_text("another horse 78")
    (userctl.home / "new.csv").write_text("email\nnew@example.com\n")
    (userctl.home / "users.yaml").write_text(declared)


def tell(userctl: Userctl, command: str, pattern: str | None) -> str:
    """Run a command, compare its verdict, and return its name."""
    words, stdin = typed(userctl, command)
    result = userctl(*words, stdin=stdin)
    lines = result.err.splitlines()
    if pattern is None:
        assert result.code or not lines, (command, result)
    else:
        assert lines, command
        assert re.fullmatch(pattern, lines[-1]), (command, pattern, lines[-1])
    return name_of(words)


def test_every_change_ends_with_a_verdict_and_only_what_records_events_has_an_actor(
    local: Userctl,
) -> None:
    prepare(local)
    # The event of one is in the trail of the copy, and the other needs a terminal.
    recording, run = {"db copy", "user edit"}, set()
    for command, pattern in DAY:
        before = count_events(local)
        name = tell(local, command, pattern)
        run.add(name)
        if count_events(local) > before:
            recording.add(name)
    assert run == {*dict(commands())}
    assert recording == {name for name, command in commands() if command.records_event}


ON_POSTGRESQL = {
    "db restore": r"Restored postgresql:.* from a\.backup\.",
    "db downgrade": r"Downgraded postgresql:.* from \d{4} to 0007\. Undo: userctl db migrate",
}
"""What is said on PostgreSQL, where no copy is made before a change."""


@pytest.mark.soak
def test_the_verdicts_are_the_same_on_postgresql(home: Path, bare_postgres_url: str) -> None:
    userctl = Userctl(home, bare_postgres_url)
    assert userctl("db", "migrate").code == 0
    prepare(userctl)
    for command, pattern in DAY:
        if command != "{loose} doctor --fix":
            said = ON_POSTGRESQL.get(" ".join(command.split()[:2]), pattern)
            tell(userctl, command, said and said.replace("sqlite:.*", "postgresql:.*"))


@pytest.mark.parametrize(
    ("options", "way_back"),
    [
        ("--profile staging", "user enable eve@example.com --profile staging"),
        ("--database-url {url}", "user enable eve@example.com --database-url {url}"),
        ("-q", None),
        ("-o json", "user enable eve@example.com"),
    ],
)
def test_the_way_back_leads_to_the_same_database(
    local: Userctl, options: str, way_back: str | None
) -> None:
    config = local.home / ".config/userctl/config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("[profiles.staging]\n")
    config.chmod(0o600)
    local.create(EVE)
    url = str(local.database_url)
    done = local("user", "disable", EVE, *options.format(url=url).split())
    assert done.code == 0
    if way_back is None:
        assert done.err == ""
        return
    assert done.err == f"Disabled {EVE}. Undo: userctl {way_back.format(url=url)}\n"
    assert local(*way_back.format(url=url).split()).code == 0
    assert local("user", "show", EVE, "--fields", "status", "--raw").out == "active\n"


def test_an_address_that_a_shell_would_read_otherwise_is_undone_by_id(local: Userctl) -> None:
    local.create("o'brien@example.com")
    assert local("user", "disable", "1").err.endswith("Undo: userctl user enable 1\n")


@pytest.mark.parametrize(
    ("command", "verdict"),
    [
        ("disable 1 2",
         rf"Disabled 2 users \(1 session ended; {UNTIL}\)\. Undo: userctl user enable 1 2"),
        ("disable --from-file all.csv", r"Disabled 11 users \(.*\)\. Undo: userctl user enable "
                                    "--from-file all.csv"),
        ("disable --domain example.com", r"Disabled 11 users \(.*\)\. Undo: userctl user enable "
                                         "--from-file FILE, with the ids above in it"),
        ("disable 9 1 77 --keep-going",
         r"Disabled 2 users, 1 failed \(.*\)\. Undo: userctl user enable 9 1"),
        ("enable 1 2", rf"{NOTHING}2 unchanged\."),
        ("enable --domain example.org", rf"{NOTHING}no user matches\."),
        ("disable 1 2 --dry-run", rf"{DRY}this would disable 2 users\."),
        ("delete 1 2", rf"Deleted 2 users \(1 session and 1 API token ended; {UNTIL}\)\. "
                       r"Undo: userctl user restore ID, for each"),
        ("delete 1 2 --hard", rf"Permanently deleted 2 users \(.* ended; {UNTIL}\)\."),
        ("update 1 2 --role admin", rf"Changed the role of 2 users \(1 session ended; {UNTIL}\)\. "
                                    r"Undo: userctl user update 1 2 --role user"),
        ("update 1 11 --role admin", r"Changed the role of 1 user, 1 unchanged \(.*\)\. "
                                     r"Undo: userctl user update 1 --role user"),
        ("update 10 1 --role boss", r"Changed the role of 2 users \(.*; their former roles: "
                                    r"userctl audit list --changed role\)\."),
        ("passwd 1 12 --must-change", rf"Required new passwords of 2 users \(.*{UNTIL}\)\."),
        ("passwd 1 2 --generate-password", r"Generated new passwords for 2 users \(.*\)\."),
        ("unlock 1 2", rf"{NOTHING}2 unchanged\."),
    ],
)  # fmt: skip
def test_a_change_of_many_ends_with_a_verdict_too(
    local: Userctl, command: str, verdict: str
) -> None:
    local.extra["USERCTL_ROLES"] = "user,admin,boss"
    roles = ["user"] * 9 + ["admin"] * 2
    records = "".join(f"user{n}@example.com,{role}\n" for n, role in enumerate(roles, 1))
    (local.home / "all.csv").write_text(f"email,role\n{records}")
    assert local("user", "import", "all.csv").code == 0
    local.create("ada@example.net", "--role", "admin")
    assert local("user", "passwd", "1", "--password-stdin", stdin=PASSWORD).code == 0
    local.login("user1@example.com", "--no-store")
    local("token", "issue", "--user", "1", "--label", "ci")
    done = local("user", *command.split(), *(() if "--dry-run" in command else ("--yes",)))
    assert re.fullmatch(verdict, done.err.splitlines()[-1]), done.err
    way_back = done.err.strip().partition("Undo: userctl ")[2]
    if way_back and "FILE" not in way_back and "ID" not in way_back:
        assert local(*shlex.split(way_back), "--yes").code == 0
