"""The columns of a table of users."""

USER_COLUMNS = ("id", "email", "name", "role", "status", "created_at")
DELETED_USER_COLUMNS = ("id", "email", "name", "role", "status", "deleted_at")
