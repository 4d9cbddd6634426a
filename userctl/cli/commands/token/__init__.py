"""``userctl token``, a file per verb."""
