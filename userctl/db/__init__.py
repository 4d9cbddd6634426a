"""Engines, transactions, migrations and maintenance."""
