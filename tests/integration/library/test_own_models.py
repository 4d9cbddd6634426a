"""Models of the application's own, which has SQLModel in common with this package."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import selectinload
from sqlmodel import Field, Relationship, Session, SQLModel, select

from tests.integration.conftest import PASSWORD
from tests.integration.library.conftest import EMAIL
from userctl import Accounts


@pytest.fixture
def models() -> Iterator[None]:
    yield
    SQLModel.metadata.clear()
    SQLModel._sa_registry.dispose()


def test_models_of_an_application_may_have_the_names_of_ours(
    accounts: Accounts, engine: Engine, models: None
) -> None:
    made = accounts.users.create(EMAIL, password=PASSWORD)
    assert not SQLModel.metadata.tables

    class User(SQLModel, table=True):
        __tablename__ = "users"
        id: int | None = Field(default=None, primary_key=True)
        email: str
        tokens: list["RefreshToken"] = Relationship(back_populates="user")

    class RefreshToken(SQLModel, table=True):
        __tablename__ = "refresh_tokens"
        id: int | None = Field(default=None, primary_key=True)
        user_id: int = Field(foreign_key="users.id")
        user: "User" = Relationship(back_populates="tokens")

    grant = accounts.sessions.login(EMAIL, PASSWORD)
    with Session(engine) as session:
        [found] = session.exec(select(User).options(selectinload(User.tokens)))
        assert (found.id, found.email, len(found.tokens)) == (made.id, EMAIL, 1)
    assert accounts.tokens.verify(grant.tokens.access_token).user.id == made.id


def test_a_broken_model_of_an_application_does_not_break_the_library(
    accounts: Accounts, models: None
) -> None:
    class Book(SQLModel, table=True):
        id: int | None = Field(default=None, primary_key=True)
        owner: "Nowhere" = Relationship()  # noqa: F821

    assert accounts.users.create(EMAIL).email == EMAIL
    assert len(accounts.users.list().items) == 1
