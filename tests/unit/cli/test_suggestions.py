"""What is suggested for words that are no commands and no options."""

import re
from collections import Counter

import pytest

from userctl.cli.command_table import COMMANDS, Noun
from userctl.cli.suggestions import (
    OPTION_SYNONYMS,
    SYNONYMS,
    command_suggestion,
    option_suggestion,
)

SHARED = ["-o", "--output", "--quiet", "-q", "--fields", "--no-input", "--profile", "--help"]


@pytest.mark.parametrize(
    ("noun", "typed", "meant"),
    [
        ("session", "rm", "'end'"),
        ("session", "revoke", "'end'"),
        ("user", "mk", "'create'"),
        ("user", "whois", "'show'"),
        ("audit", "grep", "'list'"),
        ("db", "upgrade", "'migrate'"),
        ("db", "rollback", "'downgrade'"),
        ("db", "dump", "'backup'"),
        ("db", "create", "'migrate'"),
        ("db", "drop", "'downgrade'"),
        ("db", "reset", "'downgrade'"),
        ("db", "shell", "'status'"),
        ("db", "psql", "'status'"),
        ("db", "sql", "'status'"),
        (None, "shell", "'db status'"),
        (None, "sql", "'db'"),
        ("user", "lock", "'disable'"),
        ("user", "BAN", "'disable'"),
        ("user", "unban", "'enable'"),
        ("user", "remove", "'delete'"),
        ("user", "rm", "'delete'"),
        ("user", "ls", "'list'"),
        ("user", "add", "'create'"),
        ("user", "reset_password", "'passwd'"),
        ("user", "edit", "'update'"),
        ("user", "undelete", "'restore'"),
        ("user", "lst", "'list'"),
        ("user", "help", "'--help'"),
        (None, "sesion", "'session'"),
        (None, "versoin", "'--version'"),
        ("user", "revoke", "'token revoke'"),
        ("user", "vacuum", "'db vacuum'"),
        ("token", "rm", "'revoke'"),
        ("token", "ls", "'list'"),
        ("token", "create", "'issue'"),
        ("token", "new", "'issue'"),
        ("token", "check", "'verify'"),
        ("key", "rm", "'retire'"),
        ("key", "new", "'generate'"),
        ("key", "ls", "'list'"),
        ("audit", "tail", "'list --follow'"),
        ("audit", "ls", "'list'"),
        ("config", "get", "'show'"),
        (None, "help", "'--help'"),
        (None, "version", "'--version'"),
        (None, "ls", "'user list'"),
        (None, "rm", "'user delete'"),
        (None, "tail", "'audit list --follow'"),
        (None, "users", "'user'"),
        (None, "accounts", "'user'"),
        (None, "migrate", "'db migrate'"),
        (None, "signin", "'login'"),
        (None, "whoiam", "'whoami'"),
    ],
)
def test_a_synonym_or_a_misspelling_leads_to_the_right_verb(
    noun: str | None, typed: str, meant: str
) -> None:
    suggestion = command_suggestion(typed, noun)
    assert suggestion is not None
    assert suggestion.startswith(f"Did you mean {meant}"), suggestion


def test_an_option_is_suggested_only_where_no_command_is_near() -> None:
    assert command_suggestion("sesion", None) == "Did you mean 'session'?"


@pytest.mark.parametrize("noun", [None, *COMMANDS])
def test_nothing_is_suggested_twice(noun: str | None) -> None:
    for word in " ".join(SYNONYMS).split():
        suggested = re.findall("'([^']+)'", command_suggestion(word, noun) or "")
        assert len(suggested) == len({*suggested}), (word, suggested)


@pytest.mark.parametrize("noun", [None, *COMMANDS])
def test_no_noun_suggests_anything_for_a_word_that_is_like_none(noun: str | None) -> None:
    assert command_suggestion("xyzzyx", noun) is None


@pytest.mark.parametrize("noun", [name for name, row in COMMANDS.items() if isinstance(row, Noun)])
def test_every_noun_knows_a_synonym_of_most_of_its_verbs(noun: str) -> None:
    verbs = COMMANDS[noun].verbs  # type: ignore[union-attr]
    suggested = {
        (command_suggestion(word, noun) or "").partition("'")[2].partition("'")[0]
        for words in SYNONYMS
        for word in words.split()
    }
    assert len(suggested & verbs.keys()) >= len(verbs) / 2


@pytest.mark.parametrize("table", [SYNONYMS, OPTION_SYNONYMS])
def test_no_word_is_explained_twice(table: dict[str, tuple[str, ...]]) -> None:
    counts = Counter(word for words in table for word in words.split())
    assert [word for word, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("words", SYNONYMS)
def test_every_row_of_synonyms_leads_to_a_command_that_exists(words: str) -> None:
    for word in words.split():
        verbs = {verb for row in COMMANDS.values() if isinstance(row, Noun) for verb in row.verbs}
        assert word in {*COMMANDS, *verbs} or command_suggestion(word, None), word


@pytest.mark.parametrize(
    ("typed", "known", "meant"),
    [
        ("--json", SHARED, "'-o json'"),
        ("--csv", SHARED, "'-o csv'"),
        ("--format", SHARED, "'-o'"),
        ("--columns", SHARED, "'--fields'"),
        ("--outptu", SHARED, "'--output'"),
        ("--force", [*SHARED, "--yes"], "'--yes'"),
        ("--password", ["--password-stdin"], "'--password-stdin'"),
        ("--dry", ["--dry-run"], "'--dry-run'"),
        ("--order-by", ["--sort"], "'--sort'"),
    ],
)
def test_an_option_of_other_programs_leads_to_ours(
    typed: str, known: list[str], meant: str
) -> None:
    assert (option_suggestion(typed, known) or "").startswith(f"Did you mean {meant}")


def test_only_options_that_the_command_has_are_suggested() -> None:
    assert option_suggestion("--json", ["--help"]) is None
    assert option_suggestion("--xyzzy", SHARED) is None
