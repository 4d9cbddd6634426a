"""userctl: a command-line admin tool for users and their tokens."""

__version__ = "0.1.0"
