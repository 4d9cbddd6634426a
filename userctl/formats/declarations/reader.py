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
from userctl.formats.declarations.files import empty_file_error, find_files, read_text
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
_DECLARED_AT = "is declared at"
_MODELS = {"api_tokens": DeclaredToken, "users": DeclaredUser}
_KINDS = {
    "string_type": "text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "list_type": "a list",
    "model_type": "a mapping of keys and values",
}
"""The types that pydantic expects, in the words of messages."""


def read_declaration(paths: Sequence[Path]) -> Declaration:
    """Return the users that files declare; several files count as one.

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
        self._previous_addresses: dict[str, Place] = {}
        self._file = ""

    def read(self, file: Path) -> None:
        self._file = str(file)
        text = read_text(file)
        document = Node({"users": []}, (1, 1))
        try:
            for entry in read_entries(text, "users", self._refuse):
                if entry.is_item:
                    self._add_user(entry.node)
                else:
                    self._add_key(document, entry)
        except NotYAML as error:
            self._refuse(error.mark, error.message)
            return
        if not document.children and not self.problems:
            raise empty_file_error(file)
        if "users" not in document.children:
            self._refuse((1, 1), "The key 'users' is missing: it lists the users.")
        try:
            declaration = Declaration.model_validate(document.value)
        except ValidationError as error:
            self._explain(error, document, Declaration)
        else:
            self._add_set(declaration.set, document)

    def _refuse(self, mark: Mark, message: str) -> None:
        self.problems.append(Problem(self._place(mark), message))

    def _place(self, mark: Mark) -> Place:
        return Place(self._file, *mark)

    def _add_key(self, document: Node, entry: Entry) -> None:
        document.children[entry.key], document.keys[entry.key] = entry.node, entry.mark
        document.value[entry.key] = entry.node.value

    def _add_set(self, name: str | None, document: Node) -> None:
        if name is None:
            return
        place = self._place(document.children["set"].mark)
        if self.set_name not in (None, name):
            other_set = f"{quote(str(self.set_name))} at {self._set_place}"
            self.problems.append(Problem(place, f"The set {quote(name)} is not {other_set}."))
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
        self._claim(self._addresses, user.email, place, _DECLARED_AT)
        for address in user.previous_emails:
            self._claim(
                self._previous_addresses, address, place, "is a previous address of the user at"
            )

    def _claim_addresses(self, node: Node) -> None:
        """Claim the address of a rejected user, because another user may have it too."""
        with suppress(InvalidInput, TypeError, KeyError):
            email = canonical_email(node.value["email"])
            self._claim(self._addresses, email, self._place(node.mark), _DECLARED_AT)

    def _claim(self, claims: dict[str, Place], address: str, place: Place, relation: str) -> None:
        first_place = claims.setdefault(address, place)
        if first_place is not place:
            self.problems.append(Problem(place, f"{address} {relation} {first_place} too."))

    def _explain(self, error: ValidationError, node: Node, model: type[Any]) -> None:
        """Add a problem for each value that pydantic rejects, at its place."""
        for detail in error.errors(include_url=False, include_input=False):
            *path, key = detail["loc"] or (None,)
            parent, owner = node, model
            for step in path:
                parent = parent.children[step]
                owner = _MODELS.get(str(step), owner)
            self._refuse(*_explanation(detail, parent, key, owner))


def _explanation(
    detail: Mapping[str, Any], parent: Node, key: Any, model: type[Any]
) -> tuple[Mark, str]:
    """Return the place of a rejected value, and the reason."""
    child, kind = parent.children.get(key), detail["type"]
    if kind == "extra_forbidden":
        return parent.keys[key], _unknown_key(key, model)
    if kind == "missing":
        return parent.mark, f"The key '{key}' is missing."
    mark = parent.mark if child is None else child.mark
    if kind == "refused":
        return mark, detail["ctx"]["reason"]
    subject = "This value" if key in _SECRET_FIELDS or child is None else _describe_value(child)
    prefix = f"{key}: " if isinstance(key, str) else ""
    if kind == "literal_error":
        choices = detail["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        return mark, f"{prefix}{subject} is not {join_alternatives(choices)}."
    if kind in _KINDS:
        advice = ""
        if kind == "string_type" and child and child.text and key not in _SECRET_FIELDS:
            advice = f' Write it in quotes: "{child.text}".'
        return mark, f"{prefix}{subject} is not {_KINDS[kind]}.{advice}"
    return mark, f"{prefix}{subject}: {detail['msg']}."


def _describe_value(node: Node) -> str:
    if node.text is not None:
        return quote(node.text) if node.text else "An empty value"
    return "A list" if isinstance(node.value, list) else "A mapping"


def _unknown_key(key: str, model: type[Any]) -> str:
    if model is DeclaredUser and key.lower() in _PLAIN_PASSWORDS:
        return (
            f"A file cannot contain a password: replace {quote(key)} with generate, password_env, "
            "password_file or password_hash."
        )
    keys = [field.alias or name for name, field in model.model_fields.items()]
    matches = get_close_matches(key.lower(), keys, n=1)
    return f"The key {quote(key)} is not known." + (
        f" Did you mean '{matches[0]}'?" if matches else ""
    )
