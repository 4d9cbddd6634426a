"""The passwords of declared users, read and hashed before a transaction begins."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from userctl.core.errors import DeclarationInvalid, InvalidInput, UserctlError
from userctl.core.places import Problem
from userctl.core.secure_files import read_secret
from userctl.core.stand_in_hash import is_unmatchable
from userctl.core.text import quote
from userctl.schemas.declaration import DeclaredUser
from userctl.security.hashing import hash_all
from userctl.security.password_policy import PasswordPolicy, generate_password
from userctl.security.passwords import PasswordHasher
from userctl.services.apply.steps import Step


class NewPassword(NamedTuple):
    """A password that is about to be set.

    Attributes:
        hashed: its hash; None for no password.
        generated: the password itself, if it was generated.
    """

    hashed: str | None
    generated: str | None = None


def prepare_passwords(
    steps: Sequence[Step],
    hasher: PasswordHasher,
    policy: PasswordPolicy,
    prepared: dict[str, NewPassword],
) -> None:
    """Read and hash the passwords that the steps set, and add them to ``prepared``.

    Args:
        steps: the steps.
        hasher: hashes the passwords.
        policy: which passwords are accepted.
        prepared: passwords by the addresses of their users; those in it are not read again.

    Raises:
        DeclarationInvalid: if passwords cannot be read, or are rejected.
    """
    problems: list[Problem] = []
    texts: dict[str, tuple[str, bool]] = {}
    for step in steps:
        user = step.user
        if user is None or not step.sets_password or user.email in prepared:
            continue
        if user.password_hash is not None:
            unusable = is_unmatchable(user.password_hash)
            prepared[user.email] = NewPassword(None if unusable else user.password_hash)
            continue
        try:
            texts[user.email] = _read_password(user, policy), user.generate
        except UserctlError as error:
            problems.append(Problem(user.place, error.message))
    if problems:
        raise DeclarationInvalid(problems)
    hashes = [*hash_all([text for text, _ in texts.values()], hasher)]
    for (email, (text, generated)), hashed in zip(texts.items(), hashes, strict=True):
        prepared[email] = NewPassword(hashed, text if generated else None)


def _read_password(user: DeclaredUser, policy: PasswordPolicy) -> str:
    if user.generate:
        return generate_password(policy.minimum_length)
    password = _read_environment(user) if user.password_env is not None else _read_file(user)
    policy.check(password, email=user.email, name=user.name)
    return password


def _read_environment(user: DeclaredUser) -> str:
    name = user.password_env or ""
    password = os.environ.get(name)
    if not password:
        raise InvalidInput(f"The environment variable {quote(name)} is not set.")
    return password


def _read_file(user: DeclaredUser) -> str:
    path = Path(user.place.file).parent / (user.password_file or "")
    password = read_secret(path)
    if password is None:
        raise InvalidInput(f"The file {quote(str(path))} does not exist.")
    return password
