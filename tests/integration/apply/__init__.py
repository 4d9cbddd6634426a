"""Users as code."""
