"""Settings and where they come from."""

import os
import re
import tomllib
from pathlib import Path

import pytest

from userctl.config.loading import load_settings
from userctl.config.settings import SETTINGS, Setting, Settings
from userctl.config.template import config_template
from userctl.core.errors import InvalidConfiguration

FILE = """
output = "csv"
session_days = 10

[profiles.prod]
output = "jsonl"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "config.toml"
    file.write_text(FILE)
    return file


def refused(file: Path, environ: dict[str, str] | None = None, **flags: str) -> str:
    """Return why the settings are refused."""
    with pytest.raises(InvalidConfiguration) as caught:
        load_settings(flags, environ or {}, file)
    return f"{caught.value.message} {caught.value.hint}"


def test_a_flag_wins_over_environment_profile_file_and_default(file: Path) -> None:
    environ = {"USERCTL_OUTPUT": "json"}
    layers = [
        ({"output": "table", "profile": "prod"}, environ, "table", "option --output"),
        ({"profile": "prod"}, environ, "json", "environment USERCTL_OUTPUT"),
        ({"profile": "prod"}, {}, "jsonl", f"profile 'prod' in {file}"),
        ({}, {"USERCTL_PROFILE": "prod"}, "jsonl", f"profile 'prod' in {file}"),
        ({}, {}, "csv", str(file)),
    ]
    for flags, variables, output, origin in layers:
        settings = load_settings(flags, variables, file)
        assert (settings.output, settings.origins["output"]) == (output, origin)
        assert settings.session_days == 10


def test_without_configuration_the_defaults_count(tmp_path: Path) -> None:
    settings = load_settings({}, {}, tmp_path / "missing.toml")
    assert settings.database_url.dialect == "sqlite"
    assert set(settings.origins.values()) == {"default"}
    assert set(settings.origins) == set(SETTINGS)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("colour = 1", "'colour'"),
        ("session_days = 0", "session_days"),
        ("session_days = 1.5", "session_days"),
        ("session_days = true", "session_days"),
        ("session_days = 'x'", "session_days"),
        ("output = 'yaml'", "output"),
        ("output = ['json']", "output"),
        ("roles = []", "roles"),
        ("roles = [1]", "roles"),
        ("roles = ['a', '']", "roles"),
        (f"roles = ['{'x' * 51}']", "roles"),
        ("token_issuer = ''", "token_issuer"),
        ('token_issuer = "a\\u001bb"', "token_issuer"),
        ("database_url = 'mysql://root:hunter2@x/y'", "database_url"),
        ("database_url = 1", "database_url"),
        ("password_cost = 4", "password_cost"),
        ("password_min_length = 7", "password_min_length"),
        (f"secret_key = '{'hunter2' * 9}'", "'secret_key'"),
        ("[session_days]", "session_days"),
        ("x = ", ""),
    ],
)
def test_a_bad_setting_names_itself_and_its_place(tmp_path: Path, content: str, named: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(content)
    message = refused(file)
    assert named in message
    assert str(file) in message
    assert "hunter2" not in message


def test_a_bad_value_in_a_profile_names_the_profile(file: Path) -> None:
    file.write_text("[profiles.prod]\ncolour = 1\n")
    assert f"profile 'prod' in {file}" in refused(file, profile="prod")


@pytest.mark.parametrize("profile", ["staging", "", "output", "../x"])
def test_a_profile_that_does_not_exist_is_refused(file: Path, profile: str) -> None:
    assert "no profile" in refused(file, {"USERCTL_PROFILE": profile})


def test_the_name_of_a_profile_is_safe_in_a_file_name(file: Path) -> None:
    file.write_text("[profiles.'../x']\n")
    assert "cannot be the name" in refused(file, profile="../x")


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_an_empty_variable_is_no_value(file: Path, name: str) -> None:
    variable = f"USERCTL_{name.upper()}"
    assert variable in refused(file, {variable: ""})


@pytest.mark.parametrize("key", ["hunter2", "hunter2" * 4, "\udcff" * 40])
def test_a_secret_key_that_is_too_short_or_no_text_is_refused_and_not_shown(
    file: Path, key: str
) -> None:
    assert "hunter2" not in refused(file, {"USERCTL_SECRET_KEY": key})


def test_a_secret_key_is_not_in_the_text_of_the_settings(file: Path) -> None:
    key = "a key for the tests of at least 32 bytes"
    settings = load_settings({}, {"USERCTL_SECRET_KEY": key}, file)
    assert settings.secret_key == key
    assert key not in repr(settings)


def test_roles_come_as_a_list_or_with_commas(file: Path) -> None:
    assert load_settings({}, {"USERCTL_ROLES": "user, ops"}, file).roles == ("user", "ops")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a = 'x"])
def test_a_file_that_cannot_be_read_is_named(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    assert str(file) in refused(file)


def test_a_folder_in_the_place_of_the_file_is_named(tmp_path: Path) -> None:
    assert str(tmp_path) in refused(tmp_path)


def test_the_template_explains_every_setting_and_shows_its_default() -> None:
    template = config_template()
    assert tomllib.loads(template) == {}
    shown = "\n".join(
        line.removeprefix("# ")
        for line in template.partition("# A profile")[0].splitlines()
        if " = " in line and "..." not in line
    )
    values = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in tomllib.loads(shown).items()
    }
    defaults = {name: getattr(Settings(database_url=None), name) for name in values}  # type: ignore[arg-type]
    assert values == defaults
    assert all(f"# {name} = " in template for name in SETTINGS if name != "secret_key")


def test_a_fifo_in_the_place_of_the_file_is_not_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    os.mkfifo(file)
    assert "regular file" in refused(file)


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=lambda setting: setting.name)
def test_every_setting_declares_what_the_reference_needs(setting: Setting) -> None:
    assert setting.environment == f"USERCTL_{setting.name.upper()}"
    assert re.fullmatch(r"[A-Z][^\n]+\.", setting.help)
    assert setting.parser.expected
    assert setting.default is not None or setting.default_help


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=lambda setting: setting.name)
def test_a_default_is_a_value_that_its_parser_accepts(setting: Setting) -> None:
    value = setting.default
    if value is not None:
        assert setting.parser([*value] if isinstance(value, tuple) else value) == value


def test_a_rejected_number_is_shown_cut_and_escaped(file: Path) -> None:
    message = refused(file, {"USERCTL_SESSION_DAYS": "\x1b" + "9" * 5000})
    assert r"not '\x1b999" in message
    assert len(message) < 300
