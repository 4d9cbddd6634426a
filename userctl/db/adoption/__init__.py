"""Adopting the tables of an application in place: the plan, and its execution.

Tables are never rebuilt, because a copy would lose their checks, collations and triggers. Triggers
make up for what SQLite cannot change about a table.
"""
