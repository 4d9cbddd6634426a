"""Adopting the tables of an application in place: the plan, and its execution.

Tables are never rebuilt. What SQLite cannot change about a table, triggers make up for, because a
copy would lose what its author gave it: checks, collations and triggers.
"""
