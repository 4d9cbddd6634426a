"""Run userctl as ``python -m userctl``."""

from userctl.cli.app import main

if __name__ == "__main__":
    main()
