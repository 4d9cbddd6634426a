"""Passwords, tokens, signing keys and the session file; no database."""
