"""``userctl key``, a module per verb."""
