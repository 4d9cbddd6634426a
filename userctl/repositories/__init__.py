"""Queries, one class per table; they never commit and hold no rules."""
