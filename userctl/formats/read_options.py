"""The options with which the records of a file are read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from userctl.core.errors import InvalidInput
from userctl.core.text import fold, quote

LONGEST_RECORD = 2**20
"""How many characters a line or a record may have. No user needs a thousandth of it, and a file
without line ends, or with a quotation mark that is never closed, must not fill the memory."""


@dataclass(frozen=True)
class ReadOptions:
    """The options with which the records of a file are read.

    Attributes:
        fields: the names that a record may use for its fields.
        aliases: other names, in lower case, and the fields that they stand for.
        ignore_unknown: whether to leave out fields with any other name.
        delimiter: the character between the cells of CSV; None detects it from the header.
        keep_sources: whether each record has what :func:`userctl.formats.rejects.format_rejects`
            needs to write it again.
    """

    fields: Sequence[str]
    aliases: Mapping[str, str] = field(default_factory=dict)
    ignore_unknown: bool = False
    delimiter: str | None = None
    keep_sources: bool = False

    def field(self, name: str) -> str | None:
        """Return the field that a name in a file stands for, regardless of case.

        Returns:
            None for an unknown name that is left out, and any other unknown name as it is.
        """
        folded_name = fold_name(name)
        field_name = self.aliases.get(folded_name, folded_name)
        if field_name in self.fields:
            return field_name
        return None if self.ignore_unknown else name


def parse_names(pairs: Iterable[str], fields: Sequence[str]) -> dict[str, str]:
    """Return the aliases, in lower case, and the fields that pairs ``NAME=FIELD`` give them.

    Raises:
        InvalidInput: if a pair has another form, or names another field.
    """
    names: dict[str, str] = {}
    for pair in pairs:
        name, _, target = pair.rpartition("=")
        if not name.strip() or target not in fields:
            raise InvalidInput(
                f"--map {quote(pair)} does not name a field.",
                hint=f"Write --map 'NAME=FIELD'; the fields are {', '.join(fields)}.",
            )
        names[fold_name(name)] = target
    return names


def parse_delimiter(text: str | None) -> str | None:
    """Return the character between the cells of CSV; ``tab`` stands for a tab.

    Raises:
        InvalidInput: if it is not one character, or is one that CSV uses otherwise.
    """
    delimiter = "\t" if text in {"tab", r"\t"} else text
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise InvalidInput(
            f"{quote(delimiter)} is not a delimiter.",
            hint="Use one character, such as ';' or '|', or the word tab.",
        )
    return delimiter


def fold_name(name: str) -> str:
    """Return the name of a field in the form in which it is compared: trimmed and case-folded."""
    return fold(name.strip())
