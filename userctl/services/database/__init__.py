"""The database as a whole: schema, backups, copies, adoption, health."""
