"""Migrations and the revisions they lead to."""
