"""The doctor: a table of checks, and what runs them."""
