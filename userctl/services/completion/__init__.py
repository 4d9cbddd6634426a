"""Completion of values from the database and the keyring."""
