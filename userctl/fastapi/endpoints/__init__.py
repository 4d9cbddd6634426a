"""The endpoints, a module per group. Each adds its own to a router."""
