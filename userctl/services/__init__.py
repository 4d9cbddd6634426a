"""Use cases; every transaction begins and commits here."""
