"""The execution options of SQLAlchemy that decide how a transaction begins."""

READ_ONLY = "userctl_read_only"
"""The execution option of a connection that only reads."""

SNAPSHOT = "userctl_snapshot"
"""The execution option of a connection whose queries all see the same moment."""

NO_TRANSACTION = "userctl_no_transaction"
"""The execution option of a connection whose statements run outside any transaction."""

PATIENCE = "userctl_patience"
"""The execution option for how many seconds a statement may wait for a lock, instead of the usual
time. On PostgreSQL, it limits the time of the whole statement too."""
