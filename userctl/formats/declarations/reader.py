"""Reads users as code: all problems at once, each with its place."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from userctl.core.errors import DeclarationInvalid, InvalidInput
from userctl.core.places import Place, Problem
from userctl.core.text import join_alternatives, quote
from userctl.formats.declarations.files import empty, find_files, read_text
from userctl.formats.declarations.nodes import Entry, Mark, Node, NotYAML, read_entries
from userctl.schemas.declaration import (
    PASSWORD_SOURCES,
    Declaration,
    DeclaredToken,
    DeclaredUser,
)
from userctl.schemas.email_address import canonical_email

_PLAIN_PASSWORDS = ("password", "plain_password", "passwd", "secret")
_SECRET_FIELDS = frozenset(PASSWORD_SOURCES) - {"generate"}
_DECLARED = "is declared at"
_MODELS = {"api_tokens": DeclaredToken, "users": DeclaredUser}
_KINDS = {
    "string_type": "text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "list_type": "a list",
    "model_type": "a mapping of keys and values",
}
"""What pydantic wants where it found something else, as a message says it."""


def read_declaration(paths: Sequence[Path]) -> Declaration:
    """Return the users that files declare; those of several files are read as if of one.

    Args:
        paths: files, folders, or ``-`` for standard input.

    Raises:
        DeclarationInvalid: naming every problem.
        DeclarationIncomplete: if a file or folder is empty, or cannot be read to its end.
    """
    reader = _Reader()
    problems: list[Problem] = []
    for file in find_files(paths):
        reader.read(file)
        problems += sorted(reader.problems)
        reader.problems.clear()
    if problems:
        raise DeclarationInvalid(problems)
    return Declaration.model_construct(set=reader.set_name, users=reader.users)


class _Reader:
    """Collects users and problems, file by file."""

    def __init__(self) -> None:
        self.users: list[DeclaredUser] = []
        self.problems: list[Problem] = []
        self.set_name: str | None = None
        self._set_place: Place | None = None
        self._addresses: dict[str, Place] = {}
        self._previous: dict[str, Place] = {}
        self._file = ""

    def read(self, file: Path) -> None:
        self._file = str(file)
        text = read_text(file)
        whole = Node({"users": []}, (1, 1))
        try:
            for entry in read_entries(text, "users", self._refuse):
                if entry.is_item:
                    self._add_user(entry.node)
                else:
                    self._add_key(whole, entry)
        except NotYAML as error:
            self._refuse(error.mark, error.message)
            return
        if not whole.children and not self.problems:
            raise empty(file)
        if "users" not in whole.children:
            self._refuse((1, 1), "The key 'users' is missing: it lists the users.")
        try:
            found = Declaration.model_validate(whole.value)
        except ValidationError as error:
            self._explain(error, whole, Declaration)
        else:
            self._add_set(found.set, whole)

    def _refuse(self, mark: Mark, message: str) -> None:
        self.problems.append(Problem(self._place(mark), message))

    def _place(self, mark: Mark) -> Place:
        return Place(self._file, *mark)

    def _add_key(self, whole: Node, entry: Entry) -> None:
        whole.children[entry.key], whole.keys[entry.key] = entry.node, entry.mark
        whole.value[entry.key] = entry.node.value

    def _add_set(self, name: str | None, whole: Node) -> None:
        if name is None:
            return
        place = self._place(whole.children["set"].mark)
        if self.set_name not in (None, name):
            other = f"{quote(str(self.set_name))} at {self._set_place}"
            self.problems.append(Problem(place, f"The set {quote(name)} is not {other}."))
        self.set_name, self._set_place = name, place

    def _add_user(self, node: Node) -> None:
        try:
            user = DeclaredUser.model_validate(node.value)
        except ValidationError as error:
            self._explain(error, node, DeclaredUser)
            self._claim_addresses(node)
            return
        place = self._place(node.mark)
        self.users.append(user.with_place(place))
        self._claim(self._addresses, user.email, place, _DECLARED)
        for address in user.previous_emails:
            self._claim(self._previous, address, place, "is a previous address of the user at")

    def _claim_addresses(self, node: Node) -> None:
        """Claim the address of a user who is refused, whose address may be another's too."""
        with suppress(InvalidInput, TypeError, KeyError):
            email = canonical_email(node.value["email"])
            self._claim(self._addresses, email, self._place(node.mark), _DECLARED)

    def _claim(self, claimed: dict[str, Place], address: str, place: Place, how: str) -> None:
        first = claimed.setdefault(address, place)
        if first is not place:
            self.problems.append(Problem(place, f"{address} {how} {first} too."))

    def _explain(self, error: ValidationError, node: Node, model: type[Any]) -> None:
        """Say what pydantic refuses, each at its place."""
        for found in error.errors(include_url=False, include_input=False):
            *path, last = found["loc"] or (None,)
            parent, owner = node, model
            for step in path:
                parent = parent.children[step]
                owner = _MODELS.get(str(step), owner)
            self._refuse(*_explanation(found, parent, last, owner))


def _explanation(
    found: Mapping[str, Any], parent: Node, key: Any, model: type[Any]
) -> tuple[Mark, str]:
    """Return where a value is refused, and why."""
    child, kind = parent.children.get(key), found["type"]
    if kind == "extra_forbidden":
        return parent.keys[key], _unknown_key(key, model)
    if kind == "missing":
        return parent.mark, f"The key '{key}' is missing."
    mark = parent.mark if child is None else child.mark
    if kind == "refused":
        return mark, found["ctx"]["reason"]
    said = "This value" if key in _SECRET_FIELDS or child is None else _said(child)
    where = f"{key}: " if isinstance(key, str) else ""
    if kind == "literal_error":
        choices = found["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        return mark, f"{where}{said} is not {join_alternatives(choices)}."
    if kind in _KINDS:
        advice = ""
        if kind == "string_type" and child and child.text and key not in _SECRET_FIELDS:
            advice = f' Write it in quotes: "{child.text}".'
        return mark, f"{where}{said} is not {_KINDS[kind]}.{advice}"
    return mark, f"{where}{said}: {found['msg']}."


def _said(node: Node) -> str:
    if node.text is not None:
        return quote(node.text) if node.text else "An empty value"
    return "A list" if isinstance(node.value, list) else "A mapping"


def _unknown_key(key: str, model: type[Any]) -> str:
    if model is DeclaredUser and key.lower() in _PLAIN_PASSWORDS:
        return (
            f"A file holds no password: replace {quote(key)} with generate, password_env, "
            "password_file or password_hash."
        )
    known = [field.alias or name for name, field in model.model_fields.items()]
    close = get_close_matches(key.lower(), known, n=1)
    return f"The key {quote(key)} is not known." + (f" Did you mean '{close[0]}'?" if close else "")
