"""API tokens, and listing, revoking and purging tokens of all kinds."""
