"""The last line of a list on a terminal: its total, or advice if it is empty."""

from dataclasses import dataclass

from userctl.core.text import pluralize


@dataclass(frozen=True)
class Listing:
    """The records of a list.

    Attributes:
        noun: what one record is called.
        hint: what to do if there are none; a sentence, or nothing.
    """

    noun: str
    hint: str = ""

    def closing_line(self, number: int) -> str:
        """Return the line that ends a list on a terminal."""
        if number:
            return f"{pluralize(number, self.noun)}."
        return f"{pluralize(0, self.noun).capitalize()}. {self.hint}".rstrip()


LISTINGS = {
    "UserRead": Listing("user", "Create one: userctl user create EMAIL"),
    "DeletedUserRead": Listing("deleted user", "'user purge' removes them for good."),
    "TokenRead": Listing("token", "Issue one: userctl token issue --user USER --label TEXT"),
    "UserSessionRead": Listing("session", "Users start one when they log in: userctl login EMAIL"),
    "KeyRead": Listing("key", "Generate one: userctl key generate"),
    "AuditEventRead": Listing("event", "Without filters, all are listed: userctl audit list --all"),
}
"""The lists, by the schema of their records."""
