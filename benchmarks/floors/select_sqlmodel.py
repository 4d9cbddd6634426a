"""Select 101 accounts with sqlmodel, and check a password if one is given: DATABASE [PASSWORD]."""

import sys

from sqlmodel import Field, Session, SQLModel, create_engine, select


class User(SQLModel, table=True):
    """An account."""

    __tablename__ = "users"
    id: int | None = Field(default=None, primary_key=True)
    name: str | None
    email: str
    hashed_password: str
    role: str


with Session(create_engine(f"sqlite:///{sys.argv[1]}")) as session:
    rows = session.exec(select(User).order_by(User.id).limit(101)).all()

if len(sys.argv) > 2:
    import bcrypt

    bcrypt.checkpw(sys.argv[2].encode(), rows[0].hashed_password.encode())
