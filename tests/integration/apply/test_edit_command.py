"""``userctl user edit``, on both databases."""

from unittest import mock

import pytest
from sqlalchemy import Engine

from tests.integration.apply.conftest import ADA, Edit, files_left, kept_text, replace, shown_user
from tests.integration.conftest import sql_on
from tests.support.cli import Userctl
from userctl.cli.context import CommandContext
from userctl.cli.editor import EditedText


def test_what_is_edited_is_applied_and_nothing_is_left(edit: Edit, userctl: Userctl) -> None:
    steps = replace("name: Ada", "name: Bea") + replace("role: user", "role: admin")
    modes = 'stat -c %a "$1" "$(dirname "$1")" > modes; touch "$1~"\n'
    result = edit(modes + steps)
    assert result.code == 0, result.err
    assert result.out.splitlines() == [
        f"~ {ADA}  name: Ada → Bea, role: user → admin",
        "Plan: 1 to change.",
    ]
    assert result.err.splitlines()[-1] == "Applied 1 change."
    assert shown_user(userctl) == (ADA, "Bea", "admin", "active")
    assert (userctl.home / "modes").read_text() == "600\n700\n"
    assert files_left(userctl) == []


def test_a_new_address_is_a_rename(edit: Edit, userctl: Userctl) -> None:
    assert edit(replace(f"email: {ADA}", "email: Bea@Example.com")).code == 0
    assert shown_user(userctl) == ("bea@example.com", "Ada", "user", "active")
    assert userctl("user", "list", "-q").out == "1\n"


def test_an_address_of_another_user_is_refused_before_anything_happens(
    edit: Edit, userctl: Userctl
) -> None:
    userctl.create("bob@example.com", "--name", "Ada")
    result = edit(replace(f"email: {ADA}", "email: bob@example.com"), "")
    assert result.code == 2
    assert "user.yaml:5:5: bob@example.com is the address of another user." in result.err
    assert shown_user(userctl)[0] == ADA
    assert shown_user(userctl, "2") == ("bob@example.com", "Ada", "user", "active")


def test_a_text_that_is_left_as_it_was_changes_nothing(edit: Edit, userctl: Userctl) -> None:
    result = edit("true")
    assert (result.code, result.out) == (0, "")
    assert result.err == "Nothing changed: the text is as it was.\n"
    assert files_left(userctl) == []
    assert edit('echo "# a comment" >> "$1"').err.splitlines()[-1].startswith("Nothing changed: ")
    assert files_left(userctl) == []


def test_an_empty_text_changes_nothing(edit: Edit, userctl: Userctl) -> None:
    for step in (': > "$1"', 'rm "$1"'):
        result = edit(step)
        assert result.code == 5
        assert result.err == "error: The text is empty; nothing was changed.\n"
        assert files_left(userctl) == []


def test_a_text_that_is_not_valid_is_edited_again_with_the_problems_on_top(
    edit: Edit, userctl: Userctl
) -> None:
    result = edit(
        replace("status: active", "status: activ"),
        'head -n 2 "$1" > first\n' + replace("name: Ada", "name: [Bea"),
        'head -n 2 "$1" > second\n' + replace("name: \\[Bea", "name: Bea")
        + replace("role: user", "role: boss") + replace("status: activ", "status: active"),
        'head -n 2 "$1" > third\n' + replace("role: boss", "role: admin"),
    )  # fmt: skip
    assert result.code == 0, result.err
    assert shown_user(userctl) == (ADA, "Bea", "admin", "active")
    for name, problem in (
        ("first", "line 8, column 13: status: 'activ' is not active or disabled."),
        ("second", "line 7, column 9: Not YAML: did not find expected ',' or ']' while"),
        ("third", "line 5, column 5: 'boss' is not a configured role."),
    ):
        head, said = (userctl.home / name).read_text().splitlines()
        assert head == "#! 1 problem. To give up, save without changes."
        assert said.startswith(f"#! {problem}")
    assert files_left(userctl) == []


def test_who_gives_up_keeps_the_text(edit: Edit, userctl: Userctl) -> None:
    result = edit(replace("name: Ada", "nam: Bea"), "true")
    assert result.code == 2
    assert "  - email: ada@example.com\n    nam: Bea\n" in kept_text(userctl)
    said = result.err.splitlines()
    [file] = (userctl.home / "temporary").glob("*/*")
    assert said[0] == f"Your text is kept in {file}"
    line = kept_text(userctl).splitlines().index("    nam: Bea") + 1
    assert said[1] == f"{file}:{line}:5: The key 'nam' is not known. Did you mean 'name'?"
    assert shown_user(userctl)[1] == "Ada"


