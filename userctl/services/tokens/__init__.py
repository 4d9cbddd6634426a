"""Tokens of machines, lists of tokens, their revocation and their purge."""
