"""Migrations and revisions of the schema."""
