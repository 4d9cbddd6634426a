"""An enumeration of texts that says what each of them means, for the reference pages."""

from enum import StrEnum
from typing import Self


class DocumentedEnum(StrEnum):
    """A text that is stored or printed, and its meaning."""

    meaning: str

    def __new__(cls, value: str, meaning: str = "") -> Self:
        """Make a member of its text and its meaning."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member
