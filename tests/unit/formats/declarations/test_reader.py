"""Files of users as code: what YAML makes of a text, and every problem with its place."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userctl.core.errors import DeclarationIncomplete, DeclarationInvalid
from userctl.formats.declarations import files
from userctl.formats.declarations.reader import read_declaration
from userctl.schemas.declaration import Declaration

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file of a declaration and returns its path."""

    def written(content: str | bytes, name: str = "users.yaml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return written


def problems(*paths: Path) -> list[str]:
    """Return what is wrong in files, without the folder that they are in."""
    with pytest.raises(DeclarationInvalid) as caught:
        read_declaration(paths)
    return [str(found).replace(f"{paths[0].parent}/", "") for found in caught.value.problems]


def user_with(line: str) -> str:
    return f"users:\n  - email: a@example.com\n    {line}\n"


def declared(declaration: Declaration) -> list[dict[str, Any]]:
    return [user.model_dump(exclude_unset=True) for user in declaration.users]


def test_a_field_that_is_not_named_is_not_declared(write: Write) -> None:
    found = read_declaration(
        [write("set: team\nusers:\n- email: Ada@Example.com\n  role: admin\n")]
    )
    (user,) = found.users
    assert found.set == "team"
    assert user.email == "ada@example.com"
    assert user.declares("role")
    assert not user.declares("name")
    assert str(user.place).endswith("users.yaml:3:3")


def test_all_problems_are_named_at_once_each_with_its_place(write: Write) -> None:
    path = write(
        "set: team\n"
        "users:\n"
        "  - email: Ada@Example.com\n"
        "    rol: admin\n"
        "    password: hunter2\n"
        "  - email: ada@example.com\n"
        "    status: activ\n"
        "    api_tokens:\n"
        "      - label: ci\n"
        "        expires: 3 days\n"
        "  - just text\n"
        "  - name: Eve\n"
        "sett: 5\n"
    )
    assert problems(path) == [
        "users.yaml:4:5: The key 'rol' is not known. Did you mean 'role'?",
        "users.yaml:5:5: A file cannot contain a password: replace 'password' with generate, "
        "password_env, password_file or password_hash.",
        "users.yaml:6:5: ada@example.com is declared at users.yaml:3:5 too.",
        "users.yaml:7:13: status: 'activ' is not active or disabled.",
        "users.yaml:10:18: '3 days' is not a duration.",
        "users.yaml:11:5: This value is not a mapping of keys and values.",
        "users.yaml:12:5: The key 'email' is missing.",
        "users.yaml:13:1: The key 'sett' is not known. Did you mean 'set'?",
    ]


def test_an_address_that_is_declared_twice_is_named_with_both_places(write: Write) -> None:
    first = write("users:\n- email: ada@example.com\n", "a.yaml")
    second = write('{"users": [{"email": "ADA@example.com"}]}', "b.json")
    (problem,) = problems(first, second)
    assert problem.startswith("b.json:1:12: ada@example.com is declared at ")
    assert problem.endswith("a.yaml:2:3 too.")


def test_an_address_that_is_declared_twice_is_named_also_beside_another_problem(
    write: Write,
) -> None:
    path = write(
        "users:\n- {email: a@example.com, rol: x}\n- {email: A@example.com}\n- {email: 1}\n"
    )
    unknown, twice, _ = problems(path)
    assert "'rol' is not known" in unknown
    assert twice.startswith("users.yaml:3:3: a@example.com is declared at ")


def test_a_key_that_cannot_be_used_is_one_problem_whatever_its_value(write: Write) -> None:
    nested = "[{a: [b, {c: d}]}]"
    assert len(problems(write(f"users: []\nusers: {nested}\n"))) == 1
    assert len(problems(write(f"users: []\n? {nested}\n: {nested}\n"))) == 1


def test_an_escape_of_json_is_one_in_json_alone(write: Write) -> None:
    (user,) = read_declaration([write(user_with(r"name: \ud83d\ude00"))]).users
    assert user.name == r"\ud83d\ude00"


def test_two_users_cannot_have_had_the_same_address(write: Write) -> None:
    path = write(
        "users:\n"
        "- {email: a@example.com, previous_emails: [old@example.com]}\n"
        "- {email: b@example.com, previous_emails: [OLD@example.com]}\n"
    )
    (problem,) = problems(path)
    assert "users.yaml:3:3: old@example.com is a previous address of the user at" in problem


def test_two_users_may_exchange_their_addresses(write: Write) -> None:
    path = write(
        "users:\n"
        "- {email: a@example.com, previous_emails: [b@example.com]}\n"
        "- {email: b@example.com, previous_emails: [a@example.com]}\n"
    )
    assert len(read_declaration([path]).users) == 2


@pytest.mark.parametrize(
    "text", ["no", "on", "yes", "off", "2001-01-01", "12:30:45", "<<", "=", "0b1", "1_000"]
)
def test_what_is_not_text_in_yaml_1_1_is_text(write: Write, text: str) -> None:
    (user,) = read_declaration([write(user_with(f"name: {text}"))]).users
    assert user.name == text


@pytest.mark.parametrize(
    "text",
    [
        "0777",
        "12",
        "-1",
        "+5",
        "1e3",
        "1.5",
        ".5",
        "0x1F",
        "0o17",
        ".inf",
        "-.INF",
        ".nan",
        "true",
        "False",
        "1" * 30,
    ],
)
def test_a_number_or_a_boolean_is_no_name_and_how_to_quote_it_is_said(
    write: Write, text: str
) -> None:
    (problem,) = problems(write(user_with(f"name: {text}")))
    assert (
        problem == f"users.yaml:3:11: name: '{text}' is not text. Write it in quotes: \"{text}\"."
    )
    for quote in "'\"":
        (user,) = read_declaration([write(user_with(f"name: {quote}{text}{quote}"))]).users
        assert user.name == text


@pytest.mark.parametrize("text", ["null", "Null", "NULL", "~", ""])
def test_null_is_no_name_unless_it_is_quoted(write: Write, text: str) -> None:
    (user,) = read_declaration([write(user_with(f"name: {text}"))]).users
    assert user.declares("name")
    assert user.name is None
    assert problems(write(user_with(f"role: {text}")))
    (user,) = read_declaration([write(user_with('name: "null"'))]).users
    assert user.name == "null"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (user_with("name: !!python/object/apply:os.system [id]"), "users.yaml:3:11: The tag"),
        (user_with("name: !ruby/object x"), "users.yaml:3:11: The tag '!ruby/object'"),
        (user_with("name: !!binary aGk="), "users.yaml:3:11: The tag"),
        (user_with("name: &x Ada"), "users.yaml:3:11: An anchor is not supported"),
        (user_with("name: *x"), "users.yaml:3:11: An alias is not supported"),
        (user_with("<<: {role: admin}"), "users.yaml:3:5: The key '<<' is not known."),
        (user_with("\tname: Ada"), "users.yaml:3:5: A tab cannot indent: use spaces."),
        ("users:\n\t- email: a@example.com\n", "users.yaml:2:1: A tab cannot indent: use spaces."),
        (user_with("name: a: b"), "users.yaml:3:12: Not YAML: mapping values are not allowed"),
        (user_with("name: 'Ada"), "users.yaml:4:1: Not YAML: found unexpected end of stream"),
        (user_with("email: b@example.com"), "users.yaml:3:5: The key 'email' is already in"),
        (user_with("? [a]\n    : b"), "users.yaml:3:7: A key must be text."),
        (user_with("name: A\x07"), "users.yaml:3:12: This character is not allowed: U+0007."),
        (user_with("previous_emails: a@b.xy"), "users.yaml:3:22: previous_emails: 'a@b.xy' is"),
        (user_with("generate: yes"), "users.yaml:3:15: generate: 'yes' is not true or false."),
        (user_with("password_hash: 12345"), "users.yaml:3:20: password_hash: This value is not"),
        (user_with("password_version: 0\n    generate: true"), "users.yaml:3:23: password_version"),
        (user_with("password_version: 1000000000\n    generate: true"), "users.yaml:3:23: "),
        (user_with("password_version: 2"), "users.yaml:2:5: password_version needs"),
        (user_with("generate: true\n    password_env: X"), "users.yaml:2:5: Only one of"),
        (user_with("state: absent\n    role: admin"), "users.yaml:2:5: An absent user cannot"),
        (user_with("previous_emails: [A@example.com]"), "users.yaml:2:5: a@example.com is the"),
        (user_with("api_tokens: [{label: x}, {label: x}]"), "users.yaml:2:5: Two API tokens"),
        (user_with("api_tokens: [ci]"), "users.yaml:3:18: 'ci' is not a mapping of keys"),
        ("users: []\nset: a b\n", "users.yaml:2:6: 'a b' is not the name of a set."),
        ("users: {}\n", "users.yaml:1:8: users: A mapping is not a list."),
        ("set: x\n", "users.yaml:1:1: The key 'users' is missing"),
        ("- email: a@example.com\n", "users.yaml:1:1: A file is a mapping with the keys 'set' and"),
        ("hello\n", "users.yaml:1:1: A file is a mapping with the keys 'set' and"),
        ("users: []\n---\nusers: []\n", "users.yaml:2:1: A file contains only one document."),
        ("%YAML 1.1\n---\nusers: []\n", "users.yaml:1:1: Only YAML 1.2 is supported."),
        ("users: [" + "[" * 2000, "users.yaml:"),
    ],
)  # fmt: skip
def test_what_a_file_must_not_hold_is_named_with_its_place(
    write: Write, content: str, problem: str
) -> None:
    assert problems(write(content))[0].startswith(problem)


