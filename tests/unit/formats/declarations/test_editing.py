"""The text in which a person edits a user."""

from pathlib import Path

import pytest

from userctl.core.errors import DeclarationInvalid, InvalidInput
from userctl.formats.declarations.editing import WIDTH, editable_text, explain
from userctl.formats.declarations.reader import read_declaration
from userctl.schemas.declaration import DeclaredToken, DeclaredUser

ADA = {"email": "ada@example.com", "name": "# Ada: 'x'", "role": "user", "status": "active"}


def refused(path: Path) -> DeclarationInvalid:
    with pytest.raises(DeclarationInvalid) as caught:
        read_declaration([path])
    return caught.value


def test_the_text_declares_the_user_and_describes_each_field(tmp_path: Path) -> None:
    text = editable_text(ADA, ["A note of\nthe set \x1b[31m."])
    path = tmp_path / "user.yaml"
    path.write_text(text)
    (user,) = read_declaration([path]).users
    assert user.model_dump(exclude_unset=True) == ADA
    lines = text.splitlines()
    assert lines[0] == r"# A note of\nthe set \x1b[31m."
    assert max(map(len, lines)) <= WIDTH + 2
    assert "#   state (present | created | absent): present: keep the user as declared." in lines
    for field in (*DeclaredUser.model_fields, *DeclaredToken.model_fields):
        assert any(line.startswith((f"#   {field}:", f"#   {field} (")) for line in lines)


def test_problems_stand_on_top_with_the_lines_of_the_new_text(tmp_path: Path) -> None:
    path = tmp_path / "user.yaml"
    path.write_text('users:\n- email: ada@example.com\n  rol: x\n  "\\e": 2\n')
    for _ in range(2):  # Those of the first time are replaced.
        text = explain(path.read_text(), refused(path))
        path.write_text(text)
        assert text.splitlines() == [
            "#! 2 problems. To give up, save without changes.",
            "#! line 6, column 3: The key 'rol' is not known. Did you mean 'role'?",
            r"#! line 7, column 3: The key '\x1b' is not known.",
            "users:",
            "- email: ada@example.com",
            "  rol: x",
            '  "\\e": 2',
        ]
    fixed = text.replace("rol: x", "role: user")
    path.write_text(fixed)
    assert "#! line 6, column 3: The key '\\x1b' is" in explain(fixed, refused(path))


def test_a_problem_without_a_place_is_told_with_its_advice() -> None:
    error = InvalidInput("No.\nNever.", hint="Ask Ada.")
    assert explain("#! old\nusers: []\n", error) == (
        "#! 1 problem. To give up, save without changes.\n#! No.\\nNever. Ask Ada.\nusers: []\n"
    )
