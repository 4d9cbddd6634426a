"""Passwords, tokens, keys and the session file."""
