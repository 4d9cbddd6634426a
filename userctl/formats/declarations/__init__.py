"""Users as code: reading and writing files that say which users there shall be."""