def test_a_document_is_not_deep(write: Write) -> None:
    found = problems(write("users: [" + "[" * 500 + "]" * 501 + "\n"))
    assert "users.yaml:1:15: This is nested too deeply." in found


def test_a_billion_laughs_take_no_longer_than_their_text(write: Write) -> None:
    lines = ["a: &a [lol, lol]"]
    lines += [
        f"{new}: &{new} [*{old}, *{old}, *{old}, *{old}]"
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    found = problems(write("\n".join([*lines, "users: [*i]", ""])))
    assert "users.yaml:1:4: An anchor is not supported: write the value itself." in found
    assert "users.yaml:10:9: An alias is not supported: write the value itself." in found


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_byte_order_marks_and_line_ends_of_windows_change_nothing(
    write: Write, encoding: str, end: str
) -> None:
    content = end.join(["users:", "- email: a@example.com", "  name: Zoë", "  rol: x", ""])
    (problem,) = problems(write(content.encode(encoding)))
    assert problem.startswith("users.yaml:4:3: ")
    content = content.replace(f"  rol: x{end}", "")
    assert declared(read_declaration([write(content.encode(encoding))])) == [
        {"email": "a@example.com", "name": "Zoë"}
    ]


def test_a_byte_that_is_not_utf_8_is_named_with_its_place(write: Write) -> None:
    (problem,) = problems(write("users:\n- email: a@example.com\n  name: Zoë\n".encode("cp1252")))
    assert problem == "users.yaml:3:11: Not UTF-8."


@pytest.mark.parametrize("ascii_only", [True, False])
def test_json_is_read_with_its_escapes(write: Write, ascii_only: bool) -> None:
    document = {
        "$schema": "./schema.json",
        "users": [{"email": "a@example.com", "name": '😀/\\ud83d\\ude00 "q"'}],
    }
    text = json.dumps(document, ensure_ascii=ascii_only, indent=2).replace("/", "\\/")
    assert declared(read_declaration([write(text, "users.json")])) == document["users"]


@pytest.mark.parametrize("content", [b"", b"\n  \n", b"\xef\xbb\xbf\n", b"# all gone\n", b"{}\n"])
def test_an_empty_file_is_no_declaration_of_no_users(write: Write, content: bytes) -> None:
    full = write("users:\n- email: a@example.com\n", "a.yaml")
    with pytest.raises(DeclarationIncomplete, match="is empty; nothing was changed"):
        read_declaration([full, write(content, "b.yaml")])


def test_a_folder_is_read_with_its_subfolders_and_without_hidden_and_other_files(
    write: Write, tmp_path: Path
) -> None:
    for number, name in enumerate(["b.yml", "a.yaml", "team/c.json", ".hidden.yaml", "README.md"]):
        write(f"{{users: [{{email: u{number}@example.com}}]}}", f"repo/{name}")
    write("x", "repo/.git/config.yaml")
    found = read_declaration([tmp_path / "repo"])
    assert [user.email[:2] for user in found.users] == ["u1", "u0", "u2"]


def test_a_folder_that_cannot_be_read_whole_is_incomplete(write: Write, tmp_path: Path) -> None:
    repo = write("users: []\n", "repo/a.yaml").parent
    (repo / "b.yaml").symlink_to("nowhere.yaml")
    with pytest.raises(DeclarationIncomplete, match=r"b\.yaml"):
        read_declaration([repo])
    (repo / "b.yaml").unlink()
    (repo / "loop").symlink_to(repo)
    with pytest.raises(DeclarationIncomplete, match="loop' links to a folder"):
        read_declaration([repo])


def test_a_folder_without_files_of_users_is_incomplete(tmp_path: Path) -> None:
    with pytest.raises(DeclarationIncomplete, match="has no file of users"):
        read_declaration([tmp_path])
    with pytest.raises(DeclarationIncomplete, match="No such file"):
        read_declaration([tmp_path / "missing"])


def test_a_file_that_ends_too_early_for_the_disk_is_incomplete() -> None:
    with pytest.raises(DeclarationIncomplete, match="Cannot read '/proc/self/mem'"):
        read_declaration([Path("/proc/self/mem")])


def test_a_file_is_bounded(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST_FILE", 10)
    assert problems(write("users: []   \n")) == ["users.yaml:1:1: A file has at most 10 bytes."]


def test_files_of_two_sets_are_not_one_declaration(write: Write) -> None:
    first, second = write("set: a\nusers: []\n", "a.yaml"), write("set: b\nusers: []\n", "b.yaml")
    (problem,) = problems(first, second)
    assert problem.startswith("b.yaml:1:6: The set 'b' is not 'a' at ")
    assert read_declaration([first, write("users: []\n", "c.yaml")]).set == "a"


NAMES = st.text(
    st.characters(blacklist_categories=["Cc", "Cf", "Cs", "Zl", "Zp"]), min_size=1, max_size=100
).filter(lambda name: not name.isspace())


@given(st.lists(NAMES, max_size=5))
def test_any_name_that_json_writes_is_read(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    users = [{"email": f"u{number}@example.com", "name": name} for number, name in enumerate(names)]
    path = tmp_path_factory.getbasetemp() / "any.json"
    for ascii_only in (True, False):
        path.write_text(json.dumps({"users": users}, ensure_ascii=ascii_only), encoding="utf-8")
        assert declared(read_declaration([path])) == users


@given(st.text(max_size=200))
def test_no_text_is_read_with_anything_but_problems(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    for content in (
        text,
        f"users:\n- email: {text}",
        f"users:\n- {text}",
        f"users: [{{name: {text}",
    ):
        path.write_bytes(content.encode("utf-8", "surrogatepass"))
        with suppress(DeclarationInvalid, DeclarationIncomplete):
            read_declaration([path])
