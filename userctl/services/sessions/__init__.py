"""Logins, sessions and their refresh tokens."""
