"""The start of the program: ``userctl``, or ``python -m userctl``."""

import gc
import os
import sys
from typing import NoReturn

GARBAGE_THRESHOLD = 200_000
"""After how many new objects Python looks for unused cycles of them. The imports of a command make
100,000 that stay."""

INTERRUPTED = 130


def main() -> NoReturn:
    """Run the program."""
    gc.set_threshold(GARBAGE_THRESHOLD)
    # Nothing that happens to be installed beside the program has a say in it.
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    try:
        # Behind the threshold on purpose: this is where most objects are made.
        from userctl.cli import app  # noqa: PLC0415

        app.main()
    except KeyboardInterrupt:
        # The program reports this by itself once it is there.
        sys.exit(INTERRUPTED)
    finally:
        # All memory goes with the process. To look through it first takes a fifth of a command.
        gc.freeze()


if __name__ == "__main__":
    main()
