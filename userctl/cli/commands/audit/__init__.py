"""``userctl audit``, a module per verb."""
