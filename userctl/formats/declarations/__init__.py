"""Users as code: reading and writing files that declare users."""
