"""Suggestions for commands and options that do not exist."""

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches

from userctl.cli.command_table import COMMANDS, Noun
from userctl.core.text import join_alternatives, quote

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "create add new make mk register adduser useradd signup": (
        "create",
        "issue",
        "generate",
        "migrate",
        "init",
    ),
    "all ls index search grep find query filter ps dir": ("list",),
    "show get info view whois display describe cat inspect read details id": (
        "show",
        "status",
        "list",
    ),
    "edit set modify change mod usermod rename move mv promote demote grant role": ("update",),
    "password passwords reset reset-password set-password chpasswd pw": ("passwd", "downgrade"),
    "disable lock ban block suspend deactivate off freeze": ("disable", "revoke", "retire"),
    "unban unblock unsuspend activate reactivate on": ("enable",),
    "unthrottle unlock-user unfreeze": ("unlock",),
    "delete rm remove del destroy drop deluser userdel": (
        "delete",
        "revoke",
        "retire",
        "purge",
        "end",
        "downgrade",
    ),
    "undelete recover unremove bring-back": ("restore",),
    "prune clean cleanup gc expire expunge trash": ("purge",),
    "compact shrink reclaim optimize": ("vacuum",),
    "kill end close terminate invalidate cancel kick logoff revoke": (
        "end",
        "revoke",
        "logout",
    ),
    "upgrade update up init setup initialize migration migrations sync": ("migrate",),
    "down rollback revert wipe": ("downgrade",),
    "shell console connect psql sqlite sqlite3 dbshell url": ("status",),
    "revisions versions": ("history",),
    "size usage count counts statistics stat": ("stats",),
    "dump save snapshot": ("backup", "export"),
    "load upload feed ingest": ("import", "restore"),
    "download": ("export",),
    "clone migrate-to transfer mirror": ("copy",),
    "take-over attach reuse": ("adopt",),
    "validate check test decode introspect": ("verify", "status"),
    "renew exchange extend": ("refresh", "rotate"),
    "roll replace": ("rotate",),
    "public publish certs": ("jwks",),
    "tip anchor last": ("head",),
    "tail watch follow": ("audit list --follow",),
    "log logs events trail": ("audit list",),
    "report overview digest": ("summary", "stats"),
    "path where file": ("path",),
    "explain diagnose debug reason wtf": ("why", "doctor"),
    "signin sign-in log-in auth authenticate": ("login",),
    "signout sign-out log-out": ("logout",),
    "me who self": ("whoami",),
    "health-check ping ready alive": ("health",),
    "audit-log journal": ("audit",),
    "account accounts member people person": ("user",),
    "database schema sql": ("db", "status"),
    "settings setting configuration profile profiles": ("config",),
    "apikey api-key api-token jwt": ("token",),
    "secret secrets signing-key keyring": ("key",),
    "completions autocomplete": ("completion",),
    "help man h ?": ("--help",),
    "version v": ("--version",),
}
"""Words that people type, and the commands that they mean: the first that the noun has, or else
the first that stands alone or follows another noun. One table, so that a word is never explained
twice."""

OPTION_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "--json --as-json -j": ("-o json",),
    "--jsonl --ndjson": ("-o jsonl",),
    "--csv": ("-o csv",),
    "--table": ("-o table",),
    "--format --out -f": ("-o",),
    "--columns --field --select": ("--fields",),
    "--silent --ids --ids-only": ("--quiet",),
    "--force --assume-yes --non-interactive --confirm": ("--yes", "--no-input"),
    "--password --pass -p": ("--password-stdin",),
    "--random-password --generate": ("--generate-password",),
    "--token": ("--stdin",),
    "--db --database --url --dsn -d": ("--database-url",),
    "--env --environment --context": ("--profile",),
    "--dry --check --simulate -n": ("--dry-run", "--check"),
    "--max --count --top": ("--limit",),
    "--offset": ("--skip", "--after"),
    "--page --cursor": ("--after",),
    "--order --order-by --sort-by --reverse --desc": ("--sort",),
    "--filter --query --grep --name --email": ("--search", "--user"),
    "--from --start": ("--since",),
    "--to --before --end": ("--until",),
    "--tail --watch": ("--follow",),
    "--event --type --action": ("--tag",),
    "--account --owner --uid": ("--user",),
    "--ttl --lifetime --expires-in --expiry": ("--expires",),
    "--age --days": ("--older-than",),
    "--trace --traceback": ("--debug",),
    "--no-header-row --noheader --headerless": ("--no-header",),
    "--if-missing --upsert": ("--if-not-exists",),
    "--ignore-missing": ("--if-exists",),
    "--all-users": ("--all",),
}
"""Options that people type, and those that they mean: the first that the command has."""

_SIMILARITY = 0.6
"""How similar, from 0 to 1, a misspelling must be to the word that was meant."""


def command_suggestion(word: str, noun: str | None) -> str | None:
    """Return what to type instead of a command that does not exist, or None.

    Args:
        word: the word that was typed.
        noun: the noun that it follows; None at the beginning of the line.
    """
    word = word.lower().replace("_", "-")
    meanings = _look_up(word, SYNONYMS)
    commands = [*(_verbs(noun) if noun else COMMANDS)]
    options = ["--help", *(() if noun else ("--version",))]
    available = [*commands, *options]
    own = [command.removeprefix(f"{noun} ") for command in meanings]
    matches = [command for command in own if command.partition(" ")[0] in available][:1]
    paths = dict.fromkeys(path for command in (word, *meanings) for path in _paths(command))
    matches = matches or [*paths][:3]
    return _question(matches or _similar_words(word, commands) or _similar_words(word, options))


def option_suggestion(option: str, known: Collection[str]) -> str | None:
    """Return what to type instead of an option that a command lacks, or None.

    Args:
        option: the option that was typed, without its value.
        known: the options of the command.
    """
    word = option.lower().replace("_", "-")
    for meaning in _look_up(word, OPTION_SYNONYMS):
        if meaning.partition(" ")[0] in known:
            return _question([meaning])
    return _question(_similar_words(word, [name for name in known if name.startswith("--")]))


def _verbs(noun: str) -> Mapping[str, str]:
    row = COMMANDS.get(noun)
    return row.verbs if isinstance(row, Noun) else {}


def _look_up(word: str, synonyms: Mapping[str, tuple[str, ...]]) -> list[str]:
    rows = (meanings for words, meanings in synonyms.items() if word in words.split())
    return [meaning for meanings in rows for meaning in meanings]


def _paths(command: str) -> Iterator[str]:
    """Yield the ways to type a command: alone, or after each noun that has it."""
    first, _, rest = command.partition(" ")
    if (not rest and first in COMMANDS) or rest.partition(" ")[0] in _verbs(first):
        yield command
    yield from (f"{noun} {command}" for noun in COMMANDS if not rest and first in _verbs(noun))


def _similar_words(word: str, known: Collection[str]) -> list[str]:
    return get_close_matches(word, known, n=2, cutoff=_SIMILARITY)


def _question(matches: list[str]) -> str | None:
    return (
        f"Did you mean {join_alternatives([quote(match) for match in matches])}?"
        if matches
        else None
    )
