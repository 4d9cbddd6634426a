"""The entry point: ``userctl``, or ``python -m userctl``."""

import gc
import os
import sys
from typing import NoReturn

GARBAGE_THRESHOLD = 200_000
"""How many new objects start a garbage collection. The imports of a command alone create 100,000,
none of which can be freed."""

INTERRUPTED = 130


def main() -> NoReturn:
    """Run the program."""
    gc.set_threshold(GARBAGE_THRESHOLD)
    # Plugins that happen to be installed in the same environment must not take part.
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    try:
        # Imported after the threshold is set, because most objects are created here.
        from userctl.cli.completion import variables  # noqa: PLC0415

        if shell := variables.WORD_REQUESTS.get(os.environ.get(variables.VARIABLE, "")):
            # Nothing else: a person waits for what the Tab key finds.
            from userctl.cli.completion.answer import answer  # noqa: PLC0415

            answer(shell, os.environ)

        from userctl.cli import app  # noqa: PLC0415

        app.main()
    except KeyboardInterrupt:
        # Once it is imported, the program reports an interruption itself.
        sys.exit(INTERRUPTED)
    finally:
        # The process frees all memory anyway. A last collection takes a fifth of a command's time.
        gc.freeze()


if __name__ == "__main__":
    main()