@pytest.mark.parametrize(
    ("meanwhile", "code", "message"),
    [
        ("UPDATE users SET role = 'admin'", 5, "User 1 was changed meanwhile; nothing was done."),
        ("UPDATE users SET email = 'x@example.com'", 5, "User 1 was changed meanwhile"),
        ("DELETE FROM users", 3, "There is no user '1'."),
    ],
)
def test_a_user_who_was_changed_meanwhile_is_not_overwritten(
    edit: Edit,
    userctl: Userctl,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    meanwhile: str,
    code: int,
    message: str,
) -> None:
    open_editor = EditedText.edit

    def change_meanwhile(text: EditedText) -> bool:
        sql_on(engine)(f"{meanwhile} WHERE id = 1")
        return open_editor(text)

    monkeypatch.setattr(EditedText, "edit", change_meanwhile)
    result = edit(replace("name: Ada", "name: Bea"))
    assert result.code == code
    assert message in result.err
    assert "name: Bea" in kept_text(userctl)
    assert sql_on(engine)("SELECT count(*) FROM users WHERE name = 'Bea'") == [(0,)]


def test_a_change_that_is_refused_keeps_the_text(edit: Edit, userctl: Userctl) -> None:
    assert userctl("user", "update", ADA, "--role", "admin").code == 0
    result = edit(replace("status: active", "status: disabled"))
    assert result.code == 5
    assert "admin" in result.err.splitlines()[-1]
    assert "status: disabled" in kept_text(userctl)
    assert shown_user(userctl)[3] == "active"


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        (replace("users:", "set: team\\nusers:"), "An edit cannot change the set of a user."),
        ('echo "users: []" > "$1"', "The text declares 0 users instead of the edited"),
        ('printf "users:\n- email: a@x.yz\n- email: b@x.yz\n" > "$1"', "The text declares 2 users"),
    ],
)
def test_an_edit_is_of_one_user(edit: Edit, step: str, problem: str) -> None:
    result = edit(step, 'head -n 2 "$1" | tail -n 1 > said')
    assert result.code == 2
    assert problem in result.err


def test_a_declared_password_is_set_and_a_generated_one_is_shown(
    edit: Edit, userctl: Userctl
) -> None:
    before = userctl("user", "show", ADA, "-o", "json").json
    for version in (1, 2):
        result = edit(replace("status: active", "generate: true"), options=("--yes", "-o", "json"))
        [generated] = result.json["generated_passwords"]
        login = userctl("login", ADA, "--password-stdin", stdin=generated["password"])
        assert login.code == 0
        assert userctl("user", "show", ADA, "-o", "json").json == before | {
            "password_version": version,
            "updated_at": mock.ANY,
        }


def test_a_user_who_is_declared_absent_is_deleted(edit: Edit, userctl: Userctl) -> None:
    assert (
        edit(r'sed -i "/^    [nrs]/d; s/^\(  - email: .*\)/\1\n    state: absent/" "$1"').code == 0
    )
    assert userctl("user", "list", "-q").out == ""


def test_a_member_of_a_set_is_edited_with_a_warning_and_stays_in_it(
    edit: Edit, userctl: Userctl, engine: Engine
) -> None:
    sql_on(engine)("UPDATE users SET managed_by = 'team'")
    assert edit('cat "$1" > text\n' + replace("name: Ada", "name: Bea")).code == 0
    assert "# The user belongs to the set team: the next" in (userctl.home / "text").read_text()
    assert userctl("user", "show", ADA, "-o", "json").json["managed_by"] == "team"


def test_without_a_terminal_or_an_editor_nothing_is_opened(userctl: Userctl) -> None:
    userctl.create(ADA)
    userctl.extra["VISUAL"] = "touch opened"
    result = userctl("user", "edit", ADA)
    assert (result.code, result.out) == (2, "")
    assert "An editor needs a terminal, and standard input is not a terminal." in result.err
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CommandContext, "why_not_interactive", None)
        userctl.extra |= {"VISUAL": " ", "EDITOR": ""}
        result = userctl("user", "edit", ADA)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: No editor is chosen. Set VISUAL or EDITOR")
    assert not (userctl.home / "opened").exists()


def test_an_address_that_no_declaration_can_name_is_not_edited(
    local: Userctl, sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CommandContext, "why_not_interactive", None)
    sql_on(sqlite_engine)("INSERT INTO users (email, hashed_password) VALUES ('A@x.yz', 'x')")
    local.extra["VISUAL"] = "false"
    result = local("user", "edit", "1")
    assert result.code == 2
    assert "User 1 cannot be edited: the address is not in its canonical form." in result.err
