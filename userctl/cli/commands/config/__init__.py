"""``userctl config``, a module per verb."""
