"""``userctl token``, a module per verb."""
