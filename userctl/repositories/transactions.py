"""Expressions that identify a transaction of PostgreSQL, to query its outcome later."""

SERVER = "ROW(pg_postmaster_start_time(), pg_stat_get_bgwriter_stat_reset_time())::text"
"""Identifies a server, and changes when it crashes, because a crash resets its statistics."""

TRANSACTION = f"pg_current_xact_id()::text, {SERVER}"
"""Identifies a transaction that changes something, and its server."""
