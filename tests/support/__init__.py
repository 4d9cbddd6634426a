"""Helpers that tests share: a runner of the command, servers, and test data."""
