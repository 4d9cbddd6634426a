"""``userctl config``, and settings as commands see them."""

import pytest

from tests.support.cli import Userctl


def test_show_says_where_each_value_came_from_and_masks_secrets(local: Userctl) -> None:
    local.extra["USERCTL_DATABASE_URL"] = "postgresql://ada:hunter2@db.example.com/accounts"
    shown = {s["key"]: s for s in local("config", "show", "-o", "json").json}
    assert shown["database_url"] == {
        "key": "database_url",
        "value": "postgresql://ada:***@db.example.com/accounts",
        "source": "environment USERCTL_DATABASE_URL",
    }
    assert shown["secret_key"]["value"] == "***"
    assert shown["session_days"] == {"key": "session_days", "value": "30", "source": "default"}


def test_init_writes_a_file_that_is_read_and_does_not_replace_one(local: Userctl) -> None:
    path = local("config", "path").out.strip()
    assert path == str(local.home / ".config/userctl/config.toml")
    assert local("config", "init").code == 0
    assert local("user", "list").code == 0
    again = local("config", "init", "-o", "json")
    assert again.code == 2
    assert local("config", "init").code == 5
    assert local("config", "init", "--force").code == 0


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("colour = 1", "'colour'"),
        ("session_days = 'x'", "session_days"),
        ("[profiles.prod]\nsession_days = 0", "session_days (from profile 'prod'"),
        ("secret_key = '0123456789012345678901234567890123456789'", "'secret_key'"),
        ("roles = []", "roles"),
        ("not toml", "config.toml"),
    ],
)
def test_a_bad_setting_names_itself_and_its_place(local: Userctl, content: str, named: str) -> None:
    file = local.home / ".config/userctl/config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(content)
    result = local("user", "list", "--profile", "prod") if "prod" in content else local(
        "user", "list"
    )  # fmt: skip
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert named in result.err
    assert "config.toml" in result.err
    assert "0123456789" not in result.err


def test_a_flag_wins_over_the_environment_and_a_profile(local: Userctl) -> None:
    file = local.home / ".config/userctl/config.toml"
    file.parent.mkdir(parents=True)
    file.write_text('output = "csv"\n[profiles.prod]\noutput = "jsonl"\n')

    def used(*args: str) -> str:
        return local("user", "list", *args).out[:1]

    local.create("ada@example.com")
    assert used() == "i"
    assert used("--profile", "prod") == "{"
    local.extra["USERCTL_OUTPUT"] = "json"
    assert used("--profile", "prod") == "["
    assert used("-o", "table").startswith("i")


def test_a_missing_key_for_postgresql_says_what_to_do(postgres_url: str, local: Userctl) -> None:
    local.extra["USERCTL_DATABASE_URL"] = postgres_url
    environment = local.environment
    environment.pop("USERCTL_SECRET_KEY")
    local.create("ada@example.com")
    result = Userctl(local.home, None, extra={"USERCTL_DATABASE_URL": postgres_url})(
        "login", "ada@example.com", "--password-stdin", "-o", "json", stdin="correct horse 77"
    )
    assert (result.code, result.error["code"]) == (2, "secret_key_missing")
    assert "USERCTL_SECRET_KEY" in result.error["hint"]


def test_a_secret_under_32_bytes_is_refused_and_not_shown(local: Userctl) -> None:
    local.extra["USERCTL_SECRET_KEY"] = "hunter2hunter2"
    result = local("token", "verify", "--stdin", stdin="x")
    assert result.code == 2
    assert "hunter2" not in result.err
    assert "32 bytes" in result.err


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///x.db?mode=ro",
        "mysql://root:hunter2@localhost/x",
        "postgresql+psycopg2://ada:hunter2@localhost/x",
        "postgresql://",
        "hunter2",
        "",
    ],
)
def test_a_database_url_that_cannot_be_used_is_a_usage_error(local: Userctl, url: str) -> None:
    result = local("user", "list", "--database-url", url)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert "hunter2" not in result.err


def test_a_folder_that_does_not_exist_is_not_created_by_surprise(local: Userctl) -> None:
    result = local("db", "migrate", "--database-url", "sqlite:///typo/x.db", "-o", "json")
    assert (result.code, result.error["code"]) == (6, "database_unreachable")
    assert not (local.home / "typo").exists()


def test_an_empty_profile_is_no_profile(local: Userctl) -> None:
    assert local("user", "list", "--profile", "").code == 2


def test_errors_have_the_format_of_the_config_file(local: Userctl) -> None:
    file = local.home / ".config/userctl/config.toml"
    file.parent.mkdir(parents=True)
    file.write_text('output = "json"\n')
    assert local("user", "show", "9").error["code"] == "user_not_found"
    assert local("user", "show", "9", "-o", "table").err.startswith("error: ")


def test_a_generated_password_is_as_long_as_the_policy_wants(local: Userctl) -> None:
    local.extra["USERCTL_PASSWORD_MIN_LENGTH"] = "30"
    command = ["user", "create", "ada@example.com", "--generate-password", "-o", "json"]
    assert len(local(*command).json["generated_password"]) == 30


def test_a_field_of_what_is_not_printed_is_refused(local: Userctl) -> None:
    local.create("ada@example.com")
    login = ["login", "ada@example.com", "--password-stdin", "--fields", "access_token"]
    assert local(*login, stdin="correct horse 77").code == 2
    assert local(*login, "--no-store", "-o", "csv", stdin="correct horse 77").code == 0


def test_a_chosen_database_that_is_not_there_is_not_created_by_surprise(local: Userctl) -> None:
    url = ["--database-url", f"sqlite:///{local.home / 'typo.db'}"]
    for command in ("user list", "token purge -q", "login a@example.com --password-stdin"):
        result = local(*command.split(), *url, "-o", "json", stdin="x")
        assert (result.code, result.error["code"]) == (6, "database_missing")
    assert [*local.home.glob("typo*")] == []
    assert local("db", "migrate", *url).code == 0
    assert local("user", "list", *url).code == 0


def test_a_data_folder_that_others_can_write_is_refused(embedded: Userctl) -> None:
    assert embedded("db", "migrate").code == 0
    folder = embedded.home / ".local/share/userctl"
    folder.chmod(0o777)
    result = embedded("user", "list", "-o", "json")
    assert (result.code, result.error["code"]) == (2, "unsafe_file")
