"""Whether users can log in, and why not."""
