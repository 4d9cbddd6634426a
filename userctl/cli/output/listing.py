"""What a list is of, and what its end says to people."""

from dataclasses import dataclass

from userctl.core.text import pluralize


@dataclass(frozen=True)
class Listing:
    """What a list is of.

    Attributes:
        noun: one of the records, in the singular.
        hint: what to do where there are none; a sentence, or nothing.
    """

    noun: str
    hint: str = ""

    def total(self, number: int) -> str:
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
"""What the lists are of, by the schema of their records."""
