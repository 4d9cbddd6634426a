"""userctl: a command-line admin tool for user accounts and their tokens."""

__version__ = "0.1.0"
