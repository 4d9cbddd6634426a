"""The endpoints: a module per group, each with a function that adds them to a router."""
