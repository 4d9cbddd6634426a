"""The doctor: a table of checks, and the service that runs them."""
