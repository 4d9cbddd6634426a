"""The execution options of SQLAlchemy that tell how a transaction begins."""

READ_ONLY = "userctl_read_only"
"""The execution option of a connection that only reads."""

SNAPSHOT = "userctl_snapshot"
"""The execution option of a connection whose queries all see the same moment."""

NO_TRANSACTION = "userctl_no_transaction"
"""The execution option of a connection whose statements are no transaction."""

PATIENCE = "userctl_patience"
"""The execution option that says for how many seconds a statement may wait for a lock, instead of
as long as usual. On PostgreSQL, a statement may take no longer for anything else either."""
