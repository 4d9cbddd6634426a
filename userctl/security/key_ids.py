"""The ids of the keys in a keyring file, without the keys."""

import json
from collections.abc import Iterator
from pathlib import Path

from userctl.core.secure_files import read_private


def key_ids(path: Path) -> Iterator[tuple[str, str]]:
    """Yield id and state of each key that is not retired.

    Raises:
        Exception: if the file is not a keyring, or cannot be read; the caller can do without them.
    """
    for key in json.loads(read_private(path) or "{}").get("keys", []):
        yield str(key["kid"]), str(key["state"])
