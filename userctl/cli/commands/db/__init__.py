"""``userctl db``, a module per verb."""
