"""What all models have in common."""

from sqlalchemy.orm import registry
from sqlmodel import SQLModel


class Base(SQLModel, registry=registry()):
    """A model of userctl, registered apart from those of an application that uses SQLModel too.

    The application may have models and tables of the same names, such as ``User`` and ``users``.
    """
