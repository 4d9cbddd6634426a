"""``userctl db``, a file per verb."""
